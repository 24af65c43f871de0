#include "range_sums.h"

#include <errno.h>

/* The range is complete. */
static void compare(struct range_sums *s)
{
    const char *wanted = s->wanted.texts[s->next];
    char text[DIGEST_TEXT_SIZE];
    int r = digest_final(s->digest, text);

    if (r < 0)
        atomic_store(&s->failed, r);
    else if (!digest_text_equal(s->wanted.algorithm, text, wanted) &&
             atomic_load(&s->wrong) == 0)
        atomic_store(&s->wrong, s->next + 1);
    digest_free(s->digest);
    s->digest = NULL;
}

/* Adds bytes of the next range. */
static void add(struct range_sums *s, const char *bytes, uint64_t n)
{
    if (*s->wanted.texts[s->next] == '\0')
        return;
    if (!s->digest)
        s->digest = digest_new(s->wanted.algorithm);
    if (s->digest)
        digest_update(s->digest, bytes, n);
    else
        atomic_store(&s->failed, -ENOMEM);
}

void range_sums_add(struct range_sums *s, uint64_t at, const char *bytes, uint64_t n)
{
    uint64_t end = at + n;

    while (s->next < s->wanted.n && s->wanted.ranges[s->next].start < end) {
        struct range r = s->wanted.ranges[s->next];
        uint64_t from = r.start > at ? r.start : at;
        uint64_t to = r.end < end ? r.end : end;

        add(s, bytes + (from - at), to - from);
        if (to < r.end)
            return;
        if (s->digest)
            compare(s);
        s->next++;
    }
}

int range_sums_verdict(struct range_sums *s, struct range *ret)
{
    size_t wrong = atomic_load(&s->wrong);

    if (wrong == 0)
        return atomic_load(&s->failed);
    *ret = s->wanted.ranges[wrong - 1];
    return -EBADMSG;
}

void range_sums_end(struct range_sums *s)
{
    digest_free(s->digest);
    s->digest = NULL;
}
