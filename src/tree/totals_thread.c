/* totals_thread: the thread that counts what there is in a tree. See tree_priv.h. */
#include <poll.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/thread.h"
#include "tree_priv.h"

/* Trees that take less time are not counted. */
#define COUNT_AFTER_MS 500

static void *take_census(void *arg)
{
    struct tree *t = arg;

    t->totals_error = totals_count(&t->totals);
    tree_tell_over(t, &t->counted);
    return NULL;
}

/* Where symlinks are followed it might count without end, and links and attributes have no
 * size. */
bool tree_counts(const struct options *o)
{
    return o->follow != FOLLOW_ALWAYS && !o->link && !o->symbolic_link && !o->attributes_only;
}

struct totals tree_totals_of(const struct options *o, const struct plan_copy *copy)
{
    return (struct totals){
        .path = copy->source,
        .follow = copy->follow,
        .one_file_system = o->one_file_system,
        .keep_links = o->preserve_links,
    };
}

void tree_begin_totals(struct tree *t)
{
    if (t->counting || report_progress_interval_ms() < 0 || !tree_counts(t->o) ||
        clock_now_ms() - t->began_ms < COUNT_AFTER_MS)
        return;
    t->totals = tree_totals_of(t->o, t->copy);
    t->totals.arg = t->readers[0];
    t->totals.leave_out = tree_is_target;
    t->counting = thread_start(take_census, t) == 0;
}

void tree_look_at_totals(struct tree *t)
{
    if (!t->counting || !atomic_load(&t->counted) || t->totals_error < 0)
        return;
    t->status.size_known = true;
    t->status.size = atomic_load(&t->totals.bytes);
    t->status.files = atomic_load(&t->totals.files);
}

void tree_end_totals(struct tree *t)
{
    uint64_t deadline = clock_now_ms() + TREE_END_PATIENCE_MS;

    if (!t->counting)
        return;
    atomic_store(&t->totals.stop, true);
    while (!atomic_load(&t->counted) && clock_now_ms() < deadline) {
        struct pollfd p = {.fd = t->news_fd, .events = POLLIN};

        if (poll(&p, 1, TREE_LOOK_MS) > 0)
            (void)event_clear(t->news_fd);
    }
    pthread_mutex_lock(&t->lock); /* see tree_tell_over() */
    t->abandoned |= !atomic_load(&t->counted);
    pthread_mutex_unlock(&t->lock);
}
