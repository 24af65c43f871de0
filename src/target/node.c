/* node: destinations that are written through, byte after byte: character devices and
 * fifos. They are opened as they stand, never created, truncated or replaced. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "target.h"

/* Whether a node of this mode can be written through; the reason in *f if not. */
static int check_kind(mode_t mode, struct failure *f)
{
    switch (mode & S_IFMT) {
    case S_IFCHR:
    case S_IFIFO:
        return 0;
    case S_IFBLK:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "block devices are refused");
    case S_IFSOCK:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "a socket cannot be written to by its name");
    default:
        return failure_set(f, "open", ESTALE, FAILURE_NO_OFFSET,
                           "became another kind of file while it was opened");
    }
}

static void node_sweep(struct target *t)
{
    (void)t; /* no temporaries stand beside it */
}

static int node_look(struct target *t, struct target_view *ret, struct failure *f)
{
    struct stat st;

    if (stat(t->request.path, &st) < 0)
        return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
    *ret = (struct target_view){.how = "written through"};
    return check_kind(st.st_mode, f);
}

static int node_open(struct target *t, struct failure *f)
{
    struct stat st;
    int r;

    /* Opening a device has effects of its own: what will be refused is not opened at all. */
    if (stat(t->request.path, &st) < 0)
        return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
    r = check_kind(st.st_mode, f);
    if (r < 0)
        return r;
    /* On a pipe O_DIRECT would mean packets, on a device whatever its driver likes. */
    if (t->request.need_direct)
        return failure_set(f, "open", EINVAL, FAILURE_NO_OFFSET,
                           "O_DIRECT is for regular files only");

    r = fd_open_existing(AT_FDCWD, t->request.path, O_WRONLY);
    if (r == -ENXIO && S_ISFIFO(st.st_mode))
        return failure_set(f, "open", ENXIO, FAILURE_NO_OFFSET, "nobody reads from the fifo");
    if (r < 0)
        return failure_set(f, "open", -r, FAILURE_NO_OFFSET, NULL);
    t->fd = r;

    if (fstat(t->fd, &st) < 0)
        r = failure_set(f, "stat", errno, FAILURE_NO_OFFSET, NULL);
    else
        r = check_kind(st.st_mode, f);
    if (r < 0) {
        (void)fd_close(&t->fd);
        return r;
    }
    t->sequential = true;
    return 0;
}

static void node_reserve(struct target *t)
{
    (void)t; /* what is written goes through */
}

static int node_commit(struct target *t, struct failure *f)
{
    int r = fd_close(&t->fd);

    return r < 0 ? failure_set(f, "close", -r, FAILURE_NO_OFFSET, NULL) : 0;
}

static void node_abandon(struct target *t, bool keep)
{
    (void)t; /* a node has no name of ours */
    (void)keep;
}

static void node_abort(struct target *t, bool keep)
{
    (void)keep; /* what was written is gone */
    (void)fd_close(&t->fd);
}

const struct target_ops target_node_ops = {
    .name = "node",
    .sweep = node_sweep,
    .look = node_look,
    .open = node_open,
    .reserve = node_reserve,
    .commit = node_commit,
    .abandon = node_abandon,
    .abort = node_abort,
};
