/* resources: whether this process has what a copy needs. Nothing has been touched yet, so the
 * copy can be refused as a whole. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/descriptors.h"
#include "session_priv.h"

/* Descriptors of a destination: its directory, its file, and while it is closed a duplicate. */
#define PER_DEST 3u

/* A worker has a ring or an eventfd. */
#define PER_WORKER 1u

/* For what is open for a moment: calls, links and directories that are followed. */
#define PASSING 4u

static bool has_descriptors(struct session *s, unsigned workers)
{
    uint64_t each = PER_DEST + s->direct + s->keeps, n = 0, needed;
    struct failure f;

    for (unsigned d = 0; d < s->copy->n_dests; d++)
        n += s->dests[d].called;
    if (descriptors_suffice(n * each + (uint64_t)workers * PER_WORKER + PASSING, &needed))
        return true;
    descriptors_lack(&f, (unsigned)n, needed);
    session_lacks(s, &f);
    return false;
}

/* Only in place a copy that cannot begin leaves something behind. */
static bool has_memory(struct session *s, const struct tuning *t)
{
    size_t len = (size_t)t->workers * t->buffers * t->chunk_size;
    struct failure f;
    void *p;

    if (!s->o->inplace)
        return true;
    p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) {
        s->reserved = p;
        s->reserved_len = len;
        return true;
    }
    (void)failure_format(&f, NULL, errno, "no memory for %llu bytes of buffers: %s",
                         (unsigned long long)len, strerror(errno));
    session_lacks(s, &f);
    return false;
}

bool session_has_resources(struct session *s)
{
    struct tuning t;

    session_expect_tuning(s, &t);
    return has_descriptors(s, t.workers) && has_memory(s, &t);
}

void session_release_memory(struct session *s)
{
    if (s->reserved)
        (void)munmap(s->reserved, s->reserved_len);
    s->reserved = NULL;
}
