/* past: the way past the page cache. See verify_priv.h. */
#include <errno.h>
#include <linux/magic.h>

#include "base/direct_io.h"
#include "base/fd.h"
#include "base/file_system.h"
#include "base/page_cache.h"
#include "verify_priv.h"

/* Bytes of the file: of a block device, those that count. */
static uint64_t size_of(const struct verify_check *c)
{
    return S_ISREG(c->st.st_mode) ? (uint64_t)c->st.st_size
                                  : c->record->offset + c->record->length;
}

static uint64_t count(const struct verify_check *c)
{
    return page_cache_count(c->fd, 0, size_of(c));
}

/* Drops the pages, and returns how many are left. */
static uint64_t drop(const struct verify_check *c)
{
    page_cache_drop(c->fd, 0, 0);
    return count(c);
}

bool verify_flush(struct verify_check *c, bool file_system, const char *op)
{
    struct failure f;
    int r;

    /* Other lanes may have written to the same file system. */
    atomic_store(&c->lane->flush_bytes,
                 (file_system ? c->lane->verify->written : size_of(c)) + 1);
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

/* Dirty pages are not dropped: they have to be written first. The files of a tree are flushed
 * together, once. */
static bool evict(struct verify_check *c)
{
    struct verify_lane *l = c->lane;

    c->cached_before = drop(c);
    if (c->cached_before && c->record->many && !l->synced) {
        l->synced = true;
        if (!verify_flush(c, true, "fsync"))
            return false;
        c->cached_before = drop(c);
    }
    if (c->cached_before) {
        if (!verify_flush(c, false, "fsync"))
            return false;
        c->cached_before = drop(c);
    }
    return true;
}

bool verify_pass_cache(struct verify_check *c)
{
    if (!evict(c))
        return false;
    c->fd_direct = verify_open_again(c->dest, O_RDONLY | O_DIRECT, &c->st);
    if (c->fd_direct < 0)
        c->fd_direct = -1;
    c->align = c->fd_direct >= 0 ? direct_io_align(c->fd_direct) : 0;
    if (c->align == 0 || c->align > UNIT_PART || c->record->offset % c->align != 0)
        (void)fd_close(&c->fd_direct);
    return true;
}

/* Their servers have caches of their own. */
static const unsigned long remote[] = {
    NFS_SUPER_MAGIC,  FUSE_SUPER_MAGIC, CIFS_SUPER_MAGIC,
    SMB2_SUPER_MAGIC, SMB_SUPER_MAGIC,  V9FS_MAGIC,
    CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,  0,
};

/* How the file was read. Pages that stay although they are clean are mapped by somebody. A direct
 * read leaves them alone, and has passed them if there were others that it did not bring in. */
static enum verify_how way_of(const struct verify_check *c, uint64_t after)
{
    uint64_t before = c->cached_before, size = size_of(c);
    uint64_t pages =
        (size + (uint64_t)sysconf(_SC_PAGESIZE) - 1) / (uint64_t)sysconf(_SC_PAGESIZE);

    if (before == UINT64_MAX || after == UINT64_MAX)
        return VERIFY_CACHE;
    if (c->fd_direct >= 0 && !c->direct_refused && after <= before &&
        (before < pages || size == 0))
        return VERIFY_DIRECT;
    return before == 0 ? VERIFY_EVICTED : VERIFY_CACHE;
}

void verify_judge_way(struct verify_check *c)
{
    struct verify_result *r = c->result;
    uint64_t after = count(c);
    enum verify_how how = way_of(c, after);

    if (how > r->how)
        r->how = how;
    if (how == VERIFY_CACHE && c->lane->round == 0)
        r->cached_pages += c->cached_before == UINT64_MAX ? 0 : c->cached_before;
    if (r->files == 0 || how == VERIFY_CACHE) {
        r->no_medium |= how == VERIFY_CACHE && file_system_in_memory(c->fd) == 1;
        r->remote |= file_system_is(c->fd, remote) == 1;
    }
    if (after)
        page_cache_drop(c->fd, 0, 0);
}

bool verify_is_direct(const struct verify_check *c, uint64_t at)
{
    return c->fd_direct >= 0 && !c->direct_refused && (c->record->offset + at) % c->align == 0;
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
static int64_t read_pieces(struct verify_check *c, bool direct, char *buf, size_t n,
                           uint64_t offset)
{
    uint64_t most = c->lane->verify->config.max_request / UNIT_PART * UNIT_PART;
    size_t done = 0;

    do {
        size_t part = n - done < most ? n - done : (size_t)most;
        ssize_t r;

        verify_wait_for_rate(c, part);
        r = pread(direct ? c->fd_direct : c->fd, buf + done, part, (off_t)(offset + done));

        if (r < 0 && errno != EINTR)
            return -errno;
        if (r == 0)
            break;
        done += r > 0 ? (size_t)r : 0;
        verify_moved(c->lane);
    } while (done < n && (!direct || done % c->align == 0));
    return (int64_t)done;
}

int64_t verify_reread(struct verify_check *c, uint64_t at, char *buf, size_t want)
{
    uint64_t offset = c->record->offset + at;
    bool direct = verify_is_direct(c, at);
    size_t n = direct ? (want + c->align - 1) / c->align * c->align : want;
    int64_t r;

    verify_moved(c->lane);
    page_cache_drop(c->fd, 0, 0);
    r = read_pieces(c, direct, buf, n, offset);
    if (r == -EINVAL && direct) { /* it is not for this file */
        c->direct_refused = true;
        r = read_pieces(c, false, buf, want, offset);
    }
    if (verify_is_source(c->lane))
        r = verify_leave_unread(c, c->fd, buf, want, offset, r);
    verify_moved(c->lane);
    return r > (int64_t)want ? (int64_t)want : r;
}
