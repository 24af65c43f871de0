/* faultfs: a FUSE file system that passes everything through to a directory, and obeys rules
 * that let it fail, shorten, delay, hang or vanish.
 *
 *     faultfs [-o OPTION]... BACKING MOUNTPOINT RULES-FILE
 *
 * It stays in the foreground and serves until it is killed; it never unmounts: the mount point
 * then answers ENOTCONN until somebody does. Files belong to who runs it.
 *
 * The rules are looked at anew by every call once the file has changed (replace it by a
 * rename). A mistake in them ends the server with a message. One rule a line, words between
 * blanks; empty lines and lines that begin with # mean nothing:
 *
 *     OP[|OP]... PATTERN [CONDITION]... ACTION
 *
 * OP is one of
 *
 *     getattr (lookups, too), readlink, symlink, mkdir, rmdir, unlink, rename, chmod, chown,
 *     utimens, truncate, open, create, read, write, flush (close), release, fsync, fallocate,
 *     lseek, statfs, opendir, fsyncdir
 *
 * PATTERN is for fnmatch(3) without flags, so * matches everything: the path below the mount
 * point; of an open file the path by which it was opened; of a rename either path.
 *
 * CONDITION is one of
 *
 *     offset>=N  read and write: the request begins at byte N or later
 *
 *     covers=N    read and write: byte N is in the request
 *
 *     call>=N    from the N-th call on that matches all else of this rule (from 1)
 *
 *     call=N     that call only
 *
 * ACTION is one of
 *
 *     fail ERRNO  e.g. ENOSPC; nothing is done
 *
 *     lose ERRNO  rename: the same, but what it would have replaced is removed
 *
 *     short N     read and write: no more than N bytes are transferred
 *
 *     zero        the same as short 0
 *
 *     hang        no answer until the rules change; then the new ones are asked. As soon as a
 *                 call hangs there is a file RULES-FILE.hung. It gets a byte for each call.
 *
 *     vanish      the server ends
 *
 *     delay MS    milliseconds
 *
 *     rate N      read and write: N bytes a second, all files of this rule together
 *
 *     size N      getattr: the file says that it has N bytes
 *
 * or a lie, which is answered with success:
 *
 *     drop        write: nothing is written; the file gets as long as it would have been
 *
 *     flip N      read and write: a bit of byte N of the file, if the request has it, is the other
 *                 one in what is read, or written
 *
 *     wrap N      read and write: the file is a medium of N bytes that says it has more: byte N lies
 *                 where byte 0 does, and so on
 *
 * The rules are gone through from the first to the last: a delay or rate that applies is added
 * up and the next rule is asked; any other action is the last. Counts begin anew when the rules
 * change. Numbers are decimal.
 *
 * How the kernel splits and caches requests is its own business, so a test has to know:
 *
 * by default   write(2) goes through the page cache and sends requests of up to 1 MiB. A
 *              shortened read is the end of the file to the kernel, which may go on with
 *              zeros: shorten reads with direct_io.
 * direct_io    no file goes through the cache.
 * writeback    the cache is written back later: errors show up in fsync and close, and a
 *              shortened write is lost without an error.
 *
 * With links it has hard links, for which there is no rule; without it refuses them. Three more
 * options make it a file system that holds less than others, each in one respect, as vfat does:
 *
 * fold         names in upper and lower case (of ASCII) are the same; they are kept in lower case
 * fixed        every regular file has mode 0755; chmod and chown of one are answered with success
 *              and do nothing
 * fattimes     times in steps of 2 s, from 1980 to 2107 (UTC); others become the nearest of these
 *
 * With late-times an fsync and the close of a descriptor that has written directly set the time of
 * modification to the present, as servers of SMB do.
 *
 * With no_holes it is like vfat: zeros are written where a file gets longer without data, by
 * truncate, fallocate and writes behind its end; RULES-FILE.zeros tells how many, a line each.
 *
 * O_DIRECT is the kernel's, and not handed on to the backing file. Asynchronous direct writes
 * that are shortened come back as EIO. A request that hangs makes its caller unkillable: kill
 * the server. A getattr that fails lets the create before it fail, which leaves its file. */
