/* rings: what a program sees of a kernel that lacks newer kinds of rings, so that it is tested
 * on all that it can use. Its calls of io_uring_queue_init_params(3) come here
 * (CMakeLists.txt).
 *
 *     RINGS=defer   nothing is lacking
 *     RINGS=coop    no IORING_SETUP_SINGLE_ISSUER and _DEFER_TASKRUN, as before Linux 6.1
 *     RINGS=plain   no IORING_SETUP_COOP_TASKRUN either, as before 5.19
 *
 * To the file that RINGS_LOG names, where it can be written, a line is added for each ring: its
 * kind. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFER (IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)
#define COOP  IORING_SETUP_COOP_TASKRUN

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *p);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *p);

static unsigned lacking(void)
{
    const char *rings = getenv("RINGS");

    if (!rings || strcmp(rings, "defer") == 0)
        return 0;
    if (strcmp(rings, "coop") == 0)
        return DEFER;
    if (strcmp(rings, "plain") == 0)
        return DEFER | COOP;
    abort();
}

static void record(unsigned flags)
{
    const char *log = getenv("RINGS_LOG");
    const char *line = flags & DEFER ? "defer\n" : flags & COOP ? "coop\n" : "plain\n";
    int fd;

    if (!log)
        return;
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    if (write(fd, line, strlen(line)) < 0)
        abort();
    close(fd);
}

int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *p)
{
    if (p->flags & lacking())
        return -EINVAL;
    record(p->flags);
    return __real_io_uring_queue_init_params(entries, ring, p);
}
