#include "partial_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "target.h"

#define PRIVATE_MODE (S_IRUSR | S_IWUSR)
#define MODE_BITS    (S_IRWXU | S_IRWXG | S_IRWXO | S_ISUID | S_ISGID | S_ISVTX)
#define OLD_FLAGS    (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define NEW_FLAGS    (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* How often to try again while other runs create and remove the file. */
#define MAX_TRIES 16

#define RECORDS_AT_ONCE 64
#define READ_SIZE       (1u << 20)

#define REASON_CHANGED    "the source is not what it was"
#define REASON_NO_JOURNAL "what was kept cannot be told"

static void name_both(const char *name, char part[TEMP_NAME_SIZE], char journal[TEMP_NAME_SIZE])
{
    uint64_t id = hash_short(name, strlen(name), 0);

    (void)snprintf(part, TEMP_NAME_SIZE, ".ucopy-%016" PRIx64 ".part", id);
    (void)snprintf(journal, TEMP_NAME_SIZE, ".ucopy-%016" PRIx64 ".map", id);
}

/* ---- the owner ---- */

/* Whether a file that is created here belongs to that user: some file systems give all files to
 * one user. */
static bool gets_owner(int dir_fd, uid_t uid)
{
    char name[TEMP_NAME_SIZE];
    int fd = temp_create(dir_fd, PRIVATE_MODE, name);
    struct stat st;
    bool same;

    if (fd < 0)
        return false;
    same = fstat(fd, &st) == 0 && st.st_uid == uid;
    temp_remove(dir_fd, name, fd);
    (void)fd_close(&fd);
    return same;
}

/* Whether only this user can have created the file and can write to it. `owner` is an exception
 * for root: a run that was killed just before the rename may have given the file to the owner
 * of the file that it replaces. */
static bool is_ours(int dir_fd, int fd, uid_t owner)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
        return false;
    return st.st_uid == geteuid() || (geteuid() == 0 && st.st_uid == owner) ||
           gets_owner(dir_fd, st.st_uid);
}

/* Opens a file that may be read-only, because it has its final mode already. Only a file of this
 * user is made writable for that (see is_ours()). */
static int open_old(int dir_fd, const char *name, uid_t owner)
{
    int fd = UNINTERRUPTED(openat(dir_fd, name, O_RDWR | OLD_FLAGS)), reading;

    if (fd >= 0 || errno != EACCES)
        return fd < 0 ? -errno : fd;
    reading = UNINTERRUPTED(openat(dir_fd, name, O_RDONLY | OLD_FLAGS));
    if (reading < 0)
        return -EACCES;
    if (is_ours(dir_fd, reading, owner) && UNINTERRUPTED(fchmod(reading, PRIVATE_MODE)) == 0)
        fd = UNINTERRUPTED(openat(dir_fd, name, O_RDWR | OLD_FLAGS));
    (void)fd_close(&reading);
    return fd < 0 ? -EACCES : fd;
}

/* No other user may read an incomplete file. Sets only what differs: there are file systems
 * that refuse every chmod. */
static void make_private(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && (st.st_mode & MODE_BITS) != PRIVATE_MODE)
        (void)UNINTERRUPTED(fchmod(fd, PRIVATE_MODE));
}

/* ---- the partial file and its journal ---- */

/* Opens the partial file, or creates it, and locks it. *ret_made: it is new. owner: as for
 * is_ours(). */
static int take(int dir_fd, const char *part, uid_t owner, bool *ret_made)
{
    for (unsigned tries = 0; tries < MAX_TRIES; tries++) {
        int fd = open_old(dir_fd, part, owner);

        *ret_made = fd == -ENOENT;
        if (*ret_made) {
            fd = UNINTERRUPTED(openat(dir_fd, part, NEW_FLAGS, PRIVATE_MODE));
            if (fd < 0 && errno == EEXIST)
                continue;
            if (fd < 0)
                return -errno;
        }
        if (fd == -EACCES || fd == -ELOOP || fd == -EISDIR)
            return -EEXIST;
        if (fd < 0)
            return fd;
        /* If the file system has no locks, the file is used without. */
        if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
            (void)fd_close(&fd);
            return -EAGAIN;
        }
        if (temp_is(dir_fd, part, fd))
            return fd;
        (void)fd_close(&fd); /* its run has finished or removed it */
    }
    return -EAGAIN;
}

