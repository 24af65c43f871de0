/* result: what verification has found, and messages about it. See verify_priv.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "verify_priv.h"

/* Ranges that are closer together are one: a sector. */
#define GAP 512u

/* A file with more ranges gets a larger gap: memory is bounded. A power of two. */
#define MAX_RANGES 4096u

/* So many ranges of a file are named in messages; the result has all. */
#define LINES 10u

void verify_moved(struct verify_lane *l)
{
    atomic_store(&l->moved_at, clock_running_ms());
}

/* What has been told of a file. */
struct told {
    uint64_t file; /* where its hashes are in the spool */
    uint64_t what; /* hash of the failure or message */
};

static uint64_t hash_told(const void *entry)
{
    return hash_short(entry, sizeof(struct told), 0);
}

static bool equal_told(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct told)) == 0;
}

/* Whether an earlier round has told this of the file. It is told now. */
static bool is_told(struct verify_check *c, const struct failure *f)
{
    static const struct hash_table_kind kind = {.hash = hash_told, .equal = equal_told};
    struct told *t;
    bool told;

    if (c->lane->verify->config.repairs == 0) /* there is one round */
        return false;
    t = malloc(sizeof(*t));
    if (!t)
        return false;
    *t = (struct told){.file = c->hashes_at};
    t->what = hash_short(f->message, strlen(f->message), f->offset + (uint64_t)f->err);
    if (f->op)
        t->what = hash_short(f->op, strlen(f->op), t->what);
    told = hash_table_find(&c->lane->told, &kind, t);
    if (told || hash_table_add(&c->lane->told, &kind, t) < 0)
        free(t);
    return told; // NOLINT: the table has it
}

static bool is_same(const struct failure *a, const struct failure *b)
{
    return a->err == b->err && a->offset == b->offset && a->op == b->op &&
           strcmp(a->message, b->message) == 0;
}

void verify_tell_kept(struct verify_lane *l, struct verify_result *r)
{
    bool is_judged = r->n_failed > 0 && r->n_left == 0 && !atomic_load(&l->verify->stop);

    if (r->kept_path && !(is_judged && is_same(&r->kept, &r->failure)))
        message_queue_put(l->verify->messages, l->n, r->kept_path, &r->kept);
    free(r->kept_path);
    r->kept_path = NULL;
}

/* Keeps the failure back until it is known whether the result tells it. False without memory. */
static bool keep_back(struct verify_check *c, const struct failure *f)
{
    verify_tell_kept(c->lane, c->result);
    c->result->kept = *f;
    c->result->kept_path = strdup(c->dest);
    return c->result->kept_path;
}

void verify_fail(struct verify_check *c, const struct failure *f)
{
    if (c->failed)
        return;
    c->failed = true;
    if (c->result->n_failed++ == 0)
        c->result->failure = *f;
    if (!is_told(c, f) && (c->record->many || !keep_back(c, f)))
        message_queue_put(c->lane->verify->messages, c->lane->n, c->dest, f);
    verify_moved(c->lane);
}

void verify_say(struct verify_check *c, const char *format, ...)
{
    char text[FAILURE_TEXT];
    struct failure f;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    failure_set(&f, NULL, EBADMSG, FAILURE_NO_OFFSET, text);
    if (!is_told(c, &f))
        message_queue_put(c->lane->verify->messages, c->lane->n, c->dest, &f);
    verify_moved(c->lane);
}

static void lack_memory(struct verify_check *c)
{
    struct failure f;

    failure_set(&f, "verify", ENOMEM, FAILURE_NO_OFFSET, NULL);
    verify_fail(c, &f);
}

/* Whether the second range, which begins later or at the same place, is one with the first: not
 * what was copied and what is behind its end. */
static bool is_one(const struct verify_check *c, const struct verify_range *a, uint64_t offset)
{
    uint64_t end = c->record->offset + c->record->length;

    return offset >= a->offset &&
           offset <= a->offset + a->length + ((uint64_t)GAP << c->coarse) &&
           (a->offset < end) == (offset < end);
}

static void unite(struct verify_range *a, uint64_t offset, uint64_t length)
{
    uint64_t end = a->offset + a->length;

    a->length = (offset + length > end ? offset + length : end) - a->offset;
}

