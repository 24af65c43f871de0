/* Targets on real file systems: what stands under the names before, while and after.
 *
 * The same tests run in a scratch directory on every file system of `places`. Each of them
 * also checks that no descriptor and no temporary is left. Cases of ordinary users run in a
 * child that has become nobody; node cases need a mount namespace of their own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/source.h"
#include "target/target_priv.h"

#define NOBODY 65534u

static const char *const places[] = {"/tmp", "/dev/shm"};

static char scratch[64]; /* the current test's directory, which is also the working directory */
static unsigned fds_before;

/* ---- somebody else ---- */

/* What somebody does just before target.c opens a name with these flags. */
static void (*before_open)(const char *name, int flags);

static int open_after(int dir_fd, const char *name, int flags, mode_t mode)
{
    if (before_open)
        before_open(name, flags);
    return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

/* Instead of libc's, under all names that it has. */
#define OPENAT(function)                                                                       \
    int function(int dir_fd, const char *name, int flags, ...);                                \
    int function(int dir_fd, const char *name, int flags, ...)                                 \
    {                                                                                          \
        va_list args;                                                                          \
        mode_t mode;                                                                           \
                                                                                               \
        va_start(args, flags);                                                                 \
        mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;                                     \
        va_end(args);                                                                          \
        return open_after(dir_fd, name, flags, mode);                                          \
    }
#define OPENAT_2(function)                                                                     \
    int function(int dir_fd, const char *name, int flags);                                     \
    int function(int dir_fd, const char *name, int flags)                                      \
    {                                                                                          \
        return open_after(dir_fd, name, flags, 0);                                             \
    }
OPENAT(openat)
OPENAT(openat64)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

/* ---- helpers ---- */

static unsigned count_entries(const char *dir, const char *prefix)
{
    DIR *d = opendir(dir);
    unsigned n = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return n;
}

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void assert_text(const char *name, const char *text)
{
    char buf[256];
    int fd = open(name, O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, buf, sizeof(buf) - 1);
    close(fd);
    assert_true(n >= 0);
    buf[n] = '\0';
    assert_string_equal(buf, text);
}

static bool exists(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

static struct stat stat_of(const char *name)
{
    struct stat st;

    assert_int_equal(lstat(name, &st), 0);
    return st;
}

static mode_t mode_of(const char *name)
{
    return stat_of(name).st_mode & 07777;
}

/* The name of the one temporary file in the directory. */
static const char *temporary_in(const char *dir)
{
    static char name[NAME_MAX + 1];
    DIR *d = opendir(dir);

    assert_non_null(d);
    name[0] = '\0';
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (strncmp(e->d_name, ".ucopy-", strlen(".ucopy-")) != 0)
            continue;
        assert_string_equal(name, "");
        (void)snprintf(name, sizeof(name), "%s", e->d_name);
    }
    closedir(d);
    assert_string_not_equal(name, "");
    return name;
}

static struct target_request request_for(const char *path)
{
    return (struct target_request){
        .path = path, .source_mode = S_IFREG | 0644, .source_fd = -1};
}

/* Opens, writes, commits. 0 or the errno of whichever failed. */
static int put(const struct target_request *request, const char *text, struct failure *f)
{
    struct target t;
    int r = target_open(&t, request, f);

    if (r == 0 && write(t.fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        r = -errno;
        target_abort(&t, false);
        return r;
    }
    target_ends_at(&t, strlen(text));
    return r == 0 ? target_commit(&t, f) : r;
}

static void put_ok(const struct target_request *request, const char *text)
{
    struct failure f = {0};

    if (put(request, text, &f) != 0)
        fail_msg("%s: %s: %s (%s)", request->path, f.op, strerror(f.err), f.message);
}

static void assert_failure(const struct failure *f, int r, const char *op, int err)
{
    assert_int_equal(r, -err);
    assert_int_equal(f->err, err);
    assert_string_equal(f->op, op);
}

/* The request fails in that operation, and with that words in its message. */
static void put_fails(const struct target_request *request, const char *op, int err,
                      const char *words)
{
    struct failure f = {0};

    assert_failure(&f, put(request, "new", &f), op, err);
    if (words) {
        assert_true(f.message[0]);
        assert_non_null(strstr(f.message, words));
    }
}

/* Runs fn in a child that is an ordinary user; skips the test where that is not possible. */
static void as_nobody(void (*fn)(void))
{
    int status;
    pid_t pid;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(".", NOBODY, NOBODY), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* A failed assertion must end the child, not run the rest of the tests in it. */
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        if (setgid(NOBODY) == 0 && setuid(NOBODY) == 0)
            fn();
        else
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int set_up(void **state)
{
    (void)snprintf(scratch, sizeof(scratch), "%s/ucopy-test-XXXXXX", (const char *)*state);
    umask(022);
    unsetenv("POSIXLY_CORRECT");
    if (!mkdtemp(scratch) || chdir(scratch) < 0 || chmod(".", 0755) < 0)
        return -1;
    fds_before = count_entries("/proc/self/fd", "");
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    unsigned fds = count_entries("/proc/self/fd", "");

    (void)state;
    (void)snprintf(command, sizeof(command), "! find %s -name '.ucopy-*' | grep .", scratch);
    if (system(command) != 0)
        return -1;
    (void)snprintf(command, sizeof(command), "rm -rf %s", scratch);
    if (chdir("/") < 0 || system(command) != 0)
        return -1;
    if (fds != fds_before)
        print_error("descriptors: %u before, %u after\n", fds_before, fds);
    return fds == fds_before ? 0 : -1;
}

/* ---- regular files, by a temporary name ---- */

static void test_new(void **state)
{
    struct target_request request = request_for("new");
    struct failure f = {0};
    struct target t;

    (void)state;
    request.size = 5;
    request.size_known = true;
    assert_int_equal(target_open(&t, &request, &f), 0);
    assert_string_equal(t.ops->name, "file");
    assert_true(t.can_fsync);
    assert_false(t.sequential);
    assert_int_equal(t.fd_direct, -1);
    assert_false(exists("new"));
    assert_int_equal(strlen(temporary_in(".")), strlen(".ucopy-0123456789abcdef.tmp"));
    assert_int_equal(write(t.fd, "hello", 5), 5);
    assert_int_equal(target_commit(&t, &f), 0);
    assert_text("new", "hello");
    assert_int_equal(count_entries(".", ".ucopy-"), 0);
}

static void test_replace(void **state)
{
    struct target_request request = request_for("old");
    struct stat before, after;

    (void)state;
    write_file("old", "old content", 0640);
    assert_int_equal(link("old", "sibling"), 0);
    if (geteuid() == 0)
        assert_int_equal(chown("old", 1234, 4321), 0);
    before = stat_of("old");
    request.durable = true;
    put_ok(&request, "new");
    after = stat_of("old");
    assert_text("old", "new");
    assert_text("sibling", "old content");
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(after.st_gid, before.st_gid);
    assert_int_not_equal(after.st_ino, before.st_ino);
}

/* Whatever the final mode is, also when it was opened a second time. */
static void test_temporary_is_private(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;

    (void)state;
    request.source_mode = S_IFREG | 0777;
    for (int replace = 0; replace < 2; replace++) {
        for (int direct = 0; direct < 2; direct++) {
            if (replace)
                write_file("x", "", 0666);
            request.want_direct = direct;
            assert_int_equal(target_open(&t, &request, &f), 0);
            assert_int_equal(mode_of(temporary_in(".")), 0600);
            target_abort(&t, false);
        }
    }
}

static bool is_locked(const char *name)
{
    int fd = open(name, O_WRONLY);
    bool locked;

    assert_true(fd >= 0);
    locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
    close(fd);
    return locked;
}

/* The lock lasts as long as the name: also when the file was opened a second time. */
static void test_temporary_is_locked(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;

    (void)state;
    for (int direct = 0; direct < 2; direct++) {
        request.want_direct = direct;
        assert_int_equal(target_open(&t, &request, &f), 0);
        assert_true(is_locked(temporary_in(".")));
        target_sweep(&request);
        assert_int_equal(count_entries(".", ".ucopy-"), 1);
        assert_int_equal(target_commit(&t, &f), 0);
        assert_false(is_locked("x"));
    }
}

static void test_abort(void **state)
{
    struct target_request request = request_for("new");
    struct failure f = {0};
    struct target t;

    (void)state;
    assert_int_equal(target_open(&t, &request, &f), 0);
    target_abort(&t, false);
    assert_false(exists("new"));

    write_file("old", "old", 0644);
    request.path = "old";
    assert_int_equal(target_open(&t, &request, &f), 0);
    assert_int_equal(write(t.fd, "x", 1), 1);
    target_abort(&t, false);
    assert_text("old", "old");
}

static void test_wrong_length(void **state)
{
    struct target_request request = request_for("old");

    (void)state;
    write_file("old", "old", 0644);
    request.size = 4;
    request.size_known = true;
    put_fails(&request, "check length", EIO, NULL);
    assert_text("old", "old");
    request.size = 3;
    put_ok(&request, "new");
    assert_text("old", "new");
}

static void test_other_directory(void **state)
{
    struct target_request request = request_for("d//e/x");
    char path[128];

    (void)state;
    run("mkdir -p d/e");
    put_ok(&request, "one");
    assert_text("d/e/x", "one");
    (void)snprintf(path, sizeof(path), "%s/d/../d/e/x", scratch);
    request.path = path;
    put_ok(&request, "two");
    assert_text("d/e/x", "two");
}

static void test_symlinks(void **state)
{
    struct target_request request = request_for("l1");
    char absolute[128];

    (void)state;
    run("mkdir -p d/e && ln -s d/l2 l1 && ln -s e/l3 d/l2 && ln -s d dl");
    (void)snprintf(absolute, sizeof(absolute), "%s/d/file", scratch);
    assert_int_equal(symlink(absolute, "d/e/l3"), 0);
    write_file("d/file", "old", 0604);
    put_ok(&request, "new");
    assert_true(S_ISLNK(stat_of("l1").st_mode));
    assert_true(S_ISLNK(stat_of("d/e/l3").st_mode));
    assert_text("d/file", "new");
    assert_int_equal(mode_of("d/file"), 0604);
    request.path = "dl/file";
    put_ok(&request, "newer");
    assert_text("d/file", "newer");
    request.path = "l1";
    request.inplace = true;
    put_ok(&request, "newest");
    assert_text("d/file", "newest");
}

static void test_dangling(void **state)
{
    struct target_request request = request_for("l");

    (void)state;
    run("mkdir d && ln -s d/nothing l && ln -s l l2 && ln -s nodir/x far");
    put_fails(&request, "open", ENOENT, "not writing through dangling symlink");
    request.path = "l2";
    put_fails(&request, "open", ENOENT, "not writing through dangling symlink");
    request.inplace = true;
    put_fails(&request, "open", ENOENT, "not writing through dangling symlink");
    assert_false(exists("d/nothing"));

    setenv("POSIXLY_CORRECT", "1", 1);
    request.inplace = false;
    put_ok(&request, "new");
    assert_text("d/nothing", "new");
    assert_true(S_ISLNK(stat_of("l").st_mode));
    request.path = "far";
    put_fails(&request, "open directory", ENOENT, NULL);
}

static void test_bad_paths(void **state)
{
    char name[300];
    struct target_request request = request_for("d");

    (void)state;
    run("mkdir d && ln -s d dl && ln -s loop loop");
    write_file("file", "", 0644);
    put_fails(&request, "open", EISDIR, NULL);
    request.path = "d/";
    put_fails(&request, "open", EISDIR, NULL);
    request.path = "dl";
    put_fails(&request, "open", EISDIR, NULL);
    request.path = "x/";
    put_fails(&request, "open", ENOTDIR, NULL);
    request.path = "file/";
    put_fails(&request, "open", ENOTDIR, NULL);
    request.path = "file/x";
    put_fails(&request, "open", ENOTDIR, NULL);
    request.path = "";
    put_fails(&request, "open", ENOENT, NULL);
    request.path = "nodir/x";
    put_fails(&request, "open directory", ENOENT, NULL);
    request.path = "loop";
    put_fails(&request, "open", ELOOP, NULL);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    request.path = name;
    put_fails(&request, "open", ENAMETOOLONG, NULL);
    assert_false(exists("x"));

    /* A name as long as the file system allows leaves room for no suffix: none is needed. */
    name[255] = '\0';
    put_ok(&request, "long");
    assert_text(name, "long");
}

/* What takes the final name while the copy runs is not replaced unless it is a file. */
static void test_name_taken(void **state)
{
    static const struct {
        const char *command;
        int err;
        mode_t kind;
    } cases[] = {
        {"mkdir x", EISDIR, S_IFDIR},
        {"mkfifo x", EEXIST, S_IFIFO},
        {"ln -s elsewhere x", EEXIST, S_IFLNK},
    };
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(target_open(&t, &request, &f), 0);
        run(cases[i].command);
        assert_failure(&f, target_commit(&t, &f), "rename", cases[i].err);
        assert_int_equal(stat_of("x").st_mode & S_IFMT, cases[i].kind);
        assert_int_equal(count_entries(".", ".ucopy-"), 0);
        run("rm -rf x");
    }
}

static void test_directory_moved(void **state)
{
    struct target_request request = request_for("d/x");
    struct failure f = {0};
    struct target t;

    (void)state;
    run("mkdir d");
    assert_int_equal(target_open(&t, &request, &f), 0);
    run("mv d moved && mkdir d");
    assert_int_equal(target_commit(&t, &f), 0);
    assert_true(exists("moved/x"));
    assert_false(exists("d/x"));
}

static void test_temporary_gone(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;

    (void)state;
    assert_int_equal(target_open(&t, &request, &f), 0);
    run("rm .ucopy-*");
    assert_failure(&f, target_commit(&t, &f), "rename", ENOENT);
    assert_false(exists("x"));
}

/* Who may change the directory puts another file in the temporary's place: it does not become
 * the destination, nor is it removed. */
static void test_temporary_replaced(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    char command[128];
    struct target t;

    (void)state;
    for (int commit = 0; commit < 2; commit++) {
        write_file("x", "old", 0644);
        assert_int_equal(target_open(&t, &request, &f), 0);
        (void)snprintf(command, sizeof(command), "mv %s away && echo evil >%s",
                       temporary_in("."), temporary_in("."));
        run(command);
        if (commit)
            assert_failure(&f, target_commit(&t, &f), "rename", ESTALE);
        else
            target_abort(&t, false);
        assert_text("x", "old");
        assert_int_equal(count_entries(".", ".ucopy-"), 1);
        run("cat .ucopy-* >evil && rm .ucopy-*");
        assert_text("evil", "evil\n");
    }
}

/* A path that leads elsewhere since it was checked: what stands there is not written to. */
static void test_inplace_is_source(void **state)
{
    struct target_request request = request_for("l");

    (void)state;
    write_file("source", "precious", 0644);
    run("ln -s source l");
    request.inplace = true;
    request.source_dev = stat_of("source").st_dev;
    request.source_ino = stat_of("source").st_ino;
    put_fails(&request, "open", ESTALE, "is the source");
    assert_text("source", "precious");
}

static void put_link(const char *name, int flags)
{
    if (strcmp(name, "x") != 0 || (flags & O_ACCMODE) == O_RDONLY)
        return;
    before_open = NULL;
    assert_int_equal(unlink("x"), 0);
    assert_int_equal(symlink("victim", "x"), 0);
}

/* A symlink that takes the place of the file is not followed. */
static void test_inplace_swapped(void **state)
{
    struct target_request request = request_for("x");

    (void)state;
    write_file("x", "old", 0644);
    run("ln x other");
    write_file("victim", "precious", 0644);
    request.inplace = true;
    before_open = put_link;
    put_fails(&request, "open", ESTALE, "regular file");
    assert_null(before_open);
    assert_text("victim", "precious");
}

static bool is_for_temporary(const char *name, int flags)
{
    return strncmp(name, ".ucopy-", strlen(".ucopy-")) == 0 && (flags & O_CREAT);
}

static void put_symlink_for_temporary(const char *name, int flags)
{
    if (!is_for_temporary(name, flags))
        return;
    before_open = NULL;
    assert_int_equal(symlink("elsewhere", name), 0);
}

static void put_link_for_temporary(const char *name, int flags)
{
    if (!is_for_temporary(name, flags))
        return;
    before_open = NULL;
    assert_int_equal(link("victim", name), 0);
}

/* Nor is a link that has taken the name of the temporary file. */
static void test_temporary_guessed(void **state)
{
    void (*const hooks[])(const char *name, int flags) = {put_symlink_for_temporary,
                                                          put_link_for_temporary};
    struct target_request request = request_for("x");

    (void)state;
    write_file("victim", "precious", 0644);
    for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        write_file("x", "old", 0644); /* else a file is created before the temporary one */
        before_open = hooks[i];
        put_ok(&request, "new");
        assert_null(before_open);
        assert_text("victim", "precious");
        assert_false(exists("elsewhere"));
        assert_text("x", "new");
        run("rm .ucopy-*");
    }
}

/* Neither is the source written to by a way that shows another inode. */
static void test_inplace_is_alias(void **state)
{
    struct target_request request = request_for("x");

    (void)state;
    write_file("x", "precious", 0644);
    request.inplace = true;
    request.source_ino = 1;
    request.source_fd = open("x", O_RDONLY | O_CLOEXEC);
    put_fails(&request, "open", EINVAL, "one file");
    assert_text("x", "precious");
    close(request.source_fd);
    write_file("y", "precious", 0644);
    request.path = "y";
    request.source_fd = open("x", O_RDONLY | O_CLOEXEC);
    put_ok(&request, "new");
    assert_text("y", "new");
    close(request.source_fd);
}

static void test_look(void **state)
{
    struct target_request request = request_for("x");
    struct target_view view;
    struct failure f = {0};
    uint64_t block;
    struct statvfs fs;

    (void)state;
    assert_int_equal(statvfs(".", &fs), 0);
    block = fs.f_frsize;
    assert_int_equal(target_look(&request, &view, &f), 0);
    assert_string_equal(view.how, "by temporary and rename");
    assert_int_equal(view.demand.need, 0);
    request.size_known = true;
    request.size = request.length = request.data = 5 * block + 1;
    assert_int_equal(target_look(&request, &view, &f), 0);
    assert_int_equal(view.demand.device, stat_of(".").st_dev);
    assert_int_equal(view.demand.need, 6 * block);
    assert_true(view.demand.available > 0);

    /* What is there already has to be written anew, but in place it needs no space. */
    write_file("x", "old", 0644);
    assert_int_equal(truncate("x", (off_t)(3 * block)), 0);
    assert_int_equal(target_look(&request, &view, &f), 0);
    assert_int_equal(view.demand.need, 6 * block);
    request.inplace = true;
    assert_int_equal(target_look(&request, &view, &f), 0);
    assert_string_equal(view.how, "in place");
    assert_int_equal(view.demand.need, 6 * block - (uint64_t)stat_of("x").st_blocks * 512);
    assert_int_equal(stat_of("x").st_size, 3 * block);
    request.path = "nowhere/x";
    assert_int_equal(target_look(&request, &view, &f), -ENOENT);
    assert_int_equal(count_entries(".", ""), 3);
}

static void punch_case(const char *how, bool inplace, bool keep_rest)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;
    char buf[8];
    int fd;

    write_file("x", "12345678", 0644);
    request.inplace = inplace;
    request.keep_rest = keep_rest;
    request.sparse = request.size_known = true;
    request.size = 7;
    request.length = keep_rest ? 4 : 7;
    write_file("source", "", 0644);
    request.source_fd = open("source", O_RDONLY | O_CLOEXEC);
    assert_int_equal(target_open(&t, &request, &f), 0);
    close(request.source_fd);
    target_reserve(&t);
    if (!t.blank) /* no holes can be punched here */
        print_message("%s: %s: not blank\n", scratch, how);
    if (!t.blank)
        assert_int_equal(pwrite(t.fd, "\0\0\0a\0\0" + (keep_rest ? 3 : 0), keep_rest ? 4 : 7,
                                keep_rest ? 3 : 0),
                         keep_rest ? 4 : 7);
    else
        assert_int_equal(pwrite(t.fd, "a", 1, 3), 1);
    assert_int_equal(target_commit(&t, &f), 0);
    fd = open("x", O_RDONLY);
    assert_int_equal(read(fd, buf, sizeof buf), keep_rest ? 8 : 7);
    close(fd);
    assert_memory_equal(buf, keep_rest ? "123a\0\0\0" : "\0\0\0a\0\0\0", 7);
    assert_true(!keep_rest || buf[7] == '8');
}

