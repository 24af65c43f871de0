/* file_inode: mode, owner, access control list and preserved attributes of a regular file. See
 * file_priv.h.
 *
 * A new file gets what the kernel makes of the source's permission bits (umask, default ACL of
 * the directory), as with cp. A file that replaces another gets the mode and the owner of that.
 * What is preserved of the source's attributes comes before either.
 *
 * A temporary file is private until it is complete. It is created with mode 0600: if the
 * directory has a default ACL, this denies access to all others, too, because the bits of the
 * group are the mask of the ACL. The chmod(2) at the end sets owner, mask and others, and a
 * mode given at creation affects no other entry of an ACL. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupted.h"
#include "file_priv.h"

#define PERMISSION_BITS (S_IRWXU | S_IRWXG | S_IRWXO)
#define MODE_BITS       (PERMISSION_BITS | S_ISUID | S_ISGID | S_ISVTX)

bool file_inode_preserves_mode(const struct target_request *q)
{
    return q->attrs && q->attrs->wanted.mode;
}

static bool preserves_owner(const struct target_request *q)
{
    return q->attrs && q->attrs->wanted.owner;
}

/* ---- at open: what the file will get ---- */

mode_t file_inode_creation_mode(const struct target_request *q)
{
    mode_t mode = q->source_mode & PERMISSION_BITS;

    /* Nobody else may read the file before it has its owner. */
    if (file_inode_preserves_mode(q) && preserves_owner(q))
        mode &= S_IRWXU;
    /* Extended attributes of a read-only file could not be set. */
    return q->attrs ? mode | S_IWUSR : mode;
}

void file_inode_note_created(struct target *t, mode_t mode)
{
    file_of(t)->inode.mode = mode & MODE_BITS & (t->request.source_mode | ~(mode_t)S_IWUSR);
}

int file_inode_note_replaced(struct target *t, struct failure *f)
{
    struct target_file *own = file_of(t);
    const struct stat *st = &own->there.st;
    struct file_inode *i = &own->inode;
    int r = file_inode_preserves_mode(&t->request)
                ? 0
                : acl_read(own->name.dir_fd, own->name.last, &i->acl);

    if (r < 0)
        return file_fail(f, "read access control list", -r, NULL);
    i->replaces = true;
    i->mode = st->st_mode & MODE_BITS;
    i->uid = st->st_uid;
    i->gid = st->st_gid;
    /* As a write(2) into the file by this user would do. */
    if (geteuid() != 0) {
        i->mode &= ~(mode_t)S_ISUID;
        if (i->mode & S_IXGRP)
            i->mode &= ~(mode_t)S_ISGID;
    }
    return 0;
}

/* ---- at commit ---- */

/* What the file system refuses to set costs the file an attribute, and not its data. Any other
 * error is one of the file: returns the negative errno with *f filled. */
static int judge(struct target *t, const char *op, int err, const char *message,
                 struct failure *f)
{
    struct attrs_failures *failures = &t->attr_failures;

    if (!file_is_refused(err))
        return file_fail(f, op, err, message);
    t->attrs_given = true;
    if (failures->n < ATTRS_MAX_FAILURES)
        (void)file_fail(&failures->list[failures->n++], op, err, message);
    return 0;
}

/* Gives the file the owner and group of the one that it replaces, as far as the user may;
 * *ret_kept: it has both. */
static int set_owner(struct target *t, const struct stat *st, bool *ret_kept, struct failure *f)
{
    const struct file_inode *i = &file_of(t)->inode;
    int r = 0;
    bool kept = !i->replaces || (i->uid == st->st_uid && i->gid == st->st_gid) ||
                UNINTERRUPTED(fchown(t->fd, i->uid, i->gid)) == 0;

    if (!kept) {
        if (errno != EPERM || geteuid() == 0)
            r = judge(t, "set owner", errno, HINT_INPLACE, f);
        /* The group alone may be allowed where the owner is not. */
        if (r == 0 && UNINTERRUPTED(fchown(t->fd, (uid_t)-1, i->gid)) < 0 &&
            !file_is_refused(errno))
            r = file_fail(f, "set owner", errno, HINT_INPLACE);
    }
    *ret_kept = kept;
    return r;
}

/* Sets only what differs: there are file systems that refuse every chmod and chown. */
static int set_mode(struct target *t, bool owner_kept, struct failure *f)
{
    const struct file_inode *i = &file_of(t)->inode;
    mode_t mode = i->mode;
    struct stat st;
    int r;

    if (!owner_kept)
        mode &= ~(mode_t)(S_ISUID | S_ISGID);
    if (i->replaces) {
        r = acl_write(t->fd, &i->acl);
        if (r < 0) {
            mode &= ~(mode_t)S_IRWXG; /* was the mask of the list */
            r = judge(t, "set access control list", -r, HINT_INPLACE, f);
        }
        if (r < 0)
            return r;
    }
    if (fstat(t->fd, &st) < 0)
        return file_fail(f, "stat", errno, NULL);
    if ((st.st_mode & MODE_BITS) != mode && UNINTERRUPTED(fchmod(t->fd, mode)) < 0)
        return judge(t, "set mode", errno, NULL, f);
    return 0;
}

/* Gives the file what is preserved of the source; *ret_changed becomes true if that was
 * anything. An attribute that cannot be preserved is no failure. 0, or a negative errno with *f
 * filled: data are lost. */
static int preserve(struct target *t, bool named, const struct stat *st, bool *ret_changed,
                    struct failure *f)
{
    const struct attrs_file file = {.fd = t->fd, .fresh = named, .st = st};
    const struct attrs_failures before = t->attr_failures;
    struct attrs_failures *failures = &t->attr_failures;
    const struct failure *lost;

    t->attrs_given = true;
    *ret_changed |= attrs_apply(t->request.attrs, &file, failures);
    for (unsigned i = 0; i < before.n && failures->n < ATTRS_MAX_FAILURES; i++)
        failures->list[failures->n++] = before.list[i];
    lost = attrs_lost_data(&t->attr_failures);
    if (!lost)
        return 0;
    *f = *lost;
    return -f->err;
}

/* Owner, attributes, mode: in this order none undoes another. */
int file_inode_complete(struct target *t, bool named, bool *ret_changed, struct failure *f)
{
    const struct target_request *q = &t->request;
    bool owner_kept = !preserves_owner(q);
    struct stat st;
    int r = 0;

    if (!named && !q->attrs)
        return 0;
    if (fstat(t->fd, &st) < 0)
        return file_fail(f, "stat", errno, NULL);
    if (named && !preserves_owner(q))
        r = set_owner(t, &st, &owner_kept, f);
    if (r == 0 && q->attrs)
        r = preserve(t, named, &st, ret_changed, f);
    if (r == 0 && named && !file_inode_preserves_mode(q))
        r = set_mode(t, owner_kept, f);
    return r;
}
