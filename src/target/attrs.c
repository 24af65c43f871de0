#include <attr/libattr.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "attrs_priv.h"
#include "base/clock.h"
#include "base/interrupted.h"

#define CONTEXT      "security.selinux"
#define SET_ID_BITS  (S_ISUID | S_ISGID)
#define NAMES_START  1024 /* bytes: room for what most files have */
#define VALUES_START 1024 /* for one value */
#define XATTR_ROOM   (XATTR_SIZE_MAX > XATTR_LIST_MAX ? XATTR_SIZE_MAX : XATTR_LIST_MAX)

/* ---- a file behind a descriptor ---- */

struct handle {
    int fd;
    bool path_only;
    char path[32]; /* with path_only: leads to the file itself, also to a symlink */
};

static struct handle handle_of(int fd, bool path_only)
{
    struct handle h = {.fd = fd, .path_only = path_only};

    if (path_only)
        (void)snprintf(h.path, sizeof(h.path), "/proc/self/fd/%d", fd);
    return h;
}

static ssize_t xattr_list(const struct handle *h, char *list, size_t size)
{
    return h->path_only ? UNINTERRUPTED(listxattr(h->path, list, size))
                        : UNINTERRUPTED(flistxattr(h->fd, list, size));
}

static ssize_t xattr_get(const struct handle *h, const char *name, void *value, size_t size)
{
    return h->path_only ? UNINTERRUPTED(getxattr(h->path, name, value, size))
                        : UNINTERRUPTED(fgetxattr(h->fd, name, value, size));
}

static int xattr_set(const struct handle *h, const char *name, const void *value, size_t size)
{
    return h->path_only ? UNINTERRUPTED(setxattr(h->path, name, value, size, 0))
                        : UNINTERRUPTED(fsetxattr(h->fd, name, value, size, 0));
}

static int xattr_remove(const struct handle *h, const char *name)
{
    return h->path_only ? UNINTERRUPTED(removexattr(h->path, name))
                        : UNINTERRUPTED(fremovexattr(h->fd, name));
}

static int set_mode(const struct handle *h, mode_t mode)
{
    return h->path_only ? UNINTERRUPTED(chmod(h->path, mode))
                        : UNINTERRUPTED(fchmod(h->fd, mode));
}

static int set_owner(const struct handle *h, uid_t uid, gid_t gid)
{
    return h->path_only ? UNINTERRUPTED(fchownat(h->fd, "", uid, gid, AT_EMPTY_PATH))
                        : UNINTERRUPTED(fchown(h->fd, uid, gid));
}

static int set_times(const struct handle *h, const struct timespec times[2])
{
    return h->path_only ? UNINTERRUPTED(utimensat(h->fd, "", times, AT_EMPTY_PATH))
                        : UNINTERRUPTED(futimens(h->fd, times));
}

/* ---- failures ---- */

static bool is_unsupported(int err)
{
    return err == EOPNOTSUPP || err == ENOSYS || err == ENODATA;
}

static void note_xattr(struct attrs_failures *failures, enum attrs_effort effort,
                       const char *op, int err, const char *name)
{
    if (effort == ATTRS_REQUIRED || (effort == ATTRS_MIND && !is_unsupported(err)) ||
        (effort == ATTRS_TRY && err == ENOMEM))
        attrs_note(failures, op, err, name);
    else if (effort != ATTRS_LEAVE)
        failures->lost = true;
}

/* ---- what is wanted ---- */

bool attrs_any(const struct attrs_wanted *wanted)
{
    return wanted->mode || wanted->owner || wanted->times || wanted->context || wanted->xattrs;
}

bool attrs_context_available(void)
{
    struct statfs fs;

    return statfs("/sys/fs/selinux", &fs) == 0 && fs.f_type == SELINUX_MAGIC;
}

