#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bounded_call.h"
#include "fd.h"
#include "interrupted.h"

#define PIECE    (64u << 10)
#define N_PLACES 3u

/* The temporary file. A call on it that does not come back in time has it for ever. */
struct spool_file {
    int fd;
    unsigned place; /* its number */
    int result;     /* of the last call: 0 or a negative errno */
    uint64_t at;    /* which bytes of it are in memory: */
    size_t n;
    char piece[PIECE];
};

static unsigned limit_ms;
static atomic_bool silent[N_PLACES]; /* that place did not answer */

void spool_begin(unsigned timeout_ms)
{
    limit_ms = timeout_ms;
}

bool spool_left(void)
{
    for (unsigned i = 0; i < N_PLACES; i++)
        if (atomic_load(&silent[i]))
            return true;
    return false;
}

/* Makes the call run() on the file, in a thread that can be left behind. -ETIMEDOUT: it is late, and
 * has the file; the place is not asked again. Else what the call says. */
static int make_call(struct spool_file *f, void (*run)(void *arg, unsigned i),
                     void (*undo)(void *arg, unsigned i))
{
    const struct bounded_calls calls = {
        .n = 1, .run = run, .undo = undo, .arg = f, .timeout_ms = limit_ms, .wake_fd = -1};
    unsigned place = f->place;
    bool late;

    if (bounded_calls_run(&calls, &late) == 0)
        return f->result;
    atomic_store(&silent[place], true);
    return -ETIMEDOUT;
}

/* bounded_calls.undo: frees the file. */
static void drop(void *arg, unsigned i)
{
    struct spool_file *f = arg;

    (void)i;
    (void)fd_close(&f->fd);
    free(f);
}

/* ---- the file ---- */

static const char *path_of(unsigned place)
{
    static const char *const others[] = {"/var/tmp", "/var/tmp", "/tmp"};
    const char *wanted = place == 0 ? getenv("TMPDIR") : NULL;

    return wanted ? wanted : others[place];
}

static void run_open(void *arg, unsigned i)
{
    struct spool_file *f = arg;

    (void)i;
    f->fd = UNINTERRUPTED(open(path_of(f->place), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    f->result = f->fd < 0 ? -errno : 0;
}

/* 0 or a negative errno. */
static int open_file(struct spool_file **ret)
{
    int r = -ETIMEDOUT;

    for (unsigned place = 0; place < N_PLACES; place++) {
        struct spool_file *f = atomic_load(&silent[place]) ? NULL : calloc(1, sizeof(*f));

        if (!f)
            continue;
        f->place = place;
        r = make_call(f, run_open, drop);
        if (r == 0) {
            *ret = f;
            return 0;
        }
        if (r != -ETIMEDOUT)
            drop(f, 0);
    }
    return r;
}

int spool_temporary_file(void)
{
    struct spool_file *f;
    int fd, r = open_file(&f);

    if (r < 0)
        return r;
    fd = f->fd;
    f->fd = -1;
    drop(f, 0);
    return fd;
}

static void run_write(void *arg, unsigned i)
{
    struct spool_file *f = arg;
    int64_t n = fd_write_at(f->fd, f->piece, f->n, f->at);

    (void)i;
    f->result = n < 0 ? (int)n : n < (int64_t)f->n ? -ENOSPC : 0;
}

static void run_read(void *arg, unsigned i)
{
    struct spool_file *f = arg;
    int64_t n = fd_read_at(f->fd, f->piece, f->n, f->at);

    (void)i;
    f->result = n < 0 ? (int)n : n < (int64_t)f->n ? -EIO : 0;
}

/* Makes the call for n bytes at `at` of the file, which are in its memory afterwards. */
static int move(struct spool *s, void (*run)(void *arg, unsigned i), uint64_t at, size_t n)
{
    int r;

    s->file->at = at;
    s->file->n = n;
    r = make_call(s->file, run, drop);
    if (r == -ETIMEDOUT) {
        s->file = NULL;
        s->lost = true;
    } else if (r < 0) {
        s->file->n = 0;
    }
    return r;
}

/* ---- the spool ---- */

int spool_init(struct spool *s)
{
    *s = (struct spool){.tail = malloc(PIECE)};
    return s->tail ? 0 : -ENOMEM;
}

void spool_free(struct spool *s)
{
    free(s->tail);
    s->tail = NULL;
    if (s->file)
        drop(s->file, 0);
    s->file = NULL;
}

static int move_tail(struct spool *s)
{
    int r = s->file ? 0 : open_file(&s->file);

    if (r < 0)
        return r;
    memcpy(s->file->piece, s->tail, s->n_tail);
    r = move(s, run_write, s->size - s->n_tail, s->n_tail);
    s->n_tail = r < 0 ? s->n_tail : 0;
    return r;
}

int spool_add(struct spool *s, const void *bytes, size_t n)
{
    const char *from = bytes;

    if (s->lost)
        return -ETIMEDOUT;
    while (n > 0) {
        size_t part = n < PIECE - s->n_tail ? n : PIECE - s->n_tail;
        int r;

        memcpy(s->tail + s->n_tail, from, part);
        s->n_tail += part;
        s->size += part;
        from += part;
        n -= part;
        r = s->n_tail == PIECE ? move_tail(s) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static bool is_there(const struct spool *s, uint64_t at, size_t n)
{
    return at <= s->size && n <= s->size - at;
}

int spool_read(const struct spool *s, uint64_t at, void *bytes, size_t n)
{
    uint64_t in_file = s->size - s->n_tail;
    size_t part = at >= in_file ? 0 : n < in_file - at ? n : (size_t)(in_file - at);
    int64_t r;

    if (!is_there(s, at, n))
        return -EIO;
    if (part > 0 && s->lost)
        return -ETIMEDOUT;
    r = part > 0 ? fd_read_at(s->file->fd, bytes, part, at) : 0;
    if (r != (int64_t)part)
        return r < 0 ? (int)r : -EIO;
    memcpy((char *)bytes + part, s->tail + (at + part - in_file), n - part);
    return 0;
}

/* Brings the byte at `at` of the file into memory, and what is behind it. 0 or a negative errno. */
static int load(struct spool *s, uint64_t at)
{
    uint64_t left = s->size - s->n_tail - at;

    if (s->lost)
        return -ETIMEDOUT;
    if (at >= s->file->at && at < s->file->at + s->file->n)
        return 0;
    return move(s, run_read, at, left < PIECE ? (size_t)left : PIECE);
}

int spool_read_in_time(struct spool *s, uint64_t at, void *bytes, size_t n)
{
    char *to = bytes;

    while (n > 0 && is_there(s, at, n) && at < s->size - s->n_tail) {
        int r = load(s, at);
        size_t part;

        if (r < 0)
            return r;
        part = (size_t)(s->file->at + s->file->n - at);
        part = part < n ? part : n;
        memcpy(to, s->file->piece + (at - s->file->at), part);
        to += part;
        at += part;
        n -= part;
    }
    return spool_read(s, at, to, n);
}
