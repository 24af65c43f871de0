/* compare_dest: the thread that reads one destination, and compares it with the feed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir_chain.h"
#include "base/fd.h"
#include "base/path_buffer.h"
#include "compare_priv.h"
#include "verify/scan.h"

/* A range that differs is a whole number of such pieces: bytes. */
#define GRAIN 4096u

#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define DIR_FLAGS  (O_RDONLY | O_DIRECTORY | O_NOCTTY | O_CLOEXEC)

struct dest_work {
    struct inspector *member;
    const struct compare *compare;
    char *buffer;

    /* The current directory. */
    struct dir_chain dirs;
    struct path_buffer path; /* of the current entry */
    size_t *path_lens;       /* of the directories down to the current one */
    size_t n_dirs, room;
    unsigned left_out;      /* levels of SOURCE that this destination does not have */
    struct listing listing; /* names of the current directory, while SOURCE's names come */
    size_t next;            /* the first one that no name of SOURCE has passed */

    /* The current file. */
    int fd; /* -1: none */
    bool is_device;
    struct read_file file;
    struct finding_range differs; /* length 0: none, or reported */
    bool found;                   /* that it differs has been reported */
    int error;                    /* negative errno: nothing more can be compared */
};

static void find(struct dest_work *w, enum finding kind)
{
    inspector_find(w->member, kind, w->path.bytes, NULL, NULL);
}

static void differs(struct dest_work *w, const char *why)
{
    struct failure f;

    (void)failure_set(&f, NULL, EBADMSG, FAILURE_NO_OFFSET, why);
    inspector_find(w->member, FINDING_DIFFERS, w->path.bytes, &f, NULL);
}

/* Makes the path that of an entry in the current directory. */
static void enter_path(struct dest_work *w, const char *name)
{
    size_t len = w->n_dirs > 0 ? w->path_lens[w->n_dirs - 1] : 0;
    int r =
        len > 0 ? path_buffer_enter(&w->path, len, name) : path_buffer_put(&w->path, 0, name);

    if (r < 0)
        w->error = r;
}

/* An entry could not be opened or read: r, negative errno. other: the text if it is of another
 * type. */
static void report_open(struct dest_work *w, int r, const char *other)
{
    if (r == -ENOENT)
        find(w, FINDING_MISSING);
    else if (r == -ENOTDIR || r == -ELOOP || r == -ENXIO)
        differs(w, other);
    else
        inspector_fail(w->member, w->path.bytes, "open", r, FAILURE_NO_OFFSET);
}

/* Whether the file or directory is that of the source, which is reported: nothing is proved by a file
 * that is compared with itself. Below a directory it is a hard link. */
static bool is_source(struct dest_work *w, const struct stat *st, const struct stat *source)
{
    struct failure f;

    if (!fd_same_file(st, source))
        return false;
    (void)failure_set(&f, NULL, EINVAL, FAILURE_NO_OFFSET, "it is the source itself");
    inspector_find(w->member, FINDING_UNREADABLE, w->path.bytes, &f, NULL);
    return true;
}

/* ---- directories ---- */

static int push_dir(struct dest_work *w, int fd, const struct stat *st)
{
    if (w->n_dirs == w->room) {
        size_t room = w->room ? 2 * w->room : 16;
        size_t *lens = reallocarray(w->path_lens, room, sizeof(*lens));

        if (!lens) {
            (void)fd_close(&fd);
            return -ENOMEM;
        }
        w->path_lens = lens;
        w->room = room;
    }
    w->path_lens[w->n_dirs++] = w->path.len;
    return dir_chain_enter(&w->dirs, fd, st);
}