void attrs_init(struct attrs *a, const struct attrs_wanted *wanted)
{
    *a = (struct attrs){.wanted = *wanted, .superuser = geteuid() == 0};
    if (wanted->context && !attrs_context_available())
        a->wanted.context = ATTRS_LEAVE;
    if (wanted->xattrs) /* reads /etc/xattr.conf, which is not safe among threads */
        (void)attr_copy_action(CONTEXT, NULL);
}

void attrs_free(struct attrs *a)
{
    free(a->xattrs);
    free(a->names);
    free(a->values);
    *a = (struct attrs){.n_xattrs = 0};
}

/* The effort for an extended attribute that is no access control list. */
static enum attrs_effort effort_for(const struct attrs *a, const char *name)
{
    if (strcmp(name, CONTEXT) == 0 && a->wanted.context > a->wanted.xattrs)
        return a->wanted.context;
    return a->wanted.xattrs && attr_copy_action(name, NULL) == 0 ? a->wanted.xattrs
                                                                 : ATTRS_LEAVE;
}

/* ---- reading ---- */

int attrs_make_room(char **buffer, size_t *room, size_t wanted)
{
    char *larger;

    if (*room >= wanted)
        return 0;
    larger = realloc(*buffer, wanted);
    if (!larger)
        return -ENOMEM;
    *buffer = larger;
    *room = wanted;
    return 0;
}

/* Fills a->names. Returns its size in bytes or a negative errno. */
static ssize_t read_names(struct attrs *a, const struct handle *h)
{
    static const size_t rooms[] = {NAMES_START, XATTR_LIST_MAX};

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        ssize_t size;

        if (attrs_make_room(&a->names, &a->names_room, rooms[i]) < 0)
            return -ENOMEM;
        size = xattr_list(h, a->names, a->names_room);
        if (size >= 0)
            return size;
        if (is_unsupported(errno))
            return 0;
        if (errno != ERANGE)
            return -errno;
    }
    return -ERANGE;
}

/* Appends the value to a->values. 0 or a negative errno; -ENODATA if the attribute has been
 * removed meanwhile. */
static int read_value(struct attrs *a, const struct handle *h, const char *name,
                      struct attrs_value *ret)
{
    static const size_t rooms[] = {VALUES_START, XATTR_SIZE_MAX};

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        ssize_t size;

        if (attrs_make_room(&a->values, &a->values_room, a->values_used + rooms[i]) < 0)
            return -ENOMEM;
        size = xattr_get(h, name, a->values + a->values_used, a->values_room - a->values_used);
        if (size >= 0) {
            *ret = (struct attrs_value){name, a->values_used, (size_t)size};
            a->values_used += (size_t)size;
            return 0;
        }
        if (errno != ERANGE)
            return -errno;
    }
    return -ERANGE;
}

int attrs_add_xattr(struct attrs *a, const struct attrs_value *value)
{
    if (a->n_xattrs == a->xattrs_room) {
        struct attrs_value *more =
            reallocarray(a->xattrs, a->xattrs_room + 8u, sizeof(*a->xattrs));

        if (!more)
            return -ENOMEM;
        a->xattrs = more;
        a->xattrs_room += 8;
    }
    a->xattrs[a->n_xattrs++] = *value;
    return 0;
}

static void read_xattr(struct attrs *a, const struct handle *h, const char *name)
{
    enum attrs_effort effort = effort_for(a, name);
    struct attrs_value value;
    int r;

    if (effort == ATTRS_LEAVE)
        return;
    r = read_value(a, h, name, &value);
    if (r == 0)
        r = attrs_add_xattr(a, &value);
    if (r < 0 && r != -ENODATA)
        note_xattr(&a->failures, effort, "read extended attribute", -r, name);
}

/* The list could not be read. The bits of the group are the mask of that list: they do not say
 * what the group may do, and are cleared. */
static void note_missing_acl(struct attrs *a, int err)
{
    attrs_note(&a->failures, "read access control list", err, NULL);
    a->mode &= ~(mode_t)S_IRWXG;
}

