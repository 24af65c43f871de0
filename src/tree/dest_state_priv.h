/* dest_state_priv: the state of one destination, which the files dest*.c share. Only the
 * destination's thread uses it. A file calls only files below it:
 *
 *   dest.c            applies a record; open, end, close
 *   dest_directory.c  directories, and the current one
 *   dest_file.c       regular files
 *   dest_data.c       their bytes and holes
 *   dest_compare.c    files that are compared with what exists
 *   dest_entry.c      symlinks, nodes, links
 *   dest_existing.c   what exists under a final name already
 *   dest_links.c      files with several names: where they are, and hard links to them
 *   dest_names.c      entries that wait for their names
 *   dest_merge.c      a directory whose name has been taken meanwhile
 *   dest_attrs.c      attributes
 *   dest_source.c     links to the source itself
 *   dest_report.c     failures, and what was made */
#ifndef UCOPY_TREE_DEST_STATE_PRIV_H
#define UCOPY_TREE_DEST_STATE_PRIV_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/dir_chain.h"
#include "base/failure.h"
#include "base/inode_set.h"
#include "base/path_buffer.h"
#include "dest_priv.h"
#include "equal_priv.h"
#include "packed_priv.h"
#include "record_priv.h"
#include "target/attrs.h"
#include "target/target.h"
#include "target/temp.h"

#define HINT_MEANWHILE "somebody has made it meanwhile"
#define HINT_TAKEN     "it has been made meanwhile, perhaps by this run under another name"

#define MODE_BITS       (S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO)
#define PERMISSION_BITS (S_IRWXU | S_IRWXG | S_IRWXO)

/* How a file gets its name. */
enum how {
    NO_FILE,
    NAMED,    /* at once: a directory above has no name yet, or --inplace */
    RENAMED,  /* by a rename when it is complete. Not by a link of an O_TMPFILE: its last event
               * for inotify(7) would not have the name */
    REPLACES, /* as struct target does it */
    COMPARES, /* it has one already, which is compared; fd is open on it for reading */
};

/* A directory from the root's parent down to the current one. */
struct tree_level {
    bool fresh;       /* made by this run: it holds nothing that this run has not put there */
    bool unusable;    /* nothing can be put into it any more */
    bool append_only; /* no temporary file can be put into it */
    bool unnamed;     /* it, or a directory above it, is on the list of those without names */
    size_t path_len;
    mode_t add;  /* mode bits that are set only while the directory is written to */
    mode_t held; /* mode bits that it gets when it has its owner */
    /* What the kernel gives to a new file here, once one has been examined. Of the mode only
     * single bits are known: a default ACL or an option of the mount may take or add any. */
    bool known;
    mode_t given;  /* bits that a file has got that was to have them */
    mode_t spared; /* bits that a file has not got that was not to have them */
    bool no_acl;   /* no access control list */
    uid_t uid;
    gid_t gid;
};

/* A directory or file without a name of its own. */
struct tree_unnamed {
    unsigned level; /* of the directory that it is in: the current one or one above */
    int fd;         /* of itself, which holds the lock; -1: dirs has both descriptors */
    int dir_fd;     /* of that directory */
    char temp[TEMP_NAME_SIZE]; /* its temporary name */
    char name[NAME_MAX + 1];   /* its final name */
};

struct tree_dest {
    struct tree_dest_request request;

    /* The current directory, and those above it. */
    char *root_name; /* in the directory that is level 0; "": that directory is the root */
    int parent_fd;   /* of the directory that the root is in */
    int root_fd;     /* -1: the root does not exist yet */
    struct dir_chain dirs;     /* from the directory that the root is in */
    struct tree_level *levels; /* likewise */
    unsigned room;             /* for levels */
    unsigned skipped; /* levels of directories that could not be made, and all below them */
    struct inode_set entered; /* the directories of this tree, so far */
    struct dir_chain source;  /* of the source, from its root; with request.source */
    struct path_buffer path;  /* of the entry that is being made, for reports */
    size_t root_len;          /* bytes of it that name the root */

    /* What the file system can do. */
    bool flush_each; /* syncfs(2) does not reach the server: each file is flushed */

    /* Entries that wait for their names (dest_names.c). */
    struct tree_unnamed *unnamed; /* in the order in which they were begun */
    unsigned n_unnamed;
    uint64_t put_bytes; /* made since names were given last */
    unsigned put_files; /* likewise */
    uint64_t put_since; /* when the first of them was, as clock_running_ms() */

