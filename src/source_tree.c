#include "source_tree.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dirs.h"
#include "fd.h"
#include "path.h"
#include "record.h"
#include "trail.h"

#define LISTING    (128u << 10)     /* bytes of directory entries at a time */
#define DATA       (256u << 10)     /* bytes of a file in one record */
#define OFFER_ONE  RECORD_MAX_OFFER /* the number of a file that is offered alone */
#define OPEN_FLAGS (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)

struct level {
    struct stat st;
    size_t path_len;  /* of walk.path */
    size_t names_at;  /* in walk.names: its directories that are still to come ... */
    size_t names_end; /* ... end here, and further up the next level's begin */
};

/* Beside a struct lent. */
struct loan {
    uint64_t end;      /* position in the stream: when it is over */
    struct trail path; /* of the file */
};

struct walk {
    const struct source_tree *t;
    struct dirs dirs;
    struct level *levels;
    unsigned n_levels;
    unsigned room;
    struct trail path; /* for people, and for hard links: never for a system call */
    size_t root_len;   /* of the path: what is behind it is the path in the tree */
    struct trail names;
    struct attrs attrs; /* of what comes next */
    struct trail link;  /* scratch */
    dev_t dev;          /* of the root */
    unsigned n_way;     /* components of the way */
    char *listing;
    struct loan *loans; /* of t->lents */
    unsigned next_loan;
    uint64_t offered[RECORD_MAX_OFFER / 64 + 1]; /* a bit per entry of the listing */
    unsigned offer; /* number of what comes next, if it was offered, or 0 */
    bool ended;     /* nobody reads any more */
    bool no_memory;
};

/* Whether what comes next is on the way to what is to be copied. */
static bool on_way(const struct walk *w)
{
    return w->n_levels < w->n_way;
}

/* Whether it may be a symlink, which is followed. */
static bool follows(const struct walk *w)
{
    return w->t->follow || on_way(w) || (w->n_levels == w->n_way && w->t->follow_source);
}

/* ---- what goes wrong ---- */

static void fail(struct walk *w, const char *op, int err, const char *message)
{
    struct failure f;

    failure_set(&f, op, err, FAILURE_NO_OFFSET, message);
    w->t->failed(w->t->arg, w->path.bytes, &f);
}

static void fail_memory(struct walk *w)
{
    w->no_memory = w->ended = true;
}

/* ---- attributes ---- */

/* What the next record that has any is to carry: the file's that fd is open on. */
static void read_attrs(struct walk *w, int fd, bool path_only, const struct stat *st)
{
    attrs_read(&w->attrs, fd, path_only, st);
    for (unsigned i = 0; i < w->attrs.failures.n; i++)
        w->t->attrs_failed(w->t->arg, w->path.bytes, &w->attrs.failures.list[i]);
}

/* The same of what cannot be opened. */
static void read_entry_attrs(struct walk *w, int dir_fd, const char *name,
                             const struct stat *st)
{
    const struct attrs_wanted *wanted = &w->t->preserve;
    bool more = wanted->xattrs || wanted->context || (wanted->mode && !S_ISLNK(st->st_mode));
    int fd = more ? openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;

    if (fd < 0)
        attrs_read_stat(&w->attrs, st);
    else
        read_attrs(w, fd, true, st);
    (void)fd_close(&fd);
}

/* ---- records ---- */

/* Begins a record with room for max bytes of data. st: of what has attributes, w->attrs; NULL:
 * it has none. NULL: nobody is there. */
static struct record *begin(struct walk *w, enum record_kind kind, const char *name,
                            const char *text, size_t max, const struct stat *st)
{
    size_t name_len = w->n_levels > 0 ? strlen(name) : 0, text_len = strlen(text);
    size_t attrs_len = st ? attrs_packed_size(&w->attrs) : 0;
    size_t head = sizeof(struct record) + record_aligned(name_len + text_len + 2) +
                  record_aligned(attrs_len);
    struct record *r;

    if (head + max > stream_max_record(w->t->stream)) {
        fail(w, NULL, ENAMETOOLONG, "the name is too long");
        return NULL;
    }
    r = stream_reserve(w->t->stream, 0, head + max);
    if (!r) {
        w->ended = true;
        return NULL;
    }
    *r = (struct record){
        .kind = kind,
        .name_len = (uint32_t)name_len,
        .text_len = (uint32_t)text_len,
        .attrs_len = (uint32_t)attrs_len,
    };
    memcpy(r->bytes, name, name_len);
    r->bytes[name_len] = '\0';
    memcpy(r->bytes + name_len + 1, text, text_len + 1);
    if (st) {
        r->st = *st;
        r->st.st_mode = w->attrs.mode; /* less what could not be read */
        attrs_pack(&w->attrs, (void *)(uintptr_t)record_attrs(r));
    }
    return r;
}