static void take_directory(struct dest_work *w, const struct feed_record *record)
{
    bool is_root = w->n_dirs == 0;
    struct stat st;
    int fd, r = 0;

    fd = is_root ? open(w->member->path, DIR_FLAGS)
                 : UNINTERRUPTED(
                       openat(dir_chain_fd(&w->dirs), record->name, DIR_FLAGS | O_NOFOLLOW));
    if (fd < 0 || fstat(fd, &st) < 0) {
        report_open(w, -errno, "it is no directory");
        (void)fd_close(&fd);
        w->left_out = 1;
        return;
    }
    if (is_root && is_source(w, &st, &record->st)) {
        (void)fd_close(&fd);
        w->left_out = 1;
        return;
    }
    r = listing_read(fd, &w->listing);
    w->next = 0;
    if (r < 0) /* its entries are compared all the same, but extra ones are not found */
        inspector_fail(w->member, w->path.bytes, "read directory", r, FAILURE_NO_OFFSET);
    r = push_dir(w, fd, &st);
    if (r < 0)
        w->error = r;
}

/* The names of this destination that are before the given one, which SOURCE has; all with NULL. */
static void find_extra(struct dest_work *w, const char *name)
{
    int order = -1;

    while (w->next < w->listing.n) {
        const char *mine = w->listing.names[w->next];

        if (name)
            order = strcmp(mine, name);
        if (order > 0)
            return;
        w->next++;
        if (order == 0)
            return;
        enter_path(w, mine);
        find(w, FINDING_EXTRA);
    }
}

static void take_names(struct dest_work *w, const struct feed_record *record)
{
    for (size_t at = 0; at < record->n; at += strlen(record->data + at) + 1)
        find_extra(w, record->data + at);
    if (!record->last)
        return;
    find_extra(w, NULL);
    listing_free(&w->listing);
    w->next = 0;
}

static void take_leave(struct dest_work *w)
{
    int r = dir_chain_leave(&w->dirs);

    w->n_dirs--;
    if (r < 0)
        w->error = r;
}

/* ---- files ---- */

/* Opens the file of the record. Returns the descriptor or a negative errno. */
static int open_file(struct dest_work *w, const struct feed_record *record)
{
    int fd;

    if (w->n_dirs > 0) {
        int dir = dir_chain_fd(&w->dirs);

        fd = UNINTERRUPTED(openat(dir, record->name, FILE_FLAGS | O_NOFOLLOW));
        if (fd < 0 && errno == EWOULDBLOCK) /* a lease; see fd_open_existing() */
            fd = UNINTERRUPTED(
                openat(dir, record->name, (FILE_FLAGS & ~O_NONBLOCK) | O_NOFOLLOW));
        return fd < 0 ? -errno : fd;
    }
    fd = UNINTERRUPTED(open(w->member->path, DIR_FLAGS));
    if (fd < 0)
        return fd_open_existing(AT_FDCWD, w->member->path, O_RDONLY);
    /* As ucopy copies a file into a directory. */
    enter_path(w, w->compare->base);
    w->fd = fd_open_existing(fd, w->compare->base, O_RDONLY);
    (void)fd_close(&fd);
    fd = w->fd;
    w->fd = -1;
    return fd;
}

/* With --verify=medium. If it fails, the file is closed. */
static void pass_disk_cache(struct dest_work *w)
{
    int r = w->member->inspection->o->verify & VERIFY_MEDIUM ? read_file_set_fua(&w->file) : 0;

    if (r == 0)
        return;
    inspector_fail(w->member, w->path.bytes, "read past its own cache", r, FAILURE_NO_OFFSET);
    (void)fd_close(&w->fd);
}

static void take_file(struct dest_work *w, const struct feed_record *record)
{
    int fd = open_file(w, record);
    struct stat st;

    w->found = false;
    if (fd < 0 || fstat(fd, &st) < 0) {
        report_open(w, fd < 0 ? fd : -errno, "it is no regular file");
    } else if (!S_ISREG(st.st_mode) && (w->n_dirs > 0 || !S_ISBLK(st.st_mode))) {
        differs(w, "it is no regular file");
    } else if (!is_source(w, &st, &record->st)) {
        w->fd = fd;
        w->is_device = S_ISBLK(st.st_mode);
        read_file_begin(&w->file, fd, inspector_flushing, w->member);
        pass_disk_cache(w);
        return;
    }
    (void)fd_close(&fd);
}

