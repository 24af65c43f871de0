#include "equal_priv.h"

#include <string.h>

#include "base/fd.h"
#include "source/holes.h"

#define PIECE (64u << 10)

/* Whether the file has these n bytes, at most PIECE, at e->offset, which moves on. */
static bool has_piece(struct equal *e, const char *bytes, uint64_t n, uint64_t read)
{
    char mine[PIECE];

    if (fd_read_at(e->fd, mine, (size_t)n, e->offset) != (int64_t)n ||
        memcmp(mine, bytes, (size_t)n) != 0)
        return false;
    e->offset += n;
    return e->goes_on(e->arg, read);
}

bool equal_bytes(struct equal *e, const char *bytes, uint64_t n)
{
    static const char zeros[PIECE];

    for (uint64_t piece; n > 0; n -= piece) {
        piece = n < PIECE ? n : PIECE;
        if (!has_piece(e, bytes ? bytes : zeros, piece, 0))
            return false;
        bytes += bytes ? piece : 0;
    }
    return true;
}

bool equal_hole(struct equal *e, uint64_t length)
{
    struct holes_part part = {.fd = e->fd, .size = e->offset + length, .grain = 1};

    if (part.size > e->size)
        return false;
    while (e->offset < part.size) {
        struct range data = holes_next_data(&part, e->offset);

        e->offset = data.start;
        if (!equal_bytes(e, NULL, data.end - data.start))
            return false;
    }
    return true;
}

bool equal_end(const struct equal *e)
{
    char more;

    return fd_read_at(e->fd, &more, 1, e->offset) == 0;
}

/* Compares with the source up to `end`, or to its end. As equal_file(). */
static int compare_part(struct equal *e, int source, uint64_t end)
{
    char theirs[PIECE];

    while (e->offset < end) {
        uint64_t left = end - e->offset;
        int64_t n = fd_read_at(source, theirs, left < PIECE ? (size_t)left : PIECE, e->offset);

        if (n <= 0)
            return n < 0 ? (int)n : 1;
        if (!has_piece(e, theirs, (uint64_t)n, (uint64_t)n))
            return 0;
    }
    return 1;
}

int equal_file(struct equal *e, int source, const struct stat *st)
{
    struct holes_part part = {.fd = source, .size = (uint64_t)st->st_size, .grain = 1};
    int r = 1;

    while (r > 0 && holes_are_likely(st) && e->offset < part.size) {
        struct range data = holes_next_data(&part, e->offset);

        r = equal_hole(e, data.start - e->offset) ? compare_part(e, source, data.end) : 0;
        if (r > 0 && e->offset < data.end) /* it has become shorter */
            break;
    }
    r = r > 0 ? compare_part(e, source, UINT64_MAX) : r;
    return r > 0 ? equal_end(e) : r;
}