static void publish(struct walk *w, struct record *r)
{
    size_t end = record_aligned((size_t)r->name_len + r->text_len + 2) +
                 record_aligned(r->attrs_len) + r->data_len;

    stream_publish(w->t->stream, 0, sizeof(*r) + end);
}

/* A record that is nothing but its kind. */
static void put_mark(struct walk *w, enum record_kind kind)
{
    struct record *r = w->ended ? NULL : begin(w, kind, "", "", 0, NULL);

    if (r)
        publish(w, r);
}

/* ---- files ---- */

/* Reads until `max` bytes are there or the file ends; bytes or a negative errno. With less than
 * max that are as many as are left of a file that has not changed it is not asked whether there
 * are more: whether it has will be seen. */
static ssize_t read_full(int fd, char *to, size_t max, uint64_t left)
{
    size_t have = 0;

    while (have < max) {
        ssize_t n = read(fd, to + have, max - have);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return -errno;
        have += n > 0 ? (size_t)n : 0;
        if (have == left && have > 0)
            break;
    }
    return (ssize_t)have;
}

/* Whether all of the file that was read is what it is now. */
static bool check_unchanged(struct walk *w, int fd, const struct stat *st, uint64_t len)
{
    struct stat now;

    if (!S_ISREG(st->st_mode)) /* a FIFO or a device, which never stays what it was */
        return true;
    if (fstat(fd, &now) < 0) {
        fail(w, "stat", errno, NULL);
        return false;
    }
    if (st->st_size == 0 && now.st_size == 0 && len > 0) /* made up while it is read: /proc */
        return true;
    if ((uint64_t)now.st_size != len || !lent_unchanged(st, &now)) {
        fail(w, "check", ESTALE, "it was changed while it was copied");
        return false;
    }
    return true;
}

/* Reads into the record, at its data; what there is of the file then follows. False: it failed.
 */
static bool fill(struct walk *w, struct record *r, int fd, size_t max, uint64_t left)
{
    ssize_t n = read_full(fd, (char *)(uintptr_t)record_data(r), max, left);

    if (n < 0) {
        fail(w, "read", (int)-n, NULL);
        return false;
    }
    r->data_len = (uint32_t)n;
    w->t->read(w->t->arg, (uint64_t)n);
    return true;
}

/* The rest of a file that is longer than a record. False: it could not be read. */
static bool put_rest(struct walk *w, int fd, const struct stat *st, uint64_t len)
{
    struct record *r;
    bool good = true, more = true;

    while (good && more && (r = begin(w, RECORD_DATA, "", "", DATA, NULL))) {
        good = fill(w, r, fd, DATA, (uint64_t)st->st_size - len);
        len += r->data_len;
        /* One that grows while it is read might have no end. */
        more =
            good && r->data_len == DATA && (st->st_size == 0 || len <= (uint64_t)st->st_size);
        if (good && r->data_len > 0)
            publish(w, r);
    }
    good = good && !w->ended && check_unchanged(w, fd, st, len);
    r = w->ended ? NULL : begin(w, RECORD_FILE_END, "", "", 0, NULL);
    if (r) {
        r->good = good;
        publish(w, r);
    }
    return good;
}

/* Puts the file into the stream, from its start to its end. first: what of it came before, or
 * "". False: it could not be read. */
