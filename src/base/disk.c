#include "disk.h"

#include <blkid/blkid.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sysfs.h"

/* Devices on top of one another: more steps than that are a circle. */
#define MAX_STEPS 16

/* Takes the space around a text of n bytes away. Whether anything is left. */
static bool trim(char *text, size_t n)
{
    size_t from = 0;

    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    while (from < n && isspace((unsigned char)text[from]))
        from++;
    memmove(text, text + from, n - from);
    text[n - from] = '\0';
    return n > from;
}

/* Reads a file of sysfs without the space around its text. False: there is none. */
static bool read_text(const char *path, char *ret, size_t size)
{
    ssize_t n = sysfs_read(path, ret, size);

    return trim(ret, n > 0 ? (size_t)n : 0);
}

/* Where the entry of the device in sysfs leads to. False: it has none. */
static bool read_entry(dev_t dev, char target[PATH_MAX])
{
    char entry[SYSFS_PATH_SIZE];
    ssize_t n;

    sysfs_path(dev, "", entry, sizeof(entry));
    n = readlink(entry, target, PATH_MAX - 1);
    target[n > 0 ? n : 0] = '\0';
    return n >= 0;
}

/* The number in a file "dev" of sysfs; 0: there is none. */
static dev_t read_dev(const char *path)
{
    char text[32];
    unsigned a, b;

    return read_text(path, text, sizeof(text)) && sscanf(text, "%u:%u", &a, &b) == 2
               ? makedev(a, b)
               : 0;
}

dev_t disk_whole(dev_t dev)
{
    char path[SYSFS_PATH_SIZE];
    dev_t whole;

    sysfs_path(dev, "/partition", path, sizeof(path));
    if (access(path, F_OK) < 0)
        return dev;
    /* A partition's folder is in that of its disk. */
    sysfs_path(dev, "/../dev", path, sizeof(path));
    whole = read_dev(path);
    return whole ? whole : dev;
}

bool disk_node(dev_t dev, char *path, size_t size)
{
    char target[PATH_MAX], *name;
    struct stat st;

    if (!read_entry(dev, target))
        return false;
    name = strrchr(target, '/');
    name = name ? name + 1 : target;
    for (char *c = name; *c; c++)
        if (*c == '!') /* a slash in the node's name */
            *c = '/';
    return snprintf(path, size, "/dev/%s", name) < (int)size && stat(path, &st) == 0 &&
           S_ISBLK(st.st_mode) && st.st_rdev == dev;
}

/* Calls found() for each device that has a file "dev" in a folder of that folder. */
static void each_in(const char *folder, bool partitions, void (*found)(void *arg, dev_t other),
                    void *arg)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;

    while (dir && (e = readdir(dir))) {
        char path[PATH_MAX];
        dev_t other;

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s/partition", folder, e->d_name);
        if (partitions && access(path, F_OK) < 0)
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s/dev", folder, e->d_name);
        other = read_dev(path);
        if (other)
            found(arg, other);
    }
    if (dir)
        (void)closedir(dir);
}

void disk_each(dev_t dev, const char *folder, void (*found)(void *arg, dev_t other), void *arg)
{
    char path[SYSFS_PATH_SIZE], behind[32];

    (void)snprintf(behind, sizeof(behind), "/%s", folder);
    sysfs_path(dev, behind, path, sizeof(path));
    each_in(path, false, found, arg);
}

void disk_each_partition(dev_t dev, void (*found)(void *arg, dev_t other), void *arg)
{
    char path[SYSFS_PATH_SIZE];

    sysfs_path(dev, "", path, sizeof(path));
    each_in(path, true, found, arg);
}

/* ---- devices on top of one another ---- */

struct search {
    dev_t wanted;
    unsigned steps;
    bool found;
};

/* Looks for the disk below the device. */
static void look_below(void *arg, dev_t device)
{
    struct search *s = arg;

    if (s->found || ++s->steps > MAX_STEPS * MAX_STEPS)
        return;
    s->found = device == s->wanted || disk_whole(device) == s->wanted;
    if (!s->found)
        disk_each(device, "slaves", look_below, s);
}

bool disk_carries(dev_t disk, dev_t device)
{
    struct search s = {.wanted = disk};

    look_below(&s, device);
    return s.found;
}

bool disk_overlaps(dev_t a, dev_t b)
{
    return disk_carries(a, b) || disk_carries(b, a);
}

/* ---- where it is, and what it is ---- */

/* The name in /dev/disk/by-path. */
static void find_slot(dev_t dev, char *ret, size_t size)
{
    DIR *dir = opendir(DISK_BY_PATH);
    const struct dirent *e;

    while (dir && (e = readdir(dir))) {
        struct stat st;

        if (fstatat(dirfd(dir), e->d_name, &st, 0) < 0 || !S_ISBLK(st.st_mode) ||
            st.st_rdev != dev)
            continue;
        (void)snprintf(ret, size, "%s", e->d_name);
        break;
    }
    if (dir)
        (void)closedir(dir);
}

/* Without udev: where it is in sysfs, if it is plugged in anywhere. */
static void find_place(dev_t dev, char *ret, size_t size)
{
    char target[PATH_MAX];
    const char *at;

    (void)read_entry(dev, target);
    at = strstr(target, "/devices/");
    if (at && strncmp(at, "/devices/virtual/", strlen("/devices/virtual/")) != 0)
        (void)snprintf(ret, size, "%s", at + strlen("/devices/"));
}