/* Reports that the current file differs. */
static void find_range(struct dest_work *w, const struct failure *f,
                       const struct finding_range *range)
{
    struct finding_range r = *range;

    r.again = w->found;
    w->found = true;
    inspector_find(w->member, FINDING_DIFFERS, w->path.bytes, f, &r);
}

/* Reports the range that differs, if there is one. */
static void flush_range(struct dest_work *w)
{
    if (w->differs.length > 0)
        find_range(w, NULL, &w->differs);
    w->differs.length = 0;
}

/* The file needs no more comparisons. */
static void end_file(struct dest_work *w)
{
    flush_range(w);
    inspector_note_how(w->member, read_file_how(&w->file));
    atomic_fetch_add(&w->member->files, 1);
    (void)fd_close(&w->fd);
}

/* Adds the piece, in which bytes differ, to the range. */
static void add_piece(struct dest_work *w, uint64_t offset, size_t n, size_t first)
{
    struct finding_range *range = &w->differs;

    if (range->length > 0 && range->offset + range->length == offset) {
        range->length += n;
        return;
    }
    flush_range(w);
    *range = (struct finding_range){.offset = offset, .length = n, .first = offset + first};
}

static void compare_bytes(struct dest_work *w, const char *theirs, uint64_t offset, size_t n)
{
    const char *mine = w->buffer;

    if (memcmp(mine, theirs, n) == 0)
        return;
    for (size_t at = 0; at < n; at += GRAIN) {
        size_t piece = n - at < GRAIN ? n - at : GRAIN, first = 0;

        if (memcmp(mine + at, theirs + at, piece) == 0)
            continue;
        while (mine[at + first] == theirs[at + first])
            first++;
        add_piece(w, offset + at, piece, first);
    }
}

/* Reads as much as a buffer holds. Returns the number of bytes; negative: it failed, and the file is
 * closed. */
static ssize_t read_mine(struct dest_work *w)
{
    uint64_t offset = w->file.offset;
    ssize_t n = read_file_fill(&w->file, w->buffer, w->member->inspection->buffer);

    if (n < 0) {
        inspector_fail(w->member, w->path.bytes, "read", (int)n, offset);
        end_file(w);
    } else {
        atomic_fetch_add(&w->member->bytes, (uint64_t)n);
    }
    return n;
}

/* The file ends at the offset, or goes on behind it, and SOURCE does not. */
static void report_length(struct dest_work *w, const char *what, uint64_t offset)
{
    struct failure f;

    flush_range(w);
    (void)failure_format(&f, NULL, EBADMSG, "%s %llu", what, (unsigned long long)offset);
    find_range(w, &f, &(struct finding_range){.length = 0});
    end_file(w);
}

static void take_data(struct dest_work *w, const struct feed_record *record)
{
    uint64_t offset = w->file.offset;
    ssize_t n = read_mine(w);

    if (n < 0)
        return;
    compare_bytes(w, record->data, offset, (size_t)n < record->n ? (size_t)n : record->n);
    if ((size_t)n < record->n)
        report_length(w, "it is shorter than the source: it ends at byte", w->file.offset);
    else if ((size_t)n > record->n && !w->is_device)
        report_length(w, "it is longer than the source, which ends at byte",
                      offset + record->n);
    else if ((size_t)n > record->n)
        end_file(w);
}

static void take_file_end(struct dest_work *w, const struct feed_record *record)
{
    uint64_t offset = w->file.offset;

    if (!record->broken && !w->is_device) {
        ssize_t n = read_mine(w);

        if (n < 0)
            return;
        if (n > 0) {
            report_length(w, "it is longer than the source, which ends at byte", offset);
            return;
        }
    }
    end_file(w);
}

