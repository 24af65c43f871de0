#include "power_disks.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "power_log.h"

/* What of an epoch's writes reaches the medium. */
struct choice {
    unsigned first;  /* writes that do, from the epoch's first on; all sectors of them */
    uint64_t seed;   /* not 0: some sectors, by chance */
    uint64_t state;  /* of the random numbers */
    unsigned chance; /* of 8 */
    bool whole;      /* the chance is of a whole write, not of a sector */
};

static struct {
    struct power_bytes log, base;
    int base_fd;
    const char *type, *dir;
    char mountpoint[4096];
} disks;

/* ---- files ----------------------------------------------------------------------------------
 */

struct power_bytes power_map_file(int fd, const char *name)
{
    struct power_bytes b = {NULL, 0};
    struct stat st;
    void *at;

    if (fstat(fd, &st) < 0)
        err(2, "%s", name);
    if (st.st_size == 0)
        return b;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        err(2, "%s", name);
    b.at = at;
    b.size = (size_t)st.st_size;
    return b;
}

int power_open_input(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        err(2, "%s", name);
    return fd;
}

static void put(int fd, const char *data, size_t len, uint64_t offset)
{
    if (pwrite(fd, data, len, (off_t)offset) != (ssize_t)len)
        err(2, "image");
}

/* ---- the log --------------------------------------------------------------------------------
 */

/* Takes the next record and what follows it off the log; false at its end. */
static bool next_record(struct power_bytes *log, struct power_record *ret,
                        const char **ret_data)
{
    if (log->size == 0)
        return false;
    if (log->size >= sizeof(*ret))
        memcpy(ret, log->at, sizeof(*ret));
    if (log->size < sizeof(*ret) || log->size - sizeof(*ret) < ret->len)
        errx(2, "the log is cut off");
    *ret_data = log->at + sizeof(*ret);
    log->at += sizeof(*ret) + ret->len;
    log->size -= sizeof(*ret) + ret->len;
    return true;
}

/* Takes an epoch off the log: tells of its marks, counts its writes. */
static unsigned next_epoch(struct power_bytes *log, const struct power_looker *looker)
{
    struct power_record r;
    const char *data;
    unsigned writes = 0;

    while (next_record(log, &r, &data) && r.kind != POWER_FLUSH) {
        if (r.kind == POWER_WRITE)
            writes++;
        else
            looker->mark(data, r.len);
    }
    return writes;
}

/* ---- making a disk --------------------------------------------------------------------------
 */

/* xorshift64*, Vigna 2014 */
static unsigned random_of_8(struct choice *c)
{
    c->state ^= c->state >> 12;
    c->state ^= c->state << 25;
    c->state ^= c->state >> 27;
    return (unsigned)((c->state * 2685821657736338717u) >> 61);
}

static struct choice choose_by(uint64_t seed)
{
    struct choice c = {.seed = seed, .state = seed * 0x9e3779b97f4a7c15u + 1};

    for (int i = 0; i < 8; i++)
        (void)random_of_8(&c);
    c.whole = random_of_8(&c) < 4;
    c.chance = 1 + random_of_8(&c) % 7;
    return c;
}

static void put_some(int fd, const struct power_record *r, const char *data, struct choice *c)
{
    bool chosen = random_of_8(c) < c->chance;
    uint32_t len;

    for (uint32_t at = 0; at < r->len; at += len) {
        len = POWER_SECTOR - (uint32_t)((r->offset + at) % POWER_SECTOR);
        if (len > r->len - at)
            len = r->len - at;
        if (chosen)
            put(fd, data + at, len, r->offset + at);
        if (!c->whole)
            chosen = random_of_8(c) < c->chance;
    }
}

/* Holes stay holes. */
static void put_base(int fd)
{
    off_t end = 0;

    if (ftruncate(fd, (off_t)disks.base.size) < 0)
        err(2, "image");
    for (;;) {
        off_t start = lseek(disks.base_fd, end, SEEK_DATA);

        if (start < 0 && errno == ENXIO)
            return;
        end = lseek(disks.base_fd, start, SEEK_HOLE);
        if (start < 0 || end < 0)
            err(2, "image");
        put(fd, disks.base.at + start, (size_t)(end - start), (uint64_t)start);
    }
}