    /* The file that is being written, or that the engines copy (dest_file.c). */
    enum how how;
    int fd;
    char file_temp[TEMP_NAME_SIZE];
    char file_name[NAME_MAX + 1];
    struct stat file_st;  /* the source's */
    enum record_nth nth;  /* of the last record that brought a name */
    struct attrs attrs;   /* of the last record that had any; also a directory's */
    struct packed packed; /* attributes that came before the current record */
    struct stat created;  /* what the kernel has given to the new file; st_ino 0: not known */
    const void *data;     /* of the current record */
    uint64_t offset;      /* bytes written so far */
    unsigned offer;       /* with COMPARES: the number of its offer, */
    struct stat there;    /* what exists, */
    struct equal equal;   /* and how far it is equal */
    bool cloned;          /* it has all its data */
    bool long_enough;     /* it has its full length already */
    struct block_hashes *hashes; /* of what is written; with request.complete */
    struct target target;

    /* What was decided before the file itself came. */
    uint64_t takes[RECORD_MAX_OFFER / 64 + 1]; /* a bit per offer: that file is wanted here */
    uint64_t compares[RECORD_MAX_OFFER / 64 + 1]; /* likewise: it is to be compared first */
    bool takes_copy;              /* the last RECORD_COPY is to be copied here */
    struct path_buffer copy_path; /* its path */

    struct failure fatal; /* err != 0: the destination as a whole has failed */
};

/* ---- dest_report.c ---- */

/* The current directory, and its descriptor, which is not the caller's. */
static inline struct tree_level *tree_dest_dir(struct tree_dest *t)
{
    return &t->levels[t->dirs.n - 1];
}

static inline int tree_dest_dir_fd(const struct tree_dest *t)
{
    return dir_chain_fd(&t->dirs);
}

/* Reports a failure of the entry at t->path. An error of the whole file system makes the
 * mounted directories unusable, or is fatal for the destination. */
void tree_dest_report_failure(struct tree_dest *t, const struct failure *f);
void tree_dest_fail(struct tree_dest *t, const char *op, int err, const char *message);

/* Reports that an attribute of that entry could not be preserved; errno says why. */
void tree_dest_fail_attrs(struct tree_dest *t, const char *op);

/* Reports that the entry at t->path was made. */
void tree_dest_report_made(struct tree_dest *t);

/* ---- dest_attrs.c ---- */

/* Of the mode of a new entry: the bits for group and others that it gets only after its
 * owner. */
mode_t tree_dest_held(const struct tree_dest *t, mode_t mode);

/* Gives these bits to the file that fd is open on. */
void tree_dest_release(struct tree_dest *t, int fd, mode_t held);

/* Takes the attributes of the record over into t->attrs, and those that were kept for it. */
void tree_dest_take_attrs(struct tree_dest *t, const struct record *r);

/* The same for a file. A further name comes without attributes, as it comes without data: most of
 * them become links. Then they are read from the shared file. */
void tree_dest_take_file_attrs(struct tree_dest *t, const struct record *r);

/* Gives t->attrs to a file, and reports what could not be preserved. has_data: it may have dirty
 * pages. False: data are lost (attrs_lost_data()), which has been reported as a failure. */
bool tree_dest_give_attrs(struct tree_dest *t, const struct attrs_file *file, bool has_data);

/* ---- dest_existing.c ---- */

/* Whether the name exists in the current directory: 1 with *st filled, or 0; -1: it is not
 * known, and the failure has been reported. */
int tree_dest_exists(struct tree_dest *t, const char *name, struct stat *st);

/* Whether the existing entry is replaced by the entry of the record: as the policy says, or the
 * user. If not, that has been reported or counted; and with --resume a file that is the copy
 * already gets the attributes that it lacks. *ret_compare becomes true if the two have to be compared
 * first; with NULL, for a further name, that is done here. */
bool tree_dest_may_replace(struct tree_dest *t, const struct record *r, const char *name,
                           const struct stat *there, bool *ret_compare);

/* As tree_dest_may_replace(), for the file t->file_name that was compared with t->file_st, and
 * differs. */
bool tree_dest_may_replace_other(struct tree_dest *t);

/* Counts that file, which is open, as complete: it has the data. It gets the attributes t->attrs
 * that it lacks. */
