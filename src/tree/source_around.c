/* source_around: reads of the walk that wait, or fail. See source_state_priv.h. */
#include "source/bad_sector.h"
#include "source_state_priv.h"

static void on_bad(void *arg, uint64_t offset, uint64_t length, int err)
{
    const struct walk *w = arg;

    w->t->zeroed(w->t->arg, w->path.bytes, offset, length, err);
}

static void on_moved(void *arg)
{
    const struct walk *w = arg;

    w->t->read(w->t->arg, 0);
}

static bool goes_on(void *arg)
{
    const struct walk *w = arg;

    w->t->read(w->t->arg, 0); /* a wait is no hang */
    return !stream_stopped(w->t->stream);
}

void walk_wait_for_rate(struct walk *w, uint64_t n)
{
    (void)rate_wait(w->t->rate, n, goes_on, w);
}

int64_t walk_read_around(struct walk *w, int fd, char *to, size_t n, uint64_t offset, int err)
{
    const struct bad_sector_reading reading = {
        .fd = fd,
        .retries = w->t->read_retries,
        .arg = w,
        .bad = on_bad,
        .moved = on_moved,
    };

    if (!w->t->read_zeros || !bad_sector_is_met(fd, err))
        return -err;
    return bad_sector_read_around(&reading, to, n, offset);
}
