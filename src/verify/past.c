/* past: the way past the page cache. See verify_priv.h. */
#include <errno.h>

#include "base/fd.h"
#include "base/file_system.h"
#include "base/medium.h"
#include "base/page_cache.h"
#include "verify_priv.h"

bool verify_flush(struct verify_check *c, bool file_system, const char *op)
{
    struct failure f;
    int r;

    /* Other lanes may have written to the same file system. */
    atomic_store(&c->lane->flush_bytes,
                 (file_system ? c->lane->verify->written : c->file.size) + 1);
    verify_moved(c->lane);
    r = file_system ? syncfs(c->fd) : fsync(c->fd);
    verify_moved(c->lane);
    atomic_store(&c->lane->flush_bytes, 0);
    if (r == 0)
        return true;
    failure_set(&f, op, errno, FAILURE_NO_OFFSET, NULL);
    verify_fail(c, &f);
    if (c->result->n_unflushed++ == 0)
        c->result->failure = f;
    return false;
}

/* Whether this run has made no other file on its device. */
static bool is_alone(const struct verify_check *c)
{
    struct verify *v = c->lane->verify;
    bool alone;

    pthread_mutex_lock(&v->sets_lock);
    alone = inode_set_has(&v->devices, c->st.st_dev, 0) &&
            !inode_set_has(&v->shared, c->st.st_dev, 0);
    pthread_mutex_unlock(&v->sets_lock);
    return alone;
}

/* Whether all of the file system is to be flushed before the file is read, which is done once. What
 * is written to a medium that is smaller than it says may hit what was written before: so all files
 * of the run have to be there. Of sources it is less work than to flush each one. */
static bool flushes_all(struct verify_check *c)
{
    struct verify_lane *l = c->lane;

    if (S_ISBLK(c->st.st_mode)) /* its node is on a file system that has nothing of it */
        return false;
    if (verify_is_source(l) ? !c->file.cached || !c->record->many
                            : l->verify->config.flushed || is_alone(c))
        return false;
    return inode_set_add(&l->flushed, c->st.st_dev, 0) != 0;
}

/* Dirty pages are not dropped: they have to be written first. */
static bool evict(struct verify_check *c)
{
    (void)read_file_drop(&c->file);
    if (flushes_all(c)) {
        if (!verify_flush(c, true, "fsync"))
            return false;
        (void)read_file_drop(&c->file);
    }
    if (c->file.cached) {
        if (!verify_flush(c, false, "fsync"))
            return false;
        (void)read_file_drop(&c->file);
    }
    return true;
}

/* The largest one that all positions of units and their parts have, bytes. */
static uint32_t alignment_of(uint64_t offset)
{
    uint32_t bits = (uint32_t)(offset & (UNIT_PART - 1)) | UNIT_PART;

    return bits & -bits;
}

static bool pass_disk_cache(struct verify_check *c)
{
    struct failure f;
    int r = read_file_set_fua(&c->file);

    if (r == 0)
        return true;
    failure_set(&f, "read back", -r, FAILURE_NO_OFFSET, "there is no way past its own cache");
    verify_fail(c, &f);
    return false;
}

bool verify_pass_cache(struct verify_check *c)
{
    const struct verify_record *r = c->record;

    /* Of a block device those bytes that count. */
    read_file_set(&c->file, c->fd, &c->st,
                  S_ISREG(c->st.st_mode) ? (uint64_t)c->st.st_size : r->offset + r->length);
    if (!evict(c))
        return false;
    if (c->lane->verify->config.medium && !verify_is_source(c->lane))
        return pass_disk_cache(c);
    read_file_set_direct(&c->file, alignment_of(r->offset));
    return true;
}

void verify_judge_way(struct verify_check *c)
{
    struct verify_result *r = c->result;
    enum read_how how = read_file_how(&c->file);

    if (how > r->how)
        r->how = how;
    if (how == READ_CACHE && c->lane->round == 0)
        r->cached_pages += c->file.cached == UINT64_MAX ? 0 : c->file.cached;
    if (r->files == 0 || how == READ_CACHE) {
        r->no_medium |= how == READ_CACHE && c->file.in_memory;
        r->remote |= file_system_is_remote(c->fd);
    }
    page_cache_drop(c->fd, 0, 0);
}

static bool goes_on(void *arg)
{
    struct verify_check *c = arg;

    verify_moved(c->lane); /* a wait is no hang */
    return !atomic_load(&c->lane->verify->stop);
}

void verify_wait_for_rate(struct verify_check *c, uint64_t n)
{
    (void)rate_wait(&c->lane->rate, n, goes_on, c);
}

/* Reads up to n bytes. A direct read that ends at no multiple of the alignment has met the end of
 * the file. */
static int64_t read_pieces(struct verify_check *c, char *buf, size_t n, uint64_t offset)
{
    uint64_t most = c->lane->verify->config.max_request / UNIT_PART * UNIT_PART;
    size_t done = 0;

    do {
        size_t part = n - done < most ? n - done : (size_t)most;
        ssize_t r;

        verify_wait_for_rate(c, part);
        r = read_file_at(&c->file, buf + done, part, offset + done);

        if (r < 0)
            return r;
        if (r == 0)
            break;
        done += (size_t)r;
        verify_moved(c->lane);
    } while (done < n && done % c->file.align == 0);
    return (int64_t)done;
}

size_t verify_request(const struct verify_check *c, size_t n)
{
    return (n + c->file.align - 1) / c->file.align * c->file.align;
}

int64_t verify_reread(struct verify_check *c, uint64_t at, char *buf, size_t want)
{
    int64_t r;

    verify_moved(c->lane);
    page_cache_drop(c->fd, 0, 0);
    r = read_pieces(c, buf, verify_request(c, want), c->record->offset + at);
    if (verify_is_source(c->lane))
        r = verify_leave_unread(c, c->fd, buf, want, c->record->offset + at, r);
    verify_moved(c->lane);
    /* It seems to end early then. */
    if (r >= 0 && r < (int64_t)want && S_ISBLK(c->st.st_mode) && medium_is_gone(c->st.st_rdev))
        return -ENODEV;
    return r > (int64_t)want ? (int64_t)want : r;
}
