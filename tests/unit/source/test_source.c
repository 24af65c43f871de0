/* Sources: what is refused, what size they are said to have, and whether a change is noticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/source.h"

#define NOBODY 65534u

static const char *const places[] = {"/tmp", "/dev/shm"};

static char scratch[64]; /* the current test's directory, which is also the working directory */

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static void open_ok(struct source *s, const char *path, bool want_direct)
{
    struct failure f = {0};

    if (source_open(s, path, &f) != 0)
        fail_msg("%s: %s: %s", path, f.op, strerror(f.err));
    if (want_direct)
        source_open_direct(s);
}

static void open_fails(const char *path, int err)
{
    struct failure f = {0};
    struct source s;

    assert_int_equal(source_open(&s, path, &f), -err);
    assert_int_equal(f.err, err);
    assert_string_equal(f.op, "open");
}

static int set_up(void **state)
{
    (void)snprintf(scratch, sizeof(scratch), "%s/ucopy-test-XXXXXX", (const char *)*state);
    return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void test_regular(void **state)
{
    struct source s;

    (void)state;
    run("printf hello > x && ln -s x link");
    for (int i = 0; i < 2; i++) {
        open_ok(&s, i == 0 ? "x" : "link", false);
        assert_true(s.size_known);
        assert_int_equal(s.size, 5);
        assert_int_equal(s.fd_direct, -1);
        assert_true(S_ISREG(s.st.st_mode));
        assert_int_equal(fcntl(s.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
        assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
        source_close(&s);
        assert_int_equal(s.fd, -1);
    }
}

static void test_direct(void **state)
{
    struct stat a, b;
    struct source s;

    (void)state;
    run("head -c 100000 /dev/urandom > x");
    open_ok(&s, "x", true);
    if (s.fd_direct < 0) {
        source_close(&s);
        skip();
    }
    assert_int_equal(fstat(s.fd, &a), 0);
    assert_int_equal(fstat(s.fd_direct, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_true(fcntl(s.fd_direct, F_GETFL) & O_DIRECT);
    assert_true(s.direct_align >= 512 && (s.direct_align & (s.direct_align - 1)) == 0);
    source_close(&s);
    assert_int_equal(s.fd_direct, -1);
}

static void test_size_unknown(void **state)
{
    static const char *const paths[] = {"/proc/self/stat", "/proc/version",
                                        "/sys/kernel/mm/transparent_hugepage/enabled", "empty"};
    struct failure f = {0};
    struct source s;

    (void)state;
    run(": > empty");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (access(paths[i], R_OK) < 0) {
            print_message("%s: not here, skipped\n", paths[i]);
            continue;
        }
        open_ok(&s, paths[i], true);
        assert_false(s.size_known);
        assert_int_equal(source_check_unchanged(&s, &f), 0);
        source_close(&s);
    }
}

static void test_no_direct(void **state)
{
    struct source s;

    (void)state;
    open_ok(&s, "/proc/version", true);
    assert_int_equal(s.fd_direct, -1);
    source_close(&s);
}

static void test_refused(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    run("mkdir d && mkfifo fifo && : > x && ln -s nothing dangling");
    open_fails("d", EISDIR);
    open_fails("fifo", EOPNOTSUPP);
    open_fails("socket", EOPNOTSUPP);
    open_fails("/dev/null", EOPNOTSUPP);
    open_fails("nothing", ENOENT);
    open_fails("dangling", ENOENT);
    open_fails("", ENOENT);
    open_fails("x/", ENOTDIR);
}

static void test_unreadable(void **state)
{
    struct failure f = {0};
    struct source s;
    int status;
    pid_t pid;

    (void)state;
    if (geteuid() != 0)
        skip();
    run("chmod 755 . && : > x && chmod 600 x");
    pid = fork();
    if (pid == 0) {
        if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(2);
        _exit(source_open(&s, "x", &f) == -EACCES ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_unchanged(void **state)
{
    static const char *const changes[] = {
        "printf 6 >> x",
        "printf 12345 > x",
        "truncate -s 1 x",
        "chmod 600 x",
        "printf 54321 > x && touch -r old x",
        "printf 6 >> empty",
    };
    struct failure f = {0};
    struct source s;

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        run("printf 12345 > x && : > empty && chmod 644 x && touch -r x old");
        open_ok(&s, strstr(changes[i], "empty") ? "empty" : "x", false);
        assert_int_equal(source_check_unchanged(&s, &f), 0);
        /* Time stamps are as coarse as the kernel's tick. */
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        assert_int_equal(source_check_unchanged(&s, &f), 0);
        run(changes[i]);
        assert_int_equal(source_check_unchanged(&s, &f), -ESTALE);
        assert_int_equal(f.err, ESTALE);
        assert_true(f.message[0]);
        source_close(&s);
    }
}

/* A file replaced by a rename is still there under its descriptor, but its ctime tells. */
static void test_replaced(void **state)
{
    struct failure f = {0};
    struct source s;

    (void)state;
    run("printf 12345 > x && printf 12345 > y");
    open_ok(&s, "x", false);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    run("mv y x");
    assert_int_equal(source_check_unchanged(&s, &f), -ESTALE);
    source_close(&s);
}

/* Through a read-only loop device. */
static void test_block_device(void **state)
{
    struct failure f = {0};
    struct source s;
    char device[64] = "", command[128];
    FILE *p;

    (void)state;
    if (geteuid() != 0)
        skip();
    run("truncate -s 1234944 image");
    p = popen("losetup --find --read-only --show image 2>/dev/null", "r");
    assert_non_null(p);
    if (!fgets(device, sizeof(device), p)) {
        pclose(p);
        skip();
    }
    pclose(p);
    device[strcspn(device, "\n")] = '\0';
    open_ok(&s, device, true);
    (void)snprintf(command, sizeof(command), "losetup -d %s", device);
    run(command);
    assert_true(s.size_known);
    assert_int_equal(s.size, 1234944);
    assert_true(s.fd_direct >= 0);
    assert_int_equal(lseek(s.fd, 0, SEEK_CUR), 0);
    assert_int_equal(source_check_unchanged(&s, &f), 0);
    source_close(&s);
}

#define HERE(test) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, place)

static int run_in(const char *constant_place)
{
    void *place = (void *)(uintptr_t)constant_place;
    const struct CMUnitTest tests[] = {
        HERE(test_regular),   HERE(test_direct),   HERE(test_size_unknown),
        HERE(test_no_direct), HERE(test_refused),  HERE(test_unreadable),
        HERE(test_unchanged), HERE(test_replaced), HERE(test_block_device),
    };

    return cmocka_run_group_tests_name(constant_place, tests, NULL, NULL);
}

/* With arguments: in these directories instead. */
int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed += run_in(argv[i]);
    for (size_t i = 0; argc == 1 && i < sizeof(places) / sizeof(places[0]); i++)
        failed += run_in(places[i]);
    return failed;
}
