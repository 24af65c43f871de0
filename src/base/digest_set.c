#include "digest_set.h"

#include <errno.h>

bool digest_set_is_slow(unsigned algorithms)
{
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++)
        if ((algorithms >> i & 1) && digest_is_slow(&digest_table[i]))
            return true;
    return false;
}

int digest_set_start(struct digest_set *s, unsigned algorithms)
{
    *s = (struct digest_set){.v = {NULL}};
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
        if (!(algorithms & 1u << i))
            continue;
        s->v[i] = digest_new(&digest_table[i]);
        if (!s->v[i]) {
            digest_set_free(s);
            return -ENOMEM;
        }
    }
    return 0;
}

void digest_set_update(struct digest_set *s, const void *bytes, size_t n)
{
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++)
        if (s->v[i])
            digest_update(s->v[i], bytes, n);
    s->bytes += n;
}

void digest_set_update_zeros(struct digest_set *s, uint64_t n)
{
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++)
        if (s->v[i])
            digest_update_zeros(s->v[i], n);
    s->bytes += n;
}

int digest_set_final(struct digest_set *s, struct digest_values *ret)
{
    ret->algorithms = 0;
    ret->bytes = s->bytes;
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
        if (!s->v[i])
            continue;
        if (digest_final(s->v[i], ret->text[i]) < 0) {
            ret->algorithms = 0;
            return -EIO;
        }
        ret->algorithms |= 1u << i;
    }
    return 0;
}

void digest_set_free(struct digest_set *s)
{
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
        digest_free(s->v[i]);
        s->v[i] = NULL;
    }
}
