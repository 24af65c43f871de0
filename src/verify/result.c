/* result: what verification has found, and messages about it. See verify_priv.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "verify_priv.h"

/* Ranges that are closer together are one: a sector. */
#define GAP 512u

/* So many ranges of a file are named in messages; the result has all. */
#define LINES 10u

void verify_moved(struct verify_lane *l)
{
    atomic_store(&l->moved_at, clock_running_ms());
}

void verify_fail(struct verify_check *c, const struct failure *f)
{
    if (c->failed)
        return;
    c->failed = true;
    if (c->result->n_failed++ == 0)
        c->result->failure = *f;
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
    message_queue_put(c->lane->verify->messages, c->lane->n, c->dest, &f);
    verify_moved(c->lane);
}

static void lack_memory(struct verify_check *c)
{
    struct failure f;

    failure_set(&f, "verify", ENOMEM, FAILURE_NO_OFFSET, NULL);
    verify_fail(c, &f);
}

void verify_note_range(struct verify_check *c, uint64_t offset, uint64_t length)
{
    struct verify_range *r = c->n_ranges ? &c->ranges[c->n_ranges - 1] : NULL;

    if (r && offset >= r->offset && offset <= r->offset + r->length + GAP) {
        r->length = offset + length - r->offset;
        return;
    }
    if (!c->ranges || c->n_ranges == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        struct verify_range *all = reallocarray(c->ranges, room, sizeof(*all));

        if (!all) {
            lack_memory(c);
            return;
        }
        c->ranges = all;
        c->room = room;
    }
    c->ranges[c->n_ranges++] =
        (struct verify_range){.offset = offset, .length = length, .first = offset};
}

static int by_offset(const void *a, const void *b)
{
    const struct verify_range *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Units may have come in any order. There is at least one range. */
static void put_in_order(struct verify_check *c)
{
    size_t n = 1;

    qsort(c->ranges, c->n_ranges, sizeof(*c->ranges), by_offset);
    for (size_t i = 1; i < c->n_ranges; i++) {
        struct verify_range *r = &c->ranges[i], *last = &c->ranges[n - 1];

        if (r->offset <= last->offset + last->length + GAP)
            last->length = r->offset + r->length - last->offset;
        else
            c->ranges[n++] = *r;
    }
    c->n_ranges = n;
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

/* Whether an earlier round has named the range. */
static bool is_known(const struct verify_check *c, const struct verify_range *r)
{
    const struct verify_result *result = c->result;

    for (size_t i = 0; c->lane->round > 0 && i < result->n_ranges; i++) {
        const struct verify_range *k = &result->ranges[i];

        if (strcmp(k->path, c->dest) == 0 && k->offset <= r->offset &&
            k->offset + k->length >= r->offset + r->length)
            return true;
    }
    return false;
}

/* Makes room for n more ranges, and a copy of the path, which is their common one. */
static const char *make_room(struct verify_result *result, const char *path, size_t n)
{
    struct verify_range *all = reallocarray(result->ranges, result->n_ranges + n, sizeof(*all));

    if (!all)
        return NULL;
    result->ranges = all;
    return strdup(path);
}

void verify_take_ranges(struct verify_check *c)
{
    struct verify_result *result = c->result;
    const char *path;
    size_t n = 0;

    if (c->n_ranges == 0)
        return;
    put_in_order(c);
    name_ranges(c);
    result->n_left += c->n_ranges;
    path = make_room(result, c->dest, c->n_ranges);
    if (!path) {
        lack_memory(c);
        return;
    }
    for (size_t i = 0; i < c->n_ranges; i++) {
        if (is_known(c, &c->ranges[i]))
            continue;
        result->ranges[result->n_ranges + n] = c->ranges[i];
        result->ranges[result->n_ranges + n++].path = path;
    }
    result->n_ranges += n;
    if (n == 0)
        free((char *)(uintptr_t)path);
}