/* Opens the journal of a partial file that is locked, and adds up its ranges. 0 or a negative
 * errno. */
static int open_journal(struct partial *p, int dir_fd, const struct partial_request *request)
{
    struct journal_record records[RECORDS_AT_ONCE];
    uint64_t known = 0;
    int r = open_old(dir_fd, p->journal_name, (uid_t)-1);

    if (r < 0)
        return r;
    p->journal_fd = r;
    r = is_ours(dir_fd, p->journal_fd, (uid_t)-1)
            ? journal_open(p->journal_fd, request->origin, &p->cursor)
            : -EBADMSG;
    if (r == 0) {
        struct journal_cursor c = p->cursor;

        while ((r = journal_read(p->journal_fd, &c, p->length, records, RECORDS_AT_ONCE)) > 0)
            for (int i = 0; i < r; i++)
                known += records[i].len;
    }
    if (r < 0)
        (void)fd_close(&p->journal_fd);
    atomic_store(p->kept, known < p->length ? known : p->length);
    return r;
}

/* Creates a new journal for a partial file that is locked. */
static int create_journal(struct partial *p, int dir_fd, const struct partial_request *request)
{
    int r;

    if (UNINTERRUPTED(unlinkat(dir_fd, p->journal_name, 0)) < 0 && errno != ENOENT)
        return -errno;
    p->journal_fd = UNINTERRUPTED(openat(dir_fd, p->journal_name, NEW_FLAGS, PRIVATE_MODE));
    if (p->journal_fd < 0)
        return -errno;
    r = journal_begin(p->journal_fd, request->origin, &p->cursor);
    if (r < 0) {
        (void)fd_close(&p->journal_fd);
        (void)UNINTERRUPTED(unlinkat(dir_fd, p->journal_name, 0));
    }
    return r;
}

/* Decides about a partial file of an earlier run, which is locked now. 0: it is used; 1: it was
 * removed; or a negative errno. */
static int try_old(struct partial *p, int dir_fd, const struct partial_request *request,
                   const char *part, int fd)
{
    struct stat st;
    int r;

    if (!is_ours(dir_fd, fd, request->owner))
        return -EEXIST;
    if (request->resume) {
        r = open_journal(p, dir_fd, request);
        if (r == 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size > p->length &&
            UNINTERRUPTED(ftruncate(fd, (off_t)p->length)) < 0)
            r = -errno;
        if (r == 0) {
            make_private(fd);
            return 0;
        }
        (void)fd_close(&p->journal_fd);
        p->no_resume = r == -ESTALE ? REASON_CHANGED : REASON_NO_JOURNAL;
        atomic_store(p->kept, 0);
    }
    if (UNINTERRUPTED(unlinkat(dir_fd, p->journal_name, 0)) < 0 && errno != ENOENT)
        return -errno;
    return UNINTERRUPTED(unlinkat(dir_fd, part, 0)) < 0 ? -errno : 1;
}

int partial_open(struct partial *p, int dir_fd, const struct partial_request *request,
                 char part[TEMP_NAME_SIZE])
{
    int r = 1, fd = -1;

    *p = (struct partial){
        .journal_fd = -1, .length = request->origin->length, .kept = request->kept};
    atomic_store(p->kept, 0);
    name_both(request->name, part, p->journal_name);
    for (unsigned tries = 0; tries < MAX_TRIES && r == 1; tries++) {
        bool made;

        (void)fd_close(&fd);
        fd = take(dir_fd, part, request->owner, &made);
        if (fd < 0)
            r = fd;
        else if (!made)
            r = try_old(p, dir_fd, request, part, fd);
        else if ((r = create_journal(p, dir_fd, request)) < 0)
            (void)UNINTERRUPTED(unlinkat(dir_fd, part, 0));
    }
    if (r == 0)
        return fd;
    (void)fd_close(&fd);
    part[0] = '\0';
    return r < 0 ? r : -EAGAIN;
}

/* ---- the data ---- */