static void read_acl(struct attrs *a, const struct handle *h, const char *name,
                     struct attrs_value *ret)
{
    int r = read_value(a, h, name, ret);

    if (r < 0 && r != -ENODATA)
        note_missing_acl(a, -r);
}

static bool may_have_acl(mode_t mode)
{
    return !S_ISLNK(mode);
}

void attrs_read_stat(struct attrs *a, const struct stat *st)
{
    a->mode = st->st_mode;
    a->uid = st->st_uid;
    a->gid = st->st_gid;
    a->times[0] = st->st_atim;
    a->times[1] = st->st_mtim;
    a->access_acl = a->default_acl = (struct attrs_value){.size = 0};
    a->n_xattrs = 0;
    a->values_used = 0;
    a->failures.n = 0;
    a->failures.lost = false;
}

void attrs_read(struct attrs *a, int fd, bool path_only, const struct stat *st)
{
    const struct handle h = handle_of(fd, path_only);
    bool acls = a->wanted.mode && may_have_acl(st->st_mode);
    ssize_t size;

    attrs_read_stat(a, st);
    if (!acls && !a->wanted.context && !a->wanted.xattrs)
        return;

    size = read_names(a, &h);
    if (size < 0) {
        note_xattr(&a->failures,
                   a->wanted.context > a->wanted.xattrs ? a->wanted.context : a->wanted.xattrs,
                   "read extended attributes", (int)-size, NULL);
        if (acls)
            note_missing_acl(a, (int)-size);
        return;
    }
    for (const char *name = a->names; name < a->names + size; name += strlen(name) + 1) {
        if (strcmp(name, ACCESS_ACL) != 0 && strcmp(name, DEFAULT_ACL) != 0)
            read_xattr(a, &h, name);
        else if (acls)
            read_acl(a, &h, name,
                     strcmp(name, ACCESS_ACL) == 0 ? &a->access_acl : &a->default_acl);
    }
}

/* ---- setting ---- */

/* The file whose attributes are set, and its state so far. */
struct receiver {
    const struct attrs *a;
    struct handle h;
    const struct attrs_file *file;
    struct stat st;  /* before anything was set */
    mode_t mode_now; /* its present permission and set-id bits */
    bool changed;
    bool owner_kept;
    struct attrs_given given;
    struct attrs_failures *failures;
};

/* The old mode or an old list, with the new owner, could admit users for whom neither was
 * meant. Until the file has owner and mode of the source, only its owner has access. */
static int restrict_mode(struct receiver *r)
{
    mode_t mode = r->mode_now & S_IRWXU & (r->a->mode | S_IWUSR);

    if (!r->a->wanted.mode || r->file->fresh || S_ISLNK(r->st.st_mode) || r->mode_now == mode)
        return 0;
    if (set_mode(&r->h, mode) < 0)
        return -errno;
    r->changed = true;
    r->mode_now = mode;
    return 0;
}

static void give_owner(struct receiver *r)
{
    const struct attrs *a = r->a;
    int err;

    r->owner_kept = r->st.st_uid == a->uid && r->st.st_gid == a->gid;
    r->given.owner = r->owner_kept;
    if (r->owner_kept)
        return;
    err = -restrict_mode(r);
    if (err == 0 && set_owner(&r->h, a->uid, a->gid) < 0) {
        err = errno;
        /* The group alone may be allowed where the owner is not. */
        if ((err == EPERM || err == EINVAL) && r->st.st_gid != a->gid)
            r->changed |= set_owner(&r->h, (uid_t)-1, a->gid) == 0;
    }
    if (err == 0) {
        r->owner_kept = r->changed = r->given.owner = true;
        if (!S_ISDIR(r->st.st_mode)) /* which keep them */
            r->mode_now &= ~(mode_t)SET_ID_BITS;
    } else if (a->superuser || (err != EPERM && err != EINVAL)) {
        attrs_note(r->failures, "preserve owner", err, NULL);
    }
}