#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fuse.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define MAX_RULES   1024
#define MAX_THREADS 1000 /* as many requests may hang */
#define POLL_NS     10000000u
#define NS_PER_S    1000000000u
#define NS_PER_MS   1000000u
#define EXIT_USAGE  2
#define FIXED_MODE  0755
#define FAT_FIRST   INT64_C(315532800)  /* 1980-01-01 */
#define FAT_LAST    INT64_C(4354819198) /* 2107-12-31 23:59:58 */

enum op {
    OP_GETATTR,
    OP_READLINK,
    OP_SYMLINK,
    OP_MKDIR,
    OP_RMDIR,
    OP_UNLINK,
    OP_RENAME,
    OP_CHMOD,
    OP_CHOWN,
    OP_UTIMENS,
    OP_TRUNCATE,
    OP_OPEN,
    OP_CREATE,
    OP_READ,
    OP_WRITE,
    OP_FLUSH,
    OP_RELEASE,
    OP_FSYNC,
    OP_FALLOCATE,
    OP_LSEEK,
    OP_STATFS,
    OP_OPENDIR,
    OP_FSYNCDIR,
    OPS,
};

static const char *const op_names[OPS] = {
    "getattr", "readlink", "symlink",   "mkdir", "rmdir",  "unlink",  "rename",   "chmod",
    "chown",   "utimens",  "truncate",  "open",  "create", "read",    "write",    "flush",
    "release", "fsync",    "fallocate", "lseek", "statfs", "opendir", "fsyncdir",
};

#define DATA_OPS (1u << OP_READ | 1u << OP_WRITE)

enum action {
    PASS,
    FAIL,
    LOSE,
    SHORT,
    ZERO,
    HANG,
    VANISH,
    DELAY,
    RATE,
    SIZE,
    DROP,
    FLIP,
    WRAP,
    ACTIONS
};

static const struct {
    const char *name;
    bool has_value;
    bool data_only;
} actions[ACTIONS] = {
    [PASS] = {"", false, false},         [FAIL] = {"fail", true, false},
    [LOSE] = {"lose", true, false},      [SHORT] = {"short", true, true},
    [ZERO] = {"zero", false, true},      [HANG] = {"hang", false, false},
    [VANISH] = {"vanish", false, false}, [DELAY] = {"delay", true, false},
    [RATE] = {"rate", true, true},       [SIZE] = {"size", true, false},
    [DROP] = {"drop", false, true},      [FLIP] = {"flip", true, true},
    [WRAP] = {"wrap", true, true},
};

struct rule {
    uint32_t ops; /* bit 1 << op */
    char pattern[256];
    uint64_t min_offset;
    uint64_t covered; /* UINT64_MAX: whatever */
    uint64_t first_call, last_call;
    enum action action;
    uint64_t value;   /* errno, bytes, ms or bytes per second */
    uint64_t calls;   /* seen so far */
    uint64_t free_at; /* rate: when all bytes so far are through, CLOCK_MONOTONIC in ns */
};

struct request {
    enum op op;
    const char *path;
    const char *new_path;  /* rename; else NULL */
    uint64_t offset, size; /* read and write; size of getattr: more than any file has; else 0 */
};

/* What a read or write is to do wrong. */
struct lie {
    enum action action; /* DROP, FLIP, WRAP; PASS: nothing */
    uint64_t value;
};

struct verdict {
    enum action action;
    uint64_t value;
    uint64_t not_before; /* CLOCK_MONOTONIC in ns */
    uint64_t generation; /* of the rules */
};

struct open_file {
    int fd;
    bool direct;
    atomic_bool wrote;
    char path[];
};

/* The options, constant once the server serves. */
static bool direct_io, writeback, links, fold, fixed, fattimes, late_times, no_holes;
static int backing = -1;
static const char *rules_path;
static char hung_path[PATH_MAX], zeros_path[PATH_MAX];
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;

/* The rules, under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[MAX_RULES];
static unsigned rule_count;
static struct stat rules_stat;
static uint64_t generation;

/* ---- rules ----------------------------------------------------------------------------------
 */

static _Noreturn void bad_rule(unsigned line, const char *what, const char *word)
{
    fprintf(stderr, "faultfs: %s:%u: %s: %s\n", rules_path, line, what, word ? word : "");
    _exit(EXIT_USAGE);
}

