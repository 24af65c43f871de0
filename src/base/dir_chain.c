#include "dir_chain.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fd.h"
#include "interrupted.h"

/* Levels of one chain that are open. The source has one chain, and so has each destination. At
 * least 2: the way up needs the current directory and the one above it. */
#define MAX_OPEN 4

/* Whether ".." leads from the directory that fd is open on to the level. */
static bool is_above(const struct dir_chain_level *level, int fd)
{
    struct stat st;

    return UNINTERRUPTED(fstatat(fd, "..", &st, 0)) == 0 && st.st_dev == level->dev &&
           st.st_ino == level->ino;
}

/* Closes the upper levels: at most MAX_OPEN of the lowest stay open, and those levels that ".."
 * does not lead back to. */
static void close_upper(struct dir_chain *d)
{
    struct dir_chain_level *upper;

    if (d->n - d->n_closed <= MAX_OPEN)
        return;
    upper = &d->levels[d->n_closed++];
    if (is_above(upper, upper[1].fd))
        (void)fd_close(&upper->fd);
}

int dir_chain_enter(struct dir_chain *d, int fd, const struct stat *st)
{
    if (d->n == d->room) {
        unsigned room = d->room ? 2 * d->room : 32;
        struct dir_chain_level *levels = reallocarray(d->levels, room, sizeof(*levels));

        if (!levels) {
            (void)fd_close(&fd);
            return -ENOMEM;
        }
        d->levels = levels;
        d->room = room;
    }
    d->levels[d->n++] =
        (struct dir_chain_level){.fd = fd, .dev = st->st_dev, .ino = st->st_ino};
    close_upper(d);
    return 0;
}

/* Opens the level above the one that fd is open on. */
static int open_above(const struct dir_chain_level *above, int fd)
{
    struct stat st;
    int up = UNINTERRUPTED(openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (up < 0 && errno == EACCES) /* O_PATH needs no permission to read the directory */
        up = UNINTERRUPTED(openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (up < 0)
        return -errno;
    if (fstat(up, &st) == 0 && st.st_dev == above->dev && st.st_ino == above->ino)
        return up;
    (void)fd_close(&up);
    return -ESTALE;
}

int dir_chain_leave(struct dir_chain *d)
{
    assert(d->n > 0);
    (void)fd_close(&d->levels[--d->n].fd);
    if (d->n == 0)
        return 0;
    /* Opens the next level above now. The caller may change the permissions of the current
     * directory before it leaves it; ".." may be out of reach then. */
    if (d->n > 1 && d->n_closed == d->n - 1) {
        struct dir_chain_level *here = &d->levels[d->n - 1], *above = here - 1;

        d->n_closed--;
        if (above->fd < 0)
            above->fd = here->fd < 0 ? here->fd : open_above(above, here->fd);
    }
    return d->levels[d->n - 1].fd < 0 ? d->levels[d->n - 1].fd : 0;
}

int dir_chain_fd(const struct dir_chain *d)
{
    assert(d->n > 0);
    return d->levels[d->n - 1].fd;
}

bool dir_chain_has(const struct dir_chain *d, const struct stat *st)
{
    for (unsigned i = 0; i < d->n; i++)
        if (d->levels[i].dev == st->st_dev && d->levels[i].ino == st->st_ino)
            return true;
    return false;
}

/* Opens the directory of fd again, with the same read position. Returns the new descriptor (the
 * caller's), or a negative errno. */
static int reopen_at_same_position(int fd)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    int again = UNINTERRUPTED(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (again >= 0 && at >= 0 && lseek(again, at, SEEK_SET) == at)
        return again;
    if (again < 0)
        return -errno;
    (void)fd_close(&again);
    return -ESPIPE;
}

int dir_chain_copy(const struct dir_chain *d, struct dir_chain *ret)
{
    assert(d->n > 0);
    ret->levels = calloc(d->n, sizeof(*ret->levels));
    if (!ret->levels)
        return -ENOMEM;
    ret->room = d->n;
    ret->n_closed = d->n_closed;
    for (unsigned i = 0; i < d->n; i++) {
        int fd = d->levels[i].fd;

        if (fd >= 0 && i == d->n - 1)
            fd = reopen_at_same_position(fd);
        else if (fd >= 0 && (fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
            fd = -errno;
        ret->levels[ret->n++] = d->levels[i];
        ret->levels[i].fd = fd;
        if (fd < 0 && d->levels[i].fd >= 0) {
            dir_chain_free(ret);
            return fd;
        }
    }
    return 0;
}

void dir_chain_free(struct dir_chain *d)
{
    for (unsigned i = 0; i < d->n; i++)
        (void)fd_close(&d->levels[i].fd);
    free(d->levels);
    *d = (struct dir_chain){0};
}
