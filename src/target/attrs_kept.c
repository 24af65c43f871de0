#include <errno.h>

#include "attrs_priv.h"

#define MODE_BITS (07777)
#define COARSEST  2 /* seconds: the clock of FAT */

static bool is_far(time_t a, time_t b)
{
    return a > b ? a - b > COARSEST : b - a > COARSEST;
}

static void note(struct attrs_failures *failures, const char *op, const char *message)
{
    if (failures->n < ATTRS_MAX_FAILURES)
        failure_set(&failures->list[failures->n++], op, EOPNOTSUPP, FAILURE_NO_OFFSET, message);
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
        note(failures, "preserve owner", "the file system keeps another one");
    if (given->mode && (now->st_mode & MODE_BITS) != given->mode_bits)
        note_mode(failures, now->st_mode & MODE_BITS);
    if (given->times && is_far(now->st_mtim.tv_sec, a->times[1].tv_sec))
        note(failures, "preserve times", "the file system cannot hold them");
}
