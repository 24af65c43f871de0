/* power_replay: makes the disks that a loss of power could have left, and looks at each.
 *
 *     power_replay [-a] [-l] [-m] [-p] LOG BASE TYPE DIR NEW SAMPLES SEED PATH...
 *
 * LOG is power_record's of a copy of NEW to every PATH on a disk that was BASE before, with a
 * file system of that TYPE. DIR is an empty directory on a tmpfs that the disks are made in and
 * mounted on, in a mount namespace of the caller's own.
 *
 * An epoch lasts from the completion of one flush to that of the next. What was written in the
 * epochs before is on the medium; of what is written in this one any part may be, in any order,
 * sector by sector. Every prefix of an epoch's writes is tried, and for each epoch SAMPLES
 * random parts: sectors or whole writes, few or many. As the power may fail at the end of an
 * epoch with any of these on the medium, all marks that were made up to there bind each of
 * them.
 *
 * Every PATH must hold what it held in BASE (which may be nothing) or NEW (-a: anything), and
 * NEW once it has been marked; a file that is replaced keeps its mode, and has mode, owner and
 * time of modification of NEW with -p, and no mode in particular with -m. With -l only the disks of
 * epochs that end with a mark made are tried, for file systems that a loss of power may leave in
 * disorder while they write. Prints the first disk on which that is not so, exit 1;
 * or how many were good, exit 0. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "power_log.h"

/* What a disk writes as a whole. With less, ext4 may lose its superblock or the journal's, and
 * with it everything, whatever an application does. */
#define SECTOR  4096
#define LARGEST (64 << 20)

struct bytes {
    const char *at;
    size_t size;
};

/* What a name stands for. */
struct content {
    bool exists;
    mode_t mode;
    uid_t owner; /* this and the next with -p only */
    struct timespec mtime;
    struct bytes data;
};

/* What of an epoch's writes reaches the medium. */
struct choice {
    unsigned first;  /* writes that do, from the epoch's first on; all sectors of them */
    uint64_t seed;   /* not 0: some sectors, by chance */
    uint64_t state;  /* of the random numbers */
    unsigned chance; /* of 8 */
    bool whole;      /* the chance is of a whole write, not of a sector */
};

static struct {
    struct bytes log, base;
    int base_fd;
    const char *type, *dir;
    char mountpoint[4096];
    unsigned n_paths, n_images;
    char **paths;
    struct content *before, *after;
    bool *durable;
    bool anything;  /* may be there before a mark */
    bool preserved; /* attributes of NEW */
    bool later;     /* only what is left after a mark */
    bool any_mode;
} test;

/* ---- files ----------------------------------------------------------------------------------
 */

/* The file's bytes, in memory for good. */
static struct bytes map_file(int fd, const char *name)
{
    struct bytes b = {NULL, 0};
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

/* The same, read and in memory until free(). In error: .at is NULL, .size the file's. A disk that is in
 * disorder may have any size there: what is larger than any file of the test is not read. */
static struct bytes read_file(int fd, const struct stat *st)
{
    struct bytes b = {NULL, (size_t)st->st_size};
    char *at = b.size > 0 && b.size <= LARGEST ? malloc(b.size) : NULL;

