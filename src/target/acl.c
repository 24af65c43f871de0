#include "acl_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/interrupted.h"

#define ATTRIBUTE "system.posix_acl_access"

/* 0 if the error means that there is no list, or that the file system has no lists. */
static int no_list(int err)
{
    return err == ENODATA || err == EOPNOTSUPP || err == ENOSYS ? 0 : -err;
}

static int read_open(int fd, struct target_acl *ret)
{
    ssize_t size = UNINTERRUPTED(fgetxattr(fd, ATTRIBUTE, NULL, 0));
    void *data;

    if (size < 0)
        return no_list(errno);
    data = malloc((size_t)size);
    if (!data)
        return -ENOMEM;
    size = UNINTERRUPTED(fgetxattr(fd, ATTRIBUTE, data, (size_t)size));
    if (size < 0) {
        int r = no_list(errno);

        free(data);
        return r;
    }
    ret->data = data;
    ret->size = (size_t)size;
    return 0;
}

int acl_read(int dir_fd, const char *name, struct target_acl *ret)
{
    int fd = fd_open_existing(dir_fd, name, O_RDONLY | O_NOFOLLOW);
    int r;

    *ret = (struct target_acl){.data = NULL};
    if (fd == -EACCES) {
        fd = fd_open_existing(dir_fd, name, O_WRONLY | O_NOFOLLOW);
        if (fd < 0)
            return 0;
    }
    if (fd < 0)
        return fd;
    r = read_open(fd, ret);
    (void)fd_close(&fd);
    return r;
}

int acl_write(int fd, const struct target_acl *acl)
{
    if (acl->data)
        return UNINTERRUPTED(fsetxattr(fd, ATTRIBUTE, acl->data, acl->size, 0)) < 0 ? -errno
                                                                                    : 0;
    if (UNINTERRUPTED(fgetxattr(fd, ATTRIBUTE, NULL, 0)) < 0)
        return no_list(errno);
    return UNINTERRUPTED(fremovexattr(fd, ATTRIBUTE)) < 0 ? -errno : 0;
}

void acl_free(struct target_acl *acl)
{
    free(acl->data);
    *acl = (struct target_acl){.data = NULL};
}
