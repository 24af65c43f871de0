#include "event.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int event_create(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

void event_signal(int fd)
{
    int r = fd < 0 ? 0 : eventfd_write(fd, 1);

    /* The counter is full after 2^64 - 2 signals, and readable then. */
    assert(r == 0 || errno == EAGAIN);
}

bool event_clear(int fd)
{
    eventfd_t count;

    return eventfd_read(fd, &count) == 0;
}