/* Where nothing is written it reads as zeros, up to the end. */
static void test_blank(void **state)
{
    (void)state;
    punch_case("temporary", false, false);
    punch_case("in place", true, false);
    punch_case("range", true, true);
}

/* These file systems have no clones, and a stream has none anywhere. */
static void test_no_clones(void **state)
{
    struct target_request request = request_for("x");
    struct target a, b;
    struct failure f = {0};
    int from;

    (void)state;
    write_file("src", "0123", 0644);
    from = open("src", O_RDONLY);
    request.size = request.length = 4;
    request.size_known = true;
    assert_int_equal(target_open(&a, &request, &f), 0);
    request.path = "y";
    assert_int_equal(target_open(&b, &request, &f), 0);
    assert_false(target_can_share(a.fd, &b));
    assert_int_equal(target_clone(&a, from, 0, &f), -EOPNOTSUPP);
    assert_string_equal(f.op, "clone");
    target_abort(&a, false);
    target_abort(&b, false);
    close(from);
}

static void test_close_error(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;
    int fd;

    (void)state;
    assert_int_equal(target_open(&t, &request, &f), 0);
    /* A closed descriptor in place of fd_direct: the only close() error to be had at will. */
    fd = dup(t.fd);
    close(fd);
    t.fd_direct = fd;
    assert_failure(&f, target_commit(&t, &f), "close", EBADF);
    assert_false(exists("x"));
}