static uint64_t number(unsigned line, const char *word)
{
    char *end;
    uint64_t n;

    if (!word || *word < '0' || *word > '9')
        bad_rule(line, "expected a number", word);
    errno = 0;
    n = strtoull(word, &end, 10);
    if (errno || *end)
        bad_rule(line, "not a number", word);
    return n;
}

static uint64_t errno_named(unsigned line, const char *word)
{
    for (int e = 1; word && e < 200; e++) {
        const char *name = strerrorname_np(e);

        if (name && strcmp(name, word) == 0)
            return (uint64_t)e;
    }
    bad_rule(line, "unknown errno", word);
}

static uint32_t parse_ops(unsigned line, char *words)
{
    uint32_t ops = 0;
    char *save = NULL;

    for (char *word = strtok_r(words, "|", &save); word; word = strtok_r(NULL, "|", &save)) {
        unsigned op = 0;

        while (op < OPS && strcmp(op_names[op], word) != 0)
            op++;
        if (op == OPS)
            bad_rule(line, "unknown operation", word);
        ops |= 1u << op;
    }
    return ops;
}

/* Whether the word is a condition. */
static bool parse_condition(unsigned line, struct rule *rule, const char *word)
{
    if (word && strncmp(word, "offset>=", 8) == 0) {
        if (rule->ops & ~DATA_OPS)
            bad_rule(line, "only read and write have an offset", word);
        rule->min_offset = number(line, word + 8);
    } else if (word && strncmp(word, "covers=", 7) == 0) {
        if (rule->ops & ~DATA_OPS)
            bad_rule(line, "only read and write have an offset", word);
        rule->covered = number(line, word + 7);
    } else if (word && strncmp(word, "call>=", 6) == 0) {
        rule->first_call = number(line, word + 6);
    } else if (word && strncmp(word, "call=", 5) == 0) {
        rule->first_call = rule->last_call = number(line, word + 5);
    } else {
        return false;
    }
    return true;
}

static void parse_action(unsigned line, struct rule *rule, const char *word, char **save)
{
    unsigned action = PASS + 1;
    const char *value;

    while (action < ACTIONS && (!word || strcmp(actions[action].name, word) != 0))
        action++;
    if (action == ACTIONS)
        bad_rule(line, "unknown action", word);
    if (actions[action].data_only && (rule->ops & ~DATA_OPS))
        bad_rule(line, "only for read and write", word);
    if (action == LOSE && rule->ops != 1u << OP_RENAME)
        bad_rule(line, "only for rename", word);
    rule->action = (enum action)action;

    if (actions[action].has_value) {
        value = strtok_r(NULL, " \t", save);
        rule->value =
            action == FAIL || action == LOSE ? errno_named(line, value) : number(line, value);
        if (action == RATE && rule->value == 0)
            bad_rule(line, "no rate", value);
    }
    word = strtok_r(NULL, " \t", save);
    if (word)
        bad_rule(line, "not expected here", word);
}

static void parse_line(unsigned line, struct rule *rule, char *text)
{
    char *save = NULL, *word;

    *rule = (struct rule){.covered = UINT64_MAX, .first_call = 1, .last_call = UINT64_MAX};
    rule->ops = parse_ops(line, strtok_r(text, " \t", &save));
    word = strtok_r(NULL, " \t", &save);
    if (!word || strlen(word) >= sizeof(rule->pattern))
        bad_rule(line, "expected a pattern", word);
    strcpy(rule->pattern, word);
    do {
        word = strtok_r(NULL, " \t", &save);
    } while (parse_condition(line, rule, word));
    parse_action(line, rule, word, &save);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the rules if the file is not the one that was read last. */
static void read_rules(void)
{
    char text[1024];
    struct stat st;
    FILE *f;

    if (stat(rules_path, &st) < 0)
        bad_rule(0, "no rules", strerror(errno));
    if (generation > 0 && same_file(&st, &rules_stat))
        return;
    f = fopen(rules_path, "re");
    if (!f || fstat(fileno(f), &rules_stat) < 0)
        bad_rule(0, "no rules", strerror(errno));

    rule_count = 0;
    for (unsigned line = 1; fgets(text, sizeof(text), f); line++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[strspn(text, " \t")] == '\0' || text[0] == '#')
            continue;
        if (rule_count == MAX_RULES)
            bad_rule(line, "too many rules", NULL);
        parse_line(line, &rules[rule_count++], text);
    }
    fclose(f);
    generation++;
}

