#include "by_name_priv.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/direct_io.h"
#include "base/fd.h"

int by_name_open(const char *path, bool follow)
{
    return fd_open_existing(AT_FDCWD, path, O_RDONLY | (follow ? 0 : O_NOFOLLOW));
}

void by_name_open_direct(struct source *s)
{
    char self[32];
    int fd;

    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", s->fd);
    fd = fd_reopen_direct(AT_FDCWD, s->by_fd ? self : s->path, s->fd, O_RDONLY);
    if (fd < 0)
        return;
    s->direct_align = direct_io_align(fd);
    if (s->direct_align > 0)
        s->fd_direct = fd;
    else
        (void)fd_close(&fd);
}

void by_name_close(struct source *s)
{
    (void)fd_close(&s->fd_direct);
    (void)fd_close(&s->fd);
}