static bool put_data(struct walk *w, const char *name, const char *first, struct lent *lent,
                     int fd, const struct stat *st)
{
    /* One more, to see the end. */
    size_t max = (uint64_t)st->st_size < DATA ? (size_t)st->st_size + 1 : DATA;
    struct record *r;

    if (st->st_size == 0 && st->st_blocks == 0)
        max = 4096; /* /proc says so of files that are not empty */
    r = begin(w, RECORD_FILE, name, first, max, st);
    if (!r || !fill(w, r, fd, max, (uint64_t)st->st_size))
        return false;
    r->offer = w->offer;
    r->lent = lent;
    r->whole = r->data_len < max;
    if (r->whole && !check_unchanged(w, fd, st, r->data_len))
        return false;
    publish(w, r);
    return r->whole || put_rest(w, fd, st, r->data_len);
}

/* The path of the file in this tree, or with its label in another, if it has been met under
 * that; NULL: it has not. It lives until the next call. Paths are noted with the label of their
 * tree; in this tree it goes without saying. */
static const char *find_first(struct walk *w, const struct stat *st)
{
    size_t label_len = strlen(w->t->label);
    const char *first;
    int error;

    if (!w->t->keep_links || st->st_nlink < 2)
        return NULL;
    error = trail_put(&w->link, 0, w->t->label);
    if (error == 0)
        error = trail_put(&w->link, label_len, w->path.bytes + w->root_len);
    first = error == 0 ? links_meet(w->t->links, st, w->link.bytes, &error) : NULL;
    if (error < 0)
        fail_memory(w);
    if (first && strncmp(first, w->t->label, label_len) == 0 && first[label_len] == '/')
        first += label_len;
    return first;
}

/* Another name of a file that has been met. */
static void put_link(struct walk *w, const char *name, const char *first, const struct stat *st)
{
    struct record *r = begin(w, RECORD_LINK, name, first, 0, st);

    if (r)
        publish(w, r);
}

/* Offers a file under that number. False: nobody is there. */
static bool offer(struct walk *w, const char *name, const struct stat *st, unsigned number)
{
    struct record *r;

    attrs_read_stat(&w->attrs, st);
    r = begin(w, RECORD_OFFER, name, "", 0, st);
    if (!r)
        return false;
    r->offer = number;
    publish(w, r);
    return true;
}

/* Whether anybody wants a file that was not offered with others. */
static bool offer_alone(struct walk *w, const char *name, const struct stat *st)
{
    if (!offer(w, name, st, OFFER_ONE))
        return false;
    w->t->settle(w->t->arg);
    w->offer = OFFER_ONE;
    return w->t->is_wanted(w->t->arg, OFFER_ONE);
}

/* Whether the file takes less space than its length, because there are holes in it. */
static bool has_holes(int fd, const struct stat *st)
{
    off_t hole;

    if ((uint64_t)st->st_blocks * 512 >= (uint64_t)st->st_size)
        return false;
    hole = lseek(fd, 0, SEEK_HOLE);
    (void)lseek(fd, 0, SEEK_SET);
    return hole >= 0 && hole < st->st_size;
}

/* Has the file copied by the engines. False: it could not be read. */
static bool put_copy(struct walk *w, const char *name, const char *first, int fd,
                     const struct stat *st)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    struct record *r;

    if (own < 0) {
        fail(w, "open", errno, NULL);
        return false;
    }
    r = begin(w, RECORD_COPY, name, first, 0, st);
    if (!r) {
        (void)fd_close(&own);
        return false;
    }
    r->offer = w->offer;
    publish(w, r);
    return w->t->copy(w->t->arg, own, w->path.bytes);
}

/* ---- files that are cloned ---- */

/* Waits until nobody needs the file any more, and closes it. If the walk has been stopped some
 * reader may go on with it: it stays open. */
static void end_loan(struct walk *w, unsigned i)
{
    struct lent *lent = &w->t->lents[i];
    struct loan *loan = &w->loans[i];
    struct failure f;

    if (loan->end == 0 || !stream_await(w->t->stream, 0, loan->end))
        return;
    loan->end = 0;
    (void)fd_close(&lent->fd);
    if (!atomic_exchange(&lent->changed, false))
        return;
    failure_set(&f, "check", ESTALE, FAILURE_NO_OFFSET, "it was changed while it was copied");
    w->t->failed(w->t->arg, loan->path.bytes, &f);
}

/* Takes the file that stands under w->path over. NULL: there is no memory, or nobody to lend
 * to. */
