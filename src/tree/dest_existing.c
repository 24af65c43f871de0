/* dest_existing: entries that exist under a final name already, and whether they are replaced.
 * See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"
#include "shared_file_priv.h"

#define LOOK_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int tree_dest_exists(struct tree_dest *t, const char *name, struct stat *st)
{
    if (tree_dest_dir(t)->fresh)
        return 0;
    if (UNINTERRUPTED(fstatat(tree_dest_dir_fd(t), name, st, AT_SYMLINK_NOFOLLOW)) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    tree_dest_fail(t, "stat", errno, NULL);
    return -1;
}

/* The existing file has the data. It gets the attributes t->attrs that it lacks, and loses those that
 * a copy would not have: an earlier run may have failed to set them. fd: -1 if it cannot be opened. */
static void renew_attrs(struct tree_dest *t, const char *name, int fd, const struct stat *there)
{
    struct attrs_file file = {.fd = fd, .st = there, .as_new = !t->request.inplace};
    int path_fd = -1;

    if (fd < 0) {
        path_fd =
            UNINTERRUPTED(openat(tree_dest_dir_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
        file.fd = path_fd;
        file.path_only = true;
    }
    if (file.fd < 0) {
        tree_dest_fail_attrs(t, "preserve attributes");
        return;
    }
    (void)tree_dest_give_attrs(t, &file, false);
    (void)fd_close(&path_fd);
}

/* The existing file is the copy of that file of the source. Whoever has made it need not have
 * flushed it. fd: open on it; or -1, err says why. */
static void count_copy(struct tree_dest *t, const struct stat *source, int fd, int err,
                       const struct stat *there)
{
    bool flush = t->request.durable && t->flush_each;

    if (flush && err == 0 && tree_dest_fsync(t, fd) < 0)
        err = errno;
    if (flush && err != 0) {
        tree_dest_fail(t, "fsync", err, NULL);
    } else {
        const struct made_id id = {.dev = there->st_dev, .ino = there->st_ino};
        uint64_t size = (uint64_t)source->st_size;

        made_add(t->request.made_files, there->st_dev, there->st_ino);
        tree_dest_note_kept(t, source, there);
        if (t->request.complete)
            t->request.complete(t->request.arg, t->path.bytes, &id, size, source, NULL);
        atomic_fetch_add(&t->request.view->bytes, size);
        atomic_fetch_add(&t->request.view->resumed, size);
        atomic_fetch_add(&t->request.view->files, 1);
        atomic_fetch_add(&t->request.view->files_equal, 1);
    }
}

/* The existing file is the copy: an earlier run has made it. */
static void count_existing_copy(struct tree_dest *t, const struct record *r, const char *name,
                                const struct stat *there)
{
    int fd = UNINTERRUPTED(openat(tree_dest_dir_fd(t), name, LOOK_FLAGS));
    int err = fd < 0 ? errno : 0;

    if ((!r->bare || r->shared) &&
        (r->kind == RECORD_OFFER || r->kind == RECORD_FILE || r->kind == RECORD_COPY)) {
        tree_dest_take_file_attrs(t, r);
        renew_attrs(t, name, fd, there);
    }
    count_copy(t, &r->st, fd, err, there);
    (void)fd_close(&fd);
}

void tree_dest_count_equal(struct tree_dest *t)
{
    renew_attrs(t, t->file_name, t->fd, &t->there);
    count_copy(t, &t->file_st, t->fd, 0, &t->there);
}

bool tree_dest_goes_on(void *arg, uint64_t read)
{
    const struct tree_dest *t = arg;

    t->request.read(t->request.arg, read);
    return true;
}

bool tree_dest_notes_made(struct tree_dest *t)
{
    return t->request.made_files && (!tree_dest_dir(t)->fresh || t->request.merges);
}

/* Judges the existing entry. Where several trees meet, a file of the run that has several names
 * may have got this name from an earlier tree. */
static struct existing_case judge(struct tree_dest *t, const struct stat *source,
                                  const char *name, const struct stat *there)
{
    const struct existing_policy *p = t->request.existing;
    int dir_fd = tree_dest_dir_fd(t);

    if (t->request.merges && !existing_keeps_all(p) &&
        !made_is_replaceable(t->request.made_files) && made_has(t->request.made_files, there))
        return (struct existing_case){.verdict = EXISTING_MADE};
    return existing_judge(p, t->request.made_files, source, there, dir_fd, name);
}

/* Asks, or reports that the existing entry stays. Whether it is replaced. */
static bool settle(struct tree_dest *t, const struct existing_case *c)
{
    struct failure f;

    switch (c->verdict) {
    case EXISTING_REFUSE:
        (void)existing_refused(&f);
        break;
    case EXISTING_MADE:
        (void)existing_made(&f);
        break;
    case EXISTING_ASK:
        if (t->request.ask(t->request.arg, t->path.bytes, c))
            return true;
        (void)existing_declined(&f);
        break;
    default:
        return true;
    }
    tree_dest_report_failure(t, &f);
    return false;
}

static struct existing_case judge_other(struct tree_dest *t, const struct stat *source,
                                        const char *name, const struct stat *there)
{
    return existing_judge_other(t->request.existing, t->request.made_files, source, there,
                                tree_dest_dir_fd(t), name);
}

bool tree_dest_may_replace_other(struct tree_dest *t)
{
    struct existing_case c = judge_other(t, &t->file_st, t->file_name, &t->there);

    return settle(t, &c);
}

/* Whether the existing file has the data of the source file that the record of a further name brings
 * open. If that has changed meanwhile, it counts as different: who copies it will find that. */
static bool has_shared_data(struct tree_dest *t, const struct record *r, const char *name,
                            const struct stat *there)
{
    struct equal e = {.size = (uint64_t)there->st_size, .goes_on = tree_dest_goes_on, .arg = t};
    struct stat now;
    bool equal;

    atomic_store(&t->request.view->doing, TREE_DEST_COMPARES);
    e.fd = UNINTERRUPTED(openat(tree_dest_dir_fd(t), name, LOOK_FLAGS));
    equal = e.fd >= 0 && equal_file(&e, r->shared->fd, &r->st) > 0 &&
            fstat(r->shared->fd, &now) == 0 && shared_file_unchanged(&r->st, &now);
    (void)fd_close(&e.fd);
    atomic_store(&t->request.view->doing, TREE_DEST_WRITES);
    return equal;
}

/* A further name, which comes without data: it becomes a link, if the file was made here. If not,
 * what exists is compared with the source. */
static struct existing_case compare_further(struct tree_dest *t, const struct record *r,
                                            const char *name, const struct stat *there)
{
    if (!tree_dest_has_file(t, r) && has_shared_data(t, r, name, there))
        return (struct existing_case){.verdict = EXISTING_HAS};
    return judge_other(t, &r->st, name, there);
}

bool tree_dest_may_replace(struct tree_dest *t, const struct record *r, const char *name,
                           const struct stat *there, bool *ret_compare)
{
    struct existing_case c = judge(t, &r->st, name, there);

    if (c.verdict == EXISTING_COMPARE && ret_compare)
        return !(*ret_compare = true);
    if (c.verdict == EXISTING_COMPARE)
        c = compare_further(t, r, name, there);
    if (t->request.given_up(t->request.arg)) /* meanwhile: the file may be another one now */
        return false;
    switch (c.verdict) {
    case EXISTING_HAS:
        if (tree_dest_has_file(t, r)) /* it becomes a link to the same data */
            return true;
        count_existing_copy(t, r, name, there);
        return false;
    case EXISTING_SKIP:
        /* cp links a further name whatever is there, as all names of a file are equally old. */
        if (t->request.spare_links && !existing_keeps_all(t->request.existing) &&
            tree_dest_has_file(t, r))
            return true;
        atomic_fetch_add(&t->request.view->files_skipped, 1);
        /* A file newer than the source counts as its copy. One that merely exists does not. */
        if (!existing_keeps_all(t->request.existing))
            tree_dest_note_kept(t, &r->st, there);
        return false;
    default:
        return settle(t, &c);
    }
}
