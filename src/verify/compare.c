/* compare: one unit of a file. See verify_priv.h. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/medium.h"
#include "source/bmap.h"
#include "verify_priv.h"

/* A block is 4 KiB or more, unless the file is read in odd pieces. */
#define MAX_HASHES 1024u

enum verdict { RIGHT, WRONG, UNKNOWN };

/* Takes the hashes of n bytes, which begin with a block. Their number; 0: there are none. */
static size_t take_hashes(struct verify_check *c, uint64_t at, size_t n, struct hash *ret)
{
    const struct verify_record *r = c->record;
    size_t count = r->block ? (n + r->block - 1) / r->block : 0;
    uint64_t first = r->block ? at / r->block : 0;

    if (count == 0 || count > MAX_HASHES || first + count > r->n_hashes ||
        spool_read(&c->lane->spool, c->hashes_at + first * sizeof(*ret), ret,
                   count * sizeof(*ret)) < 0)
        return 0;
    return count;
}

/* What the hashes say of n bytes. */
static enum verdict ask_hashes(struct verify_check *c, uint64_t at, const char *buf, size_t n)
{
    struct hash hashes[MAX_HASHES];
    size_t count = take_hashes(c, at, n, hashes), block = c->record->block;
    enum verdict verdict = count ? RIGHT : UNKNOWN;

    for (size_t i = 0; i < count; i++) {
        size_t from = i * block, rest = n - from, len = rest < block ? rest : block;

        if (!block_hash_known(hashes[i]))
            verdict = verdict == WRONG ? WRONG : UNKNOWN;
        else if (!hash_equal(hashes[i], hash_of(buf + from, len)))
            verdict = WRONG;
    }
    return verdict;
}

/* Whether any of the n bytes was read while the file was copied. */
static bool was_read(struct verify_check *c, uint64_t at, size_t n)
{
    struct hash hashes[MAX_HASHES];
    size_t count = take_hashes(c, at, n, hashes);
    bool any = false;

    for (size_t i = 0; i < count; i++)
        any |= block_hash_known(hashes[i]);
    return any;
}

/* The file has another length than it had, or cannot be read. */
static void fail_source(struct verify_check *c, int err, const char *message)
{
    struct failure f;

    (void)failure_format(&f, "compare with SOURCE", err, "%s", message);
    verify_fail(c, &f);
}

struct verify_stamp verify_stamp_of(const struct stat *st)
{
    return (struct verify_stamp){
        .dev = st->st_dev,
        .ino = st->st_ino,
        .size = (uint64_t)st->st_size,
        .mtime = st->st_mtim.tv_sec,
        .mtime_ns = st->st_mtim.tv_nsec,
        .ctime = st->st_ctim.tv_sec,
        .ctime_ns = st->st_ctim.tv_nsec,
    };
}

/* Whether the source that is open is the one that was copied, and nobody has changed it since. */
static bool source_is_same(const struct verify_check *c)
{
    const struct verify_stamp *was = &c->record->source;
    struct verify_stamp now;
    struct stat st;

    if (fstat(c->fd_source, &st) < 0)
        return false;
    now = verify_stamp_of(&st);
    return now.dev == was->dev && now.ino == was->ino && now.size == was->size &&
           now.mtime == was->mtime && now.mtime_ns == was->mtime_ns &&
           (c->record->source_relinked ||
            (now.ctime == was->ctime && now.ctime_ns == was->ctime_ns));
}

static int open_source(struct verify_check *c)
{
    if (c->record->source_once)
        return -ESPIPE;
    if (c->fd_source < 0) {
        verify_moved(c->lane);
        atomic_store(&c->lane->at_source, true);
        c->fd_source = verify_open(c->source, O_RDONLY);
        verify_moved(c->lane);
        atomic_store(&c->lane->at_source, false);
    }
    return c->fd_source;
}

/* As fd_read_at(). */
static int64_t read_source(struct verify_check *c, uint64_t at, char *buf, size_t n)
{
    int64_t r = open_source(c);

    if (r < 0)
        return r;
    verify_wait_for_rate(c, n);
    verify_moved(c->lane);
    atomic_store(&c->lane->at_source, true);
    r = fd_read_at(c->fd_source, buf, n, c->record->start + at);
    r = verify_leave_unread(c, c->fd_source, buf, n, c->record->start + at, r);
    if (r > 0 && c->record->map)
        bmap_clear_rest(c->record->map, c->record->start + at, buf, (size_t)r);
    verify_moved(c->lane);
    atomic_store(&c->lane->at_source, false);
    return r;
}

bool verify_read_source(struct verify_check *c, uint64_t at, char *buf, size_t n)
{
    enum verdict verdict;
    int64_t r = read_source(c, at, buf, n);

    if (r < 0) {
        fail_source(c, (int)-r, "");
        return false;
    }
    verdict = r == (int64_t)n ? ask_hashes(c, at, buf, n) : WRONG;
    /* Looked at after the read: what has come before a change is good. */
    if (verdict == RIGHT || (verdict == UNKNOWN && source_is_same(c)))
        return true;
    fail_source(c, ESTALE,
                source_is_same(c) ? "SOURCE is read otherwise than before"
                                  : "SOURCE has changed since it was read");
    return false;
}

/* Whether there may be holes in it. */
static bool has_holes(const struct verify_check *c)
{
    return (uint64_t)c->st.st_blocks * 512 < (uint64_t)c->st.st_size;
}

