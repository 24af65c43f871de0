#include "temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/dir_chain.h"
#include "base/fd.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "base/interrupted.h"

#define PREFIX       ".ucopy-"
#define SUFFIX       ".tmp"
#define DIGITS       16
#define PROBE        '~' /* behind the suffix, for temp_try_name() */
#define CREATE_FLAGS (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define MAX_TRIES    16
#define MAX_ENTRIES  16384 /* of a directory that is swept: some milliseconds */
#define SWEPT_SLOTS  64
#define MAX_PID      (1 << 22) /* PID_MAX_LIMIT (linux/threads.h) */

/* File systems whose locks may be visible on this machine only, while another one writes to the
 * same files. */
static const unsigned long shared_file_systems[] = {
    FUSE_SUPER_MAGIC, V9FS_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, 0,
};

bool temp_is(int dir_fd, const char *name, int fd)
{
    struct stat named, open;

    return UNINTERRUPTED(fstatat(dir_fd, name, &named, AT_SYMLINK_NOFOLLOW)) == 0 &&
           fstat(fd, &open) == 0 && fd_same_file(&named, &open);
}

void temp_remove(int dir_fd, char name[TEMP_NAME_SIZE], int fd)
{
    if (name[0] != '\0' && temp_is(dir_fd, name, fd))
        (void)UNINTERRUPTED(unlinkat(dir_fd, name, 0));
    name[0] = '\0';
}

/* Takes the lock. False: another run that sweeps the directory was faster, and has removed the
 * name or is about to. */
static bool hold(int dir_fd, const char *name, int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno != EWOULDBLOCK; /* without locks no run sweeps */
    return temp_is(dir_fd, name, fd);
}

/* What the name begins with: 8 digits for this boot of this machine and the pid namespace, and 4 for
 * the process. */
#define REALM_SHIFT 32
#define RUN_SHIFT   16
#define RUN_MASK    0xffff

/* The 32 bits that stand for this boot of this machine and for the namespace of the numbers of
 * processes; 0: not known. (A container has another one. Its processes have other numbers there, or
 * none.) */
static uint32_t read_realm(void)
{
    struct {
        char boot[64];
        uint64_t pids;
    } key = {.pids = 0};
    struct stat st;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, key.boot, sizeof(key.boot));

    (void)fd_close(&fd);
    if (n <= 0 || stat("/proc/self/ns/pid", &st) < 0)
        return 0;
    key.pids = st.st_ino;
    return (uint32_t)hash_of(&key, sizeof(key)).low;
}

/* The number of the first name that this process makes: 48 bits that all its names have, and 16 of
 * chance, because an earlier process with this number may have left names. 0: the kernel gives no
 * random numbers. */
static uint64_t own_start(void)
{
    static _Atomic uint64_t start;
    uint64_t have = atomic_load(&start), mine;
    uint16_t first;
    uint32_t realm;

    if (have != 0)
        return have;
    if (getrandom(&first, sizeof(first), 0) != (ssize_t)sizeof(first))
        return 0;
    realm = read_realm();
    if (realm == 0 && getrandom(&realm, sizeof(realm), 0) != (ssize_t)sizeof(realm))
        return 0;
    mine = (uint64_t)(realm ? realm : 1) << REALM_SHIFT |
           ((uint64_t)getpid() & RUN_MASK) << RUN_SHIFT | first;
    /* All threads have the start of the first one. */
    return atomic_compare_exchange_strong(&start, &have, mine) ? mine : have;
}

int temp_name(char name[TEMP_NAME_SIZE])
{
    static _Atomic uint16_t made; /* counts, so that the names of this process differ */
    uint64_t start = own_start(), last;

    if (start == 0)
        return -errno;
    last = (start + atomic_fetch_add(&made, 1)) & RUN_MASK;
    (void)snprintf(name, TEMP_NAME_SIZE, PREFIX "%0*" PRIx64 SUFFIX, DIGITS,
                   (start & ~(uint64_t)RUN_MASK) | last);
    return 0;
}

