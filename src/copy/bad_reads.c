#include "bad_reads.h"

#include <errno.h>
#include <stdlib.h>

int bad_reads_init(struct bad_reads *b, unsigned n_dests)
{
    b->zeros = calloc(n_dests, sizeof(*b->zeros));
    b->n_dests = b->zeros ? n_dests : 0;
    return b->zeros ? 0 : -ENOMEM;
}

void bad_reads_free(struct bad_reads *b)
{
    for (unsigned d = 0; d < b->n_dests; d++)
        ranges_free(&b->zeros[d]);
    free(b->zeros);
    b->zeros = NULL;
    b->n_dests = 0;
    ranges_free(&b->doubtful);
    for (unsigned i = 0; i < BAD_SECTOR_ERRORS; i++)
        ranges_free(&b->bad[i]);
}

enum bad_reads_how bad_reads_at(const struct bad_reads *b, uint64_t pos, uint64_t *until)
{
    bool bad = false;

    if (ranges_have(&b->doubtful, pos, until))
        return READ_CAREFULLY;
    for (unsigned i = 0; i < BAD_SECTOR_ERRORS; i++)
        bad |= ranges_have(&b->bad[i], pos, until);
    return bad ? READ_ZEROS : READ_AS_USUAL;
}

int bad_reads_doubt(struct bad_reads *b, uint64_t start, uint64_t end)
{
    return ranges_add(&b->doubtful, start, end);
}

/* [start, end) is not bad. 0 or -ENOMEM. */
static int remove_bad(struct bad_reads *b, uint64_t start, uint64_t end)
{
    int r = 0;

    for (unsigned i = 0; i < BAD_SECTOR_ERRORS && r == 0; i++)
        r = ranges_remove(&b->bad[i], start, end);
    return r;
}

/* The first part of [*start, end) in which no destination has zeros begins at *start then, and
 * ends where the result says. */
static uint64_t next_without_zeros(const struct bad_reads *b, uint64_t *start, uint64_t end)
{
    uint64_t until = end;
    bool moved = true;
    struct range r;

    while (moved) {
        moved = false;
        until = end;
        for (unsigned d = 0; d < b->n_dests; d++) {
            if (!ranges_first(&b->zeros[d], *start, &r) || r.start >= until)
                continue;
            moved |= r.start <= *start;
            if (r.start <= *start)
                *start = r.end < end ? r.end : end;
            else
                until = r.start;
        }
    }
    return until;
}

int bad_reads_good(struct bad_reads *b, uint64_t start, uint64_t end, const bool *takes)
{
    int r = ranges_remove(&b->doubtful, start, end);

    for (unsigned d = 0; d < b->n_dests && r == 0; d++)
        if (takes[d])
            r = ranges_remove(&b->zeros[d], start, end);
    while (r == 0 && start < end) {
        uint64_t until = next_without_zeros(b, &start, end);

        if (start < until)
            r = remove_bad(b, start, until);
        start = until;
    }
    return r;
}

int bad_reads_bad(struct bad_reads *b, uint64_t start, uint64_t end, int err, const bool *takes)
{
    int r = ranges_remove(&b->doubtful, start, end);

    if (r == 0)
        r = remove_bad(b, start, end);
    if (r == 0)
        r = ranges_add(&b->bad[bad_sector_number(err)], start, end);
    return r < 0 ? r : bad_reads_zeros(b, start, end, takes);
}

int bad_reads_zeros(struct bad_reads *b, uint64_t start, uint64_t end, const bool *takes)
{
    int r = 0;

    for (unsigned d = 0; d < b->n_dests && r == 0; d++)
        if (takes[d])
            r = ranges_add(&b->zeros[d], start, end);
    return r;
}

int bad_reads_again(struct bad_reads *b, unsigned d, uint64_t start, uint64_t end)
{
    return d < b->n_dests ? ranges_remove(&b->zeros[d], start, end) : 0;
}

bool bad_reads_go_on(const struct bad_reads *b)
{
    return b->defers && b->pass < 1 + b->retries;
}

int bad_reads_next_pass(struct bad_reads *b)
{
    struct range r = {0, 0};
    bool again = b->pass > 0 && bad_reads_go_on(b);
    int err, result = 0;

    b->pass++;
    while (again && result == 0 && bad_reads_first(b, r.end, &r, &err))
        result = bad_reads_doubt(b, r.start, r.end);
    return result;
}

bool bad_reads_first(const struct bad_reads *b, uint64_t from, struct range *ret, int *ret_err)
{
    bool any = false;
    struct range r;

    for (unsigned i = 0; i < BAD_SECTOR_ERRORS; i++) {
        if (!ranges_first(&b->bad[i], from, &r) || (any && r.start > ret->start))
            continue;
        *ret = r;
        *ret_err = bad_sector_errors[i];
        any = true;
    }
    return any;
}