static void test_direct(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;
    struct stat a, b;

    (void)state;
    request.want_direct = true;
    for (int inplace = 0; inplace < 2; inplace++) {
        request.inplace = inplace;
        assert_int_equal(target_open(&t, &request, &f), 0);
        if (t.fd_direct < 0)
            print_message("no O_DIRECT in %s\n", scratch);
        if (t.fd_direct >= 0) {
            assert_int_equal(fstat(t.fd, &a), 0);
            assert_int_equal(fstat(t.fd_direct, &b), 0);
            assert_int_equal(a.st_ino, b.st_ino);
            assert_true(fcntl(t.fd_direct, F_GETFL) & O_DIRECT);
            assert_false(fcntl(t.fd_direct, F_GETFL) & O_NONBLOCK);
            assert_false(fcntl(t.fd, F_GETFL) & O_DIRECT);
            assert_true(t.direct_align >= 512 && (t.direct_align & (t.direct_align - 1)) == 0);
        }
        assert_int_equal(target_commit(&t, &f), 0);
    }
}

/* ---- in place ---- */

static void test_inplace(void **state)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;
    ino_t ino;

    (void)state;
    request.inplace = true;
    request.durable = true;
    put_ok(&request, "created");
    assert_text("x", "created");
    assert_int_equal(mode_of("x"), 0644);
    ino = stat_of("x").st_ino;
    assert_int_equal(chmod("x", 0606), 0);
    put_ok(&request, "new");
    assert_text("x", "new");
    assert_int_equal(mode_of("x"), 0606);
    assert_int_equal(stat_of("x").st_ino, ino);

    /* What a failed copy wrote stays, and what it did not overwrite. */
    assert_int_equal(target_open(&t, &request, &f), 0);
    assert_int_equal(write(t.fd, "p", 1), 1);
    target_abort(&t, false);
    assert_text("x", "pew");

    request.size = 7;
    request.size_known = true;
    put_fails(&request, "check length", EIO, NULL);
    assert_true(exists("x"));
}