static struct lent *lend(struct walk *w, int *fd)
{
    unsigned i = w->next_loan;

    end_loan(w, i);
    if (w->loans[i].end != 0 || trail_put(&w->loans[i].path, 0, w->path.bytes) < 0) {
        w->ended = true;
        return NULL;
    }
    w->next_loan = (i + 1) % w->t->n_lents;
    w->t->lents[i].fd = *fd;
    *fd = -1;
    return &w->t->lents[i];
}

/* Puts the file into the stream so that it can be cloned; with its data, unless all will do
 * that. False: it could not be read. */
static bool put_lent(struct walk *w, const char *name, const char *first, int *fd,
                     const struct stat *st, bool by_all)
{
    struct lent *lent = lend(w, fd);
    struct record *r;
    bool good = true;

    if (!lent)
        return false;
    if (by_all) {
        r = begin(w, RECORD_FILE, name, first, 0, st);
        if (r) {
            r->whole = r->bare = true;
            r->offer = w->offer;
            r->lent = lent;
            publish(w, r);
        }
    } else {
        good = put_data(w, name, first, lent, lent->fd, st);
    }
    w->loans[lent - w->t->lents].end = stream_position(w->t->stream, 0);
    return good;
}

/* Puts the file into the stream in the way that is best for it. False: it could not be read. */
static bool put_file(struct walk *w, const char *name, const char *first, int *fd,
                     const struct stat *st)
{
    const struct source_tree *t = w->t;
    uint64_t size = (uint64_t)st->st_size;
    enum source_clones who =
        size > 0 && size >= t->clone_size ? t->clones(t->arg, st->st_dev) : CLONED_BY_NOBODY;

    if (who != CLONED_BY_ALL && (size >= t->copy_size || has_holes(*fd, st))) {
        read_attrs(w, *fd, false, st);
        return put_copy(w, name, first, *fd, st);
    }
    if (t->offer && w->offer == 0 && !offer_alone(w, name, st))
        return true;
    read_attrs(w, *fd, false, st);
    return who == CLONED_BY_NOBODY ? put_data(w, name, first, NULL, *fd, st)
                                   : put_lent(w, name, first, fd, st, who == CLONED_BY_ALL);
}

/* Opened, it may turn out to be something else than it was when it was listed. */
static void put_opened(struct walk *w, const char *name, int *fd)
{
    const struct source_tree *t = w->t;
    const char *first;
    struct stat st;

    if (fstat(*fd, &st) < 0) {
        fail(w, "stat", errno, NULL);
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        fail(w, "open", ESTALE, "became another kind of file while it was opened");
        return;
    }
    if (follows(w) && st.st_nlink == 1) /* a symlink to it is a name, too */
        st.st_nlink = 2;
    first = find_first(w, &st);
    if (first && !t->repeat) {
        put_link(w, name, first, &st);
        return;
    }
    if (w->ended)
        return;
    if (!put_file(w, name, first ? first : "", fd, &st) && st.st_nlink > 1)
        links_forget(t->links, &st);
}

/* Reads a FIFO or a device like a file. A FIFO's writer may wait to see what has been made
 * until then: it is there when the FIFO is opened. */
static void put_contents(struct walk *w, int dir_fd, const char *name, int follow)
{
    struct stat st;
    int fd;

    if (!stream_drain(w->t->stream, 0))
        return;
    fd = openat(dir_fd, name, O_RDONLY | O_NOCTTY | O_CLOEXEC | follow);
    if (fd < 0 || fstat(fd, &st) < 0) {
        fail(w, "open", errno, NULL);
    } else {
        st.st_size = st.st_blocks = 0; /* whatever it says: it is read to its end */
        read_attrs(w, fd, false, &st);
        (void)put_data(w, name, "", NULL, fd, &st);
    }
    (void)fd_close(&fd);
}

static void put_symlink(struct walk *w, int dir_fd, const char *name, const struct stat *st)
{
    char text[PATH_MAX];
    ssize_t n = readlinkat(dir_fd, name, text, sizeof(text));
    struct record *r;

    if (n < 0 || (size_t)n == sizeof(text)) {
        fail(w, "read symbolic link", n < 0 ? errno : ENAMETOOLONG, NULL);
        return;
    }
    text[n] = '\0';
    read_entry_attrs(w, dir_fd, name, st);
    r = begin(w, RECORD_SYMLINK, name, text, 0, st);
    if (r)
        publish(w, r);
}

