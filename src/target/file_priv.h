/* file_priv: a destination that is a regular file, new or replaced, as its parts share it:
 *
 *     file.c         the operations of the kind, and the life of struct target_file
 *     file_open.c    makes the file ready for writing
 *     file_commit.c  makes the written file the destination
 *     file_temp.c    the temporary file, plain or partial
 *     file_inode.c   mode, owner, access control list and preserved attributes
 *     file_space.c   space, preallocation and holes
 *     file_name.c    the final name, and what stands under it
 *
 * A part calls only parts that stand below it.
 *
 * The data go into a temporary file in the directory of the final name, and a rename makes it
 * the destination; with `inplace` they go into the file under the final name itself. Symlinks
 * are resolved once, at open, to a descriptor of the directory and a last component. Later
 * calls use only these two: a path that is changed during a long copy redirects nothing. */
#ifndef UCOPY_TARGET_FILE_PRIV_H
#define UCOPY_TARGET_FILE_PRIV_H

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "acl_priv.h"
#include "partial_priv.h"
#include "target_priv.h"
#include "temp.h"

/* The mode of a file that is not complete. */
#define FILE_PRIVATE_MODE (S_IRUSR | S_IWUSR)

#define HINT_INPLACE "--inplace writes into the existing file"
#define HINT_KIND    "is no longer a regular file"
#define HINT_NEW     "somebody has made it meanwhile"

/* The final name, all symlinks resolved. */
struct file_name {
    int dir_fd; /* of the directory, perhaps with O_PATH; -1: not resolved */
    char *last; /* the last component; owned */
};

/* What stood under the final name when it was resolved. */
struct file_existing {
    bool exists;      /* something that is written to, or whose mode and owner go over */
    struct stat st;   /* with exists */
    mode_t over;      /* the type of what is replaced without a look at it; 0: nothing is */
    bool over_source; /* that is another name of the source */
    bool apart;       /* this run has made it under another name: it is not written to */
};

/* What the file gets when it is complete. */
struct file_inode {
    mode_t mode;   /* permission, set-id and sticky bits */
    bool replaces; /* the rest comes from a file that it replaces */
    uid_t uid;
    gid_t gid;
    struct target_acl acl;
};

struct target_file {
    struct file_name name;
    struct file_existing there;
    struct file_inode inode;
    char temp[TEMP_NAME_SIZE]; /* name of the temporary file in name.dir_fd, or "" */
    struct partial partial;    /* with request.origin: of the temporary file */
    char backup[NAME_MAX + 1]; /* inplace: where the replaced file has been moved, or "" */
    bool created;              /* inplace: this run created the file */
};

static inline struct target_file *file_of(const struct target *t)
{
    return t->own;
}

/* Whether target.fd is a temporary file; else it has the final name already. */
static inline bool file_has_temp(const struct target *t)
{
    return file_of(t)->temp[0] != '\0';
}

/* Whether the error means that a call is not allowed, or not known to the file system. */
static inline bool file_is_refused(int err)
{
    return err == EPERM || err == EACCES || err == EOPNOTSUPP || err == ENOSYS || err == EINVAL;
}

/* failure_set() without an offset. */
static inline int file_fail(struct failure *f, const char *op, int err, const char *message)
{
    return failure_set(f, op, err, FAILURE_NO_OFFSET, message);
}

/* ---- file_name.c ---- */

/* Resolves the request's path into *n, and looks what stands under the name. With anew, and
 * in_directory, a symlink in the last place is not followed. 0 or a negative errno with *f
 * filled. The caller frees *n with file_name_free() in both cases. */
int file_name_resolve(struct file_name *n, const struct target_request *q,
                      struct file_existing *ret, struct failure *f);

/* Whether the request allows what stands there: 0, or a negative errno with *f filled. -ESTALE:
 * it is not a regular file; -EEXIST: request.only_new. */
int file_name_check(const struct target_request *q, const struct file_existing *there,
                    struct failure *f);

