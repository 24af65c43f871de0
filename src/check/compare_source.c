/* compare_source: the thread that reads SOURCE, and fills the feed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "compare_priv.h"
#include "verify/scan.h"

struct source_work {
    struct inspector *member;
    struct feed *feed;
    struct scan scan;
    bool over; /* the thread has to end */
};

/* The next record, of that kind. NULL: the thread has to end. */
static struct feed_record *begin(struct source_work *w, enum feed_kind kind, const char *name)
{
    struct feed_record *r = w->over ? NULL : feed_begin(w->feed, w->member);

    if (!r) {
        w->over = true;
        return NULL;
    }
    r->kind = kind;
    r->last = r->broken = false;
    r->n = 0;
    (void)stpncpy(r->name, name, sizeof(r->name) - 1);
    r->name[sizeof(r->name) - 1] = '\0';
    return r;
}

static void put(struct source_work *w, enum feed_kind kind, const char *name,
                const struct stat *st)
{
    struct feed_record *r = begin(w, kind, name);

    if (!r)
        return;
    r->st = *st;
    feed_put(w->feed);
}

/* ---- files ---- */

static void put_data(struct source_work *w, int fd, const char *path)
{
    size_t size = w->member->inspection->buffer;
    struct read_file f;
    struct feed_record *r;
    ssize_t n;

    read_file_begin(&f, fd, inspector_flushing, w->member);
    do {
        uint64_t offset = f.offset;

        r = begin(w, FEED_DATA, "");
        if (!r)
            return;
        n = read_file_fill(&f, r->data, size);
        if (n < 0)
            inspector_fail(w->member, path, "read", (int)n, offset);
        if (n <= 0) /* the record becomes another one */
            break;
        r->n = (size_t)n;
        atomic_fetch_add(&w->member->bytes, (uint64_t)n);
        feed_put(w->feed);
    } while ((size_t)n == size);
    r = begin(w, FEED_FILE_END, "");
    if (!r)
        return;
    r->broken = n < 0;
    feed_put(w->feed);
    inspector_note_how(w->member, read_file_how(&f));
    atomic_fetch_add(&w->member->files, 1);
}

static void put_file(struct source_work *w)
{
    const char *name = w->scan.name, *path = w->scan.path.bytes;
    int fd = UNINTERRUPTED(openat(scan_fd(&w->scan), name,
                                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat st;

    if (fd < 0 && errno == EWOULDBLOCK) /* a lease; see fd_open_existing() */
        fd = UNINTERRUPTED(
            openat(scan_fd(&w->scan), name, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
    if (fd < 0 || fstat(fd, &st) < 0) {
        inspector_fail(w->member, path, "open", -errno, FAILURE_NO_OFFSET);
    } else if (!S_ISREG(st.st_mode)) {
        inspector_fail(w->member, path, "open", -ESTALE, FAILURE_NO_OFFSET);
    } else {
        put(w, FEED_FILE, name, &st);
        if (!w->over)
            put_data(w, fd, path);
    }
    (void)fd_close(&fd);
}

/* ---- trees ---- */

static void put_names(struct source_work *w)
{
    const struct listing *l = scan_listing(&w->scan);
    size_t i = 0;

    do {
        struct feed_record *r = begin(w, FEED_NAMES, "");

        if (!r)
            return;
        while (i < l->n) {
            size_t size = strlen(l->names[i]) + 1;

            if (r->n + size > w->member->inspection->buffer)
                break;
            memcpy(r->data + r->n, l->names[i++], size);
            r->n += size;
        }
        r->last = i == l->n;
        feed_put(w->feed);
    } while (i < l->n);
}

static void put_link(struct source_work *w)
{
    struct feed_record *r = begin(w, FEED_LINK, w->scan.name);
    ssize_t n;

    if (!r)
        return;
    n = UNINTERRUPTED(readlinkat(scan_fd(&w->scan), w->scan.name, r->data, PATH_MAX));
    if (n < 0) {
        inspector_fail(w->member, w->scan.path.bytes, "readlink", -errno, FAILURE_NO_OFFSET);
        return;
    }
    r->data[n] = '\0';
    r->n = (size_t)n + 1;
    feed_put(w->feed);
}

static void put_entry(struct source_work *w)
{
    mode_t type = w->scan.st.st_mode & S_IFMT;
    char name[NAME_MAX + 1];
    struct stat st = w->scan.st;
    int r;

    if (type == S_IFREG) {
        put_file(w);
    } else if (type == S_IFLNK) {
        put_link(w);
    } else if (type != S_IFDIR) {
        put(w, FEED_NODE, w->scan.name, &st);
    } else {
        (void)stpncpy(name, w->scan.name, NAME_MAX);
        name[NAME_MAX] = '\0';
        r = scan_enter(&w->scan);
        if (r < 0) {
            inspector_fail(w->member, w->scan.path.bytes, "read directory", r,
                           FAILURE_NO_OFFSET);
            return;
        }
        put(w, FEED_DIRECTORY, name, &st);
        put_names(w);
    }
}

/* Takes the descriptor over. */
static void put_tree(struct source_work *w, int fd, const struct stat *st)
{
    enum scan_event event;
    int r = scan_begin(&w->scan, fd);

    if (r < 0) {
        inspector_fail(w->member, "", "read directory", r, FAILURE_NO_OFFSET);
        w->over = true;
        return;
    }
    put(w, FEED_DIRECTORY, "", st);
    put_names(w);
    while (!w->over && (event = scan_next(&w->scan)) != SCAN_END) {
        if (event == SCAN_ENTRY)
            put_entry(w);
        if (event == SCAN_LEFT)
            put(w, FEED_LEAVE, "", st);
        if (w->scan.error < 0)
            inspector_fail(w->member, w->scan.path.bytes, "read directory", w->scan.error,
                           FAILURE_NO_OFFSET);
    }
    scan_free(&w->scan);
}

/* ---- the thread ---- */

static void put_source(struct source_work *w)
{
    int fd = fd_open_existing(AT_FDCWD, w->member->path, O_RDONLY);
    struct stat st = {0};

    if (fd < 0 || fstat(fd, &st) < 0) {
        inspector_fail(w->member, "", "open", fd < 0 ? fd : -errno, FAILURE_NO_OFFSET);
        w->over = true;
    } else if (S_ISDIR(st.st_mode)) {
        put_tree(w, fd, &st);
        fd = -1;
    } else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
        put(w, FEED_FILE, "", &st);
        if (!w->over)
            put_data(w, fd, "");
    } else {
        struct failure f;

        (void)failure_set(&f, NULL, EINVAL, FAILURE_NO_OFFSET,
                          "it is no file, directory or block device");
        inspector_find(w->member, FINDING_UNREADABLE, "", &f, NULL);
        w->over = true;
    }
    (void)fd_close(&fd);
    put(w, FEED_END, "", &st);
}

void *compare_source(void *member)
{
    struct inspector *m = member;
    struct compare *c = m->arg;
    struct source_work w = {.member = m, .feed = c->feed};

    put_source(&w);
    /* Without the end the destinations would wait for ever. */
    if (w.over)
        atomic_store(&m->inspection->stop, true);
    inspector_leave(m);
    return NULL;
}
