/* Temporaries: how they are told from other files, and from those of a run that lives. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/temp.h"

#define STALE      ".ucopy-0123456789abcdef.tmp"
#define STALE_TREE ".ucopy-aaaaaaaaaaaaaaaa.tmp"

static char all[] = "/tmp/ucopy-test-XXXXXX";
static char scratch[64];
static int dir_fd;

static void make(const char *name)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static bool exists(const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Every test has a directory of its own, and all stay until the end: an inode number that comes
 * back would pass for a directory that has been swept. */
static int set_up(void **state)
{
    (void)state;
    (void)snprintf(scratch, sizeof(scratch), "%s/XXXXXX", all);
    if (!mkdtemp(scratch))
        return -1;
    dir_fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return close(dir_fd);
}

static int set_up_all(void **state)
{
    (void)state;
    return mkdtemp(all) ? 0 : -1;
}

static int tear_down_all(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", all);
    return system(command);
}

/* A directory that cannot be opened does not stay. */
static void test_directory_without_descriptor(void **state)
{
    struct rlimit limit, few;
    char name[TEMP_NAME_SIZE];
    struct dirent *entry;
    unsigned entries = 0;
    DIR *dir;

    (void)state;
    assert_int_equal(temp_name(name), 0); /* what it needs to make names is there already */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    few.rlim_cur = (rlim_t)dir_fd;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(temp_create_directory(dir_fd, 0700, name), -EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_string_equal(name, "");
    dir = opendir(scratch);
    assert_non_null(dir);
    while ((entry = readdir(dir)))
        entries++;
    closedir(dir);
    assert_int_equal(entries, 2); /* . and .. */
}

static void test_stale_is_removed(void **state)
{
    (void)state;
    make(STALE);
    make(".ucopy-ffffffffffffffff.tmp");
    make("file");
    assert_int_equal(fchmodat(dir_fd, STALE, 0444, 0), 0);
    temp_sweep(dir_fd);
    assert_false(exists(STALE));
    assert_false(exists(".ucopy-ffffffffffffffff.tmp"));
    assert_true(exists("file"));
}

static void test_once(void **state)
{
    (void)state;
    temp_sweep(dir_fd);
    make(STALE);
    temp_sweep(dir_fd);
    assert_true(exists(STALE));
}

static void test_held_stays(void **state)
{
    char name[TEMP_NAME_SIZE];
    int fd = temp_create(dir_fd, 0600, name), copy;

    (void)state;
    assert_true(fd >= 0);
    copy = dup(fd);
    close(fd);
    make(STALE);
    temp_sweep(dir_fd);
    assert_true(exists(name));
    assert_false(exists(STALE));
    temp_remove(dir_fd, name, copy);
    assert_string_equal(name, "");
    close(copy);
}

static void test_others_stay(void **state)
{
    static const char *const names[] = {
        ".ucopy-0123456789abcde.tmp",
        ".ucopy-0123456789abcdef0.tmp",
        ".ucopy-0123456789ABCDEF.tmp",
        ".ucopy-0123456789abcdeg.tmp",
        ".ucopy-0123456789abcdef.tmp~",
        ".ucopy-0123456789abcdef.tm",
        "a.ucopy-0123456789abcdef.tmp",
        ".ucopy-",
        ".u",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        make(names[i]);
    temp_sweep(dir_fd);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_true(exists(names[i]));
}

/* A name that can be made shows the mode, and leaves nothing. What is left of a killed run that was
 * looking is swept. */
static void test_try_name(void **state)
{
    const char *op;
    mode_t mode;
    char longest[NAME_MAX + 2];

    (void)state;
    (void)umask(022);
    assert_int_equal(temp_try_name(dir_fd, "name", 0666, &mode, &op), 0);
    assert_int_equal(mode & 07777, 0644);
    memset(longest, 'x', NAME_MAX);
    longest[NAME_MAX] = '\0';
    assert_int_equal(temp_try_name(dir_fd, longest, 0600, &mode, &op), 0);
    assert_int_equal(rmdir(scratch), 0); /* it is empty */
    assert_int_equal(mkdir(scratch, 0700), 0);
    close(dir_fd);
    dir_fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
    make(STALE "~name");
    temp_sweep(dir_fd);
    assert_false(exists(STALE "~name"));
}

/* The number of a temporary's name. */
static uint64_t number_of(const char *name)
{
    return strtoull(name + strlen(".ucopy-"), NULL, 16);
}

/* The name of a probe is another temporary's already, by whatever chance. */
static void test_try_name_again(void **state)
{
    const char *op;
    mode_t mode;
    char name[TEMP_NAME_SIZE], taken[64];
    uint64_t last;

    (void)state;
    assert_int_equal(temp_name(name), 0);
    last = number_of(name) & 0xffff;
    for (unsigned i = 1; i <= 4; i++) {
        (void)snprintf(taken, sizeof(taken), "%.*s%04x.tmp", (int)strlen(".ucopy-012345678901"),
                       name, (unsigned)(last + i) & 0xffff);
        make(taken);
    }
    assert_int_equal(temp_try_name(dir_fd, "name", 0666, &mode, &op), 0);
}

#define NAMERS 8u
#define NAMES  4u /* of each */

static char made[NAMERS][NAMES][TEMP_NAME_SIZE];
static pthread_barrier_t together;

static void *make_names(void *arg)
{
    char(*names)[TEMP_NAME_SIZE] = arg;

    (void)pthread_barrier_wait(&together);
    for (unsigned i = 0; i < NAMES; i++)
        if (temp_name(names[i]) < 0)
            names[i][0] = '\0';
    return NULL;
}

/* How far the count has come from the first name of the first thread to this one. */
static unsigned steps(const char *name)
{
    return (unsigned)(number_of(name) - number_of(made[0][0])) & 0xffff;
}

/* In a process that has made no name yet. Returns whether the names are one behind the other. */
static bool names_follow(void)
{
    pthread_t threads[NAMERS];
    bool seen[NAMERS * NAMES] = {false};
    unsigned earlier = 0; /* of the names: before the first one of the first thread */

    if (pthread_barrier_init(&together, NULL, NAMERS) != 0)
        return false;
    for (unsigned t = 0; t < NAMERS; t++)
        if (pthread_create(&threads[t], NULL, make_names, made[t]) != 0)
            return false;
    for (unsigned t = 0; t < NAMERS; t++)
        (void)pthread_join(threads[t], NULL);
    for (unsigned n = 0; n < NAMERS * NAMES; n++)
        earlier += steps(made[n / NAMES][n % NAMES]) >= 0x8000;
    for (unsigned n = 0; n < NAMERS * NAMES; n++) {
        unsigned at = (steps(made[n / NAMES][n % NAMES]) + earlier) & 0xffff;

        if (at >= NAMERS * NAMES || seen[at])
            return false;
        seen[at] = true;
    }
    return true;
}

/* Threads that make the first names of the process at the same time get different ones: they count from
 * the same start. */
static void test_first_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            _exit(!names_follow());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

/* What bears the name but is no file of ours alone. A file of any user may be root's copy. */
static void test_kinds_stay(void **state)
{
    (void)state;
    make("file");
    assert_int_equal(symlinkat("file", dir_fd, STALE), 0);
    assert_int_equal(mkdirat(dir_fd, ".ucopy-1111111111111111.tmp", 0700), 0);
    if (geteuid() == 0)
        assert_int_equal(fchownat(dir_fd, ".ucopy-1111111111111111.tmp", 1234, 1234, 0), 0);
    assert_int_equal(mkfifoat(dir_fd, ".ucopy-2222222222222222.tmp", 0600), 0);
    assert_int_equal(linkat(dir_fd, "file", dir_fd, ".ucopy-3333333333333333.tmp", 0), 0);
    make(".ucopy-4444444444444444.tmp");
    if (geteuid() == 0)
        assert_int_equal(fchownat(dir_fd, ".ucopy-4444444444444444.tmp", 1234, 1234, 0), 0);
    temp_sweep(dir_fd);
    assert_true(exists("file"));
    assert_true(exists(STALE));
    assert_int_equal(exists(".ucopy-1111111111111111.tmp"), geteuid() == 0);
    assert_true(exists(".ucopy-2222222222222222.tmp"));
    assert_true(exists(".ucopy-3333333333333333.tmp"));
    assert_false(exists(".ucopy-4444444444444444.tmp"));
}

/* Somebody else's file under the name is left where it is. */
static void test_remove_only_ours(void **state)
{
    char name[TEMP_NAME_SIZE], copy[TEMP_NAME_SIZE];
    int fd = temp_create(dir_fd, 0600, name);

    (void)state;
    assert_true(fd >= 0);
    strcpy(copy, name);
    assert_true(temp_is(dir_fd, name, fd));
    assert_int_equal(unlinkat(dir_fd, name, 0), 0);
    assert_false(temp_is(dir_fd, name, fd));
    make(name);
    assert_false(temp_is(dir_fd, name, fd));
    temp_remove(dir_fd, name, fd);
    assert_true(exists(copy));
    temp_remove(dir_fd, name, fd);
    close(fd);
}

static void test_unreadable_directory(void **state)
{
    (void)state;
    close(dir_fd);
    assert_int_equal(chmod(scratch, 0300), 0);
    dir_fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
    make(STALE);
    temp_sweep(dir_fd);
    assert_int_equal(exists(STALE), geteuid() != 0);
    assert_int_equal(chmod(scratch, 0700), 0);
}

static int make_temporary_directory(char name[TEMP_NAME_SIZE])
{
    int fd = temp_create_directory(dir_fd, 0700, name);

    assert_true(fd >= 0);
    assert_true(temp_is(dir_fd, name, fd));
    return fd;
}

static void put_into(int fd, const char *name)
{
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(file >= 0);
    close(file);
}

static void test_directory_gets_its_name(void **state)
{
    char name[TEMP_NAME_SIZE];
    int fd;

    (void)state;
    fd = make_temporary_directory(name);
    put_into(fd, "file");
    assert_int_equal(temp_rename(dir_fd, name, "final"), 0);
    assert_string_equal(name, "");
    assert_true(exists("final/file"));
    temp_remove_directory(dir_fd, name, fd);
    assert_true(exists("final/file"));
    close(fd);
}

/* Whatever stands there: also a directory that a rename would replace, being empty. */
static void test_name_is_taken(void **state)
{
    char name[TEMP_NAME_SIZE];
    int fd;

    (void)state;
    assert_int_equal(mkdirat(dir_fd, "directory", 0700), 0);
    make("file");
    assert_int_equal(symlinkat("nowhere", dir_fd, "link"), 0);
    fd = make_temporary_directory(name);
    assert_int_equal(temp_rename(dir_fd, name, "directory"), -EEXIST);
    assert_int_equal(temp_rename(dir_fd, name, "file"), -EEXIST);
    assert_int_equal(temp_rename(dir_fd, name, "link"), -EEXIST);
    assert_true(temp_is(dir_fd, name, fd));
    temp_remove_directory(dir_fd, name, fd);
    assert_string_equal(name, "");
    close(fd);
}

static void test_directory_is_removed(void **state)
{
    char name[TEMP_NAME_SIZE], was[TEMP_NAME_SIZE];
    int fd;

    (void)state;
    fd = make_temporary_directory(name);
    memcpy(was, name, sizeof(was));
    put_into(fd, "file");
    put_into(fd, "other");
    assert_int_equal(symlinkat("nowhere", fd, "link"), 0);
    temp_remove_directory(dir_fd, name, fd);
    assert_string_equal(name, "");
    assert_false(exists(was));
    close(fd);
}

/* Another directory that was put under its name is not ours to remove. */
static void test_remove_only_our_directory(void **state)
{
    char name[TEMP_NAME_SIZE], was[TEMP_NAME_SIZE];
    int fd;

    (void)state;
    fd = make_temporary_directory(name);
    memcpy(was, name, sizeof(was));
    put_into(fd, "file");
    assert_int_equal(renameat(dir_fd, name, dir_fd, "elsewhere"), 0);
    assert_int_equal(mkdirat(dir_fd, name, 0700), 0);
    temp_remove_directory(dir_fd, name, fd);
    assert_true(exists(was));
    assert_true(exists("elsewhere/file"));
    close(fd);
}

#define NOBODY 65534

/* Becomes a user who may do nothing special, and to whom the test's directory belongs. */
static void lose_privileges(void)
{
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(scratch, NOBODY, NOBODY), 0);
    assert_int_equal(setegid(NOBODY), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0); /* else its /proc/self is not its own */
}

static void regain_privileges(void)
{
    if (getuid() != 0)
        return;
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
}

/* A directory may have got the mode of its source: nobody but root could open it. */
static void test_closed_directories_are_removed(void **state)
{
    char name[TEMP_NAME_SIZE], was[TEMP_NAME_SIZE];
    int fd, below;

    (void)state;
    lose_privileges();
    fd = make_temporary_directory(name);
    memcpy(was, name, sizeof(was));
    assert_int_equal(mkdirat(fd, "below", 0700), 0);
    below = openat(fd, "below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(below >= 0);
    put_into(below, "file");
    assert_int_equal(fchmod(below, 0), 0);
    assert_int_equal(fchmod(fd, 0), 0);
    close(below);
    temp_remove_directory(dir_fd, name, fd);
    close(fd);
    regain_privileges();
    assert_false(exists(was));
}

static void test_stale_directories_are_swept(void **state)
{
    char name[TEMP_NAME_SIZE];
    int fd, stale;

    (void)state;
    fd = make_temporary_directory(name);
    put_into(fd, "file");
    assert_int_equal(mkdirat(dir_fd, STALE, 0700), 0);
    stale = openat(dir_fd, STALE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(stale >= 0);
    put_into(stale, "file");
    close(stale);
    /* With directories in it, some with nothing but what their sources' modes let see. */
    assert_int_equal(mkdirat(dir_fd, STALE_TREE, 0700), 0);
    for (unsigned i = 0; i < 300; i++) {
        char sub[64];

        (void)snprintf(sub, sizeof(sub), STALE_TREE "/sub%u", i);
        assert_int_equal(mkdirat(dir_fd, sub, 0700), 0);
        (void)snprintf(sub, sizeof(sub), STALE_TREE "/sub%u/below", i);
        assert_int_equal(mkdirat(dir_fd, sub, 0700), 0);
        (void)snprintf(sub, sizeof(sub), STALE_TREE "/sub%u/below/file", i);
        make(sub);
        (void)snprintf(sub, sizeof(sub), STALE_TREE "/sub%u/below", i);
        assert_int_equal(fchmodat(dir_fd, sub, 0000, 0), 0);
        if (geteuid() == 0) /* or the owners of these */
            assert_int_equal(fchownat(dir_fd, sub, 1234, 1234, 0), 0);
    }
    assert_int_equal(symlinkat("..", dir_fd, STALE_TREE "/up"), 0);
    temp_sweep(dir_fd);
    assert_false(exists(STALE));
    assert_false(exists(STALE_TREE));
    assert_true(exists(name));
    temp_remove_directory(dir_fd, name, fd);
    close(fd);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_first_names), /* first: it forks */
        HERE(test_directory_without_descriptor),
        HERE(test_stale_is_removed),
        HERE(test_once),
        HERE(test_held_stays),
        HERE(test_others_stay),
        HERE(test_try_name),
        HERE(test_try_name_again),
        HERE(test_kinds_stay),
        HERE(test_remove_only_ours),
        HERE(test_unreadable_directory),
        HERE(test_directory_gets_its_name),
        HERE(test_name_is_taken),
        HERE(test_directory_is_removed),
        HERE(test_remove_only_our_directory),
        HERE(test_closed_directories_are_removed),
        HERE(test_stale_directories_are_swept),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