/* O_NOFOLLOW, which an open of the name needs because a symlink may have been put there
 * meanwhile; or 0 if the name is a link in /proc, which is the only way to its file. */
int file_name_no_follow(const struct file_name *n);

/* Replaces the directory's descriptor by one that fsync(2) accepts. 0 or a negative errno with
 * *f filled. */
int file_name_make_syncable(struct file_name *n, struct failure *f);

/* Gives what stands under the name, if anything does, the name of its backup, too; move:
 * instead. ret_backup becomes that name or "". 0 or a negative errno with *f filled. */
int file_name_back_up(const struct file_name *n, const struct target_request *q, bool move,
                      char ret_backup[NAME_MAX + 1], struct failure *f);

/* Closes and frees. */
void file_name_free(struct file_name *n);

/* ---- file_space.c ---- */

/* What the data will take on the file system. existing: the file that is written into, or NULL.
 * It may be on another file system than its directory, because files can be mount points. */
struct space_demand file_space_demand(const struct file_name *n, const struct target_request *q,
                                      const struct stat *existing);

/* Whether the file system has files of this size: 0, or -EFBIG with *f filled. */
int file_space_check_limit(const struct file_name *n, const struct target_request *q,
                           struct failure *f);

/* Whether the file system can clone, so that clones there take no space. */
bool file_space_can_clone(const struct file_name *n);

/* Makes a hole of the copied range in a file that exists. False: zeros have to be written
 * there. */
bool file_space_punch(const struct target *t);

/* Makes holes of all that *held does not contain. False: it could not be done everywhere. */
bool file_space_punch_rest(const struct target *t, const struct ranges *held);

/* As target_reserve(). */
void file_space_reserve(struct target *t);

/* ---- file_inode.c ---- */

/* The mode to create the final name with (inplace). */
mode_t file_inode_creation_mode(const struct target_request *q);

/* Notes the mode that the file gets at the end: from that of a file just created with
 * file_inode_creation_mode() or the source's mode. */
void file_inode_note_created(struct target *t, mode_t mode);

/* Notes mode, owner and access control list of the file that is replaced, which is
 * target_file.there. 0 or a negative errno with *f filled. */
int file_inode_note_replaced(struct target *t, struct failure *f);

/* Whether the mode is preserved from the source. */
bool file_inode_preserves_mode(const struct target_request *q);

/* Gives the file owner, mode and preserved attributes. named: the file is new, or takes the
 * place of another. *ret_changed becomes true if preserved attributes were set. 0 or a negative
 * errno with *f filled; attributes that could not be preserved are in target.attr_failures. */
int file_inode_complete(struct target *t, bool named, bool *ret_changed, struct failure *f);

/* ---- file_temp.c ---- */

/* Creates an empty temporary file as target.fd, with a mode as for open(2). 0 or a negative
 * errno. */
int file_temp_create(struct target *t, mode_t mode);

/* The same with a file that can be kept, and its journal. With request.resume it may not be
 * empty. 0 or a negative errno of partial_open(). */
int file_temp_open_partial(struct target *t);

/* Removes the name of the temporary file, if there is one, and of its journal. */
void file_temp_remove(struct target *t);

/* Removes it, or leaves it if `keep` is set and it has any data. */
void file_temp_leave(struct target *t, bool keep);

/* The destination is complete: removes the journal, or what earlier runs have kept for the same
 * name. */
void file_temp_finish(struct target *t);

/* ---- file_open.c ---- */

/* Opens a temporary file as target.fd, or with request.inplace the final name; target_file has
 * the name and what stands there. 0, or a negative errno with *f filled and no name left
 * behind. */
int file_open_data(struct target *t, struct failure *f);

/* ---- file_commit.c ---- */

/* Checks the file, and gives it its attributes and its final name. *ret_keep: after a failure
 * the data of the temporary file are still worth keeping. 0 or a negative errno with *f filled.
 * In each case the caller then closes the target as target_abort() does. */
int file_commit_data(struct target *t, bool *ret_keep, struct failure *f);

#endif
