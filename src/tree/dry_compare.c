#include "dry_compare_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "base/fd.h"
#include "equal_priv.h"

struct progress {
    _Atomic uint64_t *steps;
    const atomic_bool *stop;
};

static bool goes_on(void *arg, uint64_t read)
{
    const struct progress *p = arg;

    (void)read;
    atomic_fetch_add(p->steps, 1);
    return !atomic_load(p->stop);
}

int dry_compare(const char *source, const char *dest, _Atomic uint64_t *steps,
                const atomic_bool *stop)
{
    struct progress p = {steps, stop};
    struct equal e = {.fd = -1, .goes_on = goes_on, .arg = &p};
    int theirs = fd_open_existing(AT_FDCWD, source, O_RDONLY), r = theirs;
    struct stat st, there;

    if (r >= 0 && fstat(theirs, &st) < 0)
        r = -errno;
    if (r >= 0) {
        e.fd = fd_open_existing(AT_FDCWD, dest, O_RDONLY);
        r = 0;
    }
    if (e.fd >= 0 && fstat(e.fd, &there) == 0) {
        e.size = (uint64_t)there.st_size;
        r = equal_file(&e, theirs, &st);
    }
    (void)fd_close(&theirs);
    (void)fd_close(&e.fd);
    return r == 0 && atomic_load(stop) ? -ECANCELED : r;
}
