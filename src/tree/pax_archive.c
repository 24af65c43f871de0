/* pax_archive: see pax_archive_priv.h. */
#include "pax_archive_priv.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

struct pax_archive {
    struct archive *archive;
    struct archive_entry *entry;
    int (*put)(void *arg, const void *bytes, size_t n);
    void *arg;
    int error;             /* the first of put(): nothing more is put */
    bool is_cut;           /* libarchive would put the rest, to free what it has */
    locale_t utf8, before; /* of the thread: ours, and the one that it had */
};

/* Only at the end libarchive is told of an error: after one it would not free everything
 * (archive_write_client_close(), libarchive 3.6.2, is not called then). */
static la_ssize_t on_write(struct archive *a, void *arg, const void *bytes, size_t n)
{
    struct pax_archive *p = arg;

    (void)a;
    if (p->is_cut)
        return -1;
    if (p->error == 0)
        p->error = p->put(p->arg, bytes, n);
    return (la_ssize_t)n;
}

/* The result of a call of libarchive as 0 or a negative errno. A warning is that a name is no
 * UTF-8: it is written as it is. */
static int result_of(const struct pax_archive *p, int r)
{
    int error = archive_errno(p->archive);

    if (p->error < 0)
        return p->error;
    if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
        return 0;
    return r == ARCHIVE_FATAL && error > 0 ? -error : -EINVAL;
}

/* libarchive takes names to be in the encoding of the locale, and converts them to UTF-8. Here
 * both are the same, and so all bytes stay what they are. Where this locale is missing, names with
 * other bytes than ASCII are written as BINARY. */
static void enter_locale(struct pax_archive *p)
{
    p->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (p->utf8 == (locale_t)0)
        p->utf8 = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
    p->before = p->utf8 == (locale_t)0 ? (locale_t)0 : uselocale(p->utf8);
}

static void leave_locale(const struct pax_archive *p)
{
    if (p->utf8 == (locale_t)0)
        return;
    (void)uselocale(p->before);
    freelocale(p->utf8);
}

/* Data are passed on as they come, without blocks. The keywords of extended attributes are those
 * that GNU tar knows, too. */
static bool set_up(const struct pax_archive *p)
{
    return archive_write_set_format_pax(p->archive) == ARCHIVE_OK &&
           archive_write_set_format_option(p->archive, "pax", "xattrheader", "SCHILY") ==
               ARCHIVE_OK &&
           archive_write_set_bytes_per_block(p->archive, 0) == ARCHIVE_OK &&
           archive_write_open(p->archive, (void *)(uintptr_t)p, NULL, on_write, NULL) ==
               ARCHIVE_OK;
}

int pax_archive_new(struct pax_archive **ret,
                    int (*put)(void *arg, const void *bytes, size_t n), void *arg)
{
    struct pax_archive *p = calloc(1, sizeof(*p));

    if (!p)
        return -ENOMEM;
    p->put = put;
    p->arg = arg;
    enter_locale(p);
    p->archive = archive_write_new();
    p->entry = p->archive ? archive_entry_new2(p->archive) : NULL;
    if (!p->entry || !set_up(p)) {
        pax_archive_free(p);
        return -ENOMEM;
    }
    *ret = p;
    return 0;
}

void pax_archive_free(struct pax_archive *p)
{
    if (!p)
        return;
    if (p->entry)
        archive_entry_free(p->entry);
    if (p->archive) {
        p->is_cut = true; /* else it would write the end */
        (void)archive_write_free(p->archive);
    }
    leave_locale(p);
    free(p);
}

/* ---- an entry ---- */

static int tag_of(unsigned tag)
{
    switch (tag) {
    case ACL_USER_OBJ:
        return ARCHIVE_ENTRY_ACL_USER_OBJ;
    case ACL_USER:
        return ARCHIVE_ENTRY_ACL_USER;
    case ACL_GROUP_OBJ:
        return ARCHIVE_ENTRY_ACL_GROUP_OBJ;
    case ACL_GROUP:
        return ARCHIVE_ENTRY_ACL_GROUP;
    case ACL_MASK:
        return ARCHIVE_ENTRY_ACL_MASK;
    default:
        return ARCHIVE_ENTRY_ACL_OTHER;
    }
}

