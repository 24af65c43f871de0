#include "source_priv.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir_chain.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/path_buffer.h"
#include "record_priv.h"
#include "source/holes.h"

#define LISTING    (128u << 10)     /* bytes of directory entries at a time */
#define DATA       (256u << 10)     /* bytes of a file in one record */
#define OFFER_ONE  RECORD_MAX_OFFER /* the number of a file that is offered alone */
#define NO_LOAN    UINT_MAX
#define OPEN_FLAGS (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)

struct level {
    struct stat st;
    size_t path_len;  /* of walk.path */
    size_t names_at;  /* in walk.names: its directories that are still to come ... */
    size_t names_end; /* ... end here, and further up the next level's begin */
};

/* Beside a struct shared_file. */
struct loan {
    uint64_t end;            /* position in the stream: when it is over */
    struct path_buffer path; /* of the file */
};

/* What is being done: what of it a divided walk does again for the slow consumers. */
enum step {
    STEP_WHOLE,     /* cannot be done again: the walk is not divided */
    STEP_LIST,      /* a directory is read on, up to RECORD_FILES_END */
    STEP_ENTRY,     /* an entry of what was read of it */
    STEP_DIRECTORY, /* entering the next directory, or leaving this one */
};

struct walk {
    const struct tree_source *t;
    struct dir_chain dirs;
    struct level *levels;
    unsigned n_levels;
    unsigned room;
    struct path_buffer path; /* for people, and for hard links: never for a system call */
    size_t root_len;         /* of the path: what is behind it is the path in the tree */
    struct path_buffer names;
    struct attrs attrs;      /* of what comes next */
    struct path_buffer link; /* scratch */
    dev_t dev;               /* of the root */
    unsigned n_way;          /* components of the way */
    char *listing;
    size_t listed;                    /* bytes of it */
    size_t entry_at;                  /* of these: the next entry ... */
    unsigned entry;                   /* ... and its number, from 1 on */
    bool offers_due;                  /* what is listed is to be offered */
    struct shared_file *shared_files; /* not owned */
    struct loan *loans;               /* of these */
    unsigned next_loan;
    unsigned lending; /* the number of the loan whose record is being written, or NO_LOAN */
    struct hard_links *links;
    struct hard_links own_links; /* of a walk that goes on for others */
    enum step step;
    uint64_t step_position;                      /* in the stream */
    size_t step_names_at;                        /* of the level stood in */
    bool step_met;                               /* it has asked the links */
    uint64_t offered[RECORD_MAX_OFFER / 64 + 1]; /* a bit per entry of the listing */
    unsigned offer; /* number of what comes next, if it was offered, or 0 */
    unsigned taken; /* the entry with that number is wanted, which was asked before; or 0 */
    bool ended;     /* nobody reads any more */
    bool no_memory;
};

struct tree_source_rest {
    struct walk walk;
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

/* ---- a walk that is divided ---- */

static void begin_step(struct walk *w, enum step step)
{
    w->step = step;
    w->step_position = stream_position(w->t->stream, w->t->lane);
    w->step_names_at = w->n_levels > 0 ? w->levels[w->n_levels - 1].names_at : 0;
    w->step_met = false;
}

static void walk_free(struct walk *w)
{
    for (unsigned i = 0; w->loans && i < w->t->n_shared_files; i++)
        path_buffer_free(&w->loans[i].path);
    free(w->loans);
    dir_chain_free(&w->dirs);
    hard_links_free(&w->own_links);
    path_buffer_free(&w->link);
    attrs_free(&w->attrs);
    free(w->levels);
    path_buffer_free(&w->path);
    path_buffer_free(&w->names);
    free(w->listing);
}

static int copy_listing(const struct walk *w, struct walk *ret)
{
    ret->listing = malloc(LISTING);
    if (!ret->listing)
        return -ENOMEM;
    memcpy(ret->listing, w->listing, w->listed);
    memcpy(ret->offered, w->offered, sizeof(ret->offered));
    ret->listed = w->listed;
    ret->entry_at = w->entry_at;
    ret->entry = w->entry;
    ret->offers_due = w->offers_due;
    ret->taken = w->step == STEP_ENTRY ? w->entry : 0;
    return 0;
}

static int copy_levels(const struct walk *w, struct walk *ret)
{
    ret->levels = calloc(w->n_levels, sizeof(*ret->levels));
    if (!ret->levels)
        return -ENOMEM;
    memcpy(ret->levels, w->levels, w->n_levels * sizeof(*ret->levels));
    ret->n_levels = ret->room = w->n_levels;
    ret->levels[w->n_levels - 1].names_at = w->step_names_at;
    return 0;
}

/* Where the walk was when its step began. NULL: it cannot be copied. The loans are missing. */
static struct tree_source_rest *copy_walk(const struct walk *w)
{
    struct tree_source_rest *rest = calloc(1, sizeof(*rest));
    struct walk *ret = rest ? &rest->walk : NULL;

