/* source_file: files of the walk: their data, holes included, or the file itself, for the
 * engines (RECORD_COPY) and for consumers that clone it (shared_file_priv.h). See
 * source_state_priv.h. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "source/holes.h"
#include "source_state_priv.h"

/* Bytes of a file in one record, where the ring of the stream is big enough. */
#define MAX_DATA (256u << 10)

/* The same of this stream. Attributes and names fit beside them. */
static size_t data_size(const struct walk *w)
{
    size_t quarter = stream_max_record(w->t->stream) / 4 / 4096 * 4096; /* whole pages */

    return quarter < MAX_DATA ? quarter : MAX_DATA;
}

/* ---- reading ---- */

/* A read has failed with err. Reads around what is bad, as read(2). */
static ssize_t read_on(struct walk *w, int fd, char *to, size_t n, int err)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    int64_t r = at < 0 ? -err : walk_read_around(w, fd, to, n, (uint64_t)at, err);

    if (r > 0 && lseek(fd, at + (off_t)r, SEEK_SET) < 0)
        return -errno;
    return (ssize_t)r;
}

/* Reads `max` bytes, or up to the end of the file; bytes or a negative errno. left: how many
 * bytes the file had left when it was opened. After so many the end is not read:
 * walk_unchanged() looks whether the file has grown. */
static ssize_t read_full(struct walk *w, int fd, char *to, size_t max, uint64_t left)
{
    const struct tree_source *t = w->t;
    size_t have = 0;

    while (have < max) {
        size_t want = max - have < t->max_read ? max - have : t->max_read;
        uint64_t known = left > have ? left - have : 0, began;
        ssize_t n;

        known = known < want ? known : want;
        walk_wait_for_rate(w, known);
        began = walk_wait_begin(w);
        n = UNINTERRUPTED(read(fd, to + have, want));
        walk_wait_end(w, began);
        if (n < 0)
            n = read_on(w, fd, to + have, want, errno);
        if (n < 0)
            return n;
        if (n == 0)
            break;
        if ((uint64_t)n > known)
            walk_wait_for_rate(w, (uint64_t)n - known);
        t->read(t->arg, (uint64_t)n);
        have += (size_t)n;
        if (have == left && have > 0)
            break;
    }
    return (ssize_t)have;
}

/* Reads up to `max` bytes of the file into the record. left: as in read_full(). False: that
 * failed, which was reported. */
static bool fill(struct walk *w, struct record *r, int fd, size_t max, uint64_t left)
{
    ssize_t n = read_full(w, fd, (char *)(uintptr_t)record_data(r), max, left);

    if (n < 0) {
        walk_fail(w, "read", (int)-n, NULL);
        return false;
    }
    r->data_len = (uint32_t)n;
    walk_hash_bytes(w, record_data(r), r->data_len);
    return true;
}

/* ---- data ---- */

/* Begins the record of a file, with room for max bytes of data. NULL: no consumer is left. */
static struct record *begin_file(struct walk *w, enum record_kind kind, const char *name,
                                 size_t max, const struct stat *st)
{
    enum record_kind actual = w->comparing ? RECORD_COMPARE : kind;
    struct record *r = walk_begin_record(w, actual, name, "", max, st);

    if (!r)
        return NULL;
    r->offer = w->offer;
    if (w->shared_now != WALK_NO_SHARED)
        r->shared = &w->shared_files[w->shared_now];
    return r;
}

/* Whether nobody needs the rest of the file: it differs from what those have who compare it. */
static bool is_decided(const struct walk *w)
{
    return w->comparing && !w->t->is_compared(w->t->arg, w->offer);
}

/* Ends a file that has more than one record. len: how many bytes of it were read; good: nothing
 * has failed so far. Returns whether the file is what was read. */
static bool put_end(struct walk *w, int fd, const struct stat *st, uint64_t len, bool good)
{
    struct record *r;

    good = good && !w->ended && !is_decided(w) && walk_unchanged(w, fd, st, len) &&
           walk_hash_end(w, st);
    r = w->ended ? NULL : walk_begin_record(w, RECORD_FILE_END, "", "", 0, NULL);
    if (r) {
        r->good = good;
        walk_publish(w, r);
    }
    return good;
}

