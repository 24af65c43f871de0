/* Sources: which kinds there are and what they can do, what is refused, and whether a change is
 * noticed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

#include "source/kind_priv.h"
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

    if (source_open(s, path, true, &f) != 0)
        fail_msg("%s: %s: %s", path, f.op, strerror(f.err));
    if (want_direct)
        source_open_direct(s);
}

static void open_fails(const char *path, int err, const char *message)
{
    struct failure f = {0};
    struct source s;

    assert_int_equal(source_open(&s, path, true, &f), -err);
    assert_int_equal(f.err, err);
    assert_string_equal(f.op, "open");
    assert_string_equal(f.message, message);
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

/* No file is of two kinds, and a kind has all operations. */
static void test_kinds(void **state)
{
    static const struct {
        mode_t mode;
        const struct source_ops *kind;
    } types[] = {
        {S_IFREG, &source_file_ops},
        {S_IFBLK, &source_device_ops},
        {S_IFDIR, NULL},
        {S_IFIFO, &source_stream_ops},
        {S_IFSOCK, &source_stream_ops},
        {S_IFCHR, &source_stream_ops},
        {S_IFLNK, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct stat st = {.st_mode = types[i].mode | 0644};

        for (size_t k = 0; source_table[k]; k++)
            assert_int_equal(source_table[k]->takes && source_table[k]->takes(&st),
                             source_table[k] == types[i].kind);
    }
    for (size_t k = 0; source_table[k]; k++) {
        const struct source_ops *ops = source_table[k];

        assert_true(!ops->takes == !ops->open && ops->begin && ops->open_direct &&
                    ops->allocated && ops->check_unchanged && ops->origin && ops->close);
    }
}

static void assert_can(const struct source *s, const struct source_can *can)
{
    assert_int_equal(s->can.positions, can->positions);
    assert_int_equal(s->can.again, can->again);
    assert_int_equal(s->can.size_known, can->size_known);
    assert_int_equal(s->can.holes, can->holes);
    assert_int_equal(s->can.clonable, can->clonable);
    assert_int_equal(s->can.unready, can->unready);
    assert_int_equal(s->can.attributes, can->attributes);
}

static void test_capabilities(void **state)
{
    static const struct source_can full = {true, true, true, false, true, false, true};
    static const struct source_can sparse = {true, true, true, true, true, false, true};
    static const struct source_can unknown = {true, true, false, false, false, false, true};
    static const struct {
        const char *path;
        const struct source_can *can;
    } files[] = {
        {"full", &full},
        {"sparse", &sparse},
        {"empty", &unknown},
        {"/proc/self/stat", &unknown},
        {"/sys/kernel/mm/transparent_hugepage/enabled", &unknown},
    };
    struct source s;

    (void)state;
    run("head -c 100000 /dev/urandom > full && sync full && truncate -s 1M sparse && : > "
        "empty");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (access(files[i].path, R_OK) < 0) {
            print_message("%s: not here, skipped\n", files[i].path);
            continue;
        }
        open_ok(&s, files[i].path, false);
        assert_can(&s, files[i].can);
        if (s.can.holes)
            assert_true(source_allocated(&s) < s.size);
        source_close(&s);
    }
}

/* What is open already. */
static void test_by_fd(void **state)
{
    struct failure f = {0};
    struct source s;
    int fd;

    (void)state;
    run("printf hello > x && mkdir d");
    fd = open("x", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(source_open_fd(&s, fd, "a name for people", &f), 0);
    assert_int_equal(s.fd, fd);
    assert_int_equal(s.size, 5);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    source_open_direct(&s);
    source_close(&s);
    assert_int_equal(fcntl(fd, F_GETFD), -1);

    fd = open("d", O_RDONLY | O_CLOEXEC);
    assert_int_equal(source_open_fd(&s, fd, "d", &f), -EISDIR);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(s.fd, -1);
}

static struct origin origin_of(const char *path)
{
    struct origin origin;
    struct source s;

    open_ok(&s, path, false);
    memset(&origin, 0xAA, sizeof(origin));
    assert_true(source_origin(&s, &origin));
    assert_int_equal(origin.size, s.st.st_size);
    assert_int_equal(origin.ino, s.st.st_ino);
    assert_memory_equal(&origin.mtime, &s.st.st_mtim, sizeof(origin.mtime));
    assert_memory_equal(&origin.ctime, &s.st.st_ctim, sizeof(origin.ctime));
    assert_int_equal(origin.offset, 0);
    assert_int_equal(origin.length, 0);
    source_close(&s);
    return origin;
}

static bool same_hash(const struct hash *a, const struct hash *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* The first and the last 64 KiB are part of it, and what is between them is not. */
static void test_origin(void **state)
{
    static const struct {
        const char *offset;
        bool head, tail; /* differ */
    } changes[] = {
        {"0", true, false},       {"65535", true, false},  {"65536", false, false},
        {"134463", false, false}, {"134464", false, true}, {"199999", false, true},
    };
    struct origin before, now;
    char command[128];

    (void)state;
    run("head -c 200000 /dev/zero > x");
    before = origin_of("x");
    now = origin_of("x");
    assert_true(same_hash(&before.head, &now.head) && same_hash(&before.tail, &now.tail));
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        run("head -c 200000 /dev/zero > x");
        (void)snprintf(command, sizeof(command),
                       "printf x | dd of=x bs=1 seek=%s conv=notrunc status=none",
                       changes[i].offset);
        run(command);
        now = origin_of("x");
        assert_int_equal(!same_hash(&before.head, &now.head), changes[i].head);
        assert_int_equal(!same_hash(&before.tail, &now.tail), changes[i].tail);
    }
    run("printf short > x");
    now = origin_of("x");
    assert_true(same_hash(&now.head, &now.tail));
}

static void test_no_origin(void **state)
{
    static const char *const paths[] = {"empty", "/proc/version"};
    struct origin origin = {.size = 7};
    struct source s;

    (void)state;
    run(": > empty");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        open_ok(&s, paths[i], false);
        assert_false(source_origin(&s, &origin));
        assert_int_equal(origin.size, 7);
        source_close(&s);
    }
}

