/* threads: what every thread of a tree may call. See tree_priv.h. */
#include <stdio.h>
#include <sys/resource.h>

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
