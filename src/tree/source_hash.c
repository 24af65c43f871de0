/* source_hash: the hashes of the files of a walk, of the bytes that go into the stream. What the
 * stream does not get, because consumers clone it or have it already, is read for its hash. See
 * source_state_priv.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/interrupted.h"
#include "inode_priv.h"
#include "source/holes.h"
#include "source_state_priv.h"

#define READ_SIZE (256u << 10)

/* A file with several names. */
struct hashed_file {
    struct inode inode;
    off_t size;
    struct timespec mtime, ctime;
    struct digest_values values;
};

/* ---- the hash of the current file ---- */

bool walk_hash_begin(struct walk *w)
{
    unsigned algorithms = w->comparing ? 0 : w->t->hashes;

    digest_set_free(&w->digests);
    w->digests = (struct digest_set){.v = {NULL}};
    w->hashing = algorithms && digest_set_start(&w->digests, algorithms) == 0;
    if (algorithms && !w->hashing)
        walk_fail(w, "hash", ENOMEM, NULL);
    return !algorithms || w->hashing;
}

void walk_hash_bytes(struct walk *w, const void *bytes, size_t n)
{
    if (w->hashing)
        digest_set_update(&w->digests, bytes, n);
}

void walk_hash_zeros(struct walk *w, uint64_t n)
{
    static const char zeros[64 << 10];

    for (uint64_t piece; w->hashing && n > 0; n -= piece) {
        piece = n < sizeof(zeros) ? n : sizeof(zeros);
        digest_set_update(&w->digests, zeros, (size_t)piece);
        w->t->read(w->t->arg, 0); /* a long hole is no hang */
    }
}

/* Notes the hashes for the further names of the file. Without memory it is read again for each
 * of them. */
static void note_values(struct walk *w, const struct stat *st,
                        const struct digest_values *values)
{
    const struct inode inode = inode_of(st);
    struct hashed_file *f = hash_table_find(&w->hashed, &inode_kind, &inode);

    if (!w->t->keep_links || st->st_nlink < 2)
        return;
    if (!f) {
        f = malloc(sizeof(*f));
        if (f)
            f->inode = inode;
        if (f && hash_table_add(&w->hashed, &inode_kind, f) < 0) {
            free(f);
            f = NULL;
        }
    }
    if (!f)
        return;
    f->size = st->st_size;
    f->mtime = st->st_mtim;
    f->ctime = st->st_ctim;
    f->values = *values;
}

void walk_hash_give(struct walk *w, const struct stat *st, const struct digest_values *values)
{
    note_values(w, st, values);
    w->t->hashed(w->t->arg, w->path.bytes, values);
}

bool walk_hash_end(struct walk *w, const struct stat *st)
{
    struct digest_values values;

    if (!w->hashing)
        return true;
    w->hashing = false;
    if (digest_set_final(&w->digests, &values) < 0) {
        walk_fail(w, "hash", EIO, "libcrypto has failed");
        return false;
    }
    walk_hash_give(w, st, &values);
    return true;
}

/* ---- files that are read for nothing else ---- */

/* Hashes the bytes from *at up to `end`; moves *at on. 0 or a negative errno; -ESTALE: the file
 * ends before. */
static int hash_range(struct walk *w, int fd, char *buffer, uint64_t *at, uint64_t end)
{
    const size_t most = READ_SIZE < w->t->max_read ? READ_SIZE : w->t->max_read;

    while (*at < end && !stream_stopped(w->t->stream)) {
        size_t want = end - *at < most ? (size_t)(end - *at) : most;
        int64_t n;

        walk_wait_for_rate(w, want);
        n = UNINTERRUPTED(pread(fd, buffer, want, (off_t)*at));
        if (n < 0)
            n = walk_read_around(w, fd, buffer, want, *at, errno);
        if (n <= 0)
            return n < 0 ? (int)n : -ESTALE;
        w->t->read(w->t->arg, (uint64_t)n);
        walk_hash_bytes(w, buffer, (size_t)n);
        *at += (uint64_t)n;
    }
    return 0;
}

/* Hashes the file; *ret_len: how many bytes it has. 0 or a negative errno. */
static int hash_all(struct walk *w, int fd, const struct stat *st, uint64_t *ret_len)
{
    /* Files in /proc are not empty, but say so. */
    uint64_t size = st->st_size ? (uint64_t)st->st_size : UINT64_MAX, at = 0;
    struct holes_part part = {.fd = fd, .size = size, .grain = 1};
    bool holes = st->st_size && holes_are_likely(st);
    char *buffer = malloc(READ_SIZE);
    int r = buffer ? 0 : -ENOMEM;

    while (r == 0 && at < size && !stream_stopped(w->t->stream)) {
        struct range data = holes ? holes_next_data(&part, at) : (struct range){0, size};

        walk_hash_zeros(w, data.start - at);
        at = data.start;
        r = hash_range(w, fd, buffer, &at, data.end);
    }
    free(buffer);
    (void)lseek(fd, 0, SEEK_SET);
    *ret_len = at;
    return r == -ESTALE ? 0 : r;
}

bool walk_hash_file(struct walk *w, int fd, const struct stat *st)
{
    uint64_t len;
    int r;

    if (!w->t->hashes)
        return true;
    if (!walk_hash_begin(w))
        return false;
    r = hash_all(w, fd, st, &len);
    if (r < 0) {
        walk_fail(w, "read", -r, NULL);
        return false;
    }
    return !stream_stopped(w->t->stream) && walk_unchanged(w, fd, st, len) &&
           walk_hash_end(w, st);
}

bool walk_hash_further(struct walk *w, int fd, const struct stat *st)
{
    const struct inode inode = inode_of(st);
    const struct hashed_file *f = hash_table_find(&w->hashed, &inode_kind, &inode);
    bool done = true;

    if (f && f->size == st->st_size && clock_same(&f->mtime, &st->st_mtim) &&
        clock_same(&f->ctime, &st->st_ctim))
        w->t->hashed(w->t->arg, w->path.bytes, &f->values);
    else
        done = walk_hash_file(w, fd, st);
    if (w->nth == RECORD_LAST_NAME)
        free(hash_table_remove(&w->hashed, &inode_kind, &inode));
    return done;
}
