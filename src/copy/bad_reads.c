#include "bad_reads.h"

void bad_reads_free(struct bad_reads *b)
{
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

int bad_reads_good(struct bad_reads *b, uint64_t start, uint64_t end)
{
    int r = ranges_remove(&b->doubtful, start, end);

    for (unsigned i = 0; i < BAD_SECTOR_ERRORS && r == 0; i++)
        r = ranges_remove(&b->bad[i], start, end);
    return r;
}

int bad_reads_bad(struct bad_reads *b, uint64_t start, uint64_t end, int err)
{
    int r = bad_reads_good(b, start, end);

    return r < 0 ? r : ranges_add(&b->bad[bad_sector_number(err)], start, end);
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