static void test_keep_rest(void **state)
{
    struct target_request request = request_for("x");

    (void)state;
    write_file("x", "0123456789", 0644);
    request.inplace = true;
    request.keep_rest = true;
    request.size = 3;
    request.size_known = true;
    put_ok(&request, "abc");
    assert_text("x", "abc3456789");
}

/* A running program cannot be written into, but replaced. */
static void test_running_program(void **state)
{
    struct target_request request = request_for("program");
    pid_t pid;
    int status, gate[2];
    char c;

    (void)state;
    run("cp /bin/cat program && mkfifo fifo");
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        (void)dup2(gate[0], 0);
        (void)execl("./program", "program", "fifo", NULL);
        _exit(127);
    }
    /* The write end closes at exec: after that the program text is in use. */
    close(gate[1]);
    assert_int_equal(read(gate[0], &c, 1), 0);
    close(gate[0]);

    request.inplace = true;
    put_fails(&request, "open", ETXTBSY, NULL);
    request.force = true;
    put_ok(&request, "forced");
    assert_text("program", "forced");
    run(": > fifo");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_open_file_by_proc(void **state)
{
    struct target_request request;
    char path[64], buf[8];
    int fd = open("x", O_RDWR | O_CREAT, 0644);

    (void)state;
    assert_true(fd >= 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    request = request_for(path);
    put_fails(&request, "open", EOPNOTSUPP, "--inplace");
    assert_int_equal(unlink("x"), 0);
    put_fails(&request, "open", EOPNOTSUPP, "--inplace");
    request.inplace = true;
    put_ok(&request, "new");
    assert_int_equal(pread(fd, buf, sizeof(buf), 0), 3);
    assert_memory_equal(buf, "new", 3);
    assert_int_equal(close(fd), 0);
}

/* ---- modes and owners, against cp ---- */

static int cp(const char *from, const char *to)
{
    char command[256];

    (void)snprintf(command, sizeof(command), "cp %s %s 2>/dev/null", from, to);
    return system(command) == 0 ? 0 : -1;
}

static void compare_with_cp(mode_t source_mode, mode_t old_mode, bool replaced, bool inplace)
{
    struct target_request request = request_for("ours");
    struct failure f = {0};
    int r_cp, r;

    unlink("ours");
    unlink("cps");
    unlink("source");
    write_file("source", "new", source_mode);
    if (replaced) {
        write_file("ours", "old content", old_mode);
        write_file("cps", "old content", old_mode);
    }
    request.source_mode = stat_of("source").st_mode;
    request.inplace = inplace;
    r_cp = cp("source", "cps");
    r = put(&request, "new", &f);
    assert_int_equal(r == 0, r_cp == 0);
    if (mode_of("ours") != mode_of("cps"))
        fail_msg("source %o, old %o%s%s: ours %o, cp's %o", source_mode, old_mode,
                 replaced ? "" : " (none)", inplace ? ", inplace" : "", mode_of("ours"),
                 mode_of("cps"));
}

static void mode_table(void)
{
    static const mode_t umasks[] = {0, 022, 027, 077, 0222, 0777};
    static const mode_t modes[] = {0644, 0600,  0400,  0444,  0755,  0666, 0777,
                                   0700, 04755, 02755, 06755, 01777, 07777};
    static const mode_t old_modes[] = {0644,  0600,  0666,  0777,  0200,  0444,
                                       04755, 02755, 06777, 01777, 02664, 04600};

    for (size_t u = 0; u < sizeof(umasks) / sizeof(umasks[0]); u++) {
        umask(umasks[u]);
        for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
            compare_with_cp(modes[m], 0, false, false);
            compare_with_cp(modes[m], 0, false, true);
        }
    }
    umask(027);
    for (size_t m = 0; m < sizeof(old_modes) / sizeof(old_modes[0]); m++) {
        compare_with_cp(0777, old_modes[m], true, false);
        compare_with_cp(0777, old_modes[m], true, true);
    }
}

