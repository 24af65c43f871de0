/* power_replay: makes the disks that a loss of power could have left, and looks at each.
 *
 *     power_replay [-a] [-l] [-m] [-p] LOG BASE TYPE DIR NEW SAMPLES SEED PATH...
 *
 * LOG is power_record's of a copy of NEW to every PATH on a disk that was BASE before. The other
 * operands, and what disks are tried, are those of power_disks.h.
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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power_disks.h"

#define LARGEST (64 << 20)

/* What a name stands for. */
struct content {
    bool exists;
    mode_t mode;
    uid_t owner; /* this and the next with -p only */
    struct timespec mtime;
    struct power_bytes data;
};

static struct {
    unsigned n_paths;
    char **paths;
    struct content *before, *after;
    bool *durable;
    bool anything;  /* may be there before a mark */
    bool preserved; /* attributes of NEW */
    bool any_mode;
} test;

/* ---- marks ----------------------------------------------------------------------------------
 */

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

/* ---- looking at a disk ----------------------------------------------------------------------
 */

/* The file's bytes, in memory until free(). In error: .at is NULL, .size the file's. A disk that is in
 * disorder may have any size there: what is larger than any file of the test is not read. */
static struct power_bytes read_file(int fd, const struct stat *st)
{
    struct power_bytes b = {NULL, (size_t)st->st_size};
    char *at = b.size > 0 && b.size <= LARGEST ? malloc(b.size) : NULL;

    if (at && pread(fd, at, b.size, 0) == (ssize_t)b.size)
        b.at = at;
    else
        free(at);
    return b;
}

static struct content look_at(int at, const char *path)
{
    struct content c = {.exists = false};
    struct stat st;
    int fd;

    fd = openat(at, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
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
static bool look_at_all(int at)
{
    bool good = true;

    for (unsigned i = 0; i < test.n_paths; i++) {
        struct content c = look_at(at, test.paths[i]);

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

/* What the paths hold before the copy, to be compared with for good. */
static bool keep_before(int at)
{
    for (unsigned i = 0; i < test.n_paths; i++) {
        test.before[i] = look_at(at, test.paths[i]);
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
    int new_fd = power_open_input(argv[4]);
    struct stat st;

    if (fstat(new_fd, &st) < 0)
        err(2, "%s", argv[4]);
    power_disks_open(argv[0], argv[1], argv[2], argv[3]);
    test.before = allocate(test.n_paths, sizeof(*test.before));
    test.after = allocate(test.n_paths, sizeof(*test.after));
    test.durable = allocate(test.n_paths, sizeof(*test.durable));
    for (unsigned i = 0; i < test.n_paths; i++)
        test.after[i] = (struct content){
            .exists = true,
            .mode = st.st_mode,
            .owner = test.preserved ? st.st_uid : 0,
            .mtime = test.preserved ? st.st_mtim : (struct timespec){0},
            .data = power_map_file(new_fd, argv[4]),
        };
    if (!power_disks_try_base(keep_before))
        exit(2);
}

int main(int argc, char **argv)
{
    struct power_looker looker = {.mark = note_durable, .look = look_at_all};
    unsigned long samples;
    uint64_t seed;
    int option;

    while ((option = getopt(argc, argv, "+almp")) != -1) {
        switch (option) {
        case 'a':
            test.anything = true;
            break;
        case 'l':
            looker.wants = marked;
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

    printf("%u disks\n", power_disks_try(&looker, samples, seed));
    return 0;
}