/* Whether the file, of which `len` bytes have been read, may have an end behind them. One that
 * grows while it is read might have none. The size of others may be too small: some file
 * systems do not know it. */
static bool may_end(int fd, const struct stat *st, uint64_t len)
{
    struct stat now;

    return st->st_size == 0 || len <= (uint64_t)st->st_size ||
           (UNINTERRUPTED(fstat(fd, &now)) == 0 && shared_file_unchanged(st, &now));
}

/* Puts the rest of a file into the stream, behind its first `len` bytes. False: it could not be
 * read. */
static bool put_rest(struct walk *w, int fd, const struct stat *st, uint64_t len)
{
    const size_t max = data_size(w);
    struct record *r;
    bool good = true, more = true;

    while (good && more && !is_decided(w) &&
           (r = walk_begin_record(w, RECORD_DATA, "", "", max, NULL))) {
        good = fill(w, r, fd, max, (uint64_t)st->st_size - len);
        len += r->data_len;
        more = good && r->data_len == max && may_end(fd, st, len);
        if (good && r->data_len > 0)
            walk_publish(w, r);
    }
    return put_end(w, fd, st, len, good);
}

bool walk_put_data(struct walk *w, const char *name, int fd, const struct stat *st)
{
    /* One byte more, to see the end. */
    const size_t most = data_size(w);
    size_t max = (uint64_t)st->st_size < most ? (size_t)st->st_size + 1 : most;
    struct record *r;

    if (st->st_size == 0 && st->st_blocks == 0)
        max = 4096; /* files in /proc are not empty, but say so */
    r = begin_file(w, RECORD_FILE, name, max, st);
    if (!r || !walk_hash_begin(w) || !fill(w, r, fd, max, (uint64_t)st->st_size))
        return false;
    r->whole = r->data_len < max;
    if (r->whole && !(walk_unchanged(w, fd, st, r->data_len) && walk_hash_end(w, st)))
        return false;
    walk_publish(w, r);
    return r->whole || put_rest(w, fd, st, r->data_len);
}

/* ---- holes ---- */

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

static bool put_hole(struct walk *w, uint64_t length)
{
    struct record *r = length > 0 ? walk_begin_record(w, RECORD_HOLE, "", "", 0, NULL) : NULL;

    if (!r)
        return length == 0;
    r->hole = length;
    walk_hash_zeros(w, length);
    walk_publish(w, r);
    return true;
}

/* Puts the bytes of the file from *at up to `end` into the stream; *at is moved on. False: they
 * could not be read. */
static bool put_piece(struct walk *w, int fd, uint64_t *at, uint64_t end)
{
    if (lseek(fd, (off_t)*at, SEEK_SET) < 0) {
        walk_fail(w, "seek", errno, NULL);
        return false;
    }
    while (*at < end && !is_decided(w)) {
        const size_t most = data_size(w);
        size_t max = end - *at < most ? (size_t)(end - *at) : most;
        struct record *r = walk_begin_record(w, RECORD_DATA, "", "", max, NULL);

        if (!r || !fill(w, r, fd, max, max))
            return false;
        if (r->data_len == 0)
            return walk_changed(w, w->path.bytes, true);
        *at += r->data_len;
        walk_publish(w, r);
    }
    return true;
}

/* As walk_put_data(), but the holes of the file become RECORD_HOLE. */
static bool put_sparse(struct walk *w, const char *name, int fd, const struct stat *st)
{
    struct record *r = begin_file(w, RECORD_FILE, name, 0, st);
    struct holes_part part = whole_file(fd, st);
    uint64_t at = 0;
    bool good = true;

    if (!r || !walk_hash_begin(w))
        return false;
    r->sparse = true;
    walk_publish(w, r);
    while (good && at < part.size && !is_decided(w)) {
        struct range data = holes_next_data(&part, at);

        good = put_hole(w, data.start - at);
        at = data.start;
        good = good && put_piece(w, fd, &at, data.end);
    }
    return put_end(w, fd, st, at, good);
}