static void test_modes(void **state)
{
    (void)state;
    mode_table();
}

static void test_modes_as_nobody(void **state)
{
    (void)state;
    as_nobody(mode_table);
}

static void assert_same_acl(const char *a, const char *b)
{
    char text_a[256], text_b[256];
    ssize_t n = getxattr(b, "system.posix_acl_access", text_b, sizeof(text_b));

    assert_int_equal(mode_of(a), mode_of(b));
    assert_int_equal(getxattr(a, "system.posix_acl_access", text_a, sizeof(text_a)), n);
    if (n > 0)
        assert_memory_equal(text_a, text_b, (size_t)n);
}

/* What cp makes of a default ACL; and until the copy is complete nobody gets anything of it. */
static void test_default_acl(void **state)
{
    static const char *const acls[] = {
        "u:1234:rwx,g::r-x,o::---", "u:1234:rwx,g::r-x,o::---,m::r--", "u::r--,g::rw-,o::r--",
        "u::---,g:1234:rw-,o::rwx", "u::rwx,g::rwx,o::rwx,u:1234:---",
    };
    static const mode_t modes[] = {0664, 0600, 0777, 0444, 0060, 0007, 0000, 06755};
    struct target_request request = request_for("d/ours");
    struct failure f = {0};
    char command[128];
    struct target t;

    (void)state;
    for (size_t i = 0; i < sizeof(acls) / sizeof(acls[0]); i++) {
        (void)snprintf(command, sizeof(command),
                       "rm -rf d && mkdir d && setfacl -d -m %s d 2>/dev/null", acls[i]);
        if (system(command) != 0)
            skip();
        for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
            run("rm -f source d/ours d/cps");
            write_file("source", "new", modes[m]);
            request.source_mode = S_IFREG | modes[m];
            if (cp("source", "d/cps") != 0)
                continue; /* not by an ordinary user */
            request.want_direct = m % 2;
            assert_int_equal(target_open(&t, &request, &f), 0);
            (void)snprintf(command, sizeof(command), "d/%s", temporary_in("d"));
            assert_int_equal(mode_of(command) & 0177, 0);
            assert_int_equal(target_commit(&t, &f), 0);
            assert_same_acl("d/ours", "d/cps");
        }
    }
}