/* ---- obeying them ---------------------------------------------------------------------------
 */

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/* Whether the rule applies to this call, which is counted. */
static bool applies(struct rule *rule, const struct request *request)
{
    if (!(rule->ops & 1u << request->op) || request->offset < rule->min_offset)
        return false;
    if (rule->covered != UINT64_MAX &&
        (rule->covered < request->offset || rule->covered - request->offset >= request->size))
        return false;
    if (fnmatch(rule->pattern, request->path, 0) != 0 &&
        (!request->new_path || fnmatch(rule->pattern, request->new_path, 0) != 0))
        return false;
    rule->calls++;
    return rule->calls >= rule->first_call && rule->calls <= rule->last_call;
}

static struct verdict judge(const struct request *request)
{
    uint64_t now = now_ns();
    struct verdict v = {.action = PASS, .not_before = now};

    pthread_mutex_lock(&lock);
    read_rules();
    v.generation = generation;
    for (struct rule *rule = rules; rule < rules + rule_count && v.action == PASS; rule++) {
        if (!applies(rule, request))
            continue;
        if (rule->action == DELAY) {
            v.not_before += rule->value * NS_PER_MS;
        } else if (rule->action == RATE) {
            if (rule->free_at < now)
                rule->free_at = now;
            rule->free_at += request->size * NS_PER_S / rule->value;
            if (v.not_before < rule->free_at)
                v.not_before = rule->free_at;
        } else {
            v.action = rule->action;
            v.value = rule->value;
        }
    }
    pthread_mutex_unlock(&lock);
    return v;
}

static void await_other_rules(uint64_t than)
{
    uint64_t current;
    int fd = open(hung_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, "", 1) != 1)
        err(EXIT_FAILURE, "%s", hung_path);
    close(fd);
    do {
        sleep_until(now_ns() + POLL_NS);
        pthread_mutex_lock(&lock);
        read_rules();
        current = generation;
        pthread_mutex_unlock(&lock);
    } while (current == than);
}

/* Returns when the request may be carried out: for how many of its bytes, or negative errno. *lie:
 * what is to go wrong with it. */
static ssize_t obey_and_lie(const struct request *request, struct lie *lie)
{
    for (;;) {
        struct verdict v = judge(request);

        sleep_until(v.not_before);
        switch (v.action) {
        case LOSE:
            (void)unlinkat(backing, request->new_path, 0);
            return -(ssize_t)v.value;
        case FAIL:
            return -(ssize_t)v.value;
        case SHORT:
        case ZERO:
        case SIZE:
            return (ssize_t)(v.value < request->size ? v.value : request->size);
        case VANISH:
            _exit(0);
        case HANG:
            await_other_rules(v.generation);
            break;
        case DROP:
        case FLIP:
        case WRAP:
            *lie = (struct lie){v.action, v.value};
            return (ssize_t)request->size;
        default:
            return (ssize_t)request->size;
        }
    }
}

static ssize_t obey(const struct request *request)
{
    struct lie none = {PASS, 0};

    return obey_and_lie(request, &none);
}

static int obey_op(enum op op, const char *path)
{
    return (int)obey(&(struct request){.op = op, .path = path});
}

/* ---- operations -----------------------------------------------------------------------------
 */

/* libfuse's absolute path as one below the backing directory. The result is valid until the
 * thread has called this twice more. */
static const char *below(const char *path)
{
    static _Thread_local char folded[2][PATH_MAX];
    static _Thread_local unsigned turn;
    char *to = folded[turn++ % 2];
    size_t n = 0;

    if (!path[1])
        return ".";
    if (!fold)
        return path + 1;
    for (path++; *path && n < PATH_MAX - 1; path++)
        to[n++] = *path >= 'A' && *path <= 'Z' ? (char)(*path - 'A' + 'a') : *path;
    to[n] = '\0';
    return to;
}

static struct open_file *file_of(const struct fuse_file_info *fi)
{
    return (struct open_file *)(uintptr_t)fi->fh;
}

/* Of an open file libfuse gives no path. */
static const char *name_of(const char *path, const struct fuse_file_info *fi)
{
    return fi ? file_of(fi)->path : below(path);
}

