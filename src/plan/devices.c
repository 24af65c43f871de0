#include "devices_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/fd.h"
#include "base/path_probe.h"
#include "cli/usage_error.h"
#include "copies_priv.h"
#include "device_use_priv.h"

/* What is found out about a device, in a call that may hang. */
struct look {
    char *path;
    bool is_source;
    struct disk disk;
    int err;        /* positive errno: it cannot be opened, or not be written to */
    char why[512];  /* why it must not be a destination; "": it may be */
    char note[512]; /* of a source: why the copy of it may be worth nothing; or "" */
};

/* A destination must be free: the kernel gives it to one program alone. This sees all uses, those
 * in other name spaces, too. */
static void look_at_dest(struct look *l, bool busy)
{
    char dir[256];

    if (device_use_system(&l->disk, dir, sizeof(dir)))
        (void)snprintf(l->why, sizeof(l->why),
                       "is, or is part of, the disk that this system runs from: '%s'", dir);
    else if (busy)
        device_use_reason(&l->disk, l->why, sizeof(l->why));
    else if (l->disk.size == 0)
        (void)snprintf(l->why, sizeof(l->why), "has no medium: its size is 0");
    else if (l->disk.read_only)
        (void)snprintf(l->why, sizeof(l->why), "is read-only");
    else if (access(l->path, W_OK) < 0)
        l->err = errno;
}

static void look_at_source(struct look *l)
{
    char dir[256];

    if (device_use_mounted(&l->disk, true, dir, sizeof(dir)))
        (void)snprintf(l->note, sizeof(l->note),
                       "is mounted on '%s' for writing: what is written there meanwhile makes "
                       "the copy inconsistent",
                       dir);
}

/* path_probe_call() */
static void look_at(void *arg, unsigned i)
{
    struct look *l = arg;
    int fd = fd_open_existing(AT_FDCWD, l->path, l->is_source ? O_RDONLY : O_RDONLY | O_EXCL);
    bool busy = fd == -EBUSY;
    int r;

    (void)i;
    if (busy)
        fd = fd_open_existing(AT_FDCWD, l->path, O_RDONLY);
    if (fd < 0) {
        l->err = -fd;
        return;
    }
    r = disk_describe(fd, &l->disk);
    (void)close(fd);
    l->err = r < 0 ? -r : 0;
    if (r == 0 && l->is_source)
        look_at_source(l);
    else if (r == 0)
        look_at_dest(l, busy);
}

static void free_look(struct look *l)
{
    free(l->path);
    free(l);
}

/* 0 with *ret filled, or NULL in it if the device does not answer: then it fails when it is
 * opened. Or -ENOMEM. */
static int look(const char *path, bool is_source, struct look **ret)
{
    struct look *l = calloc(1, sizeof(*l));

    *ret = NULL;
    if (!l)
        return -ENOMEM;
    l->is_source = is_source;
    l->path = strdup(path);
    if (!l->path) {
        free(l);
        return -ENOMEM;
    }
    if (path_probe_call(path, look_at, l) == 0) /* else the call may still use it */
        *ret = l;
    return 0;
}

/* ---- one device ---- */

static int refuse(const char *path, const struct disk *disk, const char *why, char **ret_error)
{
    return usage_error(ret_error, "%s%s%s%s: %s", path, disk->label[0] ? " [" : "", disk->label,
                       disk->label[0] ? "]" : "", why);
}

/* The bytes that are copied of a source of this size. */
static uint64_t bytes_to_copy(const struct options *o, uint64_t size)
{
    uint64_t rest = size > o->offset ? size - o->offset : 0;

    return o->length < rest ? o->length : rest;
}

static int check_size(const struct options *o, const char *path, const struct disk *disk,
                      uint64_t source_size, char **ret_error)
{
    uint64_t end = o->dest_offset + bytes_to_copy(o, source_size);
    char why[128];

    if (end <= disk->size)
        return 0;
    (void)snprintf(why, sizeof(why), "is too small: %llu bytes are missing",
                   (unsigned long long)(end - disk->size));
    return refuse(path, disk, why, ret_error);
}

/* Finds out what the destination is. */
static int check_dest(struct plan_copy *c, unsigned d, const struct options *o,
                      uint64_t source_size, char **ret_error)
{
    const char *path = c->dests[d];
    struct look *l;
    int r = look(path, false, &l);

    if (r < 0 || !l)
        return r;
    c->disks[d] = l->disk;
    if (l->err)
        r = refuse(path, &l->disk, strerror(l->err), ret_error);
    else if (l->why[0])
        r = refuse(path, &l->disk, l->why, ret_error);
    else
        r = check_size(o, path, &l->disk, source_size, ret_error);
    free_look(l);
    return r;
}

