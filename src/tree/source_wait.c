/* source_wait: whether the walk waits for the source, as it does when this is not in the page cache.
 * See source_state_priv.h. */
#include <sys/resource.h>

#include "base/clock.h"
#include "base/file_system.h"
#include "source_state_priv.h"

/* So many entries are looked at together. */
#define LOOK_FILES 32u

/* A walk that takes longer for one of them waits: an open and a read of what is in the page cache take
 * less than 10 us, and a read from an SSD 50 to 100 us. */
#define FAST_NS 40000u

/* Whether it was the source that took the time: others may have had the CPU, and a debugger slows every
 * call down. This thread has read from a block device since the last call, or a server has answered. */
static bool has_waited(struct walk *w)
{
    struct rusage usage;
    long before = w->wait.blocks;

    if (getrusage(RUSAGE_THREAD, &usage) < 0)
        return false;
    w->wait.blocks = usage.ru_inblock;
    return w->wait.blocks != before || file_system_is_remote(dir_chain_fd(&w->dirs));
}

uint64_t walk_wait_begin(const struct walk *w)
{
    return w->t->waits && !w->wait.told ? clock_now_ns() : 0;
}

void walk_wait_end(struct walk *w, uint64_t began)
{
    if (began > 0)
        w->wait.ns += clock_now_ns() - began;
}

void walk_passed(struct walk *w)
{
    if (!w->t->waits)
        return;
    w->t->passed(w->t->arg);
    if (w->wait.told || ++w->wait.files < LOOK_FILES)
        return;
    w->wait.told = w->wait.ns > LOOK_FILES * FAST_NS && has_waited(w);
    if (w->wait.told)
        w->t->waits(w->t->arg);
    w->wait.files = 0;
    w->wait.ns = 0;
}
