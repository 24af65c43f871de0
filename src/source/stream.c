/* stream: a source that is read once, from its start to its end: a pipe, a FIFO, a socket, a
 * terminal or another character device. Nobody knows how long it is, and it may give nothing for
 * as long as it likes. */
#include "stream_priv.h"

#include <fcntl.h>
#include <linux/magic.h>

#include "base/file_system.h"
#include "by_name_priv.h"
#include "kind_priv.h"

#define SOCKFS_MAGIC 0x534F434B

/* What the pipe of a producer may hold, bytes: it goes on while the destinations are written. A
 * pipe that is larger stays so. */
#define PIPE_SIZE (1 << 20)

static const unsigned long without_names[] = {PIPEFS_MAGIC, SOCKFS_MAGIC, 0};

static bool stream_takes(const struct stat *st)
{
    return S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode) || S_ISSOCK(st->st_mode);
}

int stream_source_begin(struct source *s, struct failure *f)
{
    (void)f;
    if (fcntl(s->fd, F_GETPIPE_SZ) < PIPE_SIZE) /* fails for what is no pipe, as the next one */
        (void)fcntl(s->fd, F_SETPIPE_SZ, PIPE_SIZE);
    s->can = (struct source_can){.attributes = file_system_is(s->fd, without_names) != 1};
    return 0;
}

void stream_source_open_direct(struct source *s)
{
    (void)s; /* on a pipe O_DIRECT means packets */
}

uint64_t stream_source_allocated(const struct source *s)
{
    (void)s;
    return 0;
}

static int stream_check_unchanged(const struct source *s, struct failure *f)
{
    (void)s;
    (void)f;
    return 0;
}

bool stream_source_origin(const struct source *s, struct origin *ret)
{
    (void)s;
    (void)ret;
    return false;
}

const struct source_ops source_stream_ops = {
    .takes = stream_takes,
    .open = by_name_open,
    .begin = stream_source_begin,
    .open_direct = stream_source_open_direct,
    .allocated = stream_source_allocated,
    .check_unchanged = stream_check_unchanged,
    .origin = stream_source_origin,
    .close = by_name_close,
};
