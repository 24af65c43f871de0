/* lane: the thread of a destination. See verify_priv.h. */
#include <errno.h>
#include <stdlib.h>

#include "base/event.h"
#include "verify_priv.h"

/* Takes the paths of the record from the spool. 0 or a negative errno. */
static int read_paths(struct verify_lane *l, const struct verify_record *r, uint64_t at)
{
    size_t n = (size_t)r->source_len + r->dest_len + 2;

    if (n > l->paths_room) {
        free(l->paths);
        l->paths_room = 2 * n;
        l->paths = malloc(l->paths_room);
    }
    if (!l->paths) {
        l->paths_room = 0;
        return -ENOMEM;
    }
    return spool_read(&l->spool, at, l->paths, n);
}

bool verify_source_is_noted(struct verify *v, enum verify_known least, uint64_t dev,
                            uint64_t ino)
{
    bool noted = false;

    pthread_mutex_lock(&v->sets_lock);
    for (enum verify_known k = least; k <= VERIFY_KNOWS_ALL; k++)
        noted |= inode_set_has(&v->sources[k], dev, ino);
    pthread_mutex_unlock(&v->sets_lock);
    return noted;
}

/* Whether there is a record of the same source of which more is known. Then this one counts as done.
 */
static bool is_superseded(struct verify_lane *l, const struct verify_record *r)
{
    if (!verify_is_source(l) || r->known == VERIFY_KNOWS_ALL ||
        !verify_source_is_noted(l->verify, r->known + 1, r->source.dev, r->source.ino))
        return false;
    atomic_fetch_add(&l->files, 1);
    atomic_fetch_add(&l->bytes, r->known == VERIFY_KNOWS_NOTHING ? 0 : r->length);
    return true;
}

/* Verifies the file of the record at *at, which becomes the position of the next one. 0, or a
 * negative errno: the records cannot be read. */
static int check_next(struct verify_lane *l, uint64_t *at)
{
    struct verify_record r;
    struct verify_check c = {.lane = l, .record = &r};
    int error = spool_read(&l->spool, *at, &r, sizeof(r));

    if (error == 0)
        error = read_paths(l, &r, *at + sizeof(r));
    if (error < 0)
        return error;
    c.source = l->paths;
    c.dest = l->paths + r.source_len + 1;
    c.hashes_at = *at + sizeof(r) + r.source_len + r.dest_len + 2;
    c.result = &l->results[r.copy];
    if (!is_superseded(l, &r))
        verify_check_file(&c);
    *at = c.hashes_at + r.n_hashes * sizeof(struct hash);
    return 0;
}

/* All copies have failed. */
static void fail_all(struct verify_lane *l, int err, const char *message)
{
    for (unsigned i = 0; i < l->verify->config.n_copies; i++)
        if (l->results[i].n_failed++ == 0)
            failure_set(&l->results[i].failure, "verify", err, FAILURE_NO_OFFSET, message);
}

/* Looks at all files. Returns how many ranges differ. */
static uint64_t look_at_all(struct verify_lane *l)
{
    uint64_t at = 0, left = 0;
    int error = 0;

    for (unsigned i = 0; i < l->verify->config.n_copies; i++) {
        l->results[i].n_left = 0;
        l->results[i].n_failed = l->results[i].n_unflushed;
    }
    while (error == 0 && at < l->spool.size && !atomic_load(&l->verify->stop))
        error = check_next(l, &at);
    if (error < 0)
        fail_all(l, -error, "the list of files cannot be read");
    for (unsigned i = 0; i < l->verify->config.n_copies; i++) {
        left += l->results[i].n_left;
        verify_settle_ranges(&l->results[i]);
        verify_moved(l);
        atomic_store(&l->differs[i], l->results[i].n_left > 0);
    }
    return left;
}

/* Counts what was repaired. What was behind the end was not: it was cut off. */
static void sum_up(struct verify_lane *l)
{
    for (unsigned i = 0; i < l->verify->config.n_copies; i++) {
        struct verify_result *r = &l->results[i];
        bool good;

        verify_tell_kept(l, r);
        good = r->n_left == 0 && r->n_failed == 0 && !atomic_load(&l->verify->stop);

        for (size_t k = 0; good && k < r->n_ranges; k++)
            r->repaired += r->ranges[k].beyond ? 0 : r->ranges[k].length;
    }
}

void *verify_run_lane(void *arg)
{
    struct verify_lane *l = arg;

    verify_moved(l);
    if (posix_memalign((void **)&l->buffers, 4096, (l->verify->depth + 2) * (size_t)UNIT) !=
        0) {
        l->buffers = NULL;
        fail_all(l, ENOMEM, NULL);
    } else if (l->lost < 0) {
        fail_all(l, -l->lost, "the list of files could not be kept");
    } else {
        while (look_at_all(l) > 0 && l->round < l->verify->config.repairs &&
               !verify_is_source(l))
            l->round++;
        sum_up(l);
    }
    free(l->buffers);
    l->buffers = NULL;
    hash_table_free(&l->told);
    pthread_mutex_lock(&l->lock); /* who sees that it is over may free everything */
    l->over = true;
    event_signal(l->verify->wake_fd);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}
