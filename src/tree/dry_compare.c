#include "dry_compare_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#define PIECE (256u << 10)

/* As dry_compare(), of open files. The buffer has two pieces. */
static int compare(int source, int dest, char *buffer, _Atomic uint64_t *steps,
                   const atomic_bool *stop)
{
    char *theirs = buffer, *mine = buffer + PIECE;

    for (uint64_t at = 0;; at += PIECE) {
        int64_t n = fd_read_at(source, theirs, PIECE, at);

        if (n < 0)
            return (int)n;
        if (atomic_load(stop))
            return -ECANCELED;
        if (fd_read_at(dest, mine, PIECE, at) != n || memcmp(theirs, mine, (size_t)n) != 0)
            return 0;
        if (n < PIECE)
            return 1;
        atomic_fetch_add(steps, 1);
    }
}

int dry_compare(const char *source, const char *dest, _Atomic uint64_t *steps,
                const atomic_bool *stop)
{
    char *buffer = malloc((size_t)2 * PIECE);
    int theirs = fd_open_existing(AT_FDCWD, source, O_RDONLY), mine = -1, r = theirs;

    if (!buffer)
        r = -ENOMEM;
    if (r >= 0) {
        mine = fd_open_existing(AT_FDCWD, dest, O_RDONLY);
        r = mine < 0 ? 0 : compare(theirs, mine, buffer, steps, stop);
    }
    (void)fd_close(&theirs);
    (void)fd_close(&mine);
    free(buffer);
    return r;
}
