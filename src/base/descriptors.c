#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

/* A thread of a call that is over may close its descriptor a moment later. */
#define MARGIN 8u

void descriptors_occupy_standard(void)
{
    static const int modes[] = {
        [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDWR};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* the lowest one that is closed */
            (void)open("/dev/null", modes[fd]);
}

/* With O_NONBLOCK an engine gets EAGAIN where it could wait. */
static int duplicate(int standard, int forbidden)
{
    int flags = fcntl(standard, F_GETFL), fd;

    if (flags < 0)
        return -errno;
    if ((flags & O_ACCMODE) == forbidden)
        return -EBADF;
    if ((flags & O_NONBLOCK) && fcntl(standard, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return -errno;
    fd = fcntl(standard, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return fd < 0 ? -errno : fd;
}

int descriptors_standard_input(void)
{
    return duplicate(STDIN_FILENO, O_WRONLY);
}

int descriptors_standard_output(void)
{
    return duplicate(STDOUT_FILENO, O_RDONLY);
}

bool descriptors_output_is_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

void descriptors_find_output(struct stat ret[2])
{
    for (int i = 0; i < 2; i++)
        if (fstat(STDOUT_FILENO + i, &ret[i]) < 0)
            ret[i] = (struct stat){.st_ino = 0};
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
