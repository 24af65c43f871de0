/* source: the one file that is read.
 *
 * This room knows what kind of file a source is, what it can do (struct source_can), whether it
 * is still what was opened, where it has data (holes.h, extents.h), and which blocks of a
 * buffer are zeros (zeros.h). Kinds of sources are a table: file.c, device.c, stream.c, command.c.
 * Other rooms ask what a source can do, never what it is.
 *
 * A stream (stream.c: a pipe, FIFO, terminal, socket or other character device; command.c: what a
 * command writes) has no positions and is read once.
 *
 * It never reads data for the copy (the engines do, from the descriptors), decides nothing
 * about the copy, tries nothing again, prints nothing, and knows nothing about destinations.
 *
 * The struct belongs to the caller, its descriptors and what the kind keeps in it to the
 * source, from a successful open to source_close(). Any call may hang with the file system: the
 * session makes them in bounded calls. There is no lock: one thread at a time may open, prepare
 * or close a source. Workers only use its descriptors; extents have a lock of their own. */
#ifndef UCOPY_SOURCE_SOURCE_H
#define UCOPY_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "base/origin.h"

struct command;
struct source_ops;

/* What a source can do. Known when it is open, and constant then. */
struct source_can {
    bool positions;  /* any part can be read, in any order and by several threads (pread(2)) */
    bool again;      /* what was read can be read a second time */
    bool size_known; /* where it ends. Not known of files whose st_size says nothing (/proc,
                        /sys), nor of empty files, which look the same */
    bool holes;      /* it takes less space than its size: extents.h is worth its calls */
    bool clonable;   /* its data can be cloned (FICLONERANGE), if the file system does that */
    bool unready;    /* poll(2) reports that a read would wait, and it does not (mqueue) */
    bool attributes; /* it has an owner, a mode and times of its own. What has none is a pipe
                        without a name, or was given as an open descriptor or a command */
};

struct source {
    const char *path;    /* as the user gave it; not owned */
    bool by_fd;          /* opened by descriptor: path is only for messages */
    int fd;              /* through the page cache */
    int fd_direct;       /* the same file with O_DIRECT, or -1 */
    bool direct_sectors; /* set by the caller: fd_direct is only for sectors beside bad ones */
    uint32_t direct_align; /* bytes: O_DIRECT needs it of offset, length and address */
    struct stat st;        /* at open */
    uint64_t size;         /* bytes; meaningful with can.size_known */
    uint64_t begin; /* bytes: where reading begins; not 0 only for standard input that has
                              positions */
    struct source_can can;
    bool relinked; /* set by the caller: names of it are added or removed during the copy, so
                      that its ctime says nothing */
    bool partly;   /* set by the caller: it is not read to its end */

    /* Of the kind, for nobody else. */
    const struct source_ops *ops;
    struct {
        bool made_up;
    } file;
    struct command *command;
};

/* Opens what path leads to for reading, if there is a kind for it. Directories are refused with
 * -EISDIR, and symlinks with -ELOOP unless `follow` lets them be followed, without opening them.
 * Directories on the path may always be symlinks. A FIFO need not have a writer yet: poll(2) tells
 * when it has one. 0, or a negative errno with *f filled and nothing to close. */
int source_open(struct source *s, const char *path, bool follow, struct failure *f);

/* The same for what fd is open on already, for reading. fd belongs to the source, also on
 * failure. path is not owned. */
int source_open_fd(struct source *s, int fd, const char *path, struct failure *f);

/* The same for standard input, which stays open. What has positions is read from where its offset
 * is. name: for messages, not owned. */
int source_open_standard(struct source *s, const char *name, struct failure *f);

/* Starts the command, and opens what it writes. name: for messages, not owned. */
int source_open_command(struct source *s, const char *text, const char *name,
                        struct failure *f);

/* Opens fd_direct, too, if the kind and the file system have O_DIRECT. */
void source_open_direct(struct source *s);

/* Bytes of data that the source has at most, as of open: a file's size or less, if it has
 * holes. */
uint64_t source_allocated(const struct source *s);

/* Checks that the source is still what was opened: same size, mtime and ctime. 0, or a negative
 * errno with *f filled: -ESTALE if it has changed. allowed: then it is 0, and *f is a warning.
 * f->err is 0 if there is nothing to say. Never fails for sources that have no such times: block
 * devices, files of /proc. What a command has written is good when the command has ended with
 * status 0: this waits for its end, unless it is read partly. */
int source_check_unchanged(const struct source *s, bool allowed, struct failure *f);

/* Fills the fields of *ret that identify this source in its present state; reads a little of
 * it. False, and *ret untouched, if nothing does: nobody knows whether a block device or a file
 * of /proc has changed. */
bool source_origin(const struct source *s, struct origin *ret);

/* Whether the file that fd is open on is one that the kernel makes up while it is read (/proc,
 * /sys): its st_size is 0 or a page, whatever is read. */
bool source_is_made_up(int fd);

/* Closes the descriptors and frees what the kind keeps. A command that still runs is ended. */
void source_close(struct source *s);

#endif