static int permissions_of(unsigned perm)
{
    return (perm & ACL_READ ? ARCHIVE_ENTRY_ACL_READ : 0) |
           (perm & ACL_WRITE ? ARCHIVE_ENTRY_ACL_WRITE : 0) |
           (perm & ACL_EXECUTE ? ARCHIVE_ENTRY_ACL_EXECUTE : 0);
}

/* Adds an access control list, which is the value of the kernel's extended attribute. */
static void add_acl(struct archive_entry *to, int type, const struct attrs *a,
                    const struct attrs_value *v)
{
    const char *list = a->values + v->start + sizeof(struct posix_acl_xattr_header);
    struct posix_acl_xattr_entry e;
    size_t n = v->size < sizeof(struct posix_acl_xattr_header)
                   ? 0
                   : (v->size - sizeof(struct posix_acl_xattr_header)) / sizeof(e);

    for (size_t i = 0; i < n; i++) {
        memcpy(&e, list + i * sizeof(e), sizeof(e));
        (void)archive_entry_acl_add_entry(to, type, permissions_of(le16toh(e.e_perm)),
                                          tag_of(le16toh(e.e_tag)), (int)le32toh(e.e_id), NULL);
    }
}

bool pax_archive_has_xattr(const char *name)
{
    for (const char *at = name; *at; at++)
        if (*at < '!' || *at > '~')
            return false;
    return true;
}

static void add_attrs(struct archive_entry *to, const struct attrs *a)
{
    add_acl(to, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, a, &a->access_acl);
    add_acl(to, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, a, &a->default_acl);
    for (unsigned i = 0; i < a->n_xattrs; i++)
        if (pax_archive_has_xattr(a->xattrs[i].name))
            archive_entry_xattr_add_entry(to, a->xattrs[i].name, a->values + a->xattrs[i].start,
                                          a->xattrs[i].size);
}

/* The nanoseconds of a time: see pax_archive_priv.h. */
static long fraction_of(const struct timespec *t)
{
    return t->tv_sec < 0 ? 0 : t->tv_nsec;
}

static void describe(struct archive_entry *to, const struct pax_entry *e)
{
    archive_entry_copy_pathname(to, e->path);
    if (e->hard_link)
        archive_entry_copy_hardlink(to, e->hard_link);
    else if (e->text)
        archive_entry_copy_symlink(to, e->text);
    archive_entry_set_mode(to, e->mode);
    archive_entry_set_uid(to, e->uid);
    archive_entry_set_gid(to, e->gid);
    archive_entry_set_size(to, S_ISREG(e->mode) && !e->hard_link ? (la_int64_t)e->size : 0);
    if (S_ISCHR(e->mode) || S_ISBLK(e->mode)) {
        archive_entry_set_rdevmajor(to, major(e->rdev));
        archive_entry_set_rdevminor(to, minor(e->rdev));
    }
    archive_entry_set_atime(to, e->times[0].tv_sec, fraction_of(&e->times[0]));
    archive_entry_set_mtime(to, e->times[1].tv_sec, fraction_of(&e->times[1]));
    if (e->attrs && !e->hard_link)
        add_attrs(to, e->attrs);
}

int pax_archive_begin(struct pax_archive *p, const struct pax_entry *e)
{
    archive_entry_clear(p->entry);
    describe(p->entry, e);
    return result_of(p, archive_write_header(p->archive, p->entry));
}

int pax_archive_data(struct pax_archive *p, const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n > 0) {
        la_ssize_t done = archive_write_data(p->archive, at, n);

        if (done < 0 || p->error < 0)
            return result_of(p, (int)done);
        if (done == 0) /* the entry is full */
            return 0;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

int pax_archive_end(struct pax_archive *p)
{
    return result_of(p, archive_write_close(p->archive));
}
