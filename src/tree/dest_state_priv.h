/* dest_state_priv: one destination's copy of a tree while it is made, as the parts of
 * dest_priv.h share it: dest.c is where we stand in it, its directories and what a
 * caller sees, dest_names.c how directories and files come to their names,
 * dest_file.c files made of bytes, dest_entry.c what is complete as soon as it is
 * there. All of it is for the destination's thread. */
#ifndef UCOPY_TREE_DEST_STATE_PRIV_H
#define UCOPY_TREE_DEST_STATE_PRIV_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/dir_chain.h"
#include "base/failure.h"
#include "base/path_buffer.h"
#include "dest_priv.h"
#include "record_priv.h"
#include "target/attrs.h"
#include "target/target.h"
#include "target/temp.h"

#define MODE_BITS       (S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO)
#define PERMISSION_BITS (S_IRWXU | S_IRWXG | S_IRWXO)

/* How a file comes to its name. */
enum how {
    NO_FILE,
    NAMED,    /* has it from the start: a directory above has none yet, or --inplace */
    NAMELESS, /* by a link when it is complete */
    RENAMED,  /* by a rename when it is complete, where files without names are not to be had */
    REPLACES, /* as struct target does it */
};

struct tree_level {
    bool fresh;   /* made by us: nothing is in it but what we have put there */
    bool lost;    /* nothing can be put into it any more */
    bool unnamed; /* it, or a directory above it, is on the list of those without names */
    size_t path_len;
    mode_t add;  /* bits that were set so that we may write into it, and go at the end */
    mode_t held; /* bits that it gets when it has its owner */
    /* What the kernel makes of a new file here, once one has been looked at. */
    bool known;
    bool exact; /* it has the mode that was asked for, but for the umask's bits, whatever was */
    bool no_acl; /* it has no access control list */
    uid_t uid;
    gid_t gid;
};

/* A directory or file without a name of its own. */
struct tree_unnamed {
    unsigned level;            /* of the directory that it is in, where we stand or above */
    int fd;                    /* of itself, which holds the lock; -1: dirs has that, and the */
    int dir_fd;                /* next, which is of that directory */
    char temp[TEMP_NAME_SIZE]; /* "": it has none at all */
    char name[NAME_MAX + 1];   /* that it will have */
};

struct tree_dest {
    struct tree_dest_request request;
    char *root_name; /* in the directory that is level 0; "": that directory is the root */
    struct dir_chain source;   /* of the source, from its root; with request.source */
    struct dir_chain dirs;     /* from the directory that the root is in */
    struct tree_level *levels; /* likewise */
    unsigned room;
    unsigned skipped; /* levels of directories that could not be made, and all below them */
    struct path_buffer path;
    struct path_buffer copy_path;              /* of the last RECORD_COPY ... */
    bool takes_copy;                           /* ... which is to be copied here */
    uint64_t takes[RECORD_MAX_OFFER / 64 + 1]; /* a bit per offer: that file is wanted here */
    size_t root_len;
    bool no_nameless; /* the file system has no O_TMPFILE */
    bool
        one_by_one; /* syncfs(2) does not reach the server: files and directories are flushed */

    struct tree_unnamed *unnamed; /* in the order in which they were begun */
    unsigned n_unnamed;
    uint64_t put_bytes; /* since names were given last */
    unsigned put_files; /* likewise */

    /* The file that is being written. */
    enum how how;
    int fd;
    char file_temp[TEMP_NAME_SIZE];
    char file_name[NAME_MAX + 1];
    struct stat file_st; /* the source's */
    enum record_nth nth; /* of the last record that brought a name */
    struct attrs attrs;  /* likewise */
    struct stat created; /* what the new file is known to have of that */
    const void *data;    /* of the record that is being dealt with */
    uint64_t offset;
    bool cloned;      /* it has all its data */
    bool long_enough; /* it has its full length already */
    struct target target;

    uint64_t n_told;     /* failures */
    struct failure gone; /* err != 0: the destination is lost */
    int root_fd;         /* -1: not there yet */
    int parent_fd;       /* of the directory that the root is in */
};

/* ---- dest.c ---- */

/* The directory stood in, and a descriptor of it; that stays the tree's. */
static inline struct tree_level *tree_dest_here(struct tree_dest *t)
{
    return &t->levels[t->dirs.n - 1];
}

static inline int tree_dest_here_fd(const struct tree_dest *t)
{
    return dir_chain_fd(&t->dirs);
}

/* Tells what went wrong with what t->path names; when it concerns everything there, the
 * destination is lost. */
void tree_dest_tell(struct tree_dest *t, const struct failure *f);
void tree_dest_fail(struct tree_dest *t, const char *op, int err, const char *message);

/* The same of an attribute that could not be preserved, for errno. */
void tree_dest_fail_attrs(struct tree_dest *t, const char *op);

/* Tells that what t->path names has been made. */
void tree_dest_tell_made(struct tree_dest *t);

/* Of the mode that something new is to have: the bits for group and others that are kept back
 * until it has its owner. */
mode_t tree_dest_held(const struct tree_dest *t, mode_t mode);