static int result(int r)
{
    return r < 0 ? -errno : 0;
}

static int open_backing(const char *name, int flags, mode_t mode, struct fuse_file_info *fi)
{
    struct open_file *file = malloc(sizeof(*file) + strlen(name) + 1);
    int r;

    if (!file)
        return -ENOMEM;
    strcpy(file->path, name);
    file->direct = flags & O_DIRECT;
    atomic_init(&file->wrote, false);
    /* The kernel gives positions, and with writeback it reads what it completes to a page. */
    flags &= ~(O_DIRECT | O_APPEND);
    if (writeback && (flags & O_ACCMODE) == O_WRONLY)
        flags = (flags & ~O_ACCMODE) | O_RDWR;
    file->fd = openat(backing, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file->fd < 0) {
        r = -errno;
        free(file);
        return r;
    }
    fi->fh = (uintptr_t)file;
    return 0;
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    const char *name = name_of(path, fi);
    ssize_t size = obey(&(struct request){.op = OP_GETATTR, .path = name, .size = INT64_MAX});
    int r;

    if (size < 0)
        return (int)size;
    r = result(fi ? fstat(file_of(fi)->fd, st)
                  : fstatat(backing, name, st, AT_SYMLINK_NOFOLLOW));
    if (r == 0 && fixed && S_ISREG(st->st_mode))
        st->st_mode = S_IFREG | FIXED_MODE;
    if (size < INT64_MAX)
        st->st_size = size;
    return r;
}

/* Whether a change of mode or owner of this file is ignored. */
static bool is_fixed(const char *name, const struct fuse_file_info *fi)
{
    struct stat st;

    return fixed &&
           (fi ? fstat(file_of(fi)->fd, &st)
               : fstatat(backing, name, &st, AT_SYMLINK_NOFOLLOW)) == 0 &&
           S_ISREG(st.st_mode);
}

/* The time that a FAT file system would keep. */
static struct timespec as_fat(struct timespec t)
{
    if (t.tv_nsec == UTIME_OMIT)
        return t;
    if (t.tv_nsec == UTIME_NOW)
        clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec < FAT_FIRST)
        t.tv_sec = FAT_FIRST;
    if (t.tv_sec > FAT_LAST)
        t.tv_sec = FAT_LAST;
    return (struct timespec){.tv_sec = t.tv_sec & ~INT64_C(1)};
}

static int do_readlink(const char *path, char *buf, size_t size)
{
    int r = obey_op(OP_READLINK, below(path));
    ssize_t n;

    if (r < 0)
        return r;
    n = readlinkat(backing, below(path), buf, size - 1);
    if (n < 0)
        return -errno;
    buf[n] = '\0';
    return 0;
}

static int do_symlink(const char *content, const char *path)
{
    int r = obey_op(OP_SYMLINK, below(path));

    return r < 0 ? r : result(symlinkat(content, backing, below(path)));
}

static int do_mkdir(const char *path, mode_t mode)
{
    int r = obey_op(OP_MKDIR, below(path));

    return r < 0 ? r : result(mkdirat(backing, below(path), mode));
}

static int do_rmdir(const char *path)
{
    int r = obey_op(OP_RMDIR, below(path));

    return r < 0 ? r : result(unlinkat(backing, below(path), AT_REMOVEDIR));
}

static int do_link(const char *from, const char *to)
{
    return links ? result(linkat(backing, below(from), backing, below(to), 0)) : -EPERM;
}

static int do_unlink(const char *path)
{
    int r = obey_op(OP_UNLINK, below(path));

    return r < 0 ? r : result(unlinkat(backing, below(path), 0));
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
    int r = (int)obey(
        &(struct request){.op = OP_RENAME, .path = below(from), .new_path = below(to)});

    return r < 0 ? r : result(renameat2(backing, below(from), backing, below(to), flags));
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
    const char *name = name_of(path, fi);
    int r = obey_op(OP_CHMOD, name);

    if (r < 0 || is_fixed(name, fi))
        return r;
    return result(fi ? fchmod(file_of(fi)->fd, mode) : fchmodat(backing, name, mode, 0));
}