/* A link to what stands in the source instead of a copy. */
static void put_link_to_source(struct walk *w, const char *name, const struct stat *st)
{
    bool hard = w->t->make == SOURCE_TREE_HARD_LINKS;
    const char *first = hard ? NULL : find_first(w, st);
    struct record *r;

    if (first) {
        put_link(w, name, first, st);
        return;
    }
    attrs_read_stat(&w->attrs, st);
    r = begin(w, hard ? RECORD_SOURCE_LINK : RECORD_SOURCE_SYMLINK, name,
              hard ? "" : w->path.bytes, 0, st);
    if (r)
        publish(w, r);
}

/* What is no directory. st: what it is, as far as that is known. */
static void put_entry_record(struct walk *w, int dir_fd, const char *name,
                             const struct stat *st)
{
    int follow = follows(w) ? 0 : O_NOFOLLOW;
    const char *first;
    struct record *r;
    int fd;

    if (w->t->make != SOURCE_TREE_COPIES) {
        put_link_to_source(w, name, st);
    } else if (S_ISREG(st->st_mode)) {
        fd = openat(dir_fd, name, OPEN_FLAGS | follow);
        if (fd < 0) {
            fail(w, "open", errno, NULL);
            return;
        }
        put_opened(w, name, &fd);
        (void)fd_close(&fd);
    } else if ((first = find_first(w, st))) {
        put_link(w, name, first, st);
    } else if (S_ISLNK(st->st_mode)) {
        put_symlink(w, dir_fd, name, st);
    } else if (w->t->contents && !S_ISSOCK(st->st_mode)) {
        put_contents(w, dir_fd, name, follow);
    } else {
        read_entry_attrs(w, dir_fd, name, st);
        r = begin(w, RECORD_NODE, name, "", 0, st);
        if (r)
            publish(w, r);
    }
}

/* ---- directories ---- */

/* What an entry is. A type that the listing tells needs no look; only a regular file is opened
 * without one. False: there is nothing (any more), which is told. */
static bool look(struct walk *w, int dir_fd, const char *name, unsigned char type,
                 struct stat *st)
{
    bool follow = follows(w);

