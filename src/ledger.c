/* ledger: the sets behind a copy, and the choice of the next range to work on. */
#include "ledger.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Removes [start, end) from a set that has no interval reaching out of it on both sides: then
 * none is split, and nothing has to be allocated. */
static void remove_without_split(struct ranges *r, uint64_t start, uint64_t end)
{
    int err = ranges_remove(r, start, end);

    assert(err == 0);
    (void)err;
}

/* Finds the first position at or after `from` that a destination needs. */
static bool first_needed(const struct ledger *l, uint64_t from, uint64_t *ret_start)
{
    bool found = false;

    for (unsigned d = 0; d < l->n_dests; d++) {
        struct range need;

        if (!ranges_first(&l->need[d], from, &need))
            continue;
        if (!found || need.start < *ret_start)
            *ret_start = need.start;
        found = true;
    }
    return found;
}

/* Where the need of some destination first changes after `start`; `end` if that is later. */
static uint64_t uniform_until(const struct ledger *l, uint64_t start, uint64_t end)
{
    for (unsigned d = 0; d < l->n_dests; d++) {
        struct range need;
        uint64_t change;

        if (!ranges_first(&l->need[d], start, &need))
            continue;
        change = need.start > start ? need.start : need.end;
        if (change < end)
            end = change;
    }
    return end;
}

int ledger_init(struct ledger *l, unsigned n_dests, unsigned claims)
{
    struct ledger new = {.n_dests = n_dests};
    /* Every claim can leave an interval of its own behind, and the unclaimed rest is one. */
    size_t intervals = (size_t)claims + 1;
    unsigned reserved = 0;
    int err;

    assert(n_dests > 0);

    new.need = calloc(n_dests, sizeof(new.need[0]));
    if (new.need == NULL)
        return -ENOMEM;

    ranges_init(&new.todo);
    err = ranges_reserve(&new.todo, intervals);
    if (err < 0)
        goto err_after_need;

    for (; reserved < n_dests; reserved++) {
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
    ranges_free(&new.todo);
err_after_need:
    free(new.need);
    return err;
}

void ledger_free(struct ledger *l)
{
    for (unsigned d = 0; d < l->n_dests; d++)
        ranges_free(&l->need[d]);
    ranges_free(&l->todo);
    free(l->need);
    *l = (struct ledger){0};
}

int ledger_need(struct ledger *l, unsigned d, uint64_t start, uint64_t end)
{
    int err;

    assert(d < l->n_dests);

    /* todo first: if need cannot follow, a claim discards what nobody needs. The other way
     * round a destination would wait for a range that nobody ever claims. */
    err = ranges_add(&l->todo, start, end);
    if (err < 0)
        return err;
    return ranges_add(&l->need[d], start, end);
}

bool ledger_claim(struct ledger *l, uint64_t max_len, struct range *ret)
{
    struct range next;

    assert(max_len > 0);

    while (ranges_first(&l->todo, 0, &next)) {
        uint64_t unneeded = next.start;
        uint64_t room;

        if (!first_needed(l, next.start, &next.start) || next.start >= next.end) {
            remove_without_split(&l->todo, unneeded, next.end);
            continue;
        }
        room = max_len - next.start % max_len;
        if (next.end - next.start > room)
            next.end = next.start + room;
        next.end = uniform_until(l, next.start, next.end);

        remove_without_split(&l->todo, unneeded, next.end);
        *ret = next;
        return true;
    }
    return false;
}

bool ledger_needs(const struct ledger *l, unsigned d, const struct range *r)
{
    assert(d < l->n_dests);
    return ranges_overlap(&l->need[d], r->start, r->end);
}

int ledger_written(struct ledger *l, unsigned d, uint64_t start, uint64_t end)
{
    assert(d < l->n_dests);
    return ranges_remove(&l->need[d], start, end);
}

int ledger_return(struct ledger *l, const struct range *r)
{
    return ranges_add(&l->todo, r->start, r->end);
}

void ledger_drop(struct ledger *l, unsigned d)
{
    assert(d < l->n_dests);
    remove_without_split(&l->need[d], 0, UINT64_MAX);
}

void ledger_truncate(struct ledger *l, uint64_t end)
{
    for (unsigned d = 0; d < l->n_dests; d++)
        remove_without_split(&l->need[d], end, UINT64_MAX);
    remove_without_split(&l->todo, end, UINT64_MAX);
}
