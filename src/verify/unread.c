/* unread: what could not be read of sources when they were copied. See verify_priv.h. */
#include <errno.h>
#include <string.h>

#include "source/bad_sector.h"
#include "verify_priv.h"

void verify_add_bad(struct verify *v, const char *source, uint64_t offset, uint64_t length,
                    int err)
{
    /* Without memory the source will fail once more. */
    (void)bad_ranges_add(&v->bad, source, offset, length, err);
}

/* Whether the range is a part of b. */
static bool has(const struct bad_range *b, const char *path, uint64_t offset, uint64_t end)
{
    return strcmp(b->path, path) == 0 && b->offset <= offset && end <= b->offset + b->length;
}

/* What a reading around bad sectors finds out. */
struct unread {
    struct verify_check *c;
    int err; /* of a sector that could be read when the file was copied; or 0 */
};

static void on_bad(void *arg, uint64_t offset, uint64_t length, int err)
{
    struct unread *u = arg;
    const struct bad_ranges *bad = &u->c->lane->verify->bad;

    for (size_t i = 0; i < bad->n; i++)
        if (has(&bad->v[i], u->c->source, offset, offset + length))
            return;
    u->err = err;
}

static void on_moved(void *arg)
{
    const struct unread *u = arg;

    verify_moved(u->c->lane);
}

static int64_t read_around(struct verify_check *c, int fd, char *buf, size_t n, uint64_t offset)
{
    struct unread u = {.c = c};
    const struct bad_sector_reading reading = {
        .fd = fd, .arg = &u, .bad = on_bad, .moved = on_moved};
    int64_t r = bad_sector_read_around(&reading, buf, n, offset);

    return u.err ? -u.err : r;
}

int64_t verify_leave_unread(struct verify_check *c, int fd, char *buf, size_t n,
                            uint64_t offset, int64_t r)
{
    const struct bad_ranges *bad = &c->lane->verify->bad;

    for (size_t i = 0; i < bad->n; i++) {
        const struct bad_range *b = &bad->v[i];
        uint64_t from = b->offset > offset ? b->offset : offset;
        uint64_t end = b->offset + b->length < offset + n ? b->offset + b->length : offset + n;

        if (strcmp(b->path, c->source) != 0 || from >= end)
            continue;
        if (r < (int64_t)n)
            r = read_around(c, fd, buf, n, offset);
        if (r == (int64_t)n)
            memset(buf + (from - offset), 0, (size_t)(end - from));
    }
    return r;
}
