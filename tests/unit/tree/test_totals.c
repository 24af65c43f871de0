/* How much there is in a tree: every kind of entry, deep, large and moving ones. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree/totals_priv.h"

#define DEEP 200u

static char scratch[] = "/tmp/ucopy-test-XXXXXX";
static dev_t left_out_dev;
static ino_t left_out_ino;

static bool leave_out(void *arg, const struct stat *st)
{
    (void)arg;
    return st->st_dev == left_out_dev && st->st_ino == left_out_ino;
}

static void make_file(int at, const char *name, off_t size)
{
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

static int make_dir(int at, const char *name)
{
    int fd;

    assert_int_equal(mkdirat(at, name, 0700), 0);
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int take(struct totals *c, const char *path)
{
    c->path = path;
    c->leave_out = leave_out;
    atomic_store(&c->bytes, 0);
    atomic_store(&c->files, 0);
    return totals_count(c);
}

static void expect(struct totals *c, const char *path, uint64_t files, uint64_t bytes)
{
    assert_int_equal(take(c, path), 0);
    assert_int_equal(atomic_load(&c->files), files);
    assert_int_equal(atomic_load(&c->bytes), bytes);
}

static void all_kinds(void **state)
{
    struct totals c = {.keep_links = true};
    int a, b;

    (void)state;
    a = make_dir(AT_FDCWD, "kinds");
    make_file(a, "empty", 0);
    make_file(a, "file", 1000);
    make_file(a, "large", (off_t)5 << 30);
    make_file(a, "named", 600);
    assert_int_equal(mkfifoat(a, "fifo", 0600), 0);
    assert_int_equal(symlinkat("..", a, "up"), 0);
    b = make_dir(a, "sub");
    make_file(b, "odd\nname", 1);
    assert_int_equal(linkat(a, "named", b, "named too", 0), 0);
    /* Names outside do not make it smaller. */
    assert_int_equal(linkat(a, "large", AT_FDCWD, "outside", 0), 0);
    assert_int_equal(linkat(a, "named", AT_FDCWD, "outside too", 0), 0);
    close(make_dir(b, "nothing"));
    expect(&c, "kinds", 8, ((uint64_t)5 << 30) + 1601);
    c.keep_links = false;
    expect(&c, "kinds", 8, ((uint64_t)5 << 30) + 2201);
    close(a);
    close(b);
}

static void nothing_in_it(void **state)
{
    struct totals c = {.follow = false};

    (void)state;
    close(make_dir(AT_FDCWD, "nothing"));
    expect(&c, "nothing", 0, 0);
}

/* Deeper than descriptors last and paths reach, and wide at every depth. */
static void deep(void **state)
{
    struct totals c = {.follow = false};
    char name[200];
    int at;

    (void)state;
    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    at = make_dir(AT_FDCWD, "deep");
    for (unsigned i = 0; i < DEEP; i++) {
        int below;

        make_file(at, "a", 10);
        close(make_dir(at, "b"));
        below = make_dir(at, name);
        close(at);
        at = below;
    }
    close(at);
    expect(&c, "deep", DEEP, 10 * DEEP);
}

static void many(void **state)
{
    struct totals c = {.follow = false};
    int at = make_dir(AT_FDCWD, "many");

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        char name[32];

        snprintf(name, sizeof name, "%u", i);
        if (i % 50 == 0)
            close(make_dir(at, name));
        else
            make_file(at, name, i);
    }
    close(at);
    expect(&c, "many", 4900, 5000 * 4999 / 2 - 50 * (100 * 99 / 2));
}

static void no_directory(void **state)
{
    struct totals c = {.follow = false};

    (void)state;
    make_file(AT_FDCWD, "file", 77);
    assert_int_equal(symlink("kinds", "link"), 0);
    expect(&c, "file", 1, 77);
    expect(&c, "link", 1, 0);
    c.follow = true;
    expect(&c, "link", 8, ((uint64_t)5 << 30) + 2201);
    assert_int_equal(take(&c, "missing"), -ENOENT);
}

static void what_is_left_out(void **state)
{
    struct totals c = {.follow = false};
    struct stat st;

    (void)state;
    assert_int_equal(stat("kinds/sub", &st), 0);
    left_out_dev = st.st_dev;
    left_out_ino = st.st_ino;
    expect(&c, "kinds", 6, ((uint64_t)5 << 30) + 1600);
    left_out_ino = 0;
}

#define MAX_FOUND 64u

static struct names {
    char names[MAX_FOUND][16];
    unsigned n;
} found, listed;

static void note_name(struct names *to, const char *name)
{
    size_t len = strlen(name);

    assert_true(to->n < MAX_FOUND && len < sizeof to->names[0]);
    memcpy(to->names[to->n++], name, len);
}

static void note_found(void *arg, int dir_fd, const char *name, const struct stat *st)
{
    struct stat now;

    (void)arg;
    note_name(&found, name);
    assert_int_equal(fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(now.st_ino, st->st_ino);
}

/* The order of the copy: what is no directory, as listed, and then one directory after the other. */
static void list_in_order(int at)
{
    DIR *dir = fdopendir(at);
    const struct dirent *entry;

    assert_non_null(dir);
    for (int directories = 0; directories < 2; directories++) {
        rewinddir(dir);
        while ((entry = readdir(dir))) {
            if (entry->d_name[0] == '.' || (entry->d_type == DT_DIR) != directories)
                continue;
            if (directories)
                list_in_order(openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC));
            else
                note_name(&listed, entry->d_name);
        }
    }
    closedir(dir);
}

static void order(void **state)
{
    struct totals c = {.file = note_found};
    int at = make_dir(AT_FDCWD, "order");

    (void)state;
    for (int i = 0; i < 4; i++) {
        char name[16] = {(char)('p' + i * 7 % 4)};
        int below = make_dir(at, name);

        for (int k = 0; k < 3; k++) {
            int lowest;

            snprintf(name, sizeof name, "d%d", k * 5 % 3);
            lowest = make_dir(below, name);
            for (int l = 0; l < 3; l++) {
                snprintf(name, sizeof name, "%d%d%d", i, k, l);
                make_file(lowest, name, 1);
            }
            snprintf(name, sizeof name, "%d%d", i, k);
            make_file(below, name, 1);
            close(lowest);
        }
        close(below);
    }
    list_in_order(at);
    expect(&c, "order", 48, 48);
    assert_int_equal(found.n, 48);
    assert_int_equal(listed.n, 48);
    assert_memory_equal(found.names, listed.names, sizeof found.names);
}

static void stopped(void **state)
{
    struct totals c = {.follow = false};

    (void)state;
    atomic_store(&c.stop, true);
    assert_int_equal(take(&c, "many"), -ECANCELED);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    return chdir("/") == 0 ? system(command) : -1; // NOLINT
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds),    cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(deep),         cmocka_unit_test(many),
        cmocka_unit_test(no_directory), cmocka_unit_test(what_is_left_out),
        cmocka_unit_test(order),        cmocka_unit_test(stopped),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
