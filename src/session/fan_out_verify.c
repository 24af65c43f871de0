/* fan_out_verify: --ublk --verify: what was written is read back from all destinations, and they are
 * compared with one another: nothing else knows what was written. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "fan_out_priv.h"

/* Whether the name still leads to what was written. */
static bool is_it(const struct fan_out_dest *d, const struct stat *st)
{
    return d->disk ? S_ISBLK(st->st_mode) && st->st_rdev == d->dev
                   : st->st_dev == d->dev && st->st_ino == d->ino;
}

static void read_back(void *arg, unsigned i)
{
    struct fan_out *f = arg;
    struct fan_out_dest *d = &f->dests[i];
    int fd = fd_open_existing(AT_FDCWD, d->path, O_RDONLY);
    struct stat st;

    if (fd < 0)
        (void)failure_set(&d->failure, "open", -fd, FAILURE_NO_OFFSET, NULL);
    else if (fstat(fd, &st) < 0)
        (void)failure_set(&d->failure, "stat", errno, FAILURE_NO_OFFSET, NULL);
    else if (!is_it(d, &st))
        (void)failure_set(&d->failure, "open", ESTALE, FAILURE_NO_OFFSET,
                          "something else has its name now");
    else
        (void)blockdev_read_back(f->device, fd, &d->sums, &d->failure);
    (void)fd_close(&fd);
}

/* bounded_calls.moved */
static bool has_moved(void *arg)
{
    struct fan_out *f = arg;
    uint64_t bytes = 0;

    for (unsigned d = 0; d < f->n; d++)
        bytes += atomic_load(&f->dests[d].sums.bytes);
    if (bytes == f->status.read_bytes)
        return false;
    f->status.read_bytes = bytes;
    return true;
}

static void note_range(void *arg, unsigned dest, uint64_t offset, uint64_t length)
{
    struct fan_out *f = arg;
    struct verify_result *v = &f->dests[dest].result;
    struct verify_range *more;

    v->n_left++;
    if (v->n_ranges > 0 &&
        v->ranges[v->n_ranges - 1].offset + v->ranges[v->n_ranges - 1].length == offset) {
        v->ranges[v->n_ranges - 1].length += length;
        return;
    }
    more = realloc(v->ranges, (v->n_ranges + 1) * sizeof(*more));
    if (!more)
        return; /* it is counted */
    v->ranges = more;
    more[v->n_ranges++] = (struct verify_range){
        .path = f->dests[dest].path, .offset = offset, .length = length, .first = offset};
}

static void judge(struct fan_out *f, unsigned d)
{
    struct fan_out_dest *dest = &f->dests[d];

    if (dest->failure.err) {
        fan_out_fail(f, d, &dest->failure);
        return;
    }
    dest->result.how = dest->sums.how;
    dest->result.cached_pages =
        dest->sums.cached_pages == UINT64_MAX ? 0 : dest->sums.cached_pages;
    dest->result.no_medium = dest->sums.in_memory;
    dest->result.files = 1;
    dest->result.bytes = atomic_load(&dest->sums.bytes);
    f->states[d].verified = &dest->result;
    report_verified(&f->status, d);
    if (dest->result.n_left == 0)
        return;
    (void)failure_format(
        &dest->failure, NULL, EIO,
        "differs from the other destinations, in bytes %llu to %llu%s",
        (unsigned long long)dest->result.ranges[0].offset,
        (unsigned long long)(dest->result.ranges[0].offset + dest->result.ranges[0].length - 1),
        dest->result.n_ranges > 1 ? ", and elsewhere" : "");
    fan_out_fail(f, d, &dest->failure);
}

/* All were read, or have failed. */
static void compare(struct fan_out *f, struct blockdev_sums *sums, unsigned *which)
{
    unsigned n = 0;

    for (unsigned d = 0; d < f->n; d++) {
        if (!f->wanted[d] || f->states[d].state == DEST_FAILED || f->dests[d].failure.err)
            continue;
        sums[d].units = f->dests[d].sums.units;
        sums[d].n = f->dests[d].sums.n;
        which[n++] = d;
    }
    if (n == 1)
        report_error("%s: was read, but there is no other destination to compare it with",
                     f->dests[which[0]].path);
    blockdev_compare(f->device, sums, which, n, note_range, f);
    for (unsigned d = 0; d < f->n; d++)
        if (f->wanted[d] && f->states[d].state != DEST_FAILED)
            judge(f, d);
}

void fan_out_verify(struct fan_out *f)
{
    struct blockdev_sums *sums = calloc(f->n, sizeof(*sums));
    unsigned *which = calloc(f->n, sizeof(*which));

    if (!sums || !which) {
        struct failure none;

        (void)failure_set(&none, "verify", ENOMEM, FAILURE_NO_OFFSET, NULL);
        for (unsigned d = 0; d < f->n; d++)
            fan_out_fail(f, d, &none);
    } else {
        for (unsigned d = 0; d < f->n; d++) {
            f->wanted[d] = f->states[d].state == DEST_DONE;
            f->dests[d].failure.err = 0;
        }
        fan_out_call(f, read_back, f->wanted, "read", has_moved);
        compare(f, sums, which);
    }
    free(sums);
    free(which);
}