/* Gives them to the file that fd is open on. */
void tree_dest_release(struct tree_dest *t, int fd, mode_t held);

/* Takes over what the record says of the file. */
void tree_dest_take_attrs(struct tree_dest *t, const struct record *r);

/* Gives what was taken over last to a file, and tells what could not be. */
void tree_dest_give_attrs(struct tree_dest *t, const struct attrs_file *file);

/* Whether something stands under the name in the directory stood in, and then what; -1: it
 * cannot be told, which has been told. */
int tree_dest_exists(struct tree_dest *t, const char *name, struct stat *st);

/* Whether what stands under the name is to make room for what has that stat in the source: as
 * the policy says, or the user. If not, that has been told, or counted. */
bool tree_dest_may_replace(struct tree_dest *t, const struct stat *source, const char *name,
                           const struct stat *there);

/* Flushes what was written to the file system of the directory, or its entries alone, where all
 * else has been flushed. 0, or -1 with errno. */
int tree_dest_flush(const struct tree_dest *t, int fd);

/* ---- dest_source.c ---- */

/* Goes into the source's directory that the record tells of, too, and out of it again. 0, or a
 * negative errno; one that could not be entered has to be left all the same. */
int tree_dest_enter_source(struct tree_dest *t, const struct record *r);
int tree_dest_leave_source(struct tree_dest *t);

/* Makes `name` here another name of the source, or a symlink to it. 0 or a negative errno:
 * -ESTALE if the source is not what it was, and of a symlink -EXDEV if its text would lead
 * elsewhere from here. */
int tree_dest_link_source(struct tree_dest *t, const struct record *r, const char *name);
int tree_dest_symlink_source(struct tree_dest *t, const struct record *r, const char *name);

/* Whether what is there is the source, or what that leads to. */
bool tree_dest_leads_to(struct tree_dest *t, const struct record *r, const struct stat *there);

/* ---- dest_names.c ---- */

/* Whether names are given to many at once. */
bool tree_dest_batches(const struct tree_dest *t);

/* Whether names have to be given before something is made here that is put on the list. */
bool tree_dest_names_full(const struct tree_dest *t);

/* Puts on the list: the directory stood in, and the file that has just been finished, whose
 * descriptor the list takes over. 0, or a negative errno and nothing has changed. */
int tree_dest_add_directory(struct tree_dest *t, const char *temp, const char *name);
int tree_dest_add_file(struct tree_dest *t);

/* Gives all on the list their names. False: the directory stood in is lost, or the destination;
 * what did not get its name is told and given up. */
bool tree_dest_give_names(struct tree_dest *t);

/* The same when all files of the directory stood in are there, and when it is about to be left:
 * of those whose time has come. */
bool tree_dest_files_end(struct tree_dest *t);
bool tree_dest_leave_names(struct tree_dest *t);

/* A file of so many bytes, or a directory, has been made. */
void tree_dest_note_put(struct tree_dest *t, uint64_t bytes);

/* Whether so much has been made since names were given last that it is time for it. */
bool tree_dest_is_enough(const struct tree_dest *t);

/* Removes all on the list. */
void tree_dest_drop_unnamed(struct tree_dest *t);

/* Opens a directory on the list by its future name. A descriptor that is the caller's, or a
 * negative errno. */
int tree_dest_open_unnamed(const struct tree_dest *t, int dir_fd, const char *name);

/* Gives a file without names one. 0 or a negative errno. */
int tree_dest_link(int fd, int dir_fd, const char *name);

/* ---- dest_file.c ---- */

/* Deals with RECORD_FILE, RECORD_DATA, RECORD_HOLE and RECORD_FILE_END. */
void tree_dest_apply_bytes(struct tree_dest *t, const struct record *r);

/* Deals with RECORD_OFFER. */
void tree_dest_apply_offer(struct tree_dest *t, const struct record *r);

/* Deals with RECORD_COPY: notes what tree_dest_copy_request() is to tell. */
void tree_dest_apply_copy(struct tree_dest *t, const struct record *r);

/* Gives up the file that is being written, if there is one. */
void tree_dest_discard(struct tree_dest *t);

/* ---- dest_entry.c ---- */

/* Deals with RECORD_SYMLINK, RECORD_NODE and RECORD_LINK. */
void tree_dest_apply_entry(struct tree_dest *t, const struct record *r);

/* Makes what the record tells of, or of a file that has text the other name of a file that it
 * is, also in the place of what is there. */
void tree_dest_place_entry(struct tree_dest *t, const struct record *r, const char *name,
                           bool is_there);

/* These four keep t->request.links up to date for files with several names. Before a
 * record is dealt with: which name it brings. */
void tree_dest_begin_name(struct tree_dest *t, const struct record *r);

/* After it was dealt with: whether it was the last one. */
void tree_dest_end_name(struct tree_dest *t, const struct record *r);

/* The file of the source with that stat, whose name the last record brought, stands here now under
 * that path, which is shown to people. */
void tree_dest_note_made(struct tree_dest *t, const struct stat *st, const char *path);

/* That file could not be made under that name. */
void tree_dest_note_not_made(struct tree_dest *t, const struct stat *st);

#endif