/* ---- several ---- */

/* Whether the file at the path holds the data of the loop device. */
static bool is_behind(const char *path, const struct disk *disk)
{
    struct stat st;

    return disk->file_ino != 0 && path_probe_stat(path, &st) == 0 &&
           st.st_dev == disk->file_dev && st.st_ino == disk->file_ino;
}

static bool is_same(const struct disk *a, const struct disk *b)
{
    return disk_overlaps(a->dev, b->dev) ||
           (a->file_ino != 0 && a->file_dev == b->file_dev && a->file_ino == b->file_ino);
}

/* Two destinations, at least one of which is a device. */
static int check_pair(const struct plan_copy *c, unsigned a, unsigned b, char **ret_error)
{
    const struct disk *x = &c->disks[a], *y = &c->disks[b];

    if (x->dev && y->dev && is_same(x, y))
        return usage_error(ret_error, "'%s' and '%s' are %s", c->dests[a], c->dests[b],
                           x->dev == y->dev ? "the same device"
                                            : "parts of the same device: one would overwrite "
                                              "the other");
    if ((x->dev && is_behind(c->dests[b], x)) || (y->dev && is_behind(c->dests[a], y)))
        return usage_error(ret_error, "'%s' and '%s' are the same data: a device and its file",
                           c->dests[a], c->dests[b]);
    return 0;
}

static const char *source_path(const struct plan_copy *c)
{
    return c->from_standard ? PLAN_STANDARD_INPUT : c->source;
}

/* Refuses devices that overlap with one another or with the source, and files whose loop device the
 * source is. */
static int check_overlaps(const struct plan_copy *c, const struct disk *source,
                          char **ret_error)
{
    for (unsigned d = 0; d < c->n_dests; d++) {
        int r = 0;

        if (c->disks[d].dev && ((source->dev && is_same(source, &c->disks[d])) ||
                                is_behind(source_path(c), &c->disks[d])))
            return usage_error(ret_error, "'%s' and '%s' are the same device, or part of it",
                               c->source, c->dests[d]);
        if (source->dev && is_behind(c->dests[d], source))
            return usage_error(ret_error,
                               "'%s' and '%s' are the same data: a device and its file",
                               c->source, c->dests[d]);
        for (unsigned b = d + 1; r == 0 && b < c->n_dests; b++)
            r = check_pair(c, d, b, ret_error);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- the plan ---- */

/* Finds out what the source is, if it is a block device. */
static int look_at_the_source(struct plan_copy *c, struct disk *ret)
{
    struct look *l;
    int r = look(source_path(c), true, &l);

    if (r < 0 || !l)
        return r;
    *ret = l->disk;
    if (l->note[0])
        c->source_note = strdup(l->note);
    free_look(l);
    return 0;
}

static int check_copy(struct plan_copy *c, const struct options *o, char **ret_error)
{
    struct disk source = {.dev = 0};
    struct stat st, there;
    uint64_t size = 0;
    int r = 0;

    if (!c->from_command && !c->ublk) {
        if (plan_stat_source(c, &st) < 0)
            return 0; /* it fails when it is opened, before any destination is */
        if (S_ISBLK(st.st_mode) && !c->tree)
            r = look_at_the_source(c, &source);
        if (!c->from_standard) /* where that ends depends on its offset */
            size = S_ISBLK(st.st_mode) ? source.size : (uint64_t)st.st_size;
    }
    if (r < 0 || c->tree || (!o->device && !source.dev))
        return r;
    c->disks = calloc(c->n_dests, sizeof(*c->disks));
    if (!c->disks)
        return -ENOMEM;
    for (unsigned d = 0; r == 0 && o->device && d < c->n_dests; d++)
        if (plan_is_path(c, d) && path_probe_stat(c->dests[d], &there) == 0 &&
            S_ISBLK(there.st_mode))
            r = check_dest(c, d, o, size, ret_error);
    return r == 0 ? check_overlaps(c, &source, ret_error) : r;
}

int devices_check(struct plan *p, const struct options *o, char **ret_error)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < p->n_copies; i++)
        if (!p->copies[i].left_out)
            r = plan_settle(&p->copies[i], o, check_copy(&p->copies[i], o, ret_error),
                            ret_error);
    return r;
}