static void test_regular(void **state)
{
    struct source s;

    (void)state;
    run("printf hello > x && ln -s x link");
    for (int i = 0; i < 2; i++) {
        open_ok(&s, i == 0 ? "x" : "link", false);
        assert_true(s.can.size_known);
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
        assert_false(s.can.size_known);
        assert_int_equal(source_check_unchanged(&s, false, &f), 0);
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
    run("mkdir d && : > x && ln -s nothing dangling");
    open_fails("d", EISDIR, "is a directory now");
    open_fails("socket", EOPNOTSUPP, "a socket cannot be opened by its name");
    open_fails("nothing", ENOENT, "");
    open_fails("dangling", ENOENT, "");
    open_fails("", ENOENT, "");
    open_fails("x/", ENOTDIR, "");
}

static void assert_reads(const struct source *s, const char *text)
{
    char bytes[64] = "";
    struct pollfd p = {.fd = s->fd, .events = POLLIN};

    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(read(s->fd, bytes, sizeof(bytes)), strlen(text));
    assert_string_equal(bytes, text);
}

/* A stream can do nothing. A FIFO opens without a writer, and is not ready before one has
 * written. */
static void test_stream(void **state)
{
    static const struct source_can named = {.attributes = true},
                                   nameless = {.positions = false};
    struct origin origin = {.size = 7};
    struct failure f = {0};
    struct source s;
    struct pollfd p;
    int fds[2], writer;

    (void)state;
    run("mkfifo fifo");
    open_ok(&s, "fifo", true);
    assert_can(&s, &named);
    assert_int_equal(s.fd_direct, -1);
    assert_int_equal(fcntl(s.fd, F_GETFL) & O_NONBLOCK, 0);
    p = (struct pollfd){.fd = s.fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 50), 0);
    writer = open("fifo", O_WRONLY | O_CLOEXEC);
    assert_int_equal(poll(&p, 1, 50), 0);
    assert_int_equal(write(writer, "hello", 5), 5);
    assert_reads(&s, "hello");
    close(writer);
    assert_reads(&s, "");
    assert_false(source_origin(&s, &origin));
    assert_int_equal(origin.size, 7);
    assert_int_equal(source_check_unchanged(&s, false, &f), 0);
    source_close(&s);

    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(source_open_fd(&s, fds[0], "a pipe", &f), 0);
    assert_can(&s, &nameless);
    assert_int_equal(fcntl(s.fd, F_GETFL) & O_NONBLOCK, 0);
    close(fds[1]);
    source_close(&s);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1);
}

/* What has positions is read from where standard input stands; it stays open. */
static void test_standard(void **state)
{
    int before = dup(STDIN_FILENO), fd;
    struct failure f = {0};
    struct source s;

    (void)state;
    run("printf 0123456789 > x");
    fd = open("x", O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(source_open_standard(&s, "-", &f), 0);
    assert_true(s.can.positions && s.can.again && s.can.size_known && !s.can.attributes);
    assert_int_equal(s.begin, 4);
    assert_int_equal(s.size, 10);
    assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
    source_close(&s);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0);
    close(fd);

    fd = open("x", O_WRONLY | O_CLOEXEC);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(source_open_standard(&s, "-", &f), -EBADF);
    close(fd);
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
}