static int by_offset(const void *a, const void *b)
{
    const struct verify_range *x = a, *y = b;

    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Units may have come in any order. */
static void put_in_order(struct verify_check *c)
{
    size_t n = 0;

    qsort(c->ranges, c->n_ranges, sizeof(*c->ranges), by_offset);
    for (size_t i = 0; i < c->n_ranges; i++) {
        const struct verify_range *r = &c->ranges[i];

        if (n > 0 && is_one(c, &c->ranges[n - 1], r->offset))
            unite(&c->ranges[n - 1], r->offset, r->length);
        else
            c->ranges[n++] = *r;
    }
    c->n_ranges = n;
}

/* Makes room for one more range. In the end the gap is larger than the file, and two are left. */
static bool make_room_for_one(struct verify_check *c)
{
    size_t room = c->room ? 2 * c->room : 16;
    struct verify_range *all;

    if (c->ranges && c->n_ranges < c->room)
        return true;
    if (c->room == MAX_RANGES) {
        while (c->n_ranges > MAX_RANGES / 2) {
            c->coarse++;
            put_in_order(c);
        }
        return true;
    }
    all = reallocarray(c->ranges, room, sizeof(*all));
    if (!all)
        return false;
    c->ranges = all;
    c->room = room;
    return true;
}

void verify_note_range(struct verify_check *c, uint64_t offset, uint64_t length)
{
    struct verify_range *r = c->n_ranges ? &c->ranges[c->n_ranges - 1] : NULL;

    atomic_store(&c->lane->differs[c->record->copy], true);
    if (r && is_one(c, r, offset)) {
        unite(r, offset, length);
        return;
    }
    if (!make_room_for_one(c)) {
        lack_memory(c);
        return;
    }
    c->ranges[c->n_ranges++] =
        (struct verify_range){.offset = offset,
                              .length = length,
                              .first = offset,
                              .file = c->hashes_at,
                              .beyond = offset >= c->record->offset + c->record->length};
}

static void name_ranges(struct verify_check *c)
{
    const char *again = c->lane->round > 0 ? "still " : "";

    for (size_t i = 0; i < c->n_ranges && i < LINES; i++) {
        unsigned long long first = c->ranges[i].first;
        unsigned long long last = c->ranges[i].offset + c->ranges[i].length - 1;

        if (first == last)
            verify_say(c, "byte %llu %sdiffers from what was read of SOURCE", first, again);
        else
            verify_say(c, "bytes %llu-%llu %sdiffer from what was read of SOURCE", first, last,
                       again);
    }
    if (c->n_ranges > LINES)
        verify_say(c, "%llu more ranges %sdiffer (--json names all)",
                   (unsigned long long)(c->n_ranges - LINES), again);
}

/* The last of the known ranges that is not behind this one; NULL: there is none. */
static const struct verify_range *find_known(const struct verify_result *result,
                                             const struct verify_range *r)
{
    size_t from = 0, to = result->n_known;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (by_offset(&result->ranges[middle], r) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 ? &result->ranges[from - 1] : NULL;
}

/* Whether an earlier round has named the range. */
static bool is_known(const struct verify_result *result, const struct verify_range *r)
{
    const struct verify_range *k = find_known(result, r);

    return k && k->file == r->file && k->offset + k->length >= r->offset + r->length;
}

/* The path that the result has of this file, or a copy of it; NULL: no memory. */
static const char *path_of(const struct verify_check *c, const struct verify_result *result,
                           bool *ret_is_new)
{
    const struct verify_range last = {.file = c->hashes_at, .offset = UINT64_MAX};
    const struct verify_range *k = find_known(result, &last);

    *ret_is_new = !k || k->file != last.file;
    return *ret_is_new ? strdup(c->dest) : k->path;
}

/* The ranges of earlier rounds that this one has not found again, but has not shown to be right
 * either, since the file could not be read to its end. */
static uint64_t count_unproved(const struct verify_check *c)
{
    const struct verify_range last = {.file = c->hashes_at, .offset = UINT64_MAX};
    const struct verify_range *k = c->failed ? find_known(c->result, &last) : NULL;
    size_t i = c->n_ranges;
    uint64_t n = 0;

    for (; k && k->file == last.file; k = k > c->result->ranges ? k - 1 : NULL) {
        while (i > 0 && c->ranges[i - 1].offset >= k->offset + k->length)
            i--;
        n += i == 0 || c->ranges[i - 1].offset + c->ranges[i - 1].length <= k->offset;
    }
    return n;
}

void verify_take_ranges(struct verify_check *c)
{
    struct verify_result *result = c->result;
    struct verify_range *all;
    const char *path = NULL;
    bool is_new = false;
    size_t n = 0;

    if (c->n_ranges > 0)
        put_in_order(c);
    result->n_left += count_unproved(c);
    if (c->n_ranges == 0)
        return;
    name_ranges(c);
    result->n_left += c->n_ranges;
    all = reallocarray(result->ranges, result->n_ranges + c->n_ranges, sizeof(*all));
    if (all) {
        result->ranges = all;
        path = path_of(c, result, &is_new);
    }
    if (!path) {
        lack_memory(c);
        return;
    }
    for (size_t i = 0; i < c->n_ranges; i++) {
        if (is_known(result, &c->ranges[i]))
            continue;
        all[result->n_ranges + n] = c->ranges[i];
        all[result->n_ranges + n++].path = path;
    }
    result->n_ranges += n;
    if (n == 0 && is_new)
        free((char *)(uintptr_t)path);
}

void verify_settle_ranges(struct verify_result *result)
{
    struct verify_range *all = result->ranges;
    size_t n = 0;

    if (result->n_known < result->n_ranges)
        qsort(all, result->n_ranges, sizeof(*all), by_offset);
    for (size_t i = 0; i < result->n_ranges; i++) {
        struct verify_range *last = n > 0 ? &all[n - 1] : NULL;

        if (last && last->file == all[i].file && last->beyond == all[i].beyond &&
            all[i].offset < last->offset + last->length)
            unite(last, all[i].offset, all[i].length);
        else
            all[n++] = all[i];
    }
    result->n_ranges = result->n_known = n;
}