/* Whether the file that exists has that value already. */
static bool has_xattr(const struct receiver *r, const struct attrs_value *v, char *room)
{
    return room && xattr_get(&r->h, v->name, room, XATTR_SIZE_MAX) == (ssize_t)v->size &&
           memcmp(room, r->a->values + v->start, v->size) == 0;
}

/* The owner of a file that exists may have to be let write to it first: a copy would be new. */
static void open_up(struct receiver *r)
{
    mode_t mode = r->mode_now | S_IWUSR;

    if (r->file->fresh || r->a->superuser || mode == r->mode_now || set_mode(&r->h, mode) < 0)
        return;
    r->changed = true;
    r->mode_now = mode;
}

/* The value NULL: the attribute is removed. */
static void give_xattr(struct receiver *r, const char *name, const struct attrs_value *v)
{
    open_up(r);
    if ((v ? xattr_set(&r->h, name, r->a->values + v->start, v->size)
           : xattr_remove(&r->h, name)) == 0)
        r->changed = true;
    else
        note_xattr(r->failures, effort_for(r->a, name),
                   v ? "preserve extended attribute" : "remove extended attribute", errno,
                   name);
}

/* Whether it is one that a file has only if somebody has given it: a new file has labels of security
 * modules, and what a file system makes up. */
static bool was_given(const char *name)
{
    return strncmp(name, "user.", strlen("user.")) == 0 ||
           strncmp(name, "trusted.", strlen("trusted.")) == 0 ||
           strcmp(name, "security.capability") == 0;
}

static bool source_has_xattr(const struct attrs *a, const char *name)
{
    for (unsigned i = 0; i < a->n_xattrs; i++)
        if (strcmp(a->xattrs[i].name, name) == 0)
            return true;
    return false;
}

/* Removes what a copy would not have, if it is known what the source has. names: room for them. */
static void remove_xattrs(struct receiver *r, char *names)
{
    const struct attrs *a = r->a;
    ssize_t size =
        a->failures.n > 0 || a->failures.lost ? 0 : xattr_list(&r->h, names, XATTR_LIST_MAX);

    for (const char *name = names; name < names + size; name += strlen(name) + 1)
        if (effort_for(a, name) != ATTRS_LEAVE && was_given(name) && !source_has_xattr(a, name))
            give_xattr(r, name, NULL);
}

static void give_xattrs(struct receiver *r)
{
    const struct attrs *a = r->a;
    bool as_new = r->file->as_new && a->wanted.xattrs;
    char *room = as_new ? malloc(XATTR_ROOM) : NULL;
    mode_t mode = r->mode_now;

    if (room)
        remove_xattrs(r, room);
    else if (as_new)
        note_xattr(r->failures, a->wanted.xattrs, "remove extended attributes", ENOMEM, NULL);
    for (unsigned i = 0; i < a->n_xattrs; i++)
        if (!has_xattr(r, &a->xattrs[i], room))
            give_xattr(r, a->xattrs[i].name, &a->xattrs[i]);
    free(room);
    if (mode == r->mode_now)
        return;
    if (set_mode(&r->h, mode) == 0)
        r->mode_now = mode;
    else
        attrs_note(r->failures, "set mode", errno, NULL);
}

/* Sets the list, or removes the list of the file if there is none. Whether the file has the
 * wanted list then. */
static bool give_acl(struct receiver *r, const char *name, const struct attrs_value *acl)
{
    int result;

    if (acl->size == 0 && (r->file->no_acl || xattr_get(&r->h, name, NULL, 0) < 0))
        return true;
    result = acl->size ? xattr_set(&r->h, name, r->a->values + acl->start, acl->size)
                       : xattr_remove(&r->h, name);
    if (result < 0)
        attrs_note(r->failures, "preserve access control list", errno, NULL);
    r->changed |= result == 0;
    return result == 0;
}

