#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "temp.h"

/* Writes the temporary file, and gives it the name. As whole_file_write(). */
static int fill(int dir_fd, const char *name, const struct whole_file *w, int fd,
                char temp[TEMP_NAME_SIZE], const char **ret_op)
{
    int r;

    *ret_op = "write";
    r = w->fill(w->arg, fd);
    if (r == 0 && w->durable && UNINTERRUPTED(fsync(fd)) < 0) {
        *ret_op = "fsync";
        r = -errno;
    }
    if (r < 0)
        return r;
    *ret_op = "rename";
    return w->replace ? temp_replace(dir_fd, temp, name) : temp_rename(dir_fd, temp, name);
}

int whole_file_write(int dir_fd, const char *name, const struct whole_file *w,
                     const char **ret_op)
{
    char temp[TEMP_NAME_SIZE];
    int fd = temp_create(dir_fd, 0666, temp), r = fd;

    *ret_op = "create temporary";
    if (fd >= 0)
        r = fill(dir_fd, name, w, fd, temp, ret_op);
    temp_remove(dir_fd, temp, fd);
    if (r == 0) {
        *ret_op = "close";
        r = fd_close(&fd);
    }
    (void)fd_close(&fd);
    if (r == 0 && w->durable) {
        *ret_op = "fsync";
        r = fd_flush_directory(dir_fd);
    }
    return r;
}

int whole_file_write_path(const char *path, const struct whole_file *w)
{
    char *dir = path_directory(path), *name = path_last(path);
    int dir_fd = dir ? UNINTERRUPTED(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : -1;
    int r = !dir || !name ? -ENOMEM : dir_fd < 0 ? -errno : 0;
    const char *op;

    if (r == 0)
        r = whole_file_write(dir_fd, name, w, &op);
    (void)fd_close(&dir_fd);
    free(dir);
    free(name);
    return r;
}