static bool has_pattern(const char *name)
{
    const char *id = name + strlen(PREFIX), *end = id + DIGITS + strlen(SUFFIX);

    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           strspn(id, "0123456789abcdef") == DIGITS &&
           strncmp(id + DIGITS, SUFFIX, strlen(SUFFIX)) == 0 &&
           (*end == '\0' || (*end == PROBE && end[1] != '\0'));
}

bool temp_is_own(const char *name)
{
    return has_pattern(name) &&
           strtoull(name + strlen(PREFIX), NULL, 16) >> RUN_SHIFT == own_start() >> RUN_SHIFT;
}

static int open_file(int dir_fd, const char *name, mode_t mode)
{
    return UNINTERRUPTED(openat(dir_fd, name, CREATE_FLAGS, mode));
}

static int open_for_list(int dir_fd, const char *name)
{
    return UNINTERRUPTED(openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int open_directory(int dir_fd, const char *name, mode_t mode)
{
    int fd;

    if (UNINTERRUPTED(mkdirat(dir_fd, name, mode)) < 0)
        return -1;
    fd = open_for_list(dir_fd, name);
    if (fd < 0) {
        int err = errno;

        (void)UNINTERRUPTED(unlinkat(dir_fd, name, AT_REMOVEDIR));
        /* Another run that sweeps the directory was faster: as in hold(). */
        errno = err == ENOENT ? EEXIST : err;
    }
    return fd;
}

/* Creates by open(), under a new name. */
static int create(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE],
                  int (*open)(int dir_fd, const char *name, mode_t mode))
{
    int r = -EEXIST;

    for (unsigned tries = 0; tries < MAX_TRIES && r == -EEXIST; tries++) {
        int fd, error = temp_name(name);

        if (error < 0) {
            r = error;
            break;
        }
        fd = open(dir_fd, name, mode);
        if (fd >= 0 && hold(dir_fd, name, fd))
            return fd;
        if (fd < 0)
            r = -errno;
        (void)fd_close(&fd);
    }
    name[0] = '\0';
    return r;
}

int temp_create(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE])
{
    return create(dir_fd, mode, name, open_file);
}

int temp_create_directory(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE])
{
    return create(dir_fd, mode, name, open_directory);
}

int temp_move(int dir_fd, const char *from, const char *to)
{
    struct stat st;

    if (UNINTERRUPTED(renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE)) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    /* The file system cannot check and rename in one step. */
    if (UNINTERRUPTED(fstatat(dir_fd, to, &st, AT_SYMLINK_NOFOLLOW)) == 0)
        return -EEXIST;
    return UNINTERRUPTED(renameat(dir_fd, from, dir_fd, to)) < 0 ? -errno : 0;
}

int temp_rename(int dir_fd, char temp[TEMP_NAME_SIZE], const char *name)
{
    int r = temp_move(dir_fd, temp, name);

    if (r == 0)
        temp[0] = '\0';
    return r;
}

int temp_replace(int dir_fd, char temp[TEMP_NAME_SIZE], const char *name)
{
    temp_note_final(name);
    if (UNINTERRUPTED(renameat(dir_fd, temp, dir_fd, name)) < 0)
        return -errno;
    temp[0] = '\0';
    return 0;
}

