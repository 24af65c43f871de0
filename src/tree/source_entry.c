/* source_entry: the entries of the walk that are no directories. See source_state_priv.h. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "source_state_priv.h"

#define LEASE_PAUSE_MS    20
#define LEASE_PATIENCE_MS 60000

/* Opens an entry that was looked at before. st: the result of that; becomes that of fstat(). -1:
 * that failed, or the name stands for another file now, which was reported. */
static int open_looked_at(struct walk *w, int dir_fd, const char *name, int flags,
                          struct stat *st)
{
    const struct stat before = *st;
    int fd = UNINTERRUPTED(openat(dir_fd, name, flags | O_CLOEXEC));

    if (fd < 0 || UNINTERRUPTED(fstat(fd, st)) < 0)
        walk_fail(w, "open", errno, NULL);
    else if (!fd_same_file(st, &before) || (st->st_mode ^ before.st_mode) & S_IFMT)
        walk_fail(w, "open", ESTALE, "became another file while it was opened");
    else
        return fd;
    (void)fd_close(&fd);
    return -1;
}

/* Reads the attributes for the next record, of an entry that cannot be opened for reading.
 * False: the name stands for another file now, which was reported. */
static bool read_entry_attrs(struct walk *w, int dir_fd, const char *name, struct stat *st)
{
    const struct attrs_wanted *wanted = &w->t->preserve;
    bool more = wanted->xattrs || wanted->context || (wanted->mode && !S_ISLNK(st->st_mode));
    int follow = walk_follows(w) && !S_ISLNK(st->st_mode) ? 0 : O_NOFOLLOW, fd;

    if (!more) {
        attrs_read_stat(&w->attrs, st);
        return true;
    }
    fd = open_looked_at(w, dir_fd, name, O_PATH | follow, st);
    if (fd < 0)
        return false;
    walk_read_attrs(w, fd, true, st);
    (void)fd_close(&fd);
    return true;
}

/* Notes which name of its file the entry is. Returns whether the walk has met the file
 * before. */
static bool is_further_name(struct walk *w, const struct stat *st)
{
    int error;

    if (!w->t->keep_links || st->st_nlink < 2)
        return false;
    w->step_met = true;
    w->nth = source_links_meet(w->links, st, &error);
    if (error < 0)
        walk_fail_memory(w);
    return w->nth != RECORD_FIRST_NAME;
}

/* Puts a file that was a regular one when it was listed, and that *fd is open on now. */
static void put_opened(struct walk *w, const char *name, int *fd)
{
    struct stat st;
    bool further;

    if (UNINTERRUPTED(fstat(*fd, &st)) < 0) {
        walk_fail(w, "stat", errno, NULL);
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        walk_fail(w, "open", ESTALE, "became another kind of file while it was opened");
        return;
    }
    if (w->t->is_target(w->t->arg, &st)) {
        walk_fail(w, "open", EINVAL, "it is the archive that is written");
        return;
    }
    if (walk_follows(w) && st.st_nlink == 1) /* a symlink to it is a name, too */
        st.st_nlink = 2;
    further = is_further_name(w, &st);
    if (w->ended)
        return;
    if (further)
        walk_put_further(w, name, fd, &st);
    else if (!walk_put_file(w, name, fd, &st) && st.st_nlink > 1)
        source_links_forget(w->links, &st);
}

/* Opens a regular file. Where somebody has a lease on it (Samba, the NFS server), an open that
 * does not block fails, but asks the holder to give it up, and the kernel takes it away after
 * /proc/sys/fs/lease-break-time, 45 seconds. So it is tried again and again: one that blocks
 * would be taken for a hang. */
static int open_regular(struct walk *w, int dir_fd, const char *name, int follow)
{
    for (unsigned ms = 0;; ms += LEASE_PAUSE_MS) {
        int fd = UNINTERRUPTED(openat(dir_fd, name, WALK_OPEN_FLAGS | follow));

        if (fd >= 0 || errno != EWOULDBLOCK || ms >= LEASE_PATIENCE_MS ||
            stream_stopped(w->t->stream))
            return fd;
        clock_pause_ms(LEASE_PAUSE_MS);
        atomic_fetch_add_explicit(w->t->steps, 1, memory_order_relaxed);
    }
}