/* The mode for a file that cannot have the list. With the list, the bits of the group in the
 * mode are its mask; without it they are the rights of the group. */
static mode_t mode_without_acl(const struct attrs *a)
{
    const struct posix_acl_xattr_entry *entry;
    const char *end = a->values + a->access_acl.start + a->access_acl.size;
    const char *p = a->values + a->access_acl.start + sizeof(struct posix_acl_xattr_header);
    mode_t group = 0;

    for (; p + sizeof(*entry) <= end; p += sizeof(*entry)) {
        struct posix_acl_xattr_entry e;

        memcpy(&e, p, sizeof(e));
        if (le16toh(e.e_tag) == ACL_GROUP_OBJ)
            group = (mode_t)(le16toh(e.e_perm) & 7u) << 3;
    }
    return a->mode & ~((mode_t)S_IRWXG & ~group);
}

static void give_mode(struct receiver *r)
{
    const struct attrs *a = r->a;
    mode_t mode = a->mode;

    if (!may_have_acl(r->st.st_mode))
        return;
    if (!give_acl(r, ACCESS_ACL, &a->access_acl))
        mode = a->access_acl.size ? mode_without_acl(a) : mode;
    else if (a->access_acl.size) /* the list has set the permission bits */
        r->mode_now = (r->mode_now & ~(mode_t)ACCESSPERMS) | (mode & ACCESSPERMS);
    if (S_ISDIR(r->st.st_mode))
        (void)give_acl(r, DEFAULT_ACL, &a->default_acl);

    mode &= MODE_BITS;
    if (a->wanted.owner && !r->owner_kept)
        mode &= ~(mode_t)(SET_ID_BITS | S_ISVTX);
    r->given.mode = true;
    r->given.mode_bits = mode;
    /* Setting the list may have cleared the set-group-ID bit. */
    if (mode == r->mode_now && !(a->access_acl.size && (mode & S_ISGID)))
        return;
    r->given.mode = set_mode(&r->h, mode) == 0;
    r->changed |= r->given.mode;
    if (!r->given.mode)
        attrs_note(r->failures, "preserve mode", errno, NULL);
}

static void give_times(struct receiver *r)
{
    const struct timespec *times = r->a->times;

    if (clock_same(&r->st.st_atim, times) && clock_same(&r->st.st_mtim, times + 1))
        return;
    r->given.times = set_times(&r->h, times) == 0;
    r->changed |= r->given.times;
    if (!r->given.times)
        attrs_note(r->failures, "preserve times", errno, NULL);
}

/* Looks once, after the last change, what has come of all. */
static void check_kept(struct receiver *r)
{
    struct stat now;

    if (fstat(r->h.fd, &now) < 0)
        attrs_note(r->failures, "stat", errno, NULL);
    else
        attrs_note_not_kept(r->a, &r->given, &now, r->failures);
}

bool attrs_apply(const struct attrs *a, const struct attrs_file *file,
                 struct attrs_failures *ret)
{
    struct receiver r = {
        .a = a,
        .h = handle_of(file->fd, file->path_only),
        .file = file,
        .failures = ret,
    };

    *ret = a->failures;
    if (file->st) {
        r.st = *file->st;
    } else if (fstat(file->fd, &r.st) < 0) {
        attrs_note(ret, "stat", errno, NULL);
        return false;
    }
    r.mode_now = r.st.st_mode & MODE_BITS;
    if (a->wanted.owner)
        give_owner(&r);
    give_xattrs(&r);
    if (a->wanted.mode)
        give_mode(&r);
    if (a->wanted.times)
        give_times(&r);
    if (r.changed)
        check_kept(&r);
    return r.changed;
}

void attrs_repeat_times(const struct attrs *a, int fd)
{
    const struct handle h = handle_of(fd, false);

    if (a->wanted.times)
        (void)set_times(&h, a->times);
}
