/* node: a destination that is written through, byte after byte: a character device or a fifo.
 * It is opened as it is, never created, truncated or replaced. Its state is target.fd alone. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "target_priv.h"

/* Also those that `look` and `open` refuse, each with its reason. */
static bool node_takes(const struct target_request *q, const struct stat *there)
{
    return there && !S_ISREG(there->st_mode) && !q->anew;
}

/* 0 if a node with this mode can be written through, or a negative errno with *f filled. */
static int check_type(mode_t mode, struct failure *f)
{
    switch (mode & S_IFMT) {
    case S_IFCHR:
    case S_IFIFO:
        return 0;
    case S_IFBLK:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "block devices are written to with --device only");
    case S_IFSOCK:
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "a socket cannot be written to by its name");
    default:
        return failure_set(f, "open", ESTALE, FAILURE_NO_OFFSET,
                           "became another kind of file while it was opened");
    }
}

static int node_look(const struct target_request *q, struct target_view *ret, struct failure *f)
{
    struct stat st;

    if (stat(q->path, &st) < 0)
        return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
    *ret = (struct target_view){.how = "written through"};
    return check_type(st.st_mode, f);
}

static int node_open(struct target *t, struct failure *f)
{
    struct stat st;
    int r;

    /* Opening a device has effects: one that is refused is not opened at all. */
    if (stat(t->request.path, &st) < 0)
        return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
    r = check_type(st.st_mode, f);
    if (r < 0)
        return r;
    /* On a pipe O_DIRECT means packets; on a device it means what the driver likes. */
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
        r = check_type(st.st_mode, f);
    if (r < 0) {
        (void)fd_close(&t->fd);
        return r;
    }
    t->sequential = true;
    return 0;
}

const struct target_ops target_node = {
    .name = "node",
    .takes = node_takes,
    .look = node_look,
    .open = node_open,
};
