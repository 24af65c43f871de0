#include "within_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupted.h"
#include "base/path.h"
#include "base/path_probe.h"

/* Opens the directory at this path or, if it does not exist, the nearest one above it that
 * does. -1 with errno set. */
static int open_nearest_directory(const char *path)
{
    char *at = strdup(path), *above;
    int fd = -1;

    while (at && (fd = UNINTERRUPTED(open(at, O_PATH | O_DIRECTORY | O_CLOEXEC))) < 0 &&
           strcmp(at, ".") != 0 && strcmp(at, "/") != 0) {
        above = path_directory(at);
        free(at);
        at = above;
    }
    free(at);
    return fd;
}

/* Whether the directory of fd is the other one or below it. one_file_system (-x): directories
 * below a mount point do not count. Closes fd. */
static bool is_within(int fd, const struct stat *other, bool one_file_system)
{
    struct stat st, above;

    while (fd >= 0 && fstat(fd, &st) == 0) {
        int up;

        if (one_file_system && st.st_dev != other->st_dev)
            break;
        if (st.st_dev == other->st_dev && st.st_ino == other->st_ino) {
            close(fd);
            return true;
        }
        up = UNINTERRUPTED(openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
        close(fd);
        fd = up;
        if (fd >= 0 && fstat(fd, &above) == 0 && above.st_dev == st.st_dev &&
            above.st_ino == st.st_ino)
            break;
    }
    if (fd >= 0)
        close(fd);
    return false;
}

/* Where a path is. */
struct place {
    char *path;
    struct stat other;
    bool one_file_system;
    int result; /* 1: in the other directory, 0: not, -ENOMEM */
};

/* path_probe_call(): finds out whether it is in the other directory. */
static void find_place(void *arg, unsigned i)
{
    struct place *p = arg;
    int fd = open_nearest_directory(p->path);

    (void)i;
    p->result =
        fd < 0 && errno == ENOMEM ? -ENOMEM : is_within(fd, &p->other, p->one_file_system);
}

int within_directory(const char *path, const struct stat *other, bool one_file_system)
{
    struct place *p = malloc(sizeof(*p));
    int r = -ENOMEM;

    if (!p)
        return r;
    *p = (struct place){
        .path = strdup(path), .other = *other, .one_file_system = one_file_system};
    if (p->path)
        r = path_probe_call(path, find_place, p);
    if (r == -ETIMEDOUT) /* the call may still use it; nothing is copied to this path */
        return 0;
    if (r == 0)
        r = p->result;
    free(p->path);
    free(p);
    return r;
}