/* ---- other entries ---- */

static void take_link(struct dest_work *w, const struct feed_record *record)
{
    ssize_t n =
        UNINTERRUPTED(readlinkat(dir_chain_fd(&w->dirs), record->name, w->buffer, PATH_MAX));

    if (n < 0 && errno == EINVAL)
        differs(w, "it is no symbolic link");
    else if (n < 0)
        report_open(w, -errno, "it is no symbolic link");
    else if ((size_t)n + 1 != record->n || memcmp(w->buffer, record->data, (size_t)n) != 0)
        differs(w, "the symbolic link has another target");
}

static void take_node(struct dest_work *w, const struct feed_record *record)
{
    mode_t type = record->st.st_mode & S_IFMT;
    struct stat st;

    if (UNINTERRUPTED(fstatat(dir_chain_fd(&w->dirs), record->name, &st, AT_SYMLINK_NOFOLLOW)) <
        0)
        report_open(w, -errno, "it is of another type");
    else if ((st.st_mode & S_IFMT) != type)
        differs(w, "it is of another type");
    else if ((type == S_IFCHR || type == S_IFBLK) && st.st_rdev != record->st.st_rdev)
        differs(w, "it is another device");
}

/* ---- the thread ---- */

static void take_in_directory(struct dest_work *w, const struct feed_record *record)
{
    switch (record->kind) {
    case FEED_DIRECTORY:
        enter_path(w, record->name);
        take_directory(w, record);
        break;
    case FEED_NAMES:
        take_names(w, record);
        break;
    case FEED_LEAVE:
        take_leave(w);
        break;
    case FEED_FILE:
        enter_path(w, record->name);
        take_file(w, record);
        break;
    case FEED_DATA:
        if (w->fd >= 0)
            take_data(w, record);
        break;
    case FEED_FILE_END:
        if (w->fd >= 0)
            take_file_end(w, record);
        break;
    case FEED_LINK:
        enter_path(w, record->name);
        take_link(w, record);
        break;
    case FEED_NODE:
        enter_path(w, record->name);
        take_node(w, record);
        break;
    case FEED_END:
        break;
    }
}

/* A record below a directory that this destination does not have is left out. */
static void take(struct dest_work *w, const struct feed_record *record)
{
    if (w->left_out == 0)
        take_in_directory(w, record);
    else if (record->kind == FEED_DIRECTORY)
        w->left_out++;
    else if (record->kind == FEED_LEAVE)
        w->left_out--;
}

static void take_all(struct dest_work *w)
{
    unsigned i = compare_number(w->member);
    bool end = false;

    while (!end && w->error == 0) {
        const struct feed_record *record = feed_take(w->compare->feed, i, w->member);

        if (!record)
            return;
        end = record->kind == FEED_END;
        take(w, record);
        feed_done(w->compare->feed, i);
    }
    if (w->error < 0)
        inspector_fail(w->member, "", "read directory", w->error, FAILURE_NO_OFFSET);
    atomic_store(&w->member->complete, w->error == 0);
}

void *compare_dest(void *member)
{
    struct inspector *m = member;
    struct compare *c = m->arg;
    struct dest_work w = {
        .member = m,
        .compare = c,
        .buffer = aligned_alloc(READ_FILE_ALIGN, m->inspection->buffer),
        .fd = -1,
    };

    if (!w.buffer || path_buffer_put(&w.path, 0, "") < 0)
        inspector_fail(m, "", "read", -ENOMEM, FAILURE_NO_OFFSET);
    else
        take_all(&w);
    (void)fd_close(&w.fd);
    dir_chain_free(&w.dirs);
    path_buffer_free(&w.path);
    listing_free(&w.listing);
    free(w.path_lens);
    free(w.buffer);
    feed_leave(c->feed, compare_number(m));
    inspector_leave(m);
    return NULL;
}