/* A file that replaces another lets in whom that let in: nobody whom the directory's default
 * ACL names, and not the group where the bits of the group were the mask. */
static void test_replaced_acl(void **state)
{
    struct target_request request = request_for("d/ours");

    (void)state;
    run("mkdir d");
    write_file("d/ours", "old", 0660);
    write_file("d/same", "old", 0660);
    if (system("setfacl -d -m u:1234:rwx d 2>/dev/null") != 0)
        skip();
    put_ok(&request, "new");
    assert_same_acl("d/ours", "d/same");
    run("setfacl -m u:4321:rw-,g::--- d/ours d/same");
    put_ok(&request, "newer");
    assert_same_acl("d/ours", "d/same");
    run("setfacl -m u:4321:rwx,m::r-- d/ours d/same");
    put_ok(&request, "newest");
    assert_same_acl("d/ours", "d/same");
}

/* ---- ordinary users ---- */

static void direct_copy_of_read_only(void)
{
    struct target_request request = request_for("x");
    struct failure f = {0};
    struct target t;

    request.source_mode = S_IFREG | 0444;
    request.want_direct = true;
    for (int inplace = 0; inplace < 2; inplace++) {
        unlink("x");
        request.inplace = inplace;
        assert_int_equal(target_open(&t, &request, &f), 0);
        assert_true(t.fd_direct >= 0);
        assert_int_equal(target_commit(&t, &f), 0);
        assert_int_equal(mode_of("x"), 0444);
    }
}

static void test_direct_read_only_as_nobody(void **state)
{
    (void)state;
    as_nobody(direct_copy_of_read_only);
}

