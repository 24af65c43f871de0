/* dest_report: what a destination reports of its entries: failures, attributes that could not
 * be preserved, and what was made. It also decides what a failure costs: one entry, one mount
 * or the destination. See dest_state_priv.h. */
#include <errno.h>
#include <sys/statvfs.h>

#include "base/medium.h"
#include "dest_state_priv.h"

/* Whether an error concerns everything in the file system, and not one file alone. (EUCLEAN, a
 * damaged inode, is that of a file.) */
static bool is_fatal(int err)
{
    switch (err) {
    case ENODEV:
    case ENXIO:
    case EROFS:
    case ENOTCONN:
    case ECONNABORTED: /* a FUSE server has exited and left a request unanswered */
    case ESHUTDOWN:
    case ENOMEDIUM:
        return true;
    default:
        return false;
    }
}

static dev_t current_dev(const struct tree_dest *t)
{
    return t->dirs.levels[t->dirs.n - 1].dev;
}

/* Whether the current directory is on a file system that is mounted below the root. */
static bool is_below_mount(const struct tree_dest *t)
{
    dev_t root = t->root_fd >= 0 ? t->request.view->root_dev : t->dirs.levels[0].dev;

    return current_dev(t) != root;
}

/* Whether the error is that of an entry, on which a dead file server is mounted. The current
 * directory then still answers. */
static bool is_of_entry(const struct tree_dest *t, int err)
{
    struct statvfs fs;

    return (err == ENOTCONN || err == ECONNABORTED || err == ESHUTDOWN) &&
           fstatvfs(tree_dest_dir_fd(t), &fs) == 0;
}

/* Nothing more is put into the file system of the current directory. */
static void abandon_mount(struct tree_dest *t)
{
    dev_t dev = current_dev(t);

    for (unsigned i = t->dirs.n; i-- > 0 && t->dirs.levels[i].dev == dev;)
        t->levels[i].unusable = true;
}

/* Gives a failure the reason that is behind it, if there is one. */
static struct failure explain(const struct tree_dest *t, const struct failure *f)
{
    struct failure gone = *f;

    if (t->dirs.n > 0 && medium_explains(current_dev(t), f->err))
        (void)failure_set(&gone, f->op ? f->op : "write", ENODEV, f->offset, MEDIUM_GONE);
    return gone;
}

void tree_dest_report_failure(struct tree_dest *t, const struct failure *found)
{
    const struct failure explained = explain(t, found), *f = &explained;
    struct failure mounted = *f;

    if (is_fatal(f->err) && is_below_mount(t)) {
        (void)failure_set(&mounted, f->op, f->err, f->offset,
                          "nothing more is copied to what is mounted there");
        abandon_mount(t);
    } else if (is_fatal(f->err) && !is_of_entry(t, f->err)) {
        t->fatal = *f;
    }
    t->request.failed(t->request.arg, t->path.bytes, &mounted);
}

void tree_dest_fail(struct tree_dest *t, const char *op, int err, const char *message)
{
    struct failure f;

    failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    tree_dest_report_failure(t, &f);
}

void tree_dest_fail_attrs(struct tree_dest *t, const char *op)
{
    struct failure f;

    failure_set(&f, op, errno, FAILURE_NO_OFFSET, NULL);
    t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
}

void tree_dest_report_made(struct tree_dest *t)
{
    if (t->request.made)
        t->request.made(t->request.arg, t->path.bytes);
}