    if (at && pread(fd, at, b.size, 0) == (ssize_t)b.size)
        b.at = at;
    else
        free(at);
    return b;
}

static int open_input(const char *name)
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
static bool next_record(struct bytes *log, struct power_record *ret, const char **ret_data)
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

static void note_durable(const char *path, size_t len)
{
    for (unsigned i = 0; i < test.n_paths; i++)
        if (strlen(test.paths[i]) == len && memcmp(test.paths[i], path, len) == 0)
            test.durable[i] = true;
}

static bool marked(void)
{
    for (unsigned i = 0; i < test.n_paths; i++)
        if (test.durable[i])
            return true;
    return false;
}

/* Takes an epoch off the log: notes its marks, counts its writes. */
static unsigned next_epoch(struct bytes *log)
{
    struct power_record r;
    const char *data;
    unsigned writes = 0;

    while (next_record(log, &r, &data) && r.kind != POWER_FLUSH) {
        if (r.kind == POWER_WRITE)
            writes++;
        else
            note_durable(data, r.len);
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
        len = SECTOR - (uint32_t)((r->offset + at) % SECTOR);
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

    if (ftruncate(fd, (off_t)test.base.size) < 0)
        err(2, "image");
    for (;;) {
        off_t start = lseek(test.base_fd, end, SEEK_DATA);

        if (start < 0 && errno == ENXIO)
            return;
        end = lseek(test.base_fd, start, SEEK_HOLE);
        if (start < 0 || end < 0)
            err(2, "image");
        put(fd, test.base.at + start, (size_t)(end - start), (uint64_t)start);
    }
}

/* The disk in the given epoch, a nameless file. */
static int make_disk(unsigned epoch, struct choice c)
{
    struct bytes log = test.log;
    struct power_record r;
    const char *data;
    unsigned now = 0, writes = 0;
    int fd = open(test.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        err(2, "%s", test.dir);
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

static struct content look_at(const char *path)
{
    struct content c = {.exists = false};
    char name[8192];
    struct stat st;
    int fd;

    (void)snprintf(name, sizeof(name), "%s/%s", test.mountpoint, path);
    fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return c;
    if (fd < 0 || fstat(fd, &st) < 0) {
        printf("%s: %s\n", path, strerror(errno));
        exit(1);
    }
    c.exists = true;
    c.mode = st.st_mode;
    if (test.preserved) {
        c.owner = st.st_uid;
        c.mtime = st.st_mtim;
    }
    c.data = read_file(fd, &st);
    close(fd);
    return c;
}

static bool equal(const struct content *a, const struct content *b)
{
    mode_t mode = test.any_mode ? S_IFMT : ~(mode_t)0;

    return a->exists == b->exists && (a->mode & mode) == (b->mode & mode) &&
           a->owner == b->owner && a->mtime.tv_sec == b->mtime.tv_sec &&
           a->mtime.tv_nsec == b->mtime.tv_nsec && a->data.size == b->data.size &&
           (a->data.size == 0 ||
            (a->data.at && b->data.at && memcmp(a->data.at, b->data.at, a->data.size) == 0));
}

static const char *describe(const struct content *c, unsigned i)
{
    static char text[80];

    if (!c->exists)
        return "missing";
    if (equal(c, &test.before[i]))
        return "old";
    (void)snprintf(text, sizeof(text), "neither old nor new: %zu bytes%s, mode %o",
                   c->data.size, c->data.size > 0 && !c->data.at ? " that cannot be read" : "",
                   (unsigned)c->mode & 07777);
    return text;
}

/* Whether all paths hold what they may; says which does not. */
static bool look_at_all(void)
{
    bool good = true;

    for (unsigned i = 0; i < test.n_paths; i++) {
        struct content c = look_at(test.paths[i]);

        bool may_differ = !test.durable[i] && (test.anything || equal(&c, &test.before[i]));

        if (!may_differ && !equal(&c, &test.after[i])) {
            printf("%s: %s%s\n", test.paths[i], test.durable[i] ? "durable, but " : "",
                   describe(&c, i));
            good = false;
        }
        free((void *)(size_t)c.data.at);
    }
    return good;
}

/* Btrfs remembers devices by the file system that is on them, and refuses an older state of one that
 * it has seen. */
static void forget_devices(void)
{
    struct btrfs_ioctl_vol_args all = {.fd = 0};
    int fd;

    if (strcmp(test.type, "btrfs") != 0)
        return;
    fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, BTRFS_IOC_FORGET_DEV, &all) < 0)
        err(2, "/dev/btrfs-control");
    close(fd);
}

/* NTFS that was not unmounted can be mounted read-only. */
static unsigned long mount_flags(void)
{
    return strncmp(test.type, "ntfs", 4) == 0 ? MS_RDONLY : 0;
}

/* Calls look() with the disk mounted; false if that is false or it cannot be mounted. */
static bool with_disk(unsigned epoch, struct choice c, bool (*look)(void))
{
    char device[64];
    int file = make_disk(epoch, c);
    int loop = attach(file, device, sizeof(device));
    bool good;

    if (mount(device, test.mountpoint, test.type, mount_flags(), NULL) < 0) {
        printf("cannot be mounted: %s\n", strerror(errno));
        good = false;
    } else {
        good = look();
        if (umount(test.mountpoint) < 0)
            err(2, "%s", test.mountpoint);
        forget_devices();
    }
    close(loop);
    close(file);
    return good;
}

/* Exits when the disk is not good. */
static void check(unsigned epoch, struct choice c)
{
    if (!with_disk(epoch, c, look_at_all)) {
        printf("so it is in epoch %u with its first %u writes", epoch, c.first);
        if (c.seed != 0)
            printf(" and some by seed %ju", (uintmax_t)c.seed);
        printf("\n");
        exit(1);
    }
    test.n_images++;
}

/* What the paths hold before the copy, to be compared with for good. */
static bool keep_before(void)
{
    for (unsigned i = 0; i < test.n_paths; i++) {
        test.before[i] = look_at(test.paths[i]);
        if (test.before[i].exists && !test.preserved)
            test.after[i].mode = test.before[i].mode;
    }
    return true;
}

static void *allocate(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        err(2, NULL);
    return p;
}

static void set_up(char **argv)
{
    int new_fd = open_input(argv[4]);
    struct stat st;

    if (fstat(new_fd, &st) < 0)
        err(2, "%s", argv[4]);
    test.log = map_file(open_input(argv[0]), argv[0]);
    test.base_fd = open_input(argv[1]);
    test.base = map_file(test.base_fd, argv[1]);
    test.type = argv[2];
    test.dir = argv[3];
    (void)snprintf(test.mountpoint, sizeof(test.mountpoint), "%s/mnt", test.dir);
    if (mkdir(test.mountpoint, 0700) < 0 && errno != EEXIST)
        err(2, "%s", test.mountpoint);
    test.before = allocate(test.n_paths, sizeof(*test.before));
    test.after = allocate(test.n_paths, sizeof(*test.after));
    test.durable = allocate(test.n_paths, sizeof(*test.durable));
    for (unsigned i = 0; i < test.n_paths; i++)
        test.after[i] = (struct content){
            .exists = true,
            .mode = st.st_mode,
            .owner = test.preserved ? st.st_uid : 0,
            .mtime = test.preserved ? st.st_mtim : (struct timespec){0},
            .data = map_file(new_fd, argv[4]),
        };
    if (!with_disk(0, (struct choice){.first = 0}, keep_before))
        exit(2);
}

int main(int argc, char **argv)
{
    struct bytes rest;
    unsigned long samples;
    uint64_t seed;
    int option;

    while ((option = getopt(argc, argv, "+almp")) != -1) {
        switch (option) {
        case 'a':
            test.anything = true;
            break;
        case 'l':
            test.later = true;
            break;
        case 'm':
            test.any_mode = true;
            break;
        case 'p':
            test.preserved = true;
            break;
        default:
            argc = 0;
        }
    }
    argc -= optind - 1;
    argv += optind - 1;
    if (argc < 9)
        errx(2, "usage: power_replay [-a] [-l] [-m] [-p] LOG BASE TYPE DIR NEW SAMPLES SEED "
                "PATH...");
    samples = strtoul(argv[6], NULL, 10);
    seed = strtoull(argv[7], NULL, 10);
    test.n_paths = (unsigned)(argc - 8);
    test.paths = argv + 8;
    set_up(argv + 1);

    rest = test.log;
    for (unsigned epoch = 0; rest.size > 0; epoch++) {
        unsigned writes = next_epoch(&rest);
        bool end = rest.size == 0;

        if (test.later && !marked())
            continue;
        /* All of an epoch is the same as nothing of the next one. */
        for (unsigned first = 0; first < writes + end; first++)
            check(epoch, (struct choice){.first = first});
        for (unsigned long i = 0; writes > 0 && i < samples; i++)
            check(epoch, choose_by(++seed));
    }
    printf("%u disks\n", test.n_images);
    return 0;
}
