#include "written_priv.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define BITS 64u

int written_init(struct written *w, uint64_t size, unsigned shift)
{
    void *bits;

    *w = (struct written){.blocks = size >> shift, .shift = shift};
    w->mapped = (w->blocks / BITS + 1) * sizeof(*w->bits);
    bits = mmap(NULL, w->mapped, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bits == MAP_FAILED)
        return -ENOMEM;
    w->bits = bits;
    return 0;
}

void written_free(struct written *w)
{
    if (w->bits)
        (void)munmap(w->bits, w->mapped);
    w->bits = NULL;
}

/* The bits of one word from the block `at` on, up to the block `end`. */
static uint64_t mask_of(uint64_t at, uint64_t end)
{
    unsigned first = at % BITS;
    uint64_t n = end - at < BITS - first ? end - at : BITS - first;

    return (n == BITS ? UINT64_MAX : (1ull << n) - 1) << first;
}

void written_set(struct written *w, uint64_t offset, uint64_t length, bool is_written)
{
    uint64_t at = offset >> w->shift, end = (offset + length) >> w->shift;

    for (; at < end; at += BITS - at % BITS) {
        uint64_t mask = mask_of(at, end), *word = &w->bits[at / BITS];

        if (is_written)
            *word |= mask;
        else if (*word & mask) /* a page that nobody has needed stays away */
            *word &= ~mask;
    }
}

bool written_run(const struct written *w, uint64_t offset, uint64_t end, uint64_t *ret_end)
{
    uint64_t at = offset >> w->shift, last = end >> w->shift;
    bool is_written = w->bits[at / BITS] >> (at % BITS) & 1;

    while (at < last) {
        uint64_t mask = mask_of(at, last), word = w->bits[at / BITS];
        uint64_t other = (is_written ? ~word : word) & mask;

        if (other) {
            at += (unsigned)__builtin_ctzll(other) - at % BITS;
            break;
        }
        at += BITS - at % BITS;
    }
    *ret_end = at < last ? at << w->shift : end;
    return is_written;
}
