/* ledger: the sets behind a copy, and the choice of the next range to work on. */
#include "ledger.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Removes [start, end) from a set of which no interval extends beyond it on both sides: no
 * interval is split, so nothing has to be allocated. */
static void remove_without_split(struct ranges *r, uint64_t start, uint64_t end)
{
    int err = ranges_remove(r, start, end);

    assert(err == 0);
    (void)err;
}

/* Destination d needs nothing at or after `end`. */
static void forget(struct ledger *l, unsigned d, uint64_t end)
{
    remove_without_split(&l->need[d], end, UINT64_MAX);
    remove_without_split(&l->todo[d], end, UINT64_MAX);
    remove_without_split(&l->later[d], end, UINT64_MAX);
}

int ledger_init(struct ledger *l, unsigned n_dests, unsigned claims)
{
    struct ledger new = {.n_dests = n_dests, .claims = claims};
    /* Every claim can leave an interval of its own, and the unclaimed rest is one more. */
    size_t intervals = (size_t)claims + 1;
    unsigned reserved = 0;
    int err;

    assert(n_dests > 0);

    new.need = calloc(3 * (size_t)n_dests, sizeof(new.need[0]));
    if (new.need == NULL)
        return -ENOMEM;
    new.todo = new.need + n_dests;
    new.later = new.todo + n_dests; /* empty, unless something cannot be read */

    for (; reserved < 2 * n_dests; reserved++) {
        ranges_init(&new.need[reserved]);
        err = ranges_reserve(&new.need[reserved], intervals);
        if (err < 0)
            goto err_after_reserve;
    }

    *l = new;
    return 0;

err_after_reserve:
    while (reserved > 0)
        ranges_free(&new.need[--reserved]);
    free(new.need);
    return err;
}

void ledger_free(struct ledger *l)
{
    for (unsigned i = 0; i < 3 * l->n_dests; i++)
        ranges_free(&l->need[i]);
    free(l->need);
    *l = (struct ledger){0};
}

int ledger_need(struct ledger *l, unsigned d, uint64_t start, uint64_t end)
{
    int err;

    assert(d < l->n_dests);

    /* need first: if todo then fails, the destination waits for a range that nobody can claim,
     * and never looks complete. In the other order it would look complete without the range. */
    err = ranges_add(&l->need[d], start, end);
    if (err < 0)
        return err;
    return ranges_add(&l->todo[d], start, end);
}

static int remove_all(struct ranges *from, const struct ranges *held, unsigned claims)
{
    for (size_t i = 0; i < held->n; i++) {
        int err = ranges_remove(from, held->v[i].start, held->v[i].end);

        if (err < 0)
            return err;
    }
    return ranges_reserve(from, from->n + claims);
}

int ledger_hold(struct ledger *l, unsigned d, const struct ranges *held)
{
    int err;

    assert(d < l->n_dests);

    /* todo last: a range that is held and remains in todo is only copied once more. */
    err = remove_all(&l->need[d], held, l->claims);
    if (err < 0)
        return err;
    return remove_all(&l->todo[d], held, l->claims);
}

uint64_t ledger_next(const struct ledger *l, unsigned d)
{
    struct range r;

    assert(d < l->n_dests);
    return ranges_first(&l->todo[d], 0, &r) ? r.start : UINT64_MAX;
}

uint64_t ledger_lowest(const struct ledger *l, const bool *ready)
{
    uint64_t lowest = UINT64_MAX;

    for (unsigned d = 0; d < l->n_dests; d++) {
        uint64_t next = ready[d] ? ledger_next(l, d) : UINT64_MAX;

        if (next < lowest)
            lowest = next;
    }
    return lowest;
}

bool ledger_claim(struct ledger *l, const bool *ready, uint64_t max_len, uint64_t until,
                  struct range *ret, bool *takes)
{
    uint64_t start = ledger_lowest(l, ready), len;

    assert(max_len > 0);
    if (start == UINT64_MAX || start >= until)
        return false;

    len = max_len - start % max_len; /* start + len may be beyond the last position */
    if (until - start < len)
        len = until - start;
    for (unsigned d = 0; d < l->n_dests; d++) {
        struct range todo;
        uint64_t change;

        takes[d] = ready[d] && ranges_first(&l->todo[d], start, &todo);
        if (!takes[d])
            continue;
        takes[d] = todo.start == start;
        change = takes[d] ? todo.end : todo.start;
        if (change - start < len)
            len = change - start;
    }
    /* The range begins with an interval: none is split, so nothing has to be allocated. */
    for (unsigned d = 0; d < l->n_dests; d++)
        if (takes[d])
            remove_without_split(&l->todo[d], start, start + len);
    *ret = (struct range){.start = start, .end = start + len};
    return true;
}

void ledger_claim_all(struct ledger *l, unsigned d)
{
    assert(d < l->n_dests);
    remove_without_split(&l->todo[d], 0, UINT64_MAX);
}

int ledger_skip(struct ledger *l, unsigned d, uint64_t start, uint64_t end)
{
    struct range part = {start, start};

    assert(d < l->n_dests);
    while (ranges_first(&l->todo[d], part.end, &part) && part.start < end) {
        int err;

        if (part.end > end)
            part.end = end;
        /* todo first: else a range could be claimed that is not needed. */
        err = ranges_remove(&l->todo[d], part.start, part.end);
        if (err == 0)
            err = ranges_remove(&l->need[d], part.start, part.end);
        if (err < 0)
            return err;
    }
    return 0;
}

int ledger_written(struct ledger *l, unsigned d, uint64_t start, uint64_t end)
{
    assert(d < l->n_dests);
    return ranges_remove(&l->need[d], start, end);
}

/* Adds to *to the parts of the range that destination d does not hold by now. */
static int add_needed(const struct ledger *l, unsigned d, const struct range *r,
                      struct ranges *to)
{
    struct range part = *r;

    assert(d < l->n_dests);
    while (ranges_first(&l->need[d], part.start, &part) && part.start < r->end) {
        int err;

        if (part.end > r->end)
            part.end = r->end;
        err = ranges_add(to, part.start, part.end);
        if (err < 0)
            return err;
        part.start = part.end;
    }
    return 0;
}

int ledger_return(struct ledger *l, unsigned d, const struct range *r)
{
    return add_needed(l, d, r, &l->todo[d]);
}

int ledger_defer(struct ledger *l, unsigned d, const struct range *r)
{
    int err = add_needed(l, d, r, &l->later[d]);

    return err < 0 ? err : ranges_remove(&l->todo[d], r->start, r->end);
}

int ledger_keep(struct ledger *l, unsigned d, uint64_t start, uint64_t end)
{
    int err;

    assert(d < l->n_dests);
    err = ranges_add(&l->need[d], start, end); /* first: see ledger_need() */
    return err < 0 ? err : ranges_add(&l->later[d], start, end);
}

bool ledger_waits(const struct ledger *l, unsigned d)
{
    assert(d < l->n_dests);
    return ranges_total(&l->need[d]) == ranges_total(&l->later[d]);
}

int ledger_resume(struct ledger *l, unsigned d)
{
    const struct range all = {0, UINT64_MAX};
    int err;

    assert(d < l->n_dests);
    err = add_needed(l, d, &all, &l->todo[d]);
    ranges_free(&l->later[d]);
    return err;
}

void ledger_drop(struct ledger *l, unsigned d)
{
    assert(d < l->n_dests);
    forget(l, d, 0);
}

void ledger_truncate(struct ledger *l, uint64_t end)
{
    for (unsigned d = 0; d < l->n_dests; d++)
        forget(l, d, end);
}
