/* Tests of attrs.c on real files: what is read is given, in the right order, and what cannot be
 * is told. Each test has a directory of its own below /tmp; what its file system lacks is
 * skipped. */
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
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/attrs.h"

#define NOBODY      65534u
#define ACCESS_ACL  "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

static const struct attrs_wanted basic = {.mode = true, .owner = true, .times = true};
static const struct attrs_wanted everything = {.mode = true,
                                               .owner = true,
                                               .times = true,
                                               .context = ATTRS_MIND,
                                               .xattrs = ATTRS_REQUIRED};

static char scratch[64];

/* ---- helpers ---- */

static int enter_scratch(void **state)
{
    (void)state;
    strcpy(scratch, "/tmp/ucopy-attrs.XXXXXX");
    umask(022);
    return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

static int leave_scratch(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf --one-file-system %s", scratch);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static void make(const char *name, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
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

/* Opens regular files and directories for reading, all else with O_PATH. */
static int open_any(const char *name, bool *ret_path_only)
{
    mode_t mode = stat_of(name).st_mode;
    int fd;

    *ret_path_only = !S_ISREG(mode) && !S_ISDIR(mode);
    fd = open(name, (*ret_path_only ? O_PATH : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void read_attrs(struct attrs *a, const char *name)
{
    bool path_only;
    int fd = open_any(name, &path_only);
    struct stat st = stat_of(name);

    attrs_read(a, fd, path_only, &st);
    close(fd);
}

/* Whether anything was changed. */
static bool apply(const struct attrs *a, const char *name, bool fresh,
                  struct attrs_failures *ret)
{
    struct attrs_file file = {.fresh = fresh};
    bool changed;

    file.fd = open_any(name, &file.path_only);
    changed = attrs_apply(a, &file, ret);
    close(file.fd);
    return changed;
}

/* Gives the attributes of one file to another, with nothing missing. */
static void carry(const struct attrs_wanted *wanted, const char *from, const char *to)
{
    struct attrs_failures failures;
    struct attrs a;

    attrs_init(&a, wanted);
    read_attrs(&a, from);
    (void)apply(&a, to, true, &failures);
    if (failures.n > 0)
        fail_msg("%s -> %s: %s: %s", from, to, failures.list[0].op,
                 strerror(failures.list[0].err));
    attrs_free(&a);
}

static void assert_failed(const struct attrs_failures *failures, unsigned i, const char *op,
                          int err, const char *message)
{
    assert_true(i < failures->n);
    assert_string_equal(failures->list[i].op, op);
    assert_int_equal(failures->list[i].err, err);
    assert_true(failures->list[i].offset == FAILURE_NO_OFFSET);
    if (message)
        assert_string_equal(failures->list[i].message, message);
    else
        assert_string_equal(failures->list[i].message, "");
}

static void assert_same_stat(const char *a, const char *b)
{
    struct stat x = stat_of(a), y = stat_of(b);

    assert_int_equal(x.st_mode, y.st_mode);
    assert_int_equal(x.st_uid, y.st_uid);
    assert_int_equal(x.st_gid, y.st_gid);
    assert_int_equal(x.st_atim.tv_sec, y.st_atim.tv_sec);
    assert_int_equal(x.st_atim.tv_nsec, y.st_atim.tv_nsec);
    assert_int_equal(x.st_mtim.tv_sec, y.st_mtim.tv_sec);
    assert_int_equal(x.st_mtim.tv_nsec, y.st_mtim.tv_nsec);
}

/* Every change of an attribute is a change of status. */
static void assert_unchanged(const char *name, const struct stat *before)
{
    struct stat now = stat_of(name);

    assert_int_equal(now.st_ctim.tv_sec, before->st_ctim.tv_sec);
    assert_int_equal(now.st_ctim.tv_nsec, before->st_ctim.tv_nsec);
}

static void assert_xattr(const char *name, const char *xattr, const char *value)
{
    char text[256];
    ssize_t size = lgetxattr(name, xattr, text, sizeof(text));

    assert_int_equal(size, strlen(value));
    assert_memory_equal(text, value, (size_t)size);
}

static bool has_xattr(const char *name, const char *xattr)
{
    return lgetxattr(name, xattr, NULL, 0) >= 0;
}

static void assert_same_xattr(const char *a, const char *b, const char *xattr)
{
    char x[256], y[256];
    ssize_t size = lgetxattr(a, xattr, x, sizeof(x));

    assert_true(size > 0);
    assert_int_equal(lgetxattr(b, xattr, y, sizeof(y)), size);
    assert_memory_equal(x, y, (size_t)size);
}

static void set_xattr(const char *name, const char *xattr, const char *value)
{
    if (lsetxattr(name, xattr, value, strlen(value), 0) == 0)
        return;
    assert_int_equal(errno, EOPNOTSUPP);
    print_message("/tmp cannot hold %s\n", xattr);
    skip();
}

static void set_times(const char *name, time_t atime, long atime_ns, time_t mtime,
                      long mtime_ns)
{
    const struct timespec times[2] = {{atime, atime_ns}, {mtime, mtime_ns}};

    assert_int_equal(utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void need_root(void)
{
    if (geteuid() != 0)
        skip();
}

/* A file system without extended attributes and access control lists at "bare". */
static void mount_bare(void)
{
    static bool unshared;

    need_root();
    if (!unshared &&
        (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
        skip();
    unshared = true;
    assert_int_equal(mkdir("bare", 0755), 0);
    if (mount("ramfs", "bare", "ramfs", 0, NULL) < 0)
        skip();
}

static void unmount_bare(void)
{
    assert_int_equal(umount("bare"), 0);
}

/* Runs the function in a child that has become nobody, whose directory this is. */
static void as_nobody(void (*fn)(void))
{
    int status;
    pid_t pid;

    need_root();
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

/* ---- what is wanted ---- */

static void test_any(void **state)
{
    (void)state;
    assert_false(attrs_any(&(struct attrs_wanted){.mode = false}));
    assert_true(attrs_any(&(struct attrs_wanted){.mode = true}));
    assert_true(attrs_any(&(struct attrs_wanted){.owner = true}));
    assert_true(attrs_any(&(struct attrs_wanted){.times = true}));
    assert_true(attrs_any(&(struct attrs_wanted){.context = ATTRS_TRY}));
    assert_true(attrs_any(&(struct attrs_wanted){.xattrs = ATTRS_TRY}));
}

/* Each of them alone, and nothing else. */
static void test_one_by_one(void **state)
{
    static const struct attrs_wanted each[] = {
        {.mode = true}, {.times = true}, {.xattrs = ATTRS_REQUIRED}};

    (void)state;
    make("src", 0751);
    set_xattr("src", "user.a", "1");
    set_times("src", 1, 2, 3, 4);
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        make("dst", 0600);
        carry(&each[i], "src", "dst");
        assert_int_equal(mode_of("dst"), each[i].mode ? 0751 : 0600);
        assert_int_equal(stat_of("dst").st_mtim.tv_sec == 3, each[i].times);
        assert_int_equal(has_xattr("dst", "user.a"), each[i].xattrs != ATTRS_LEAVE);
        assert_int_equal(unlink("dst"), 0);
    }
}

/* ---- regular files ---- */

static void test_everything(void **state)
{
    (void)state;
    need_root();
    make("src", 0640);
    assert_int_equal(chown("src", 1234, 4321), 0);
    assert_int_equal(chmod("src", 06750), 0);
    set_xattr("src", "user.a", "value");
    set_xattr("src", "user.empty", "");
    set_xattr("src", "trusted.b", "secret");
    set_times("src", -154900494, 123456789, -1, 999999999);
    make("dst", 0600);
    carry(&everything, "src", "dst");
    assert_same_stat("src", "dst");
    assert_xattr("dst", "user.a", "value");
    assert_xattr("dst", "user.empty", "");
    assert_xattr("dst", "trusted.b", "secret");
}

/* A change of owner would take them away. */
static void test_capability_of_somebody_else(void **state)
{
    /* cap_net_raw=ep, as setcap writes it */
    static const char value[20] = "\x01\0\0\x02\0\x20\0\0";

    (void)state;
    need_root();
    make("src", 0755);
    assert_int_equal(chown("src", 1234, 4321), 0);
    if (setxattr("src", "security.capability", value, sizeof(value), 0) < 0)
        skip();
    make("dst", 0600);
    carry(&everything, "src", "dst");
    assert_same_xattr("src", "dst", "security.capability");
    assert_int_equal(stat_of("dst").st_uid, 1234);
}

/* What /etc/xattr.conf excludes, and what belongs to the mode, is no extended attribute. */
static void test_excluded(void **state)
{
    static const struct attrs_wanted xattrs = {.xattrs = ATTRS_REQUIRED};

    (void)state;
    make("src", 0600);
    set_xattr("src", "user.Beagle.x", "index");
    set_xattr("src", "user.Bagel", "food");
    if (system("setfacl -m u:1234:r src") != 0)
        skip();
    make("dst", 0600);
    carry(&xattrs, "src", "dst");
    assert_true(has_xattr("dst", "user.Bagel"));
    assert_false(has_xattr("dst", "user.Beagle.x"));
    assert_false(has_xattr("dst", ACCESS_ACL));
    assert_int_equal(mode_of("dst"), 0600);
}

/* More names and longer values than there is room for at first. */
static void test_many_xattrs(void **state)
{
    char name[64], value[1101];

    (void)state;
    make("src", 0600);
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    set_xattr("src", "user.long", value);
    set_xattr("src", "user.longer", value);
    for (unsigned i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "user.a-name-that-takes-some-room-of-the-list-%02u", i);
        set_xattr("src", name, i % 2 ? "odd" : "");
    }
    make("dst", 0600);
    carry(&everything, "src", "dst");
    for (unsigned i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "user.a-name-that-takes-some-room-of-the-list-%02u", i);
        assert_xattr("dst", name, i % 2 ? "odd" : "");
    }
    assert_int_equal(getxattr("dst", "user.long", name, 0), sizeof(value) - 1);
    assert_int_equal(getxattr("dst", "user.longer", name, 0), sizeof(value) - 1);
}

/* The next source gets the same buffers, and nothing of the last one. */
static void test_used_again(void **state)
{
    struct attrs_failures failures;
    const void *names, *values, *xattrs;
    struct attrs a;

    (void)state;
    make("first", 0600);
    set_xattr("first", "user.a", "first a");
    set_xattr("first", "user.b", "first b");
    make("second", 0640);
    set_xattr("second", "user.b", "second");
    make("third", 0644);
    make("dst2", 0600);
    make("dst3", 0600);

    attrs_init(&a, &everything);
    read_attrs(&a, "first");
    names = a.names, values = a.values, xattrs = a.xattrs;
    read_attrs(&a, "second");
    (void)apply(&a, "dst2", true, &failures);
    assert_int_equal(failures.n, 0);
    read_attrs(&a, "third");
    (void)apply(&a, "dst3", true, &failures);
    assert_int_equal(failures.n, 0);
    assert_true(a.names == names && a.values == values && a.xattrs == xattrs);
    attrs_free(&a);

    assert_xattr("dst2", "user.b", "second");
    assert_false(has_xattr("dst2", "user.a"));
    assert_same_stat("second", "dst2");
    assert_false(has_xattr("dst3", "user.b"));
    assert_same_stat("third", "dst3");
}

static void test_nothing_to_change(void **state)
{
    struct attrs_failures failures;
    struct stat before;
    struct attrs a;

    (void)state;
    make("src", 0640);
    make("dst", 0600);
    attrs_init(&a, &basic);
    read_attrs(&a, "src");
    assert_true(apply(&a, "dst", true, &failures));
    before = stat_of("dst");
    assert_false(apply(&a, "dst", false, &failures));
    assert_unchanged("dst", &before);
    attrs_free(&a);
}

/* A file that others have been let into gets the new owner and mode all the same. */
static void test_existing_file_of_others(void **state)
{
    struct attrs_failures failures;
    struct attrs a;

    (void)state;
    need_root();
    make("src", 0440);
    assert_int_equal(chown("src", 1234, 4321), 0);
    make("dst", 06777);
    attrs_init(&a, &basic);
    read_attrs(&a, "src");
    assert_true(apply(&a, "dst", false, &failures));
    assert_int_equal(failures.n, 0);
    attrs_free(&a);
    assert_same_stat("src", "dst");
}

/* ---- access control lists ---- */

static void test_acl(void **state)
{
    (void)state;
    make("src", 02640);
    if (system("setfacl -m u:1234:rwx,g:77:r,m::rw src") != 0)
        skip();
    assert_int_equal(chmod("src", 02660), 0);
    make("dst", 0600);
    carry(&basic, "src", "dst");
    assert_same_xattr("src", "dst", ACCESS_ACL);
    assert_same_stat("src", "dst");
}

/* One that the directory has given to the new file is not the source's. */
static void test_inherited_acl(void **state)
{
    (void)state;
    make("src", 0664);
    assert_int_equal(mkdir("d", 0755), 0);
    assert_int_equal(mkdir("e", 0755), 0);
    if (system("setfacl -d -m u:1234:rwx d") != 0)
        skip();
    make("d/dst", 0600);
    assert_true(has_xattr("d/dst", ACCESS_ACL));
    carry(&basic, "src", "d/dst");
    assert_false(has_xattr("d/dst", ACCESS_ACL));
    assert_same_stat("src", "d/dst");

    carry(&basic, "d", "e");
    assert_same_xattr("d", "e", DEFAULT_ACL);
    assert_int_equal(rmdir("e"), 0);
    assert_int_equal(mkdir("d/e", 0755), 0);
    assert_true(has_xattr("d/e", DEFAULT_ACL));
    assert_int_equal(mkdir("f", 0750), 0);
    carry(&basic, "f", "d/e");
    assert_false(has_xattr("d/e", DEFAULT_ACL) || has_xattr("d/e", ACCESS_ACL));
    assert_same_stat("f", "d/e");
}

/* Without the list nobody gets more than the list gave: the group's bits were its mask. */
static void test_acl_that_cannot_be_kept(void **state)
{
    struct attrs_failures failures;
    struct attrs a;

    (void)state;
    mount_bare();
    make("src", 0600);
    run("setfacl -m u:1234:rw,g::r,o::r src");
    assert_int_equal(mode_of("src"), 0664);
    make("bare/dst", 0600);
    attrs_init(&a, &basic);
    read_attrs(&a, "src");
    assert_true(apply(&a, "bare/dst", true, &failures));
    assert_int_equal(failures.n, 1);
    assert_failed(&failures, 0, "preserve access control list", EOPNOTSUPP, NULL);
    assert_int_equal(mode_of("bare/dst"), 0644);
    attrs_free(&a);
    unmount_bare();
}

/* ---- what is no regular file ---- */

/* Through O_PATH descriptors, and never what a symlink leads to. */
static void test_symlink(void **state)
{
    struct stat before;

    (void)state;
    need_root();
    make("victim", 0600);
    before = stat_of("victim");
    assert_int_equal(symlink("victim", "src"), 0);
    assert_int_equal(symlink("victim", "dst"), 0);
    assert_int_equal(lchown("src", 1234, 4321), 0);
    set_xattr("src", "trusted.a", "of the link");
    set_times("src", 5, 6, 7, 8);
    carry(&everything, "src", "dst");
    assert_same_stat("src", "dst");
    assert_xattr("dst", "trusted.a", "of the link");
    assert_false(has_xattr("victim", "trusted.a"));
    assert_unchanged("victim", &before);
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

static void test_nodes(void **state)
{
    static const char *const names[][2] = {{"fifo1", "fifo2"}, {"dev1", "dev2"}, {"s1", "s2"}};

    (void)state;
    need_root();
    assert_int_equal(mkfifo("fifo1", 0640), 0);
    assert_int_equal(mkfifo("fifo2", 0600), 0);
    if (mknod("dev1", S_IFCHR | 0640, makedev(1, 3)) < 0 ||
        mknod("dev2", S_IFCHR | 0600, makedev(1, 3)) < 0)
        skip();
    make_socket("s1");
    make_socket("s2");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(lchown(names[i][0], 1234, 4321), 0);
        assert_int_equal(chmod(names[i][0], 0451), 0);
        set_xattr(names[i][0], "trusted.a", "node");
        set_times(names[i][0], 5, 6, 7, 8);
        carry(&everything, names[i][0], names[i][1]);
        assert_same_stat(names[i][0], names[i][1]);
        assert_xattr(names[i][1], "trusted.a", "node");
    }
}

static void test_directory(void **state)
{
    (void)state;
    assert_int_equal(mkdir("src", 0750), 0);
    assert_int_equal(chmod("src", 03750), 0);
    set_xattr("src", "user.a", "of the directory");
    set_times("src", 5, 6, 7, 8);
    assert_int_equal(mkdir("dst", 0700), 0);
    carry(&everything, "src", "dst");
    assert_same_stat("src", "dst");
    assert_xattr("dst", "user.a", "of the directory");
}

/* ---- what fails ---- */

static void test_efforts(void **state)
{
    static const struct {
        enum attrs_effort effort;
        unsigned failures;
    } cases[] = {{ATTRS_TRY, 0}, {ATTRS_MIND, 0}, {ATTRS_REQUIRED, 1}};

    (void)state;
    mount_bare();
    make("src", 0600);
    set_xattr("src", "user.a", "1");
    set_times("src", 1, 2, 3, 4);
    make("bare/dst", 0600);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct attrs_wanted wanted = {.times = true, .xattrs = cases[i].effort};
        struct attrs_failures failures;
        struct attrs a;

        attrs_init(&a, &wanted);
        read_attrs(&a, "src");
        (void)apply(&a, "bare/dst", true, &failures);
        assert_int_equal(failures.n, cases[i].failures);
        if (failures.n > 0)
            assert_failed(&failures, 0, "preserve extended attribute", EOPNOTSUPP, "user.a");
        assert_int_equal(stat_of("bare/dst").st_mtim.tv_sec, 3);
        attrs_free(&a);
    }
    unmount_bare();
}

static void somebody_elses(void)
{
    struct attrs_failures failures;
    struct attrs a;

    make("dst", 0600);
    attrs_init(&a, &everything);
    read_attrs(&a, "src");
    (void)apply(&a, "dst", true, &failures);
    /* That the owner cannot be had is expected; and nobody's set-id programs are made of
     * root's. */
    assert_int_equal(failures.n, 0);
    assert_int_equal(mode_of("dst"), 0555);
    assert_xattr("dst", "user.a", "1");
    assert_int_equal(stat_of("dst").st_mtim.tv_sec, 7);

    read_attrs(&a, "capable");
    (void)apply(&a, "dst", false, &failures);
    assert_int_equal(failures.n, 1);
    assert_failed(&failures, 0, "preserve extended attribute", EPERM, "security.capability");
    attrs_free(&a);
}

static void test_as_nobody(void **state)
{
    static const char value[20] = "\x01\0\0\x02\0\x20\0\0";

    (void)state;
    need_root();
    make("src", 0600);
    set_xattr("src", "user.a", "1");
    set_times("src", 5, 6, 7, 8);
    assert_int_equal(chmod("src", 07555), 0);
    make("capable", 0755);
    if (setxattr("capable", "security.capability", value, sizeof(value), 0) < 0)
        skip();
    as_nobody(somebody_elses);
}

static void not_ones_own(void)
{
    struct attrs_failures failures;
    struct attrs a;

    make("mine", 0600);
    set_times("mine", 1, 2, 3, 4);
    attrs_init(&a, &basic);
    read_attrs(&a, "mine");
    assert_false(apply(&a, "theirs", false, &failures));
    assert_int_equal(failures.n, 2); /* for one thing: to give a file away is not expected */
    assert_failed(&failures, 0, "preserve mode", EPERM, NULL);
    assert_failed(&failures, 1, "preserve times", EPERM, NULL);
    attrs_free(&a);
}

static void test_not_ones_own(void **state)
{
    (void)state;
    need_root();
    make("theirs", 0666);
    as_nobody(not_ones_own);
    assert_int_equal(mode_of("theirs"), 0666);
}

/* What cannot be read is told wherever it is missing, and does not let the group in. */
static void test_unreadable(void **state)
{
    struct attrs_failures failures;
    struct stat st;
    struct attrs a;

    (void)state;
    make("src", 0664);
    make("dst", 0600);
    st = stat_of("src");
    attrs_init(&a, &everything);
    attrs_read(&a, -1, false, &st);
    (void)apply(&a, "dst", true, &failures);
    assert_int_equal(failures.n, 2);
    assert_failed(&failures, 0, "read extended attributes", EBADF, NULL);
    assert_failed(&failures, 1, "read access control list", EBADF, NULL);
    assert_int_equal(mode_of("dst"), 0604);
    assert_int_equal(stat_of("dst").st_mtim.tv_nsec, st.st_mtim.tv_nsec);
    attrs_free(&a);
}

/* More failures than are kept do no harm. */
static void test_many_failures(void **state)
{
    struct attrs_failures failures;
    char name[16];
    struct attrs a;

    (void)state;
    mount_bare();
    make("src", 0600);
    for (unsigned i = 0; i < ATTRS_MAX_FAILURES + 3; i++) {
        snprintf(name, sizeof(name), "user.%u", i);
        set_xattr("src", name, "1");
    }
    make("bare/dst", 0600);
    attrs_init(&a, &everything);
    read_attrs(&a, "src");
    (void)apply(&a, "bare/dst", true, &failures);
    assert_int_equal(failures.n, ATTRS_MAX_FAILURES);
    attrs_free(&a);
    unmount_bare();
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any),
        HERE(test_one_by_one),
        HERE(test_everything),
        HERE(test_capability_of_somebody_else),
        HERE(test_excluded),
        HERE(test_many_xattrs),
        HERE(test_used_again),
        HERE(test_nothing_to_change),
        HERE(test_existing_file_of_others),
        HERE(test_acl),
        HERE(test_inherited_acl),
        HERE(test_acl_that_cannot_be_kept),
        HERE(test_symlink),
        HERE(test_nodes),
        HERE(test_directory),
        HERE(test_efforts),
        HERE(test_as_nobody),
        HERE(test_not_ones_own),
        HERE(test_unreadable),
        HERE(test_many_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
