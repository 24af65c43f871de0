/* ahead: the thread that walks through the source ahead of the first reader, and brings what that will
 * open and read into the page cache. The reader makes one call after the other, so that it would wait
 * for each of them where the source is not in memory; here many of them wait for the device together.
 *
 * Nothing depends on what the thread does: it only opens files as the reader does, and asks the kernel
 * to read them. It stays near the reader, so that it does not push out of memory what is needed soon.
 * It starts when the reader is seen to wait (source_wait.c). See tree_priv.h. */
#include <fcntl.h>
#include <poll.h>

#include "base/event.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "base/thread.h"
#include "tree_priv.h"

/* So many entries may be ahead of the reader. A disk that turns reads 100 to 200 of them in a second,
 * and sorts those that it has been asked for; an SSD is busy with 32. */
#define MOST_AHEAD 256u

/* The reader wakes the thread each time that it has passed so many. */
#define PASSED_STEP 32u

/* Bytes of a file that are read ahead; what is behind them the kernel reads ahead of the reader. */
#define MOST_BYTES (128 << 10)

/* Descriptors of the thread: six directories, a file or a directory that is entered, and room_fd. */
#define AHEAD_DESCRIPTORS 8u

#define OPEN_FLAGS (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)

static uint64_t count_ahead(const struct tree_ahead *a)
{
    uint64_t found = atomic_load_explicit(&a->walk.files, memory_order_relaxed);
    uint64_t passed = atomic_load(&a->passed);

    return found > passed ? found - passed : 0;
}

/* Waits until the reader is near enough. */
static void await_room(struct tree_ahead *a)
{
    while (count_ahead(a) >= MOST_AHEAD && !atomic_load(&a->walk.stop)) {
        struct pollfd p = {.fd = a->room_fd, .events = POLLIN};

        if (poll(&p, 1, -1) > 0)
            (void)event_clear(a->room_fd);
    }
}

/* Gets all entries but directories. What the reader has passed already is of no use. */
static void read_ahead(void *arg, int dir_fd, const char *name, const struct stat *st)
{
    struct tree_reader *r = arg;
    struct tree_ahead *a = &r->tree->ahead;
    int fd;

    await_room(a);
    if (!S_ISREG(st->st_mode) || !a->reads(r, st) || count_ahead(a) == 0)
        return;
    fd = UNINTERRUPTED(openat(dir_fd, name, OPEN_FLAGS));
    if (fd >= 0)
        (void)posix_fadvise(fd, 0, MOST_BYTES, POSIX_FADV_WILLNEED);
    (void)fd_close(&fd);
}

static void *run(void *arg)
{
    struct tree *t = arg;

    (void)totals_count(&t->ahead.walk);
    tree_thread_over(t, &t->ahead.over);
    return NULL;
}

void tree_ahead_passed(struct tree *t)
{
    struct tree_ahead *a = &t->ahead;

    if ((atomic_fetch_add(&a->passed, 1) + 1) % PASSED_STEP == 0 && atomic_load(&a->started))
        event_signal(a->room_fd);
}

void tree_ahead_begin(struct tree_reader *r,
                      bool (*leave_out)(void *arg, const struct stat *st),
                      bool (*reads)(struct tree_reader *r, const struct stat *st))
{
    struct tree *t = r->tree;
    struct tree_ahead *a = &t->ahead;

    if (atomic_load(&a->walk.stop) ||
        tree_descriptor_share(t->copy->n_dests, AHEAD_DESCRIPTORS) < AHEAD_DESCRIPTORS)
        return;
    a->room_fd = event_create();
    if (a->room_fd < 0)
        return;
    a->walk.arg = r;
    a->walk.keep_links = false; /* it has no use for sizes, nor the memory */
    a->walk.leave_out = leave_out;
    a->walk.file = read_ahead;
    a->reads = reads;
    if (thread_start(run, t) == 0)
        atomic_store(&a->started, true);
    else
        (void)fd_close(&a->room_fd);
}

void tree_ahead_stop(struct tree *t)
{
    struct tree_ahead *a = &t->ahead;

    atomic_store(&a->walk.stop, true);
    if (atomic_load(&a->started))
        event_signal(a->room_fd);
}

bool tree_end_ahead(struct tree *t, unsigned ms)
{
    struct tree_ahead *a = &t->ahead;

    if (!atomic_load(&a->started))
        return true;
    tree_ahead_stop(t);
    if (!tree_await_thread(t, &a->over, ms))
        return false;
    (void)fd_close(&a->room_fd);
    return true;
}