static void start_command(struct source *s, const char *text)
{
    struct failure f = {0};

    assert_int_equal(source_open_command(s, text, "a command", &f), 0);
    assert_false(s->can.positions || s->can.again || s->can.size_known || s->can.attributes);
}

/* The status counts, unless the command is not read to its end. A command that runs is ended. */
static void test_command(void **state)
{
    struct failure f = {0};
    struct source s;

    (void)state;
    start_command(&s, "echo out");
    assert_reads(&s, "out\n");
    assert_int_equal(source_check_unchanged(&s, false, &f), 0);
    source_close(&s);

    start_command(&s, "cat; kill -TERM $$");
    assert_reads(&s, ""); /* nobody's input is read */
    assert_int_equal(source_check_unchanged(&s, false, &f), -EIO);
    assert_string_equal(f.message, "the command was ended by signal 15 (Terminated)");
    assert_int_equal(source_check_unchanged(&s, true, &f), -EIO); /* again, and never allowed */
    source_close(&s);

    start_command(&s, "exit 3");
    assert_reads(&s, "");
    assert_int_equal(source_check_unchanged(&s, false, &f), -EIO);
    assert_string_equal(f.message, "the command ended with status 3");
    s.partly = true;
    assert_int_equal(source_check_unchanged(&s, false, &f), 0);
    source_close(&s);

    start_command(&s, "echo $$ > pid; trap '' TERM; while :; do sleep 1; done");
    run("until [ -s pid ]; do sleep 0.01; done; kill -0 $(cat pid)");
    source_close(&s);
    assert_int_equal(s.fd, -1);
    run("! kill -0 $(cat pid) 2> /dev/null");
}

static void test_symlink(void **state)
{
    struct failure f = {0};
    struct source s;

    (void)state;
    run("mkdir d && echo text > d/x && ln -s d/x link && ln -s d way");
    open_ok(&s, "link", true);
    assert_int_equal(s.size, 5);
    source_close(&s);
    assert_int_equal(source_open(&s, "link", false, &f), -ELOOP);
    assert_string_equal(f.message, "is a symbolic link now, which is not to be followed");
    assert_int_equal(source_open(&s, "way/x", false, &f), 0);
    source_open_direct(&s);
    assert_int_equal(s.size, 5);
    source_close(&s);
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
        _exit(source_open(&s, "x", true, &f) == -EACCES ? 0 : 1);
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
        assert_int_equal(source_check_unchanged(&s, false, &f), 0);
        /* Time stamps are as coarse as the kernel's tick. */
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        assert_int_equal(source_check_unchanged(&s, false, &f), 0);
        run(changes[i]);
        assert_int_equal(source_check_unchanged(&s, false, &f), -ESTALE);
        assert_int_equal(f.err, ESTALE);
        assert_true(f.message[0]);
        source_close(&s);
    }
}

/* A name more or less is no change, if the caller says that there will be one. */
static void test_relinked(void **state)
{
    struct failure f = {0};
    struct source s;

    (void)state;
    run("printf 12345 > x");
    open_ok(&s, "x", false);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    run("ln x y");
    assert_int_equal(source_check_unchanged(&s, false, &f), -ESTALE);
    s.relinked = true;
    assert_int_equal(source_check_unchanged(&s, false, &f), 0);
    run("printf 54321 > y");
    assert_int_equal(source_check_unchanged(&s, false, &f), -ESTALE);
    source_close(&s);
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
    assert_int_equal(source_check_unchanged(&s, false, &f), -ESTALE);
    source_close(&s);
}

/* Through a read-only loop device. */
static void test_block_device(void **state)
{
    static const struct source_can can = {true, true, true, false, false, false, true};
    struct failure f = {0};
    struct origin origin;
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
    assert_can(&s, &can);
    assert_int_equal(s.size, 1234944);
    assert_int_equal(source_allocated(&s), s.size);
    assert_false(source_origin(&s, &origin));
    assert_true(s.fd_direct >= 0);
    assert_int_equal(lseek(s.fd, 0, SEEK_CUR), 0);
    assert_int_equal(source_check_unchanged(&s, false, &f), 0);
    source_close(&s);
}

#define HERE(test) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, place)

static int run_in(const char *constant_place)
{
    void *place = (void *)(uintptr_t)constant_place;
    const struct CMUnitTest tests[] = {
        HERE(test_kinds),     HERE(test_capabilities), HERE(test_regular),
        HERE(test_by_fd),     HERE(test_direct),       HERE(test_size_unknown),
        HERE(test_no_direct), HERE(test_refused),      HERE(test_unreadable),
        HERE(test_unchanged), HERE(test_relinked),     HERE(test_replaced),
        HERE(test_origin),    HERE(test_no_origin),    HERE(test_block_device),
        HERE(test_symlink),   HERE(test_stream),       HERE(test_standard),
        HERE(test_command),
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