bool temp_is_append_only(int dir_fd)
{
    struct statx st;

    return statx(dir_fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
           (st.stx_attributes & STATX_ATTR_APPEND);
}

/* Creates the file of temp_try_name() as `probe`, or if that is too long as `temp`; *ret_name is
 * which. A descriptor, or a negative errno. */
static int create_probe(int dir_fd, const char *probe, const char *temp, mode_t mode,
                        const char **ret_name, const char **ret_op)
{
    int fd = open_file(dir_fd, probe, mode), plain, err = errno;

    *ret_name = probe;
    if (fd >= 0)
        return fd;
    *ret_op = "create temporary";
    plain = open_file(dir_fd, temp, mode);
    if (plain < 0)
        return -errno;
    *ret_name = temp;
    if (err == ENAMETOOLONG)
        return plain;
    (void)UNINTERRUPTED(unlinkat(dir_fd, temp, 0));
    (void)fd_close(&plain);
    *ret_op = "create";
    return -err;
}

/* Renames that file, and removes it. 0 or a negative errno. */
static int rename_probe(int dir_fd, const char *name)
{
    char other[TEMP_NAME_SIZE];
    int r = -EEXIST;

    for (unsigned tries = 0; tries < MAX_TRIES && r == -EEXIST; tries++) {
        r = temp_name(other);
        if (r == 0)
            r = temp_move(dir_fd, name, other);
    }
    (void)UNINTERRUPTED(unlinkat(dir_fd, r < 0 ? name : other, 0));
    return r == -ENOENT ? 0 : r; /* another run has swept it */
}

int temp_try_name(int dir_fd, const char *name, mode_t mode, mode_t *ret_mode,
                  const char **ret_op)
{
    char temp[TEMP_NAME_SIZE], probe[TEMP_NAME_SIZE + NAME_MAX + 1];
    const char *created;
    struct stat st;
    int fd, error, r = temp_name(temp);

    *ret_op = "create temporary";
    if (r < 0)
        return r;
    (void)snprintf(probe, sizeof(probe), "%s%c%s", temp, PROBE, name);
    fd = create_probe(dir_fd, probe, temp, mode, &created, ret_op);
    if (fd < 0)
        return fd;
    (void)flock(fd, LOCK_EX | LOCK_NB); /* as hold() */
    *ret_op = "rename";
    r = fstat(fd, &st) < 0 ? -errno : 0;
    error = rename_probe(dir_fd, created);
    if (r == 0)
        r = error;
    if (r == 0)
        *ret_mode = st.st_mode;
    (void)fd_close(&fd);
    return r;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_directory(int dir_fd, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return UNINTERRUPTED(fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) < 0 ||
           S_ISDIR(st.st_mode);
}

/* Enters a directory that is to be emptied, if it was not left last (then it could not be removed).
 * It may have the owner of its source already, and a mode of it by which it cannot be opened. */
static bool go_into(struct dir_chain *way, int dir_fd, const char *name, ino_t left)
{
    int fd = open_for_list(dir_fd, name);
    struct stat st;

    /* It is a directory, and still is: nobody else may write to the one that it is in, any more. (To follow
     * no symlink here would need /proc before Linux 6.6.) */
    if (fd < 0 && errno == EACCES && UNINTERRUPTED(fchmodat(dir_fd, name, S_IRWXU, 0)) == 0)
        fd = open_for_list(dir_fd, name);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino != left &&
        (way->n == 0 || way->levels[0].dev == st.st_dev)) {
        (void)UNINTERRUPTED(fchmod(fd, S_IRWXU));
        return dir_chain_enter(way, fd, &st) == 0;
    }
    (void)fd_close(&fd);
    return false;
}

/* Removes the entries of the directory up to the first directory that is not empty. `deeper`
 * becomes the name of that, or "". False: an entry could not be removed. */
static bool remove_entries(int fd, char deeper[NAME_MAX + 1])
{
    int own = UNINTERRUPTED(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;
    bool ok = dir;

    deeper[0] = '\0';
    if (!dir)
        (void)fd_close(&own);
    while (ok && !deeper[0] && (entry = readdir(dir))) {
        if (is_dot(entry->d_name))
            continue;
        if (!is_directory(fd, entry))
            ok = UNINTERRUPTED(unlinkat(fd, entry->d_name, 0)) == 0;
        else if (UNINTERRUPTED(unlinkat(fd, entry->d_name, AT_REMOVEDIR)) < 0)
            (void)snprintf(deeper, NAME_MAX + 1, "%s", entry->d_name);
    }
    if (dir)
        (void)closedir(dir);
    return ok;
}

/* Removes everything in the directory, until an entry cannot be removed. Symlinks are not
 * followed. fd stays open. */
static void empty(int fd)
{
    struct dir_chain way = {0};
    char deeper[NAME_MAX + 1];
    ino_t left = 0;
    bool ok;

    (void)UNINTERRUPTED(fchmod(fd, S_IRWXU)); /* as in go_into() */
    ok = go_into(&way, fd, ".", left);
    while (ok && way.n > 0) {
        ok = dir_chain_fd(&way) >= 0 && remove_entries(dir_chain_fd(&way), deeper);
        if (!ok)
            break;
        if (deeper[0]) {
            ok = go_into(&way, dir_chain_fd(&way), deeper, left);
        } else {
            left = way.levels[way.n - 1].ino;
            (void)dir_chain_leave(&way);
        }
    }
    dir_chain_free(&way);
}

void temp_remove_directory(int dir_fd, char name[TEMP_NAME_SIZE], int fd)
{
    if (name[0] != '\0' && temp_is(dir_fd, name, fd)) {
        empty(fd);
        (void)UNINTERRUPTED(unlinkat(dir_fd, name, AT_REMOVEDIR));
    }
    name[0] = '\0';
}

/* ---- leftovers of killed runs ---- */

/* Whether a process of this boot of this machine and of this pid namespace has made the name, and
 * there is none any more that could have made it. Locks alone do not tell where one file has several
 * mounts. */
static bool is_of_dead_process(const char *name)
{
    uint64_t id = strtoull(name + strlen(PREFIX), NULL, 16);
    uint32_t realm = read_realm();

    if (realm == 0 || id >> REALM_SHIFT != realm)
        return false;
    for (pid_t pid = (pid_t)(id >> RUN_SHIFT & RUN_MASK); pid <= MAX_PID; pid += RUN_MASK + 1)
        if (pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH))
            return false;
    return true;
}

/* A file waits for its name with others (--fsync): then a copy by root has the owner of its source
 * already. A directory does not. */
static bool may_be_ours(const struct stat *st)
{
    bool own = st->st_uid == geteuid();

    return S_ISDIR(st->st_mode)
               ? own
               : S_ISREG(st->st_mode) && st->st_nlink == 1 && (own || geteuid() == 0);
}

/* An exclusive lock may need a descriptor for writing (NFS). A run that was killed just before
 * the rename may have left a read-only file. */
static int open_to_lock(int dir_fd, const char *name)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = UNINTERRUPTED(openat(dir_fd, name, O_WRONLY | flags));

    return fd < 0 && (errno == EACCES || errno == EISDIR)
               ? UNINTERRUPTED(openat(dir_fd, name, O_RDONLY | flags))
               : fd;
}