static void put_regular(struct walk *w, int dir_fd, const char *name, int follow)
{
    uint64_t began = walk_wait_begin(w);
    int fd = open_regular(w, dir_fd, name, follow);

    walk_wait_end(w, began);
    if (fd < 0)
        walk_fail(w, "open", errno, NULL);
    else
        put_opened(w, name, &fd);
    (void)fd_close(&fd);
}

void walk_compare_entry(struct walk *w, int dir_fd, const char *name, unsigned number)
{
    int fd = open_regular(w, dir_fd, name, O_NOFOLLOW);
    struct stat st;

    if (fd < 0 || UNINTERRUPTED(fstat(fd, &st)) < 0)
        walk_fail(w, "open", errno, NULL);
    else if (!S_ISREG(st.st_mode))
        walk_fail(w, "open", ESTALE, "became another kind of file while it was opened");
    else
        walk_put_compared(w, name, fd, &st, number);
    (void)fd_close(&fd);
}

/* Puts a FIFO or a device like a file. It is read once, whatever the number of its names. All
 * that came before is made first: the program that writes to a FIFO may wait for it. */
static void put_contents(struct walk *w, int dir_fd, const char *name, int follow,
                         struct stat *st)
{
    int fd;

    if (is_further_name(w, st)) {
        attrs_read_stat(&w->attrs, st);
        walk_put_without_data(w, name, true, st);
        return;
    }
    if (!walk_drain(w))
        return;
    fd = open_looked_at(w, dir_fd, name, O_RDONLY | O_NOCTTY | follow, st);
    if (fd < 0)
        return;
    st->st_size = st->st_blocks = 0; /* it is read to its end, whatever its size says */
    walk_read_attrs(w, fd, false, st);
    (void)walk_put_data(w, name, fd, st);
    (void)fd_close(&fd);
}

static void put_symlink(struct walk *w, int dir_fd, const char *name, struct stat *st)
{
    char text[PATH_MAX];
    ssize_t n = UNINTERRUPTED(readlinkat(dir_fd, name, text, sizeof(text)));

    if (n < 0 || (size_t)n == sizeof(text)) {
        walk_fail(w, "read symbolic link", n < 0 ? errno : ENAMETOOLONG, NULL);
        return;
    }
    text[n] = '\0';
    if (read_entry_attrs(w, dir_fd, name, st))
        (void)walk_put_simple(w, RECORD_SYMLINK, name, text, st);
}

/* Puts a link to the source instead of a copy. */
static void put_link_to_source(struct walk *w, const char *name, const struct stat *st)
{
    bool hard = w->t->make == TREE_SOURCE_HARD_LINKS;

    attrs_read_stat(&w->attrs, st);
    if (hard) {
        (void)walk_put_simple(w, RECORD_SOURCE_LINK, name, "", st);
    } else {
        (void)is_further_name(w, st);
        (void)walk_put_simple(w, RECORD_SOURCE_SYMLINK, name, w->path.bytes, st);
    }
}

void walk_put_entry(struct walk *w, int dir_fd, const char *name, struct stat *st)
{
    int follow = walk_follows(w) ? 0 : O_NOFOLLOW;

    if (w->t->make != TREE_SOURCE_COPIES) {
        put_link_to_source(w, name, st);
    } else if (S_ISREG(st->st_mode)) {
        put_regular(w, dir_fd, name, follow);
    } else if (S_ISLNK(st->st_mode)) {
        (void)is_further_name(w, st);
        put_symlink(w, dir_fd, name, st);
    } else if (w->t->contents && !S_ISSOCK(st->st_mode)) {
        put_contents(w, dir_fd, name, follow, st);
    } else if (read_entry_attrs(w, dir_fd, name, st)) {
        (void)is_further_name(w, st);
        (void)walk_put_simple(w, RECORD_NODE, name, "", st);
    }
}