/* Puts all data into the stream, and the holes if they are to stay holes. */
static bool put_bytes(struct walk *w, const char *name, int fd, const struct stat *st)
{
    if ((w->t->holes == TREE_SOURCE_RECORD_HOLES || w->comparing) && has_holes(fd, st))
        return put_sparse(w, name, fd, st);
    return walk_put_data(w, name, fd, st);
}

/* ---- files without data ---- */

void walk_put_without_data(struct walk *w, const char *name, bool bare, const struct stat *st)
{
    struct record *r = begin_file(w, RECORD_FILE, name, 0, st);

    if (!r)
        return;
    r->whole = true;
    r->bare = bare;
    walk_publish(w, r);
}

/* Puts only the attributes of the file into the stream. */
static void put_attrs(struct walk *w, const char *name, const struct stat *st)
{
    struct stat empty = *st;

    empty.st_size = empty.st_blocks = 0;
    walk_put_without_data(w, name, false, &empty);
}

/* ---- files for the engines ---- */

/* Waits until all consumers have come to the file, and has the engines copy it. False: it could
 * not be read. */
static bool put_copy(struct walk *w, const char *name, int fd, const struct stat *st)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    struct digest_values hashes = {.algorithms = 0};
    struct record *r;

    if (own < 0) {
        walk_fail(w, "open", errno, NULL);
        return false;
    }
    r = begin_file(w, RECORD_COPY, name, 0, st);
    if (!r) {
        (void)fd_close(&own);
        return false;
    }
    walk_publish(w, r);
    if (!walk_drain(w)) {
        (void)fd_close(&own);
        return false;
    }
    if (!w->t->copy(w->t->arg, own, w->path.bytes, &hashes))
        return false;
    if (!hashes.algorithms) /* no consumer needed it */
        return walk_hash_file(w, fd, st);
    walk_hash_give(w, st, &hashes);
    return true;
}

/* ---- shared files ---- */

/* Waits until no consumer needs the shared file with that number any more, and closes it. If
 * the walk has been stopped, the file stays open. */
static void close_shared(struct walk *w, unsigned i)
{
    bool discarded;

    /* A walk that is divided meanwhile has other ones, which are closed. */
    while (w->shared[i].end != 0 && !stream_await(w->t->stream, w->t->lane, w->shared[i].end))
        if (!walk_divide(w))
            return;
    if (w->shared[i].end == 0)
        return;
    w->shared[i].end = 0;
    (void)fd_close(&w->shared_files[i].fd);
    discarded = atomic_exchange(&w->shared_files[i].discarded, false);
    if (atomic_exchange(&w->shared_files[i].changed, false))
        (void)walk_changed(w, w->shared[i].path.bytes, discarded);
}

/* Makes the file at w->path a shared one, for its next records. Takes *fd over. False: there is
 * no memory, or no consumer is left. */
static bool share(struct walk *w, int *fd)
{
    unsigned i = w->next_shared;

    close_shared(w, i);
    if (w->shared[i].end != 0) {
        w->ended = true;
        return false;
    }
    if (path_buffer_put(&w->shared[i].path, 0, w->path.bytes) < 0) {
        walk_fail(w, "open", ENOMEM, NULL);
        return false;
    }
    w->next_shared = (i + 1) % w->t->n_shared_files;
    w->shared_files[i].fd = *fd;
    atomic_store(&w->shared_files[i].changed, false);
    atomic_store(&w->shared_files[i].discarded, false);
    w->shared_now = i;
    *fd = -1;
    return true;
}

void walk_close_shared(struct walk *w)
{
    walk_begin_step(w, STEP_WHOLE); /* there is nothing left that could be divided */
    for (unsigned i = 0; w->shared && i < w->t->n_shared_files; i++)
        close_shared(w, i);
}

/* Puts the file into the stream as a shared one, so that it can be cloned. by_all: all
 * consumers will do that, so that nobody needs its data. False: it could not be read. */