    if (type == DT_DIR || (type == DT_REG && w->t->make == SOURCE_TREE_COPIES)) {
        *st = (struct stat){.st_mode = type == DT_REG ? S_IFREG : S_IFDIR};
        return true;
    }
    if (fstatat(dir_fd, name, st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
        fail(w, "stat", errno, NULL);
        return false;
    }
    return true;
}

/* One entry of the directory stood in: a file is put into the stream, a directory noted. */
static void list_entry(struct walk *w, const char *name, unsigned char type)
{
    struct level *l = &w->levels[w->n_levels - 1];
    struct stat st;

    atomic_fetch_add_explicit(w->t->steps, 1, memory_order_relaxed);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    if (trail_enter(&w->path, l->path_len, name) < 0) {
        fail_memory(w);
        return;
    }
    if (!look(w, dirs_fd(&w->dirs), name, type, &st))
        return;
    if (!S_ISDIR(st.st_mode))
        put_entry_record(w, dirs_fd(&w->dirs), name, &st);
    else if (trail_put(&w->names, l->names_end, name) < 0)
        fail_memory(w);
    else
        l->names_end = w->names.len + 1;
}

/* The one entry of the directory stood in that is on the way. */
static void list_way(struct walk *w)
{
    const char *name = w->t->way;
    char *entry;

    for (unsigned i = 1; i < w->n_levels; i++)
        name = strchr(name, '/') + 1;
    entry = strndup(name, strcspn(name, "/"));
    if (entry)
        list_entry(w, entry, DT_UNKNOWN);
    else
        fail_memory(w);
    free(entry);
}

/* Offers the entry, if it is a file with one name. False: it is not offered. */
static bool offer_entry(struct walk *w, const struct dirent64 *entry, unsigned number)
{
    struct level *l = &w->levels[w->n_levels - 1];
    struct stat st;

    atomic_fetch_add_explicit(w->t->steps, 1, memory_order_relaxed);
    return (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) &&
           fstatat(dirs_fd(&w->dirs), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && !(w->t->keep_links && (st.st_nlink > 1 || follows(w))) &&
           trail_enter(&w->path, l->path_len, entry->d_name) == 0 &&
           offer(w, entry->d_name, &st, number);
}

/* Offers the files among the n bytes of entries, and waits until the readers have decided. */
static void offer_all(struct walk *w, ssize_t n)
{
    static_assert(LISTING / 24 < OFFER_ONE, "an entry has at least 24 bytes");

    memset(w->offered, 0, sizeof(w->offered));
    for (ssize_t at = 0, i = 1; at < n && !w->ended; i++) {
        const struct dirent64 *entry = (const void *)(w->listing + at);

        if (offer_entry(w, entry, (unsigned)i))
            w->offered[i / 64] |= UINT64_C(1) << (i % 64);
        at += entry->d_reclen;
    }
    w->t->settle(w->t->arg);
}

/* Whether anybody wants the entry with that number; what was not offered comes anyhow. */
static bool is_wanted(struct walk *w, unsigned number)
{
    w->offer = w->t->offer && (w->offered[number / 64] >> (number % 64) & 1) ? number : 0;
    return w->offer == 0 || w->t->is_wanted(w->t->arg, number);
}

static void list(struct walk *w)
{
    struct level *l = &w->levels[w->n_levels - 1];
    ssize_t n;

    while (!w->ended && (n = getdents64(dirs_fd(&w->dirs), w->listing, LISTING)) != 0) {
        if (n < 0) {
            (void)trail_enter(&w->path, l->path_len, "");
            fail(w, "read directory", errno, NULL);
            return;
        }
        if (w->t->offer)
            offer_all(w, n);
        w->offer = 0;
        for (ssize_t at = 0, i = 1; at < n && !w->ended; i++) {
            const struct dirent64 *entry = (const void *)(w->listing + at);

            if (is_wanted(w, (unsigned)i))
                list_entry(w, entry->d_name, entry->d_type);
            at += entry->d_reclen;
        }
        w->offer = 0;
    }
}

static int push_level(struct walk *w, const struct stat *st)
{
    size_t names_at = w->n_levels ? w->levels[w->n_levels - 1].names_end : 0;

    if (w->n_levels == w->room) {
        unsigned room = w->room ? 2 * w->room : 32;
        struct level *levels = reallocarray(w->levels, room, sizeof(*levels));

        if (!levels)
            return -ENOMEM;
        w->levels = levels;
        w->room = room;
    }
    w->levels[w->n_levels++] = (struct level){
        .st = *st,
        .path_len = w->path.len,
        .names_at = names_at,
        .names_end = names_at,
    };
    return 0;
}

/* The directory as it is announced; without its attributes, which come when it is left. */
static bool announce(struct walk *w, const char *name, const struct stat *st)
{
    struct record *r;

    attrs_read_stat(&w->attrs, st);
    r = begin(w, RECORD_DIRECTORY, name, "", 0, st);

    if (r)
        publish(w, r);
    return r;
}

/* A directory that cannot be listed, or is not to be: it is there, but with nothing in it. */
static void put_empty(struct walk *w, const char *name, int fd, const struct stat *st)
{
    struct record *r;

    if (!announce(w, name, st))
        return;
    put_mark(w, RECORD_FILES_END);
    if (fd >= 0)
        read_attrs(w, fd, false, st);
    r = w->ended ? NULL : begin(w, RECORD_LEAVE, "", "", 0, st);
    if (r)
        publish(w, r);
}

/* Opens a directory; the reason has been told if it fails. Then it is put as one that is empty.
 */
static int open_directory(struct walk *w, int dir_fd, const char *name, struct stat *st)
{
    bool follow = follows(w);
    /* What is on the way need not be readable. */
    int flags = on_way(w) ? O_PATH | O_CLOEXEC : OPEN_FLAGS;
    int fd = openat(dir_fd, name, flags | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));

    if (fd >= 0 && fstat(fd, st) == 0)
        return fd;
    fail(w, "open", errno, NULL);
    (void)fd_close(&fd);
    if (fstatat(dir_fd, name, st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(st->st_mode))
        put_empty(w, name, -1, st);
    return -1;
}

/* Goes into the directory and puts its files into the stream. */
static void enter(struct walk *w, int dir_fd, const char *name)
{
    const struct source_tree *t = w->t;
    struct stat st;
    int fd = open_directory(w, dir_fd, name, &st);

    if (fd < 0)
        return;
    if (w->n_levels <= w->n_way)
        w->dev = st.st_dev;
    if (t->is_target(t->arg, &st)) {
        fail(w, "enter", EINVAL, "cannot copy a directory into itself");
    } else if (dirs_has(&w->dirs, &st)) {
        fail(w, "enter", ELOOP, "it contains itself");
    } else if (t->one_file_system && st.st_dev != w->dev) {
        put_empty(w, name, fd, &st);
    } else if (announce(w, name, &st)) {
        if (push_level(w, &st) < 0 || dirs_enter(&w->dirs, fd, &st) < 0)
            fail_memory(w);
        if (w->n_levels <= w->n_way)
            list_way(w);
        else
            list(w);
        put_mark(w, RECORD_FILES_END);
        return;
    }
    (void)fd_close(&fd);
}

static void leave(struct walk *w)
{
    struct level *l = &w->levels[w->n_levels - 1];
    struct record *r;
    int error;

    (void)trail_enter(&w->path, l->path_len, "");
    if (dirs_fd(&w->dirs) >= 0)
        read_attrs(w, dirs_fd(&w->dirs), w->n_levels <= w->n_way, &l->st);
    else
        attrs_read_stat(&w->attrs, &l->st);
    r = begin(w, RECORD_LEAVE, "", "", 0, &l->st);
    if (r)
        publish(w, r);
    error = dirs_leave(&w->dirs);
    if (error < 0 && w->n_levels > 1 && !w->ended) {
        (void)trail_enter(&w->path, l[-1].path_len, "");
        fail(w, "open", -error,
             error == -ESTALE ? "the directory was moved while it was copied" : NULL);
        l[-1].names_at = l[-1].names_end; /* cannot be reached any more */
    }
    w->n_levels--;
}

/* From one directory to the next one. */
static void walk_directories(struct walk *w)
{
    while (w->n_levels > 0 && !w->ended) {
        struct level *l = &w->levels[w->n_levels - 1];
        const char *name = w->names.bytes + l->names_at;

        atomic_fetch_add_explicit(w->t->steps, 1, memory_order_relaxed);
        if (l->names_at == l->names_end) {
            leave(w);
            continue;
        }
        l->names_at += strlen(name) + 1;
        if (trail_enter(&w->path, l->path_len, name) < 0)
            fail_memory(w);
        else
            enter(w, dirs_fd(&w->dirs), name);
    }
}

static void walk_root(struct walk *w)
{
    struct stat st;

    if (!look(w, AT_FDCWD, w->t->path, DT_UNKNOWN, &st))
        return;
    if (!S_ISDIR(st.st_mode)) {
        put_entry_record(w, AT_FDCWD, w->t->path, &st);
        return;
    }
    enter(w, AT_FDCWD, w->t->path);
    walk_directories(w);
}

int source_tree_walk(const struct source_tree *t)
{
    struct walk w = {.t = t,
                     .n_way = path_count(t->way),
                     .listing = malloc(LISTING),
                     .loans = calloc(t->n_lents, sizeof(*w.loans))};

    if (!w.listing || !w.loans || trail_put(&w.path, 0, t->path) < 0) {
        w.no_memory = true;
    } else {
        w.root_len = trail_end(&w.path);
        attrs_init(&w.attrs, &t->preserve);
        walk_root(&w);
    }
    stream_end(t->stream, 0);
    for (unsigned i = 0; w.loans && i < t->n_lents; i++) {
        end_loan(&w, i);
        trail_free(&w.loans[i].path);
    }
    free(w.loans);
    dirs_free(&w.dirs);
    trail_free(&w.link);
    attrs_free(&w.attrs);
    free(w.levels);
    trail_free(&w.path);
    trail_free(&w.names);
    free(w.listing);
    return w.no_memory ? -ENOMEM : 0;
}