static void read_only_file(void)
{
    struct target_request request = request_for("x");

    write_file("x", "old", 0444);
    put_fails(&request, "open", EACCES, NULL);
    request.inplace = true;
    put_fails(&request, "open", EACCES, NULL);
    assert_text("x", "old");
    request.keep_rest = true;
    request.force = true;
    put_fails(&request, "open", EACCES, NULL);
    assert_text("x", "old");
    request.keep_rest = false;
    put_ok(&request, "forced");
    assert_text("x", "forced");
    assert_int_equal(chmod("x", 0444), 0);
    request.inplace = false;
    put_ok(&request, "again");
    assert_text("x", "again");
    assert_int_equal(mode_of("x"), 0444);
}

static void test_read_only_file_as_nobody(void **state)
{
    (void)state;
    as_nobody(read_only_file);
}

static void read_only_directory(void)
{
    struct target_request request = request_for("d/x");

    assert_int_equal(mkdir("d", 0755), 0);
    write_file("d/x", "old", 0644);
    write_file("d/locked", "old", 0444);
    assert_int_equal(chmod("d", 0555), 0);
    put_fails(&request, "create temporary", EACCES, "--inplace writes into the existing file");
    assert_text("d/x", "old");
    request.inplace = true;
    put_ok(&request, "new");
    assert_text("d/x", "new");
    request.inplace = false;
    request.path = "d/new";
    put_fails(&request, "create temporary", EACCES, NULL);
    request.inplace = true;
    put_fails(&request, "open", EACCES, NULL);
    request.path = "d/locked";
    request.force = true;
    put_fails(&request, "remove", EACCES, NULL);
}

static void test_read_only_directory_as_nobody(void **state)
{
    (void)state;
    as_nobody(read_only_directory);
}

static void search_only_directory(void)
{
    struct target_request request = request_for("d/x");

    assert_int_equal(mkdir("d", 0300), 0);
    put_ok(&request, "new");
    assert_text("d/x", "new");
    request.durable = true;
    put_fails(&request, "open directory", EACCES, "--fsync");
    assert_text("d/x", "new");
    assert_int_equal(chmod("d", 0700), 0);
    put_ok(&request, "synced");
    assert_int_equal(chmod("d", 0000), 0);
    put_fails(&request, "open", EACCES, NULL);
    assert_int_equal(chmod("d", 0700), 0);
}

static void test_search_only_directory_as_nobody(void **state)
{
    (void)state;
    as_nobody(search_only_directory);
}

static void somebody_elses_file(void)
{
    struct target_request request = request_for("x");

    put_ok(&request, "new");
    assert_text("x", "new");
    assert_int_equal(stat_of("x").st_uid, NOBODY);
    assert_int_equal(mode_of("x"), 0666);
}

static void test_somebody_elses_file(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    /* Set-id bits that were root's must not become nobody's. */
    write_file("x", "old", 06666);
    as_nobody(somebody_elses_file);
}

/* ---- nodes that need no privilege ---- */