/* The disk in the given epoch, a nameless file. */
static int make_disk(unsigned epoch, struct choice c)
{
    struct power_bytes log = disks.log;
    struct power_record r;
    const char *data;
    unsigned now = 0, writes = 0;
    int fd = open(disks.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        err(2, "%s", disks.dir);
    put_base(fd);
    while (now <= epoch && next_record(&log, &r, &data)) {
        if (r.kind == POWER_FLUSH)
            now++;
        if (r.kind != POWER_WRITE)
            continue;
        if (now < epoch || writes++ < c.first)
            put(fd, data, r.len, r.offset);
        else if (c.seed != 0)
            put_some(fd, &r, data, &c);
    }
    return fd;
}

/* A loop device over the file, open; it goes when it is no longer in use. */
static int attach(int file, char *ret_name, size_t size)
{
    struct loop_config config = {.fd = (uint32_t)file, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int fd = -1, number;

    if (control < 0)
        err(2, "/dev/loop-control");
    /* Others may take the one that was free. */
    do {
        if (fd >= 0)
            close(fd);
        number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0)
            err(2, "/dev/loop-control");
        (void)snprintf(ret_name, size, "/dev/loop%d", number);
        fd = open(ret_name, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            err(2, "%s", ret_name);
    } while (ioctl(fd, LOOP_CONFIGURE, &config) < 0 && errno == EBUSY);
    close(control);
    return fd;
}

/* ---- looking at it --------------------------------------------------------------------------
 */

/* Btrfs remembers devices by the file system that is on them, and refuses an older state of one that
 * it has seen. */
static void forget_devices(void)
{
    struct btrfs_ioctl_vol_args all = {.fd = 0};
    int fd;

    if (strcmp(disks.type, "btrfs") != 0)
        return;
    fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, BTRFS_IOC_FORGET_DEV, &all) < 0)
        err(2, "/dev/btrfs-control");
    close(fd);
}

/* NTFS that was not unmounted can be mounted read-only. */
static unsigned long mount_flags(void)
{
    return strncmp(disks.type, "ntfs", 4) == 0 ? MS_RDONLY : 0;
}

/* Calls look() with the disk mounted; false if that is false or it cannot be mounted. */
static bool look_mounted(int file, bool (*look)(int at))
{
    char device[64];
    int loop = attach(file, device, sizeof(device)), at;
    bool good = false;

    if (mount(device, disks.mountpoint, disks.type, mount_flags(), NULL) < 0) {
        printf("cannot be mounted: %s\n", strerror(errno));
    } else {
        at = open(disks.mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (at < 0)
            err(2, "%s", disks.mountpoint);
        good = look(at);
        close(at);
        if (umount(disks.mountpoint) < 0)
            err(2, "%s", disks.mountpoint);
        forget_devices();
    }
    close(loop);
    return good;
}

static bool is_good(unsigned epoch, struct choice c, bool (*look)(int at))
{
    int file = make_disk(epoch, c);
    bool good = strcmp(disks.type, POWER_RAW) == 0 ? look(file) : look_mounted(file, look);

    close(file);
    return good;
}

/* Exits when the disk is not good. */
static void check(unsigned epoch, struct choice c, bool (*look)(int at))
{
    if (is_good(epoch, c, look))
        return;
    printf("so it is in epoch %u with its first %u writes", epoch, c.first);
    if (c.seed != 0)
        printf(" and some by seed %ju", (uintmax_t)c.seed);
    printf("\n");
    exit(1);
}

/* ---- all of them ----------------------------------------------------------------------------
 */

void power_disks_open(const char *log, const char *base, const char *type, const char *dir)
{
    disks.log = power_map_file(power_open_input(log), log);
    disks.base_fd = power_open_input(base);
    disks.base = power_map_file(disks.base_fd, base);
    disks.type = type;
    disks.dir = dir;
    (void)snprintf(disks.mountpoint, sizeof(disks.mountpoint), "%s/mnt", dir);
    if (mkdir(disks.mountpoint, 0700) < 0 && errno != EEXIST)
        err(2, "%s", disks.mountpoint);
}

bool power_disks_try_base(bool (*look)(int at))
{
    return is_good(0, (struct choice){.first = 0}, look);
}

unsigned power_disks_try(const struct power_looker *looker, unsigned long samples,
                         uint64_t seed)
{
    struct power_bytes rest = disks.log;
    unsigned n = 0;

    for (unsigned epoch = 0; rest.size > 0; epoch++) {
        unsigned writes = next_epoch(&rest, looker);
        bool end = rest.size == 0;

        if (looker->wants && !looker->wants())
            continue;
        /* All of an epoch is the same as nothing of the next one. */
        for (unsigned first = 0; first < writes + end; first++, n++)
            check(epoch, (struct choice){.first = first}, looker->look);
        for (unsigned long i = 0; writes > 0 && i < samples; i++, n++)
            check(epoch, choose_by(++seed), looker->look);
    }
    return n;
}
