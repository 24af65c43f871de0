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

/* The existing file is the copy: an earlier run has made it. That run need not have flushed it.
 */
static void count_existing_copy(struct tree_dest *t, const struct stat *source,
                                const char *name)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    bool flush = t->request.durable && t->flush_each;
    int fd = flush ? openat(tree_dest_dir_fd(t), name, flags) : -1;

    if (flush && (fd < 0 || fsync(fd) < 0)) {
        tree_dest_fail(t, "fsync", errno, NULL);
    } else {
        tree_dest_note_made(t, source, t->path.bytes);
        atomic_fetch_add(&t->request.view->bytes, (uint64_t)source->st_size);
        atomic_fetch_add(&t->request.view->resumed, (uint64_t)source->st_size);
        atomic_fetch_add(&t->request.view->files, 1);
    }
    (void)fd_close(&fd);
}

bool tree_dest_may_replace(struct tree_dest *t, const struct stat *source, const char *name,
                           const struct stat *there)
{
    const struct existing_policy *p = t->request.existing;
    struct existing_case c = existing_judge(p, source, there, tree_dest_dir_fd(t), name);
    struct failure f;

    switch (c.verdict) {
    case EXISTING_HAS:
        count_existing_copy(t, source, name);
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