void tree_dest_count_equal(struct tree_dest *t);

/* equal.goes_on; arg is a struct tree_dest. Always true: the source has been read, or a long hole of it
 * goes on, so that the destination does not hang. */
bool tree_dest_goes_on(void *arg, uint64_t read);

/* Whether a new entry of the current directory is to be noted as made by this run. Nothing can
 * come to stand in its way where the directory is fresh: there a second one of the same name is
 * refused by the kernel. */
bool tree_dest_notes_made(struct tree_dest *t);

/* ---- dest_links.c ---- */

/* Called before and after each record is applied: they note in t->request.links which names of
 * a file with several names have come. */
void tree_dest_begin_name(struct tree_dest *t, const struct record *r);
void tree_dest_end_name(struct tree_dest *t, const struct record *r);

/* Whether more names of the file may come, to which the last name belongs. */
bool tree_dest_notes_links(const struct tree_dest *t);

/* Notes that the source's file with that stat, to which the last name belongs, is at that path
 * now, and is the file *id (ino 0: nothing is noted). The path begins as t->path does. */
void tree_dest_note_made(struct tree_dest *t, const struct stat *st, const char *path,
                         const struct made_id *id);

/* Notes that it is what exists at t->path, if that is of its type, and it is nowhere else. */
void tree_dest_note_kept(struct tree_dest *t, const struct stat *st, const struct stat *there);

/* Whether the record brings a further name of a file that was made here. */
bool tree_dest_has_file(const struct tree_dest *t, const struct record *r);

/* Whether, besides, the existing entry is that file. */
bool tree_dest_is_link(const struct tree_dest *t, const struct record *r,
                       const struct stat *there);

/* Makes `name` in the current directory a hard link to that file. 0 or a negative errno:
 * -ENOENT if tree_dest_has_file() is false, or the file is not there any more. */
int tree_dest_make_link(struct tree_dest *t, const struct record *r, const char *name);

/* ---- dest_source.c ---- */

/* Enter and leave the source's directory that the record names. 0, or a negative errno; one
 * that could not be entered has to be left all the same. */
int tree_dest_enter_source(struct tree_dest *t, const struct record *r);
int tree_dest_leave_source(struct tree_dest *t);

/* Make `name` in the current directory a hard link or a symlink to the source. 0 or a negative
 * errno: -ESTALE if the source is another file meanwhile; for a symlink -EXDEV if its relative
 * text is not valid here. */
int tree_dest_link_source(struct tree_dest *t, const struct record *r, const char *name);
int tree_dest_symlink_source(struct tree_dest *t, const struct record *r, const char *name);

/* Whether the existing entry is the source, or what that symlink leads to. */
bool tree_dest_leads_to(struct tree_dest *t, const struct record *r, const struct stat *there);

/* ---- dest_names.c ---- */

/* Whether many entries get their names at once. */
bool tree_dest_batches(const struct tree_dest *t);

/* Whether the list is full: names have to be given before another entry is put on it. */
bool tree_dest_names_full(const struct tree_dest *t);

/* Put on the list: the current directory, and the file that has just been finished, whose
 * descriptor the list takes over. 0, or a negative errno and nothing has changed. */
int tree_dest_add_directory(struct tree_dest *t, const char *temp, const char *name);
int tree_dest_add_file(struct tree_dest *t);

/* Gives all entries on the list their names, with request.durable after a flush. An entry that
 * gets no name is reported and removed. False: the current directory is unusable, or the
 * destination has failed. */
bool tree_dest_give_names(struct tree_dest *t);

/* The same when all files of the current directory are complete, and when it is about to be
 * left: if names cannot wait any longer. */
bool tree_dest_files_end(struct tree_dest *t);
bool tree_dest_leave_names(struct tree_dest *t);

/* Counts a file of so many bytes, or a directory, as made. */
void tree_dest_note_put(struct tree_dest *t, uint64_t bytes);

/* Whether so much was made since names were given last that it is time for it. */
bool tree_dest_is_enough(const struct tree_dest *t);

/* Removes all on the list. */
void tree_dest_drop_unnamed(struct tree_dest *t);

/* Opens a directory on the list by its final name in the directory dir_fd. A descriptor that is
 * the caller's, or a negative errno. */
int tree_dest_open_unnamed(const struct tree_dest *t, int dir_fd, const char *name);