static int do_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi)
{
    const char *name = name_of(path, fi);
    int r = obey_op(OP_CHOWN, name);

    if (r < 0 || is_fixed(name, fi))
        return r;
    return result(fi ? fchown(file_of(fi)->fd, uid, gid)
                     : fchownat(backing, name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

static int do_utimens(const char *path, const struct timespec times[2],
                      struct fuse_file_info *fi)
{
    const char *name = name_of(path, fi);
    const struct timespec cut[2] = {as_fat(times[0]), as_fat(times[1])};
    int r = obey_op(OP_UTIMENS, name);

    if (r < 0)
        return r;
    if (fattimes)
        times = cut;
    return result(fi ? futimens(file_of(fi)->fd, times)
                     : utimensat(backing, name, times, AT_SYMLINK_NOFOLLOW));
}

/* With no_holes: makes the file longer with zeros that are written. */
static void fill_to(int fd, off_t end)
{
    static const char zeros[65536];
    struct stat st;
    off_t at;
    FILE *f;

    if (!no_holes || fstat(fd, &st) < 0 || st.st_size >= end)
        return;
    for (at = st.st_size; at < end;) {
        size_t n = end - at < (off_t)sizeof zeros ? (size_t)(end - at) : sizeof zeros;
        ssize_t r = pwrite(fd, zeros, n, at);

        if (r <= 0)
            break;
        at += r;
    }
    f = fopen(zeros_path, "ae");
    if (!f)
        err(EXIT_FAILURE, "%s", zeros_path);
    fprintf(f, "%lld\n", (long long)(at - st.st_size));
    fclose(f);
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
    const char *name = name_of(path, fi);
    int fd, r = obey_op(OP_TRUNCATE, name);

    if (r < 0)
        return r;
    if (fi) {
        fill_to(file_of(fi)->fd, size);
        return result(ftruncate(file_of(fi)->fd, size));
    }
    fd = openat(backing, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    fill_to(fd, size);
    r = result(ftruncate(fd, size));
    close(fd);
    return r;
}

static int do_open(const char *path, struct fuse_file_info *fi)
{
    int r = obey_op(OP_OPEN, below(path));

    fi->direct_io = direct_io;
    return r < 0 ? r : open_backing(below(path), fi->flags, 0, fi);
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
    int r = obey_op(OP_CREATE, below(path));

    fi->direct_io = direct_io;
    return r < 0 ? r : open_backing(below(path), fi->flags | O_CREAT, mode, fi);
}

/* ---- lies ---- */

static void flip(const struct lie *lie, char *buf, size_t n, off_t offset)
{
    if (lie->action == FLIP && lie->value >= (uint64_t)offset &&
        lie->value - (uint64_t)offset < n)
        buf[lie->value - (uint64_t)offset] ^= 4;
}

/* Where in the backing file that offset lies, and how many of n bytes lie there. */
static off_t wrapped(const struct lie *lie, off_t offset, size_t *n)
{
    uint64_t at = (uint64_t)offset;

    if (lie->action != WRAP)
        return offset;
    at %= lie->value;
    if (*n > lie->value - at)
        *n = lie->value - at;
    return (off_t)at;
}

/* As pread(2) and pwrite(2), all of it that there is, with the lie. A negative errno. */
static ssize_t read_lying(int fd, char *buf, size_t size, off_t offset, const struct lie *lie)
{
    size_t done = 0;

    while (done < size) {
        size_t n = size - done;
        off_t at = wrapped(lie, offset + (off_t)done, &n);
        ssize_t r = pread(fd, buf + done, n, at);

        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        done += (size_t)r;
    }
    flip(lie, buf, done, offset);
    return (ssize_t)done;
}

static ssize_t write_lying(int fd, const char *buf, size_t size, off_t offset,
                           const struct lie *lie)
{
    char *copy = malloc(size);
    size_t done = 0;
    struct stat st;

    if (!copy)
        return -ENOMEM;
    memcpy(copy, buf, size);
    flip(lie, copy, size, offset);
    while (done < size && lie->action != DROP) {
        size_t n = size - done;
        off_t at = wrapped(lie, offset + (off_t)done, &n);
        ssize_t r = pwrite(fd, copy + done, n, at);

        if (r <= 0)
            break;
        done += (size_t)r;
    }
    free(copy);
    if (fstat(fd, &st) == 0 && st.st_size < offset + (off_t)size)
        (void)!ftruncate(fd, offset + (off_t)size);
    return done == size || lie->action == DROP ? (ssize_t)size : -EIO;
}

static int do_read(const char *path, char *buf, size_t size, off_t offset,
                   struct fuse_file_info *fi)
{
    struct open_file *file = file_of(fi);
    struct lie lie = {PASS, 0};
    ssize_t n = obey_and_lie(
        &(struct request){OP_READ, file->path, NULL, (uint64_t)offset, size}, &lie);

    (void)path;
    if (n <= 0)
        return (int)n;
    if (lie.action != PASS)
        return (int)read_lying(file->fd, buf, (size_t)n, offset, &lie);
    n = pread(file->fd, buf, (size_t)n, offset);
    return n < 0 ? -errno : (int)n;
}

static int do_write(const char *path, const char *buf, size_t size, off_t offset,
                    struct fuse_file_info *fi)
{
    struct open_file *file = file_of(fi);
    struct lie lie = {PASS, 0};
    ssize_t n = obey_and_lie(
        &(struct request){OP_WRITE, file->path, NULL, (uint64_t)offset, size}, &lie);

    (void)path;
    if (n <= 0)
        return (int)n;
    atomic_store(&file->wrote, true);
    if (lie.action != PASS)
        return (int)write_lying(file->fd, buf, (size_t)n, offset, &lie);
    if (no_holes) {
        pthread_mutex_lock(&growing);
        fill_to(file->fd, offset);
    }
    n = pwrite(file->fd, buf, (size_t)n, offset);
    if (n < 0)
        n = -errno;
    if (no_holes)
        pthread_mutex_unlock(&growing);
    return (int)n;
}

static void set_late_time(const struct open_file *file)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};

    if (late_times)
        (void)futimens(file->fd, times);
}

static int do_flush(const char *path, struct fuse_file_info *fi)
{
    int fd, r = obey_op(OP_FLUSH, file_of(fi)->path);

    (void)path;
    if (r < 0)
        return r;
    if (file_of(fi)->direct && atomic_load(&file_of(fi)->wrote))
        set_late_time(file_of(fi));
    /* What the backing file's close would say; the file is closed in release. */
    fd = dup(file_of(fi)->fd);
    return fd < 0 ? -errno : result(close(fd));
}

static int do_release(const char *path, struct fuse_file_info *fi)
{
    struct open_file *file = file_of(fi);
    int r = obey_op(OP_RELEASE, file->path);

    (void)path;
    close(file->fd);
    free(file);
    return r;
}

static int do_fsync(const char *path, int datasync, struct fuse_file_info *fi)
{
    int r = obey_op(OP_FSYNC, file_of(fi)->path);

    (void)path;
    if (r < 0)
        return r;
    set_late_time(file_of(fi));
    return result(datasync ? fdatasync(file_of(fi)->fd) : fsync(file_of(fi)->fd));
}

static int do_fallocate(const char *path, int mode, off_t offset, off_t length,
                        struct fuse_file_info *fi)
{
    int r = obey_op(OP_FALLOCATE, file_of(fi)->path);

    (void)path;
    if (r == 0 && mode == 0)
        fill_to(file_of(fi)->fd, offset + length);
    return r < 0 ? r : result(fallocate(file_of(fi)->fd, mode, offset, length));
}

static off_t do_lseek(const char *path, off_t offset, int whence, struct fuse_file_info *fi)
{
    off_t r = obey_op(OP_LSEEK, file_of(fi)->path);

    (void)path;
    if (r < 0)
        return r;
    r = lseek(file_of(fi)->fd, offset, whence);
    return r < 0 ? -errno : r;
}

static int do_statfs(const char *path, struct statvfs *st)
{
    int r = obey_op(OP_STATFS, below(path));

    return r < 0 ? r : result(fstatvfs(backing, st));
}

static int do_opendir(const char *path, struct fuse_file_info *fi)
{
    int r = obey_op(OP_OPENDIR, below(path));

    return r < 0 ? r : open_backing(below(path), O_RDONLY | O_DIRECTORY, 0, fi);
}

static int do_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
    int fd = openat(file_of(fi)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    (void)path;
    (void)offset;
    (void)flags;
    if (!dir)
        return -errno;
    while ((entry = readdir(dir)))
        fill(buf, entry->d_name, NULL, 0, 0);
    closedir(dir);
    return 0;
}

static int do_releasedir(const char *path, struct fuse_file_info *fi)
{
    struct open_file *file = file_of(fi);

    (void)path;
    close(file->fd);
    free(file);
    return 0;
}

static int do_fsyncdir(const char *path, int datasync, struct fuse_file_info *fi)
{
    int r = obey_op(OP_FSYNCDIR, file_of(fi)->path);

    (void)path;
    (void)datasync;
    return r < 0 ? r : result(fsync(file_of(fi)->fd));
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    connection->max_background = MAX_THREADS; /* asynchronous requests, too, may all hang */
    if (writeback) {
        if (!(connection->capable & FUSE_CAP_WRITEBACK_CACHE))
            errx(EXIT_FAILURE, "no writeback cache in this kernel");
        connection->want |= FUSE_CAP_WRITEBACK_CACHE;
    }
    config->hard_remove = 1; /* no .fuse_hidden files */
    config->nullpath_ok = 1;
    config->use_ino = 1;
    /* Every call is to reach the rules. */
    config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = do_init,
    .getattr = do_getattr,
    .readlink = do_readlink,
    .symlink = do_symlink,
    .mkdir = do_mkdir,
    .rmdir = do_rmdir,
    .link = do_link,
    .unlink = do_unlink,
    .rename = do_rename,
    .chmod = do_chmod,
    .chown = do_chown,
    .utimens = do_utimens,
    .truncate = do_truncate,
    .open = do_open,
    .create = do_create,
    .read = do_read,
    .write = do_write,
    .flush = do_flush,
    .release = do_release,
    .fsync = do_fsync,
    .fallocate = do_fallocate,
    .lseek = do_lseek,
    .statfs = do_statfs,
    .opendir = do_opendir,
    .readdir = do_readdir,
    .releasedir = do_releasedir,
    .fsyncdir = do_fsyncdir,
};

static _Noreturn void usage(void)
{
    errx(EXIT_USAGE,
         "usage: faultfs [-o "
         "direct_io|writeback|links|fold|fixed|fattimes|late-times|no_holes]... BACKING "
         "MOUNTPOINT RULES-FILE");
}

/* Sets the option of that name. False: there is none. */
static bool set_option(const char *name)
{
    static const struct {
        const char *name;
        bool *option;
    } options[] = {
        {"direct_io", &direct_io},   {"writeback", &writeback},
        {"links", &links},           {"fold", &fold},
        {"fixed", &fixed},           {"fattimes", &fattimes},
        {"late-times", &late_times}, {"no_holes", &no_holes},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (strcmp(name, options[i].name) == 0)
            return *options[i].option = true;
    return false;
}

int main(int argc, char **argv)
{
    char name[] = "faultfs", option[] = "-odefault_permissions,allow_other,fsname=faultfs";
    char *fuse_argv[] = {name, option, NULL};
    struct fuse_args args = FUSE_ARGS_INIT(2, fuse_argv);
    struct fuse_loop_config *loop = fuse_loop_cfg_create();
    struct fuse *fuse;
    int c;

    while ((c = getopt(argc, argv, "o:")) != -1)
        if (c != 'o' || !set_option(optarg))
            usage();
    if (argc - optind != 3 || (direct_io && writeback))
        usage();
    rules_path = argv[optind + 2];
    snprintf(hung_path, sizeof hung_path, "%s.hung", rules_path);
    snprintf(zeros_path, sizeof zeros_path, "%s.zeros", rules_path);
    read_rules();
    backing = open(argv[optind], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (backing < 0)
        err(EXIT_FAILURE, "%s", argv[optind]);

    umask(0); /* the kernel has applied the caller's */
    fuse = fuse_new(&args, &operations, sizeof(operations), NULL);
    if (!loop || !fuse || fuse_mount(fuse, argv[optind + 1]) != 0)
        return EXIT_FAILURE;
    fuse_loop_cfg_set_max_threads(loop, MAX_THREADS);
    fuse_loop_cfg_set_idle_threads(loop, MAX_THREADS);
    return fuse_loop_mt(fuse, loop) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