/* Whether the file has the bytes of the record: 0 or 1, or -EINTR. */
static int check_record(const struct journal_record *record, int fd, char *buf,
                        struct hash_stream *stream, struct target_watch *watch)
{
    uint64_t at = record->start, end = at + record->len;

    hash_stream_reset(stream);
    while (at < end) {
        size_t want = end - at < READ_SIZE ? (size_t)(end - at) : READ_SIZE;
        ssize_t n = pread(fd, buf, want, (off_t)at);

        if (atomic_load(&watch->stop))
            return -EINTR;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        hash_stream_add(stream, buf, (size_t)n);
        atomic_fetch_add(&watch->read, (uint64_t)n);
        at += (uint64_t)n;
    }
    return hash_equal(hash_stream_value(stream), record->hash);
}

/* Checks all records of the journal. */
static int check_all(struct partial *p, int fd, char *buf, struct hash_stream *stream,
                     struct target_watch *watch, struct ranges *held)
{
    struct journal_record records[RECORDS_AT_ONCE];
    int n;

    while ((n = journal_read(p->journal_fd, &p->cursor, p->length, records, RECORDS_AT_ONCE)) >
           0) {
        for (int i = 0; i < n; i++) {
            uint64_t start = records[i].start, end = start + records[i].len;
            int r;

            if (ranges_contain(held, start, end))
                continue;
            r = check_record(&records[i], fd, buf, stream, watch);
            if (r > 0)
                r = ranges_add(held, start, end);
            if (r < 0)
                return r;
        }
    }
    return 0; /* ranges in a part of the journal that cannot be read count as missing */
}

int partial_check(struct partial *p, int fd, bool fresh, struct target_watch *watch,
                  struct ranges *ret_held)
{
    struct hash_stream *stream = hash_stream_new();
    char *buf = malloc(READ_SIZE);
    int r = -ENOMEM;

    if (stream && buf) {
        if (fresh)
            (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        r = check_all(p, fd, buf, stream, watch, ret_held);
    }
    if (r == 0)
        atomic_store(p->kept, ranges_total(ret_held));
    free(buf);
    hash_stream_free(stream);
    return r;
}

void partial_note(struct partial *p, const struct journal_record *v, unsigned n)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < n; i++)
        bytes += v[i].len;
    if (journal_add(p->journal_fd, &p->cursor, v, n) == 0)
        atomic_fetch_add(p->kept, bytes);
}

/* ---- the end ---- */

void partial_finish(struct partial *p, int dir_fd)
{
    temp_remove(dir_fd, p->journal_name, p->journal_fd);
    atomic_store(p->kept, 0);
}

void partial_remove(struct partial *p, int dir_fd, char part[TEMP_NAME_SIZE], int fd)
{
    partial_finish(p, dir_fd);
    temp_remove(dir_fd, part, fd);
}

void partial_close(struct partial *p)
{
    (void)fd_close(&p->journal_fd);
}

static bool exists(int dir_fd, const char *name, struct stat *st)
{
    return UNINTERRUPTED(fstatat(dir_fd, name, st, AT_SYMLINK_NOFOLLOW)) == 0;
}

void partial_sweep(int dir_fd, const char *name)
{
    char part[TEMP_NAME_SIZE], journal[TEMP_NAME_SIZE];
    struct stat st;
    bool made;
    int fd;

    name_both(name, part, journal);
    if ((!exists(dir_fd, part, &st) && !exists(dir_fd, journal, &st)) || temp_is_shared(dir_fd))
        return;
    /* The journal alone may belong to a run that is starting. The lock on the partial file,
     * which is created for this, excludes that. */
    fd = take(dir_fd, part, (uid_t)-1, &made);
    if (fd < 0)
        return;
    if (is_ours(dir_fd, fd, (uid_t)-1)) {
        (void)UNINTERRUPTED(unlinkat(dir_fd, journal, 0));
        (void)UNINTERRUPTED(unlinkat(dir_fd, part, 0));
    }
    (void)fd_close(&fd);
}

uint64_t partial_allocated(int dir_fd, const char *name)
{
    char part[TEMP_NAME_SIZE], journal[TEMP_NAME_SIZE];
    struct stat st;

    name_both(name, part, journal);
    return exists(dir_fd, part, &st) ? (uint64_t)st.st_blocks * 512 : 0;
}