static bool put_shared(struct walk *w, const char *name, int *fd, const struct stat *st,
                       bool by_all)
{
    bool good = true;

    if (!share(w, fd))
        return false;
    if (by_all)
        walk_put_without_data(w, name, true, st);
    else
        good = put_bytes(w, name, w->shared_files[w->shared_now].fd, st);
    w->shared[w->shared_now].end = stream_position(w->t->stream, w->t->lane);
    w->shared_now = WALK_NO_SHARED;
    return good;
}

void walk_put_further(struct walk *w, const char *name, int *fd, const struct stat *st)
{
    attrs_read_stat(&w->attrs, st);
    if (w->t->no_data) {
        walk_read_attrs(w, *fd, false, st);
        put_attrs(w, name, st);
    } else if (walk_hash_further(w, *fd, st)) {
        (void)put_shared(w, name, fd, st, true);
    }
}

/* ---- offers ---- */

/* Reads the attributes of the file that *st is about. False: another one has that name now. */
static bool read_offered_attrs(struct walk *w, const char *name, const struct stat *st)
{
    int fd =
        UNINTERRUPTED(openat(dir_chain_fd(&w->dirs), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat now;
    bool same = fd >= 0 && fstat(fd, &now) == 0 && fd_same_file(&now, st);

    if (same)
        attrs_read(&w->attrs, fd, true, st);
    (void)fd_close(&fd);
    return same;
}

bool walk_put_offer(struct walk *w, const char *name, int fd, const struct stat *st,
                    unsigned number)
{
    struct record *r;

    if (!w->t->offer_attrs)
        attrs_read_stat(&w->attrs, st);
    else if (fd >= 0)
        attrs_read(&w->attrs, fd, false, st);
    else if (!read_offered_attrs(w, name, st))
        return false;
    r = walk_begin_record(w, RECORD_OFFER, name, "", 0, st);
    if (!r)
        return false;
    r->offer = number;
    walk_publish(w, r);
    return true;
}

void walk_put_compared(struct walk *w, const char *name, int fd, const struct stat *st,
                       unsigned number)
{
    w->offer = number;
    w->comparing = true;
    walk_read_attrs(w, fd, false, st);
    (void)put_bytes(w, name, fd, st);
    w->comparing = false;
    (void)lseek(fd, 0, SEEK_SET);
}

/* Offers the file alone. Returns whether a consumer wants it. */
static bool offer_alone(struct walk *w, const char *name, int fd, const struct stat *st)
{
    if (!walk_put_offer(w, name, fd, st, WALK_OFFER_ONE) || !walk_drain(w))
        return false;
    if (w->t->compare && w->t->is_compared(w->t->arg, WALK_OFFER_ONE)) {
        walk_put_compared(w, name, fd, st, WALK_OFFER_ONE);
        if (!walk_drain(w))
            return false;
    }
    w->offer = WALK_OFFER_ONE;
    return w->t->is_wanted(w->t->arg, WALK_OFFER_ONE) || w->t->hashes;
}

/* ---- files of all kinds ---- */

bool walk_put_file(struct walk *w, const char *name, int *fd, const struct stat *st)
{
    const struct tree_source *t = w->t;
    uint64_t size = (uint64_t)st->st_size;
    enum tree_source_clones who = !t->no_data && size > 0 && size >= t->clone_size
                                      ? t->clones(t->arg, st->st_dev)
                                      : CLONED_BY_NOBODY;

    if (t->compare && w->offer == 0 && !offer_alone(w, name, *fd, st))
        return true;
    if (!t->no_data && who != CLONED_BY_ALL &&
        (size >= t->copy_size || (t->holes == TREE_SOURCE_COPY_HOLES && has_holes(*fd, st)))) {
        walk_read_attrs(w, *fd, false, st);
        return put_copy(w, name, *fd, st);
    }
    if (t->offer && w->offer == 0 && !offer_alone(w, name, *fd, st))
        return true;
    walk_read_attrs(w, *fd, false, st);
    if (t->no_data) {
        put_attrs(w, name, st);
        return true;
    }
    if (who == CLONED_BY_ALL && !walk_hash_file(w, *fd, st))
        return false;
    return who == CLONED_BY_NOBODY ? put_bytes(w, name, *fd, st)
                                   : put_shared(w, name, fd, st, who == CLONED_BY_ALL);
}