static void test_fifo(void **state)
{
    struct target_request request = request_for("fifo");
    struct failure f = {0};
    struct target t;
    char buf[8];
    int reader;

    (void)state;
    run("mkfifo fifo && ln -s fifo link");
    put_fails(&request, "open", ENXIO, NULL);
    reader = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    request.path = "link";
    request.durable = true;
    request.want_direct = true;
    assert_int_equal(target_open(&t, &request, &f), 0);
    assert_string_equal(t.ops->name, "node");
    assert_true(t.sequential);
    assert_false(t.can_fsync);
    assert_int_equal(t.fd_direct, -1);
    assert_false(fcntl(t.fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(target_clone(&t, reader, 0, &f), -EOPNOTSUPP);
    assert_int_equal(write(t.fd, "hello", 5), 5);
    assert_int_equal(target_commit(&t, &f), 0);
    assert_int_equal(read(reader, buf, sizeof(buf)), 5);
    assert_int_equal(target_open(&t, &request, &f), 0);
    target_abort(&t, false);
    assert_int_equal(close(reader), 0);
    assert_true(S_ISFIFO(stat_of("fifo").st_mode));
}

static void test_process_substitution(void **state)
{
    struct target_request request;
    char path[64], buf[8];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
    request = request_for(path);
    put_ok(&request, "hello");
    close(ends[1]);
    assert_int_equal(read(ends[0], buf, sizeof(buf)), 5);
    assert_int_equal(read(ends[0], buf, sizeof(buf)), 0);
    close(ends[0]);
}

static void test_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    struct target_request request = request_for("socket");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    put_fails(&request, "open", EOPNOTSUPP, "socket");
    close(fd);
}

static void test_node_direct(void **state)
{
    struct target_request request = request_for("fifo");

    (void)state;
    run("mkfifo fifo");
    request.need_direct = true;
    put_fails(&request, "open", EINVAL, "O_DIRECT");
}

/* ---- in a mount namespace of their own ---- */

static int set_up_private(void **state)
{
    static bool unshared;

    if (geteuid() != 0)
        return set_up(state);
    if (!unshared &&
        (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
        return -1;
    unshared = true;
    if (set_up(state) < 0 || mount("none", scratch, "tmpfs", 0, "mode=755") < 0)
        return -1;
    return chdir(scratch);
}

static int tear_down_private(void **state)
{
    if (geteuid() == 0 && (chdir("/") < 0 || umount2(scratch, MNT_DETACH) < 0))
        return -1;
    return tear_down(state);
}

static void test_devices(void **state)
{
    struct target_request request = request_for("full");
    struct failure f = {0};
    struct target t;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mknod("full", S_IFCHR | 0666, makedev(1, 7)), 0);
    assert_int_equal(mknod("null", S_IFCHR | 0666, makedev(1, 3)), 0);
    assert_int_equal(mknod("block", S_IFBLK | 0600, makedev(7, 0)), 0);
    run("ln -s full link");

    for (int i = 0; i < 2; i++) {
        request.path = i == 0 ? "full" : "link";
        assert_int_equal(target_open(&t, &request, &f), 0);
        assert_true(t.sequential);
        assert_false(t.can_fsync);
        assert_int_equal(write(t.fd, "x", 1), -1);
        assert_int_equal(errno, ENOSPC);
        target_abort(&t, false);
    }
    request.path = "null";
    request.durable = true;
    request.force = true;
    put_ok(&request, "x");
    put_ok(&(struct target_request){.path = "null", .inplace = true}, "x");
    request.path = "block";
    put_fails(&request, "open", EOPNOTSUPP, "block devices are written to with --device only");
    assert_true(S_ISCHR(stat_of("full").st_mode));
    assert_true(S_ISCHR(stat_of("null").st_mode));
    assert_true(S_ISBLK(stat_of("block").st_mode));
    assert_true(S_ISLNK(stat_of("link").st_mode));
}

static void test_no_direct(void **state)
{
    struct target_request request = request_for("d/x");
    struct failure f = {0};
    struct target t;

    (void)state;
    if (geteuid() != 0)
        skip();
    run("mkdir d && mount -t ramfs none d");
    request.want_direct = true;
    assert_int_equal(target_open(&t, &request, &f), 0);
    assert_int_equal(t.fd_direct, -1);
    assert_int_equal(target_commit(&t, &f), 0);
    unlink("d/x");

    request.need_direct = true;
    put_fails(&request, "open", EINVAL, "O_DIRECT");
    request.inplace = true;
    put_fails(&request, "open", EINVAL, "O_DIRECT");
    assert_int_equal(count_entries("d", ""), 2); /* . and .. */
    write_file("d/x", "old", 0644);
    put_fails(&request, "open", EINVAL, "O_DIRECT");
    assert_text("d/x", "old");
    run("umount d");
}

static void test_mount_points(void **state)
{
    struct target_request request = request_for("d/x");

    (void)state;
    if (geteuid() != 0)
        skip();
    run("mkdir d && echo old > d/x && echo other > other && mount --bind other d/x");
    put_fails(&request, "rename", EBUSY, "--inplace");
    run("mount --bind d d && mount --bind other d/x && mount -o remount,bind,ro d");
    put_fails(&request, "create temporary", EROFS, "--inplace");
    request.inplace = true;
    put_ok(&request, "new");
    assert_text("other", "new");
    run("umount d/x");
    put_fails(&request, "open", EROFS, NULL);
    request.inplace = false;
    put_fails(&request, "open", EROFS, NULL);
    request.path = "d/y";
    put_fails(&request, "create temporary", EROFS, NULL);
    run("umount d && umount d/x");
}

/* A full file system: the failed copy gives its space back. */
static void test_full_file_system(void **state)
{
    struct target_request request = request_for("d/x");
    static char block[1 << 16];
    struct failure f = {0};
    struct target t;
    ssize_t n;

    (void)state;
    if (geteuid() != 0)
        skip();
    run("mkdir d && mount -t tmpfs -o size=256k none d && echo old > d/x");
    assert_int_equal(target_open(&t, &request, &f), 0);
    do {
        n = write(t.fd, block, sizeof(block));
    } while (n > 0);
    assert_int_equal(errno, ENOSPC);
    target_abort(&t, false);
    assert_text("d/x", "old\n");
    put_ok(&request, "new");
    run("umount d");
}

#define HERE(test) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, place)
#define PRIVATE(test)                                                                          \
    cmocka_unit_test_prestate_setup_teardown(test, set_up_private, tear_down_private, place)

static int run_in(const char *constant_place)
{
    void *place = (void *)(uintptr_t)constant_place;
    const struct CMUnitTest tests[] = {
        HERE(test_new),
        HERE(test_replace),
        HERE(test_temporary_is_private),
        HERE(test_temporary_is_locked),
        HERE(test_abort),
        HERE(test_wrong_length),
        HERE(test_blank),
        HERE(test_no_clones),
        HERE(test_other_directory),
        HERE(test_symlinks),
        HERE(test_dangling),
        HERE(test_bad_paths),
        HERE(test_name_taken),
        HERE(test_directory_moved),
        HERE(test_temporary_gone),
        HERE(test_temporary_replaced),
        HERE(test_inplace_is_source),
        HERE(test_inplace_is_alias),
        HERE(test_inplace_swapped),
        HERE(test_temporary_guessed),
        HERE(test_look),
        HERE(test_close_error),
        HERE(test_direct),
        HERE(test_inplace),
        HERE(test_keep_rest),
        HERE(test_running_program),
        HERE(test_open_file_by_proc),
        HERE(test_modes),
        HERE(test_modes_as_nobody),
        HERE(test_default_acl),
        HERE(test_replaced_acl),
        HERE(test_direct_read_only_as_nobody),
        HERE(test_read_only_file_as_nobody),
        HERE(test_read_only_directory_as_nobody),
        HERE(test_search_only_directory_as_nobody),
        HERE(test_somebody_elses_file),
        HERE(test_fifo),
        HERE(test_process_substitution),
        HERE(test_socket),
        HERE(test_node_direct),
        PRIVATE(test_devices),
        PRIVATE(test_no_direct),
        PRIVATE(test_mount_points),
        PRIVATE(test_full_file_system),
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
