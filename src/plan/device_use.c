#include "device_use_priv.h"

#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MOUNTS "/proc/self/mounts"

/* Where the parts of a system are that it does not run without. */
static const char *const system_dirs[] = {"/",    "/usr", "/boot", "/boot/efi",
                                          "/efi", "/var", NULL};

/* ---- mounts ---- */

/* The block device that a mount is of; 0: none, or it has no node here. */
static dev_t device_of(const struct mntent *m)
{
    struct stat st;

    /* No path of another file system, which might hang. */
    if (strncmp(m->mnt_fsname, "/dev/", 5) != 0 || stat(m->mnt_fsname, &st) < 0 ||
        !S_ISBLK(st.st_mode))
        return 0;
    return st.st_rdev;
}

/* Calls found() for each mount of a block device, until it returns true. Whether it did. */
static bool any_mount(bool (*found)(void *arg, dev_t dev, const struct mntent *m), void *arg)
{
    FILE *f = setmntent(MOUNTS, "re");
    char text[8192];
    struct mntent entry;
    bool any = false;

    while (f && !any && getmntent_r(f, &entry, text, sizeof(text))) {
        dev_t dev = device_of(&entry);

        any = dev && found(arg, dev, &entry);
    }
    if (f)
        (void)endmntent(f);
    return any;
}

struct mount_search {
    const struct disk *disk;
    bool writable;
    char *dir;
    size_t size;
};

/* Whether they share blocks: one is the other, or its disk. */
static bool is_part(const struct disk *disk, dev_t dev)
{
    return dev == disk->dev || dev == disk->whole ||
           (disk->dev == disk->whole && disk_whole(dev) == disk->dev);
}

static bool is_mount_of(void *arg, dev_t dev, const struct mntent *m)
{
    struct mount_search *s = arg;

    if (!is_part(s->disk, dev) || (s->writable && !hasmntopt(m, MNTOPT_RW)))
        return false;
    (void)snprintf(s->dir, s->size, "%s", m->mnt_dir);
    return true;
}

bool device_use_mounted(const struct disk *disk, bool writable, char *dir, size_t size)
{
    struct mount_search s = {disk, writable, dir, size};

    return any_mount(is_mount_of, &s);
}

/* ---- the system ---- */

struct system_search {
    const char *dir;
    dev_t dev;
};

static bool is_mounted_there(void *arg, dev_t dev, const struct mntent *m)
{
    struct system_search *s = arg;

    if (strcmp(m->mnt_dir, s->dir) == 0)
        s->dev = dev;
    return false; /* the last one covers the others */
}

/* The block device that the directory is on; 0: none is known. A file system over several devices
 * has a number of its own: then the table of mounts names one of these. */
static dev_t device_below(const char *dir)
{
    struct system_search s = {.dir = dir};
    struct stat st;

    if (stat(dir, &st) < 0)
        return 0;
    if (major(st.st_dev) != 0)
        return st.st_dev;
    (void)any_mount(is_mounted_there, &s);
    return s.dev;
}

bool device_use_system(const struct disk *disk, char *dir, size_t size)
{
    for (unsigned i = 0; system_dirs[i]; i++) {
        dev_t dev = device_below(system_dirs[i]);

        if (!dev || !disk_carries(disk->whole, dev))
            continue;
        (void)snprintf(dir, size, "%s", system_dirs[i]);
        return true;
    }
    return false;
}

/* ---- other uses ---- */

/* Keeps the first device that is found. */
static void note_first(void *arg, dev_t other)
{
    dev_t *first = arg;

    if (!*first)
        *first = other;
}

/* The first device on top of this one. */
static void find_holder(void *arg, dev_t dev)
{
    disk_each(dev, "holders", note_first, arg);
}

void device_use_reason(const struct disk *disk, char *ret, size_t size)
{
    char text[4096];
    dev_t holder = 0;

    if (device_use_mounted(disk, false, text, sizeof(text))) {
        (void)snprintf(ret, size, "is in use: mounted on '%s'", text);
        return;
    }
    find_holder(&holder, disk->dev);
    find_holder(&holder, disk->whole);
    if (!holder && disk->dev == disk->whole)
        disk_each_partition(disk->dev, find_holder, &holder);
    if (holder && disk_node(holder, text, sizeof(text)))
        (void)snprintf(ret, size, "is in use: %s is on top of it", text);
    else if (holder)
        (void)snprintf(ret, size, "is in use: another block device is on top of it");
    else if (strncmp(disk->content, "swap", 4) == 0)
        (void)snprintf(ret, size, "is in use: for swap");
    else
        (void)snprintf(ret, size,
                       "is in use: it, its disk or a partition of it is mounted "
                       "elsewhere, is swap, or a program has it for itself");
}
