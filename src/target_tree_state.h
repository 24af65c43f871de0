/* target_tree_state: one destination's copy of a tree while it is made, as the parts of
 * target_tree.h share it: target_tree.c is where we stand in it, its directories and what a
 * caller sees, target_tree_names.c how directories and files come to their names,
 * target_tree_file.c files made of bytes, target_tree_entry.c what is complete as soon as it is
 * there. All of it is for the destination's thread. */
#ifndef UCOPY_TARGET_TREE_STATE_H
#define UCOPY_TARGET_TREE_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "attrs.h"
#include "dirs.h"
#include "failure.h"
#include "links.h"
#include "record.h"
#include "target.h"
#include "target_temp.h"
#include "target_tree.h"
#include "trail.h"

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

struct target_tree {
    struct target_tree_request request;
    char *root_name;    /* in the directory that is level 0; "": that directory is the root */
    struct dirs source; /* of the source, from its root; with request.source */
    struct dirs dirs;   /* from the directory that the root is in */
    struct tree_level *levels; /* likewise */
    unsigned room;
    unsigned skipped; /* levels of directories that could not be made, and all below them */
    struct trail path;
    struct trail copy_path;                    /* of the last RECORD_COPY ... */
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

/* ---- target_tree.c ---- */

/* The directory stood in, and a descriptor of it; that stays the tree's. */
static inline struct tree_level *target_tree_here(struct target_tree *t)
{
    return &t->levels[t->dirs.n - 1];
}

static inline int target_tree_here_fd(const struct target_tree *t)
{
    return dirs_fd(&t->dirs);
}

/* Tells what went wrong with what t->path names; when it concerns everything there, the
 * destination is lost. */
void target_tree_tell(struct target_tree *t, const struct failure *f);
void target_tree_fail(struct target_tree *t, const char *op, int err, const char *message);

/* The same of an attribute that could not be preserved, for errno. */
void target_tree_fail_attrs(struct target_tree *t, const char *op);

/* Tells that what t->path names has been made. */
void target_tree_tell_made(struct target_tree *t);

/* Of the mode that something new is to have: the bits for group and others that are kept back
 * until it has its owner. */
mode_t target_tree_held(const struct target_tree *t, mode_t mode);

/* Gives them to the file that fd is open on. */
void target_tree_release(struct target_tree *t, int fd, mode_t held);

/* Takes over what the record says of the file. */
void target_tree_take_attrs(struct target_tree *t, const struct record *r);

/* Gives what was taken over last to a file, and tells what could not be. */
void target_tree_give_attrs(struct target_tree *t, const struct attrs_file *file);

/* Whether something stands under the name in the directory stood in, and then what; -1: it
 * cannot be told, which has been told. */
int target_tree_exists(struct target_tree *t, const char *name, struct stat *st);

/* Whether what stands under the name is to make room for what has that stat in the source: as
 * the policy says, or the user. If not, that has been told, or counted. */
bool target_tree_may_replace(struct target_tree *t, const struct stat *source, const char *name,
                             const struct stat *there);

/* Flushes what was written to the file system of the directory, or its entries alone, where all
 * else has been flushed. 0, or -1 with errno. */
int target_tree_flush(const struct target_tree *t, int fd);

/* ---- target_tree_source.c ---- */

/* Goes into the source's directory that the record tells of, too, and out of it again. 0, or a
 * negative errno; one that could not be entered has to be left all the same. */
int target_tree_enter_source(struct target_tree *t, const struct record *r);
int target_tree_leave_source(struct target_tree *t);

/* Makes `name` here another name of the source, or a symlink to it. 0 or a negative errno:
 * -ESTALE if the source is not what it was, and of a symlink -EXDEV if its text would lead
 * elsewhere from here. */
int target_tree_link_source(struct target_tree *t, const struct record *r, const char *name);
int target_tree_symlink_source(struct target_tree *t, const struct record *r, const char *name);

/* Whether what is there is the source, or what that leads to. */
bool target_tree_leads_to(struct target_tree *t, const struct record *r,
                          const struct stat *there);

/* ---- target_tree_names.c ---- */

/* Whether names are given to many at once. */
bool target_tree_batches(const struct target_tree *t);

/* Whether names have to be given before something is made here that is put on the list. */
bool target_tree_names_full(const struct target_tree *t);

/* Puts on the list: the directory stood in, and the file that has just been finished, whose
 * descriptor the list takes over. 0, or a negative errno and nothing has changed. */
int target_tree_add_directory(struct target_tree *t, const char *temp, const char *name);
int target_tree_add_file(struct target_tree *t);

/* Gives all on the list their names. False: the directory stood in is lost, or the destination;
 * what did not get its name is told and given up. */
bool target_tree_give_names(struct target_tree *t);

/* The same when all files of the directory stood in are there, and when it is about to be left:
 * of those whose time has come. */
bool target_tree_files_end(struct target_tree *t);
bool target_tree_leave_names(struct target_tree *t);

/* A file of so many bytes, or a directory, has been made. */
void target_tree_note_put(struct target_tree *t, uint64_t bytes);

/* Whether so much has been made since names were given last that it is time for it. */
bool target_tree_is_enough(const struct target_tree *t);

/* Removes all on the list. */
void target_tree_drop_unnamed(struct target_tree *t);

/* Opens a directory on the list by its future name. A descriptor that is the caller's, or a
 * negative errno. */
int target_tree_open_unnamed(const struct target_tree *t, int dir_fd, const char *name);

/* Gives a file without names one. 0 or a negative errno. */
int target_tree_link(int fd, int dir_fd, const char *name);

/* ---- target_tree_file.c ---- */

/* Deals with RECORD_FILE, RECORD_DATA, RECORD_HOLE and RECORD_FILE_END. */
void target_tree_apply_bytes(struct target_tree *t, const struct record *r);

/* Deals with RECORD_OFFER. */
void target_tree_apply_offer(struct target_tree *t, const struct record *r);

/* Deals with RECORD_COPY: notes what target_tree_copy_request() is to tell. */
void target_tree_apply_copy(struct target_tree *t, const struct record *r);

/* Gives up the file that is being written, if there is one. */
void target_tree_discard(struct target_tree *t);

/* ---- target_tree_entry.c ---- */

/* Deals with RECORD_SYMLINK, RECORD_NODE and RECORD_LINK. */
void target_tree_apply_entry(struct target_tree *t, const struct record *r);

/* Makes what the record tells of, or of a file that has text the other name of a file that it
 * is, also in the place of what is there. */
void target_tree_place_entry(struct target_tree *t, const struct record *r, const char *name,
                             bool is_there);

/* The file with that stat was not made here: other names of it must not become names of
 * what stands in its place. */
void target_tree_note_unmade(struct target_tree *t, const struct stat *st);

/* It has been made: under another name than before, if it could not be made before. */
void target_tree_note_made(struct target_tree *t, const struct stat *st);

#endif