    if (!rest)
        return NULL;
    *ret = (struct walk){.t = w->t,
                         .root_len = w->root_len,
                         .dev = w->dev,
                         .n_way = w->n_way,
                         .step = w->step,
                         .shared_files = w->shared_files,
                         .next_loan = w->next_loan,
                         .lending = NO_LOAN};
    attrs_init(&ret->attrs, &w->t->preserve);
    if (copy_listing(w, ret) == 0 && copy_levels(w, ret) == 0 &&
        path_buffer_copy(&w->path, &ret->path) == 0 &&
        path_buffer_copy(&w->names, &ret->names) == 0 &&
        hard_links_copy(w->links, w->step_met, &ret->own_links) == 0 &&
        dir_chain_copy(&w->dirs, &ret->dirs) == 0)
        return rest;
    walk_free(ret);
    free(rest);
    return NULL;
}

/* Gives the loans to the rest, but for the one whose record is being written: who stays has let
 * go of all that came before. False: the walk is not divided. */
static bool part_with(struct walk *w, struct tree_source_rest *rest)
{
    size_t size = w->t->n_shared_files * sizeof(*w->loans);
    struct loan *loans = malloc(size), kept = {.end = 0};
    struct shared_file *shared_files;
    int fd = -1;
    bool changed = false;

    if (!loans)
        return false;
    memcpy(loans, w->loans, size);
    if (w->lending != NO_LOAN) {
        kept = w->loans[w->lending];
        loans[w->lending] = (struct loan){.end = 0};
        fd = w->shared_files[w->lending].fd;
        changed = atomic_load(&w->shared_files[w->lending].changed);
    }
    rest->walk.loans = loans;
    shared_files = w->t->part(w->t->arg, rest, w->step_position);
    if (!shared_files) {
        rest->walk.loans = NULL;
        free(loans);
        return false;
    }
    w->shared_files = shared_files;
    memset(w->loans, 0, size);
    if (w->lending != NO_LOAN) {
        w->loans[w->lending] = kept;
        w->shared_files[w->lending].fd = fd;
        atomic_store(&w->shared_files[w->lending].changed, changed);
    }
    return true;
}

/* Of a call that waited for consumers in vain: whether it is to be made again, now that slow
 * ones have gone or are waited for all the same. */
static bool part(struct walk *w)
{
    struct tree_source_rest *rest;

    if (!stream_held_up(w->t->stream, w->t->lane))
        return false;
    rest = w->step == STEP_WHOLE ? NULL : copy_walk(w);
    if (rest && part_with(w, rest))
        return true;
    if (rest)
        walk_free(&rest->walk);
    free(rest);
    stream_put_off(w->t->stream, w->t->lane);
    return true;
}

/* Waits until all have taken everything. False: the stream was stopped. */
static bool drain(struct walk *w)
{
    while (!stream_drain(w->t->stream, w->t->lane))
        if (!part(w))
            return false;
    return true;
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
    do
        r = stream_reserve(w->t->stream, w->t->lane, head + max);
    while (!r && part(w));
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

    stream_publish(w->t->stream, w->t->lane, sizeof(*r) + end);
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
    if ((uint64_t)now.st_size != len || !shared_file_unchanged(st, &now)) {
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

/* The end of a file that had more than one record. Whether it is what was read. */
static bool put_end(struct walk *w, int fd, const struct stat *st, uint64_t len, bool good)
{
    struct record *r;

    good = good && !w->ended && check_unchanged(w, fd, st, len);
    r = w->ended ? NULL : begin(w, RECORD_FILE_END, "", "", 0, NULL);
    if (r) {
        r->good = good;
        publish(w, r);
    }
    return good;
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
    return put_end(w, fd, st, len, good);
}

/* What is lent with the record that is being written, or NULL. */
static struct shared_file *shared_now(const struct walk *w)
{
    return w->lending == NO_LOAN ? NULL : &w->shared_files[w->lending];
}

/* Puts the file into the stream, from its start to its end. first: what of it came before, or
 * "". False: it could not be read. */
static bool put_data(struct walk *w, const char *name, const char *first, int fd,
                     const struct stat *st)
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
    r->shared = shared_now(w);
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
    error = path_buffer_put(&w->link, 0, w->t->label);
    if (error == 0)
        error = path_buffer_put(&w->link, label_len, w->path.bytes + w->root_len);
    w->step_met = error == 0;
    first = error == 0 ? hard_links_meet(w->links, st, w->link.bytes, &error) : NULL;
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
    if (!drain(w))
        return false;
    w->offer = OFFER_ONE;
    return w->t->is_wanted(w->t->arg, OFFER_ONE);
}

/* All of the file, for holes_next_data(). */
static struct holes_part whole_file(int fd, const struct stat *st)
{
    return (struct holes_part){.fd = fd, .size = (uint64_t)st->st_size, .grain = 1};
}

/* Whether there are holes in the file. Leaves its file position at the start. */
static bool has_holes(int fd, const struct stat *st)
{
    struct holes_part part = whole_file(fd, st);
    struct range data;

    if (!holes_are_likely(st))
        return false;
    data = holes_next_data(&part, 0);
    (void)lseek(fd, 0, SEEK_SET);
    return data.start > 0 || data.end < part.size;
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
    if (drain(w))
        return w->t->copy(w->t->arg, own, w->path.bytes);
    (void)fd_close(&own);
    return false;
}

/* ---- files that are cloned ---- */

/* Waits until nobody needs the file any more, and closes it. If the walk has been stopped some
 * consumer may go on with it: it stays open. */
static void end_loan(struct walk *w, unsigned i)
{
    struct failure f;

    /* Who parts has none of them any more. */
    while (w->loans[i].end != 0 && !stream_await(w->t->stream, w->t->lane, w->loans[i].end))
        if (!part(w))
            return;
    if (w->loans[i].end == 0)
        return;
    w->loans[i].end = 0;
    (void)fd_close(&w->shared_files[i].fd);
    if (!atomic_exchange(&w->shared_files[i].changed, false))
        return;
    failure_set(&f, "check", ESTALE, FAILURE_NO_OFFSET, "it was changed while it was copied");
    w->t->failed(w->t->arg, w->loans[i].path.bytes, &f);
}

/* Takes the file that stands under w->path over, to be lent with the next record. False: there
 * is no memory, or nobody to lend to. */
static bool lend(struct walk *w, int *fd)
{
    unsigned i = w->next_loan;

    end_loan(w, i);
    if (w->loans[i].end != 0 || path_buffer_put(&w->loans[i].path, 0, w->path.bytes) < 0) {
        w->ended = true;
        return false;
    }
    w->next_loan = (i + 1) % w->t->n_shared_files;
    w->shared_files[i].fd = *fd;
    atomic_store(&w->shared_files[i].changed, false);
    w->lending = i;
    *fd = -1;
    return true;
}

/* ---- files with holes ---- */

static bool put_hole(struct walk *w, uint64_t length)
{
    struct record *r = length > 0 ? begin(w, RECORD_HOLE, "", "", 0, NULL) : NULL;

    if (!r)
        return length == 0;
    r->hole = length;
    publish(w, r);
    return true;
}

/* The bytes of the file up to `end`; *at is moved on. False: they could not be read. */
static bool put_piece(struct walk *w, int fd, uint64_t *at, uint64_t end)
{
    if (lseek(fd, (off_t)*at, SEEK_SET) < 0) {
        fail(w, "seek", errno, NULL);
        return false;
    }
    while (*at < end) {
        size_t max = end - *at < DATA ? (size_t)(end - *at) : DATA;
        struct record *r = begin(w, RECORD_DATA, "", "", max, NULL);

        if (!r || !fill(w, r, fd, max, max))
            return false;
        if (r->data_len == 0) {
            fail(w, "check", ESTALE, "it was changed while it was copied");
            return false;
        }
        *at += r->data_len;
        publish(w, r);
    }
    return true;
}

/* As put_data(), with its holes. */
static bool put_sparse(struct walk *w, const char *name, const char *first, int fd,
                       const struct stat *st)
{
    struct record *r = begin(w, RECORD_FILE, name, first, 0, st);
    struct holes_part part = whole_file(fd, st);
    uint64_t at = 0;
    bool good = true;

    if (!r)
        return false;
    r->offer = w->offer;
    r->shared = shared_now(w);
    r->sparse = true;
    publish(w, r);
    while (good && at < part.size) {
        struct range data = holes_next_data(&part, at);

        good = put_hole(w, data.start - at);
        at = data.start;
        good = good && put_piece(w, fd, &at, data.end);
    }
    return put_end(w, fd, st, at, good);
}

/* ---- files of all kinds ---- */

/* With its data, and its holes if it is to keep them. */
static bool put_bytes(struct walk *w, const char *name, const char *first, int fd,
                      const struct stat *st)
{
    if (w->t->holes == TREE_SOURCE_RECORD_HOLES && has_holes(fd, st))
        return put_sparse(w, name, first, fd, st);
    return put_data(w, name, first, fd, st);
}

/* A file whose record is all that comes of it. bare: its data are to be had from what is lent.
 */
static void put_without_data(struct walk *w, const char *name, const char *first, bool bare,
                             const struct stat *st)
{
    struct record *r = begin(w, RECORD_FILE, name, first, 0, st);

    if (!r)
        return;
    r->offer = w->offer;
    r->shared = shared_now(w);
    r->whole = true;
    r->bare = bare;
    publish(w, r);
}

/* A file of which only the attributes are wanted. */
static void put_attrs(struct walk *w, const char *name, const char *first,
                      const struct stat *st)
{
    struct stat empty = *st;

    empty.st_size = empty.st_blocks = 0;
    put_without_data(w, name, first, false, &empty);
}

/* Puts the file into the stream so that it can be cloned; with its data, unless all will do
 * that. False: it could not be read. */
static bool put_lent(struct walk *w, const char *name, const char *first, int *fd,
                     const struct stat *st, bool by_all)
{
    bool good = true;

    if (!lend(w, fd))
        return false;
    if (by_all)
        put_without_data(w, name, first, true, st);
    else
        good = put_bytes(w, name, first, w->shared_files[w->lending].fd, st);
    w->loans[w->lending].end = stream_position(w->t->stream, w->t->lane);
    w->lending = NO_LOAN;
    return good;
}

/* Puts the file into the stream in the way that is best for it. False: it could not be read. */
static bool put_file(struct walk *w, const char *name, const char *first, int *fd,
                     const struct stat *st)
{
    const struct tree_source *t = w->t;
    uint64_t size = (uint64_t)st->st_size;
    enum tree_source_clones who = !t->no_data && size > 0 && size >= t->clone_size
                                      ? t->clones(t->arg, st->st_dev)
                                      : CLONED_BY_NOBODY;

    if (!t->no_data && who != CLONED_BY_ALL &&
        (size >= t->copy_size || (t->holes == TREE_SOURCE_COPY_HOLES && has_holes(*fd, st)))) {
        read_attrs(w, *fd, false, st);
        return put_copy(w, name, first, *fd, st);
    }
    if (t->offer && w->offer == 0 && !offer_alone(w, name, st))
        return true;
    read_attrs(w, *fd, false, st);
    if (t->no_data) {
        put_attrs(w, name, first, st);
        return true;
    }
    return who == CLONED_BY_NOBODY ? put_bytes(w, name, first, *fd, st)
                                   : put_lent(w, name, first, fd, st, who == CLONED_BY_ALL);
}

/* Opened, it may turn out to be something else than it was when it was listed. */
static void put_opened(struct walk *w, const char *name, int *fd)
{
    const struct tree_source *t = w->t;
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
        hard_links_forget(w->links, &st);
}

/* Reads a FIFO or a device like a file. A FIFO's producer may wait to see what has been made
 * until then: it is there when the FIFO is opened. */
static void put_contents(struct walk *w, int dir_fd, const char *name, int follow)
{
    struct stat st;
    int fd;

    if (!drain(w))
        return;
    fd = openat(dir_fd, name, O_RDONLY | O_NOCTTY | O_CLOEXEC | follow);
    if (fd < 0 || fstat(fd, &st) < 0) {
        fail(w, "open", errno, NULL);
    } else {
        st.st_size = st.st_blocks = 0; /* whatever it says: it is read to its end */
        read_attrs(w, fd, false, &st);
        (void)put_data(w, name, "", fd, &st);
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
    bool hard = w->t->make == TREE_SOURCE_HARD_LINKS;
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

    if (w->t->make != TREE_SOURCE_COPIES) {
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

    if (type == DT_DIR || (type == DT_REG && w->t->make == TREE_SOURCE_COPIES)) {
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
    if (path_buffer_enter(&w->path, l->path_len, name) < 0) {
        fail_memory(w);
        return;
    }
    if (!look(w, dir_chain_fd(&w->dirs), name, type, &st))
        return;
    if (!S_ISDIR(st.st_mode))
        put_entry_record(w, dir_chain_fd(&w->dirs), name, &st);
    else if (path_buffer_put(&w->names, l->names_end, name) < 0)
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
           fstatat(dir_chain_fd(&w->dirs), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && !(w->t->keep_links && (st.st_nlink > 1 || follows(w))) &&
           path_buffer_enter(&w->path, l->path_len, entry->d_name) == 0 &&
           offer(w, entry->d_name, &st, number);
}

/* Offers the files among the listed entries, and waits until the consumers have decided. */
static void offer_all(struct walk *w)
{
    static_assert(LISTING / 24 < OFFER_ONE, "an entry has at least 24 bytes");

    w->taken = 0;
    memset(w->offered, 0, sizeof(w->offered));
    for (size_t at = 0, i = 1; at < w->listed && !w->ended; i++) {
        const struct dirent64 *entry = (const void *)(w->listing + at);

        if (offer_entry(w, entry, (unsigned)i))
            w->offered[i / 64] |= UINT64_C(1) << (i % 64);
        at += entry->d_reclen;
    }
    (void)drain(w); /* if it was stopped, nothing comes any more */
}

/* Whether anybody wants the entry with that number; what was not offered comes anyhow. */
static bool is_wanted(struct walk *w, unsigned number)
{
    w->offer = w->t->offer && (w->offered[number / 64] >> (number % 64) & 1) ? number : 0;
    return w->offer == 0 || number == w->taken || w->t->is_wanted(w->t->arg, number);
}

/* The entries that are listed, from the next one on. */
static void put_listed(struct walk *w)
{
    if (w->offers_due)
        offer_all(w);
    w->offers_due = false;
    while (w->entry_at < w->listed && !w->ended) {
        const struct dirent64 *entry = (const void *)(w->listing + w->entry_at);

        begin_step(w, STEP_ENTRY);
        if (is_wanted(w, w->entry))
            list_entry(w, entry->d_name, entry->d_type);
        w->entry_at += entry->d_reclen;
        w->entry++;
    }
    w->offer = 0;
}

/* The files of the directory stood in, from the next one on that is listed. */
static void list(struct walk *w)
{
    struct level *l = &w->levels[w->n_levels - 1];
    ssize_t n = 0;

    do {
        put_listed(w);
        if (w->ended)
            return;
        begin_step(w, STEP_LIST);
        n = getdents64(dir_chain_fd(&w->dirs), w->listing, LISTING);
        w->listed = n > 0 ? (size_t)n : 0;
        w->entry_at = 0;
        w->entry = 1;
        w->offers_due = w->t->offer && n > 0;
    } while (n > 0);
    if (n == 0)
        return;
    (void)path_buffer_enter(&w->path, l->path_len, "");
    fail(w, "read directory", errno, NULL);
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
    const struct tree_source *t = w->t;
    struct stat st;
    int fd = open_directory(w, dir_fd, name, &st);

    if (fd < 0)
        return;
    if (w->n_levels <= w->n_way)
        w->dev = st.st_dev;
    if (t->is_target(t->arg, &st)) {
        fail(w, "enter", EINVAL, "cannot copy a directory into itself");
    } else if (dir_chain_has(&w->dirs, &st)) {
        fail(w, "enter", ELOOP, "it contains itself");
    } else if (t->one_file_system && st.st_dev != w->dev) {
        put_empty(w, name, fd, &st);
    } else if (announce(w, name, &st)) {
        if (push_level(w, &st) < 0 || dir_chain_enter(&w->dirs, fd, &st) < 0)
            fail_memory(w);
        w->listed = w->entry_at = 0;
        w->offers_due = false;
        if (w->ended)
            return;
        if (w->n_levels <= w->n_way) {
            begin_step(w, STEP_WHOLE);
            list_way(w);
        } else {
            list(w);
        }
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

    (void)path_buffer_enter(&w->path, l->path_len, "");
    if (dir_chain_fd(&w->dirs) >= 0)
        read_attrs(w, dir_chain_fd(&w->dirs), w->n_levels <= w->n_way, &l->st);
    else
        attrs_read_stat(&w->attrs, &l->st);
    r = begin(w, RECORD_LEAVE, "", "", 0, &l->st);
    if (r)
        publish(w, r);
    error = dir_chain_leave(&w->dirs);
    if (error < 0 && w->n_levels > 1 && !w->ended) {
        (void)path_buffer_enter(&w->path, l[-1].path_len, "");
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
        begin_step(w, STEP_DIRECTORY);
        if (l->names_at == l->names_end) {
            leave(w);
            continue;
        }
        l->names_at += strlen(name) + 1;
        if (path_buffer_enter(&w->path, l->path_len, name) < 0)
            fail_memory(w);
        else
            enter(w, dir_chain_fd(&w->dirs), name);
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

/* The walk is over: nothing is lent any more, unless it was stopped. */
static int end_walk(struct walk *w)
{
    bool no_memory = w->no_memory;

    stream_end(w->t->stream, w->t->lane);
    begin_step(w, STEP_WHOLE); /* who waits for a loan waits for its end */
    for (unsigned i = 0; w->loans && i < w->t->n_shared_files; i++)
        end_loan(w, i);
    walk_free(w);
    return no_memory ? -ENOMEM : 0;
}

int tree_source_walk(const struct tree_source *t)
{
    struct walk w = {.t = t,
                     .n_way = path_count(t->way),
                     .listing = malloc(LISTING),
                     .shared_files = t->shared_files,
                     .loans = calloc(t->n_shared_files, sizeof(*w.loans)),
                     .lending = NO_LOAN,
                     .links = t->links};

    attrs_init(&w.attrs, &t->preserve);
    if (!w.listing || !w.loans || path_buffer_put(&w.path, 0, t->path) < 0) {
        w.no_memory = true;
    } else {
        w.root_len = path_buffer_end(&w.path);
        walk_root(&w);
    }
    return end_walk(&w);
}

int tree_source_resume(struct tree_source_rest *rest, const struct tree_source *t)
{
    struct walk *w = &rest->walk;
    int r;

    w->t = t;
    w->links = &w->own_links;
    if (w->step != STEP_DIRECTORY) {
        list(w);
        put_mark(w, RECORD_FILES_END);
    }
    walk_directories(w);
    r = end_walk(w);
    free(rest);
    return r;
}
