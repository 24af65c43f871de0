#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "attrs_priv.h"

#define COARSEST 2 /* seconds: the clock of FAT */

static bool is_far(time_t a, time_t b)
{
    return a > b ? a - b > COARSEST : b - a > COARSEST;
}

void attrs_note(struct attrs_failures *failures, const char *op, int err, const char *message)
{
    if (failures->n < ATTRS_MAX_FAILURES)
        failure_set(&failures->list[failures->n++], op, err, FAILURE_NO_OFFSET, message);
}

static void note_mode(struct attrs_failures *failures, mode_t mode)
{
    if (failures->n < ATTRS_MAX_FAILURES)
        failure_format(&failures->list[failures->n++], "preserve mode", EOPNOTSUPP,
                       "the file system keeps %04o", mode);
}

void attrs_note_not_kept(const struct attrs *a, const struct attrs_given *given,
                         const struct stat *now, struct attrs_failures *failures)
{
    if (given->owner && (now->st_uid != a->uid || now->st_gid != a->gid))
        attrs_note(failures, "preserve owner", EOPNOTSUPP, "the file system keeps another one");
    if (given->mode && (now->st_mode & MODE_BITS) != given->mode_bits)
        note_mode(failures, now->st_mode & MODE_BITS);
    if (given->times && is_far(now->st_mtim.tv_sec, a->times[1].tv_sec))
        attrs_note(failures, "preserve times", EOPNOTSUPP, "the file system cannot hold them");
}

/* Errors of a device, of a server, or of a full file system. An attribute alone is refused with
 * others: EPERM, EOPNOTSUPP, EINVAL. */
static bool is_write_error(int err)
{
    static const int errors[] = {EIO,   ENOSPC,   EDQUOT,       EFBIG,     EROFS, ENODEV,
                                 ENXIO, ENOTCONN, ECONNABORTED, ETIMEDOUT, ESTALE};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (err == errors[i])
            return true;
    return false;
}

const struct failure *attrs_lost_data(const struct attrs_failures *failures)
{
    for (unsigned i = 0; i < failures->n; i++) {
        const struct failure *f = &failures->list[i];
        bool of_inode = strcmp(f->op, "preserve owner") == 0 ||
                        strcmp(f->op, "preserve mode") == 0 ||
                        strcmp(f->op, "preserve times") == 0;

        if (of_inode && is_write_error(f->err))
            return f;
    }
    return NULL;
}
