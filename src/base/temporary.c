#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bounded_call.h"
#include "fd.h"
#include "interrupted.h"

#define N_PLACES 3u

/* A call on the file that does not come back in time has it for ever. */
struct temporary_file {
    int fd;
    unsigned place; /* its number */
    int result;     /* of the last call: 0 or a negative errno */
    uint64_t at;    /* which bytes of it are in memory: */
    size_t n;
    char piece[TEMPORARY_PIECE];
};

static unsigned limit_ms;
static atomic_bool silent[N_PLACES]; /* that place did not answer */

void temporary_begin(unsigned timeout_ms)
{
    limit_ms = timeout_ms;
}

bool temporary_left(void)
{
    for (unsigned i = 0; i < N_PLACES; i++)
        if (atomic_load(&silent[i]))
            return true;
    return false;
}

/* bounded_calls.undo: frees the file. */
static void drop(void *arg, unsigned i)
{
    struct temporary_file *f = arg;

    (void)i;
    (void)fd_close(&f->fd);
    free(f);
}

/* Makes the call run() on the file. -ETIMEDOUT: it is late, and has the file. Else what the call
 * says. */
static int make_call(struct temporary_file *f, void (*run)(void *arg, unsigned i))
{
    const struct bounded_calls calls = {
        .n = 1, .run = run, .undo = drop, .arg = f, .timeout_ms = limit_ms, .wake_fd = -1};
    unsigned place = f->place;
    bool late;

    if (bounded_calls_run(&calls, &late) == 0)
        return f->result;
    atomic_store(&silent[place], true);
    return -ETIMEDOUT;
}

/* ---- the calls ---- */

static const char *path_of(unsigned place)
{
    static const char *const others[N_PLACES] = {"/var/tmp", "/var/tmp", "/tmp"};
    const char *wanted = place == 0 ? getenv("TMPDIR") : NULL;

    return wanted ? wanted : others[place];
}

static void run_open(void *arg, unsigned i)
{
    struct temporary_file *f = arg;

    (void)i;
    f->fd = UNINTERRUPTED(open(path_of(f->place), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    f->result = f->fd < 0 ? -errno : 0;
}

static void run_write(void *arg, unsigned i)
{
    struct temporary_file *f = arg;
    int64_t n = fd_write_at(f->fd, f->piece, f->n, f->at);

    (void)i;
    f->result = n < 0 ? (int)n : n < (int64_t)f->n ? -ENOSPC : 0;
}

static void run_read(void *arg, unsigned i)
{
    struct temporary_file *f = arg;
    int64_t n = fd_read_at(f->fd, f->piece, f->n, f->at);

    (void)i;
    f->result = n < 0 ? (int)n : 0;
    if (n >= 0)
        memset(f->piece + n, 0, f->n - (size_t)n);
}

/* ---- the file ---- */

/* Makes the file in that place. 0 or a negative errno. */
static int open_in(unsigned place, struct temporary_file **ret)
{
    struct temporary_file *f = calloc(1, sizeof(*f));
    int r;

    if (!f)
        return -ENOMEM;
    f->place = place;
    r = make_call(f, run_open);
    if (r == 0)
        *ret = f;
    else if (r != -ETIMEDOUT)
        drop(f, 0);
    return r;
}

static int open_file(struct temporary *t)
{
    int r = t->lost ? -ETIMEDOUT : 0;

    if (t->file || t->lost)
        return r;
    r = -ETIMEDOUT;
    for (unsigned place = 0; place < N_PLACES && r < 0; place++)
        if (!atomic_load(&silent[place]))
            r = open_in(place, &t->file);
    return r;
}

/* Makes the call for n bytes at `at`, which are in memory afterwards. */
static int move(struct temporary *t, void (*run)(void *arg, unsigned i), uint64_t at, size_t n)
{
    int r;

    t->file->at = at;
    t->file->n = n;
    r = make_call(t->file, run);
    if (r == -ETIMEDOUT) {
        t->file = NULL;
        t->lost = true;
    } else if (r < 0) {
        t->file->n = 0;
    }
    return r;
}

int temporary_store(struct temporary *t, uint64_t at, const void *bytes, size_t n)
{
    int r = open_file(t);

    if (r == 0) {
        memmove(t->file->piece, bytes, n);
        r = move(t, run_write, at, n);
    }
    return r;
}

int temporary_load(struct temporary *t, uint64_t at, size_t n, size_t most, char **ret)
{
    int r = open_file(t);

    if (r == 0 && (at < t->file->at || at + n > t->file->at + t->file->n))
        r = move(t, run_read, at, most);
    if (r == 0)
        *ret = t->file->piece + (at - t->file->at);
    return r;
}

int temporary_read(const struct temporary *t, uint64_t at, void *bytes, size_t n)
{
    int64_t r = t->lost ? -ETIMEDOUT : fd_read_at(t->file->fd, bytes, n, at);

    return r < 0 ? (int)r : r < (int64_t)n ? -EIO : 0;
}

void temporary_free(struct temporary *t)
{
    if (t->file)
        drop(t->file, 0);
    *t = (struct temporary){.file = NULL};
}