static void sweep_one(int dir_fd, const char *name)
{
    struct stat st;
    int fd;

    if (UNINTERRUPTED(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW)) < 0 || !may_be_ours(&st))
        return;
    fd = open_to_lock(dir_fd, name);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && may_be_ours(&st) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        temp_is(dir_fd, name, fd)) {
        if (S_ISDIR(st.st_mode))
            empty(fd);
        (void)UNINTERRUPTED(unlinkat(dir_fd, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0));
    }
    (void)fd_close(&fd);
}

bool temp_is_shared(int dir_fd)
{
    return file_system_is(dir_fd, shared_file_systems) != 0;
}

/* Remembers the directory; whether it was remembered already. Two directories that share a slot
 * are swept more often than needed. */
static bool was_swept(const struct stat *dir)
{
    static _Atomic uint64_t swept[SWEPT_SLOTS];
    uint64_t key = (uint64_t)dir->st_dev << 32 ^ (uint64_t)dir->st_ino;

    return atomic_exchange(&swept[dir->st_ino % SWEPT_SLOTS], key) == key;
}

static atomic_bool made_one_that_looks_so;

void temp_note_final(const char *name)
{
    if (has_pattern(name))
        atomic_store(&made_one_that_looks_so, true);
}

void temp_sweep(int dir_fd)
{
    struct dirent *entry;
    struct stat st;
    bool shared;
    DIR *dir;
    int fd;

    if (atomic_load(&made_one_that_looks_so) || fstat(dir_fd, &st) < 0 || was_swept(&st))
        return;
    shared = temp_is_shared(dir_fd);
    fd = UNINTERRUPTED(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0)
        return;
    dir = fdopendir(fd);
    if (!dir) {
        (void)fd_close(&fd);
        return;
    }
    for (unsigned i = 0; i < MAX_ENTRIES && (entry = readdir(dir)); i++)
        if (has_pattern(entry->d_name) && (!shared || is_of_dead_process(entry->d_name)))
            sweep_one(fd, entry->d_name);
    (void)closedir(dir);
}
