/* threads: what every thread of a tree may call. See tree_priv.h. */
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/path.h"
#include "tree_priv.h"

void tree_wake_main(struct tree *t)
{
    event_signal(t->wake_fd);
}

void tree_thread_over(struct tree *t, atomic_bool *over)
{
    pthread_mutex_lock(&t->lock);
    atomic_store(over, true);
    tree_wake_main(t);
    pthread_mutex_unlock(&t->lock);
}

bool tree_await_thread(struct tree *t, const atomic_bool *over, unsigned ms)
{
    uint64_t deadline = clock_running_ms() + ms;
    bool is_over;

    while (!atomic_load(over) && clock_running_ms() < deadline) {
        struct pollfd p = {.fd = t->wake_fd, .events = POLLIN};

        if (poll(&p, 1, CLOCK_LOOK_MS) > 0)
            (void)event_clear(t->wake_fd);
    }
    pthread_mutex_lock(&t->lock); /* see tree_thread_over() */
    is_over = atomic_load(over);
    pthread_mutex_unlock(&t->lock);
    return is_over;
}

struct tree_reader *tree_reader_at(struct tree *t, unsigned lane)
{
    struct tree_reader *r;

    pthread_mutex_lock(&t->lock);
    r = t->readers[lane];
    pthread_mutex_unlock(&t->lock);
    return r;
}

struct tree_reader *tree_reader_of(struct tree *t, unsigned d)
{
    return tree_reader_at(t, stream_lane(t->stream, d));
}

unsigned tree_descriptor_share(unsigned n, unsigned most)
{
    struct rlimit limit;
    rlim_t each = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur / 8 / n : 0;

    return each < 1 ? 1 : each > most ? most : (unsigned)each;
}

char *tree_source_of(const struct tree *t, unsigned d, const char *path)
{
    const char *below = path + path_end(t->writers[d].root);
    size_t root_len = *below ? path_end(t->root) : strlen(t->root);
    char *source;

    return asprintf(&source, "%.*s%s", (int)root_len, t->root, below) < 0 ? NULL : source;
}

/* With followed symlinks the count might never end, and links and attributes have no size. */
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
        .choice = {.filter = o->filter, .names = o->names},
        .keep_links = o->preserve_links,
    };
}
