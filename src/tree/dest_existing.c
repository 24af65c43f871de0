/* dest_existing: entries that exist under a final name already, and whether they are replaced.
 * See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "dest_state_priv.h"

int tree_dest_exists(struct tree_dest *t, const char *name, struct stat *st)
{
    if (tree_dest_dir(t)->fresh)
        return 0;
    if (fstatat(tree_dest_dir_fd(t), name, st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    tree_dest_fail(t, "stat", errno, NULL);
    return -1;
}

/* The existing file has the data. It gets the attributes that it lacks: that run may have
 * failed to set them. fd: -1 if it cannot be opened. */
static void renew_attrs(struct tree_dest *t, const struct record *r, const char *name, int fd,
                        const struct stat *there)
{
    struct attrs_file file = {.fd = fd, .st = there};
    int path_fd = -1;

    if (fd < 0) {
        path_fd = openat(tree_dest_dir_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        file.fd = path_fd;
        file.path_only = true;
    }
    if (file.fd < 0) {
        tree_dest_fail_attrs(t, "preserve attributes");
        return;
    }
    tree_dest_take_attrs(t, r);
    (void)tree_dest_give_attrs(t, &file, false);
    (void)fd_close(&path_fd);
}

/* The existing file is the copy: an earlier run has made it. That run need not have flushed it.
 */
static void count_existing_copy(struct tree_dest *t, const struct record *r, const char *name,
                                const struct stat *there)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    bool flush = t->request.durable && t->flush_each;
    int fd = openat(tree_dest_dir_fd(t), name, flags);
    int err = fd < 0 ? errno : 0;

    if (r->kind == RECORD_OFFER || r->kind == RECORD_FILE || r->kind == RECORD_COPY)
        renew_attrs(t, r, name, fd, there);
    if (flush && err == 0 && fsync(fd) < 0)
        err = errno;
    if (flush && err != 0) {
        tree_dest_fail(t, "fsync", err, NULL);
    } else {
        uint64_t size = (uint64_t)r->st.st_size;

        tree_dest_note_made(t, &r->st, t->path.bytes);
        atomic_fetch_add(&t->request.view->bytes, size);
        atomic_fetch_add(&t->request.view->resumed, size);
        atomic_fetch_add(&t->request.view->files, 1);
    }
    (void)fd_close(&fd);
}

bool tree_dest_may_replace(struct tree_dest *t, const struct record *r, const char *name,
                           const struct stat *there)
{
    const struct stat *source = &r->st;
    const struct existing_policy *p = t->request.existing;
    struct existing_case c = existing_judge(p, source, there, tree_dest_dir_fd(t), name);
    struct failure f;

    switch (c.verdict) {
    case EXISTING_HAS:
        count_existing_copy(t, r, name, there);
        return false;
    case EXISTING_SKIP:
        atomic_fetch_add(&t->request.view->files_skipped, 1);
        /* A file newer than the source counts as its copy. One that merely exists does not. */
        if (existing_keeps_all(p))
            tree_dest_note_not_made(t, source);
        else
            tree_dest_note_made(t, source, t->path.bytes);
        return false;
    case EXISTING_REFUSE:
        (void)existing_refused(&f);
        break;
    case EXISTING_ASK:
        if (t->request.ask(t->request.arg, t->path.bytes, &c))
            return true;
        (void)existing_declined(&f);
        break;
    default:
        return true;
    }
    tree_dest_report_failure(t, &f);
    return false;
}