/* Renames the temporary file or directory that fd is open on, as temp_rename(). -ESTALE: its name
 * is gone, or somebody has put another file in its place. */
int tree_dest_rename(int dir_fd, char temp[TEMP_NAME_SIZE], int fd, const char *name);

/* Flushes a file that fd is open on. 0, or -1 with errno. */
int tree_dest_fsync(const struct tree_dest *t, int fd);

/* Flushes the file system of the directory; with t->flush_each only the directory itself, since
 * its files have been flushed. 0, or -1 with errno. */
int tree_dest_flush(const struct tree_dest *t, int fd);

/* The same at the end, when all there has its name: then it is on stable storage. */
int tree_dest_flush_end(const struct tree_dest *t, int fd);

/* ---- dest_merge.c ---- */

/* Moves the entries of the directory that fd is open on into the directory that stands under
 * its final name in dir_fd. t->path is that of the directory; it is another one afterwards.
 * is_root: fd is that of the root, and t->root_fd leads to the other directory afterwards. What
 * cannot be moved is reported, and stays where it is: it is a copy of this run, which the caller
 * removes. What stands in the other directory is replaced only as the options for existing files
 * say. Levels of t->dirs that were moved from become those that were moved into. 0; or -EEXIST,
 * -EBUSY (another directory of this run stands there), or another negative errno: then the
 * directory must not be used any more. */
int tree_dest_merge_directory(struct tree_dest *t, int fd, bool is_root, int dir_fd,
                              const char *name);

/* ---- dest_data.c ---- */

/* Discards the file that is being written, if there is one. */
void tree_dest_discard(struct tree_dest *t);

/* Writes more of the file. False: the file was discarded, and that has been reported. */
bool tree_dest_write_bytes(struct tree_dest *t, const char *data, size_t left);

/* Leaves a hole of so many bytes, or discards the file. */
void tree_dest_leave_hole(struct tree_dest *t, uint64_t length);

/* Discards the file if the main thread has given this destination up: the record's data may
 * have been overwritten meanwhile. False: the file was discarded. */
bool tree_dest_keep_written(struct tree_dest *t);

/* Fills the new file: by a clone, from the open source file, or with the record's data. False:
 * the file was discarded. */
bool tree_dest_fill_file(struct tree_dest *t, const struct record *r);

/* ---- dest_compare.c ---- */

/* Applies RECORD_COMPARE, and the records of that file that follow. */
void tree_dest_apply_compare(struct tree_dest *t, const struct record *r);

/* ---- dest_file.c ---- */

/* Applies RECORD_FILE, RECORD_DATA, RECORD_HOLE and RECORD_FILE_END. */
void tree_dest_apply_bytes(struct tree_dest *t, const struct record *r);

/* Applies RECORD_OFFER. */
void tree_dest_apply_offer(struct tree_dest *t, const struct record *r);

/* Applies RECORD_COPY: prepares tree_dest_copy_request(). */
void tree_dest_apply_copy(struct tree_dest *t, const struct record *r);

/* ---- dest_entry.c ---- */

/* Applies RECORD_SYMLINK, RECORD_NODE and links to the source. */
void tree_dest_apply_entry(struct tree_dest *t, const struct record *r);

/* Makes the name a hard link, if the record brings a further name of a file that was made here.
 * there: the existing entry that it takes the place of, or NULL. False: the name has to become
 * an entry of its own. Otherwise it is a link now, or a failure has been reported. */
bool tree_dest_place_link(struct tree_dest *t, const struct record *r, const char *name,
                          const struct stat *there);

/* Counts the name as complete: it is a link to the file of the record already. */
void tree_dest_count_link(struct tree_dest *t, const struct record *r);

/* ---- dest_directory.c ---- */

/* Opens the directory that the root is or will be in, as level 0. 0, or a negative errno with
 * *f filled. */
int tree_dest_open_parent(struct tree_dest *t, struct failure *f);

/* Makes t->path that of the current directory. */
void tree_dest_path_to_dir(struct tree_dest *t);

/* Makes t->path that of an entry of the current directory; "" is that itself. False: the entry
 * is impossible, which has been reported. */
bool tree_dest_path_to_entry(struct tree_dest *t, const char *name);

/* Apply RECORD_DIRECTORY and RECORD_LEAVE. */
void tree_dest_apply_directory(struct tree_dest *t, const struct record *r);
void tree_dest_apply_leave(struct tree_dest *t, const struct record *r);

#endif