/* The position from `at` on of the first byte of the range that is no hole. */
static uint64_t next_data(int fd, uint64_t base, uint64_t at)
{
    off_t found = lseek(fd, (off_t)(base + at), SEEK_DATA);

    if (found < 0)
        return errno == ENXIO ? UINT64_MAX : at;
    return (uint64_t)found - base;
}

uint64_t verify_count_data(struct verify_check *c, uint64_t at, uint64_t n)
{
    uint64_t end = at + n, data = 0;

    while (at < end) {
        uint64_t from = next_data(c->fd, c->record->offset, at);
        off_t hole =
            from < end ? lseek(c->fd, (off_t)(c->record->offset + from), SEEK_HOLE) : 0;
        uint64_t to = hole < 0 ? end : (uint64_t)hole - c->record->offset;

        if (from >= end)
            break;
        verify_moved(c->lane);
        to = to < end ? to : end;
        data += to - from;
        at = to > from ? to : end;
    }
    return data;
}

bool verify_is_hole(struct verify_check *c, uint64_t at, size_t n)
{
    if (verify_is_source(c->lane) || !has_holes(c) || was_read(c, at, n))
        return false;
    if (open_source(c) < 0)
        return false;
    verify_moved(c->lane);
    if (c->dest_data <= at)
        c->dest_data = next_data(c->fd, c->record->offset, at);
    if (c->dest_data < at + n)
        return false;
    if (c->source_data <= at)
        c->source_data = next_data(c->fd_source, c->record->start, at);
    return c->source_data >= at + n && source_is_same(c);
}

static char *source_buffer(struct verify_check *c)
{
    return c->lane->buffers + c->lane->verify->depth * (size_t)UNIT;
}

static char *second_buffer(struct verify_check *c)
{
    return source_buffer(c) + UNIT;
}

/* Counts the data among n bytes of the source that nobody has read before. */
static void count_unread(struct verify_check *c, uint64_t at, size_t n)
{
    size_t block = c->record->block;
    struct hash hashes[MAX_HASHES];
    size_t count = take_hashes(c, at, n, hashes);

    for (size_t i = 0; i < count; i++) {
        size_t from = i * block, rest = n - from, len = rest < block ? rest : block;

        if (!block_hash_known(hashes[i]))
            c->result->unread += verify_count_data(c, at + from, len);
    }
    if (count == 0)
        c->result->unread += verify_count_data(c, at, n);
}

/* Whether these bytes are those that were read of the source. True also when nobody can say so,
 * which has been reported, or counted. */
static bool is_right(struct verify_check *c, uint64_t at, const char *buf, size_t n)
{
    switch (ask_hashes(c, at, buf, n)) {
    case RIGHT:
        return true;
    case WRONG:
        return false;
    case UNKNOWN:
        break;
    }
    if (verify_is_source(c->lane)) {
        count_unread(c, at, n);
        return true;
    }
    return !verify_read_source(c, at, source_buffer(c), n) ||
           memcmp(buf, source_buffer(c), n) == 0;
}

/* There is nothing to compare with but hashes: only blocks can be named. */
static void note_blocks(struct verify_check *c, uint64_t at, const char *buf, size_t n)
{
    size_t block = c->record->block;

    for (size_t i = 0; block > 0 && i < n; i += block) {
        size_t len = n - i < block ? n - i : block;

        if (ask_hashes(c, at + i, buf + i, len) == WRONG)
            verify_note_range(c, c->record->offset + at + i, len);
    }
}

/* Finds the bytes that differ among the n that there are of a unit, which has `unit` bytes. */
static void note_difference(struct verify_check *c, uint64_t at, const char *buf, size_t n,
                            size_t unit)
{
    const char *source = source_buffer(c);
    uint64_t base = c->record->offset + at;
    size_t i = 0;

    if (verify_is_source(c->lane) || c->record->source_once ||
        !verify_read_source(c, at, source_buffer(c), unit)) {
        note_blocks(c, at, buf, n);
        return;
    }
    while (i < n) {
        size_t from;

        while (i < n && buf[i] == source[i])
            i++;
        from = i;
        while (i < n && buf[i] != source[i])
            i++;
        if (i > from)
            verify_note_range(c, base + from, i - from);
    }
}

static void fail_read(struct verify_check *c, uint64_t at, int64_t r)
{
    struct failure f;

    if (S_ISBLK(c->st.st_mode) && medium_explains(c->st.st_rdev, (int)-r))
        r = -ENODEV;
    failure_set(&f, "read back", (int)-r, c->record->offset + at,
                r == -ENODEV ? MEDIUM_GONE : NULL);
    verify_fail(c, &f);
}

void verify_compare(struct verify_check *c, uint64_t at, const char *buf, size_t n, size_t want)
{
    char *again = second_buffer(c);
    unsigned long long offset = c->record->offset + at;
    int64_t r;

    if (n == want && is_right(c, at, buf, n))
        return;
    r = verify_reread(c, at, again, want);
    if (r < 0) {
        fail_read(c, at, r);
        return;
    }
    if (r == (int64_t)want && is_right(c, at, again, want)) {
        if (n == want && !c->failed) {
            c->result->doubts++;
            verify_say(c, "a block at %llu differed once, and was right when it was read again",
                       offset);
        }
        return;
    }
    if (r > 0)
        note_difference(c, at, again, (size_t)r, want);
    if (r < (int64_t)want)
        verify_note_range(c, offset + (uint64_t)r, want - (size_t)r);
}
