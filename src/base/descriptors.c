#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#define STANDARD_OUTPUT  1
#define HIGHEST_STANDARD 2 /* standard error */

/* A thread of a call that is over may close its descriptor a moment later. */
#define MARGIN 8u

void descriptors_occupy_standard(void)
{
    for (int fd = 0; fd <= HIGHEST_STANDARD; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* the lowest one that is closed */
            (void)open("/dev/null", fd == STANDARD_OUTPUT ? O_RDONLY : O_RDWR);
}

void descriptors_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Those below `end`. */
static uint64_t count_open(uint64_t end)
{
    uint64_t n = 0;

    for (int fd = 0; fd < INT_MAX && (uint64_t)fd < end; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

bool descriptors_suffice(uint64_t n, uint64_t *ret_needed)
{
    struct rlimit limit;
    uint64_t needed;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || n <= limit.rlim_cur / 2)
        return true;
    /* Inherited ones may lie above the limit. With one that suffices they count. */
    needed = n + count_open(limit.rlim_cur + n);
    *ret_needed = (needed + MARGIN) / MARGIN * MARGIN + MARGIN;
    return needed <= limit.rlim_cur;
}

void descriptors_lack(struct failure *f, unsigned n_dests, uint64_t needed)
{
    (void)failure_format(f, NULL, EMFILE,
                         "%u destinations need %llu open files: raise the limit (ulimit -n)",
                         n_dests, (unsigned long long)needed);
}
