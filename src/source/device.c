/* device: a block device as a source. It has a size, but nobody knows whether its data have
 * changed. */
#include <errno.h>
#include <unistd.h>

#include "by_name_priv.h"
#include "kind_priv.h"

static bool device_takes(const struct stat *st)
{
    return S_ISBLK(st->st_mode);
}

static int device_begin(struct source *s, struct failure *f)
{
    off_t at = lseek(s->fd, 0, SEEK_CUR), end = lseek(s->fd, 0, SEEK_END);

    /* The offset of standard input says where to begin. */
    if (at < 0 || end < 0 || lseek(s->fd, at, SEEK_SET) < 0)
        return failure_set(f, "seek", errno, FAILURE_NO_OFFSET, NULL);
    s->size = (uint64_t)end;
    s->can = (struct source_can){
        .positions = true, .again = true, .size_known = true, .attributes = true};
    return 0;
}

static uint64_t device_allocated(const struct source *s)
{
    return s->size;
}

static int device_check_unchanged(const struct source *s, struct failure *f)
{
    (void)s;
    (void)f;
    return 0;
}

static bool device_origin(const struct source *s, struct origin *ret)
{
    (void)s;
    (void)ret;
    return false;
}

const struct source_ops source_device_ops = {
    .takes = device_takes,
    .open = by_name_open,
    .begin = device_begin,
    .open_direct = by_name_open_direct,
    .allocated = device_allocated,
    .check_unchanged = device_check_unchanged,
    .origin = device_origin,
    .close = by_name_close,
};