/* The file of a loop device, or of the one that this is a partition of. */
static void find_file(struct disk *disk)
{
    char path[SYSFS_PATH_SIZE], file[PATH_MAX];
    struct stat st;

    sysfs_path(disk->whole, "/loop/backing_file", path, sizeof(path));
    if (!read_text(path, file, sizeof(file)) || stat(file, &st) < 0)
        return;
    disk->file_dev = st.st_dev;
    disk->file_ino = st.st_ino;
}

/* Adds a text behind what there is, with a separator between. */
static void append(char *to, size_t size, const char *separator, const char *text)
{
    size_t n = strlen(to);

    if (text[0])
        (void)snprintf(to + n, size - n, "%s%s", n ? separator : "", text);
}

static void find_model(dev_t whole, char *ret, size_t size)
{
    static const char *const files[] = {"/device/vendor", "/device/model", "/device/name"};
    char path[SYSFS_PATH_SIZE], text[64];

    sysfs_path(whole, "/loop/backing_file", path, sizeof(path));
    if (read_text(path, ret, size))
        return;
    ret[0] = '\0';
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        sysfs_path(whole, files[i], path, sizeof(path));
        /* The vendor of an ATA disk is "ATA", of a virtio disk a number. */
        if (read_text(path, text, sizeof(text)) && strcmp(text, "ATA") != 0 &&
            strncmp(text, "0x", 2) != 0)
            append(ret, size, " ", text);
    }
}

/* The serial number of a SCSI device (page 80h of its vital product data, SPC-5). */
static bool read_page(dev_t whole, char *ret, size_t size)
{
    char path[SYSFS_PATH_SIZE], page[260];
    ssize_t n;

    sysfs_path(whole, "/device/vpd_pg80", path, sizeof(path));
    n = sysfs_read(path, page, sizeof(page));
    ret[0] = '\0';
    if (n > 4 && trim(page + 4, strlen(page + 4)))
        append(ret, size, "", page + 4);
    return ret[0] != '\0';
}

/* A stick's serial number is that of its USB device, the first one above it. */
static bool read_usb(char *at, char *ret, size_t size)
{
    char path[PATH_MAX + 16], *slash;

    while (strstr(at, "/usb") && (slash = strrchr(at, '/'))) {
        (void)snprintf(path, sizeof(path), "%s/idVendor", at);
        if (access(path, F_OK) == 0) {
            (void)snprintf(path, sizeof(path), "%s/serial", at);
            return read_text(path, ret, size);
        }
        *slash = '\0';
    }
    return false;
}

static void find_serial(dev_t whole, char *ret, size_t size)
{
    static const char *const files[] = {"/serial", "/device/serial"};
    char path[SYSFS_PATH_SIZE], at[PATH_MAX];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        sysfs_path(whole, files[i], path, sizeof(path));
        if (read_text(path, ret, size))
            return;
    }
    sysfs_path(whole, "/device", path, sizeof(path));
    if ((realpath(path, at) && read_usb(at, ret, size)) || read_page(whole, ret, size))
        return;
    ret[0] = '\0';
}

/* What libblkid finds on it: the type of the file system, or of the partition table. */
static void find_content(int fd, char *ret, size_t size)
{
    static const char *const names[] = {"TYPE", "PTTYPE", "LABEL"};
    blkid_probe pr = blkid_new_probe();

    if (pr && blkid_probe_set_device(pr, fd, 0, 0) == 0) {
        blkid_probe_enable_superblocks(pr, 1);
        blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
        blkid_probe_enable_partitions(pr, 1);
        if (blkid_do_safeprobe(pr) == -2)
            append(ret, size, " ", "several");
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            const char *value;

            if (blkid_probe_lookup_value(pr, names[i], &value, NULL) == 0)
                append(ret, size, " ", value);
        }
    }
    blkid_free_probe(pr);
}

int disk_describe(int fd, struct disk *ret)
{
    struct stat st;
    int read_only = 0;

    *ret = (struct disk){.dev = 0};
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISBLK(st.st_mode))
        return -ENOTBLK;
    if (ioctl(fd, BLKGETSIZE64, &ret->size) < 0 || ioctl(fd, BLKROGET, &read_only) < 0)
        return -errno;
    ret->dev = st.st_rdev;
    ret->whole = disk_whole(st.st_rdev);
    ret->read_only = read_only;
    find_file(ret);
    find_slot(ret->dev, ret->slot, sizeof(ret->slot));
    ret->by_path = ret->slot[0];
    if (!ret->by_path)
        find_place(ret->dev, ret->slot, sizeof(ret->slot));
    find_model(ret->whole, ret->model, sizeof(ret->model));
    find_serial(ret->whole, ret->serial, sizeof(ret->serial));
    find_content(fd, ret->content, sizeof(ret->content));
    append(ret->label, sizeof(ret->label), ", ", ret->slot);
    append(ret->label, sizeof(ret->label), ", ", ret->model);
    append(ret->label, sizeof(ret->label), ", ", ret->serial);
    return 0;
}
