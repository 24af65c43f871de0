/* kills: kills a copy at random moments, and looks at what it leaves.
 *
 *     kills [-r] COUNT SEED OLD NEW NAME... -- COMMAND [ARG]...
 *
 * COMMAND is to replace every NAME, a copy of OLD, by a copy of NEW. It runs once to the end
 * and is then killed COUNT times, with SIGKILL. The moments spread over the time that it takes
 * here and now, as far as that has been seen. After each kill every NAME must hold OLD or NEW,
 * and what else ucopy has left in its directory must be called .ucopy-<16 hexadecimal
 * digits>.tmp; it is removed.
 *
 * With -r COMMAND goes on with what a killed one has left: that may also be called .part and
 * .map, and stays. In the next round the command is run again, to be killed again or to end;
 * one that ends has to leave nothing but NEW.
 *
 * Prints what is not as it must be, and in the end "TORN UNDER_WAY": how many names held
 * neither, and how many of the kills came when something was there that is neither only old nor
 * all new. Exit 1 if a copy failed by itself or left a wrong name behind. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIGITS 16

struct bytes {
    const char *at;
    size_t size;
};

enum state { OLD, NEW, TORN };

static struct {
    unsigned n_names;
    char **names, **command;
    struct bytes old, new;
    uint64_t random;
    int64_t span; /* microseconds */
    unsigned torn, under_way;
    bool resumes;
    bool wrong;
} test;

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* xorshift64*, Vigna 2014 */
static int64_t random_below(int64_t limit)
{
    test.random ^= test.random >> 12;
    test.random ^= test.random << 25;
    test.random ^= test.random >> 27;
    return (int64_t)((test.random * 2685821657736338717u) >> 1) % limit;
}

static struct bytes map_file(const char *name)
{
    struct bytes b = {NULL, 0};
    struct stat st;
    void *at;
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0)
        err(2, "%s", name);
    if (st.st_size > 0) {
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED)
            err(2, "%s", name);
        b.at = at;
        b.size = (size_t)st.st_size;
    }
    close(fd);
    return b;
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static enum state look_at(const char *name)
{
    struct bytes found;
    enum state state = TORN;

    if (access(name, F_OK) < 0)
        return TORN;
    found = map_file(name);
    if (equal(found, test.old))
        state = OLD;
    else if (equal(found, test.new))
        state = NEW;
    if (found.size > 0)
        munmap((void *)(size_t)found.at, found.size);
    return state;
}

static void make_old(const char *name)
{
    int fd;

    if (unlink(name) < 0 && errno != ENOENT)
        err(2, "%s", name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, test.old.at, test.old.size) != (ssize_t)test.old.size)
        err(2, "%s", name);
    close(fd);
}

static bool is_temporary(const char *name)
{
    const char *digits = name + strlen(".ucopy-");

    return strncmp(name, ".ucopy-", strlen(".ucopy-")) == 0 &&
           strspn(digits, "0123456789abcdef") == DIGITS &&
           (strcmp(digits + DIGITS, ".tmp") == 0 ||
            (test.resumes &&
             (strcmp(digits + DIGITS, ".part") == 0 || strcmp(digits + DIGITS, ".map") == 0)));
}

/* Looks what ucopy has left beside the name, and removes it unless COMMAND goes on with it;
 * returns whether there was anything. */
static bool look_beside(const char *name)
{
    const char *slash = strrchr(name, '/');
    char *path = slash ? strndup(name, (size_t)(slash - name)) : strdup(".");
    DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;
    bool any = false;

    if (!dir)
        err(2, "the directory of %s", name);
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, ".ucopy", strlen(".ucopy")) != 0)
            continue;
        any = true;
        if (!is_temporary(entry->d_name)) {
            printf("left behind: %s\n", entry->d_name);
            test.wrong = true;
        }
        if (!test.resumes && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
            err(2, "%s", entry->d_name);
    }
    closedir(dir);
    free(path);
    return any;
}

/* Runs the command and kills it after so many microseconds. Returns whether it came to its end
 * before. */
static bool run_for(int64_t us)
{
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    sigset_t child;
    int status;
    pid_t pid;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    pid = fork();
    if (pid < 0)
        err(2, "fork");
    if (pid == 0) {
        sigprocmask(SIG_UNBLOCK, &child, NULL);
        execvp(test.command[0], test.command);
        err(127, "%s", test.command[0]);
    }
    if (sigtimedwait(&child, NULL, &left) < 0)
        kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) < 0)
        err(2, "waitpid");
    /* That of a child that was killed is still to be had. */
    left = (struct timespec){0, 0};
    (void)sigtimedwait(&child, NULL, &left);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    if (status != 0) {
        printf("the copy failed by itself: wait status %d\n", status);
        test.wrong = true;
    }
    return true;
}

static void round_of(int64_t us)
{
    unsigned count[TORN + 1] = {0};
    int64_t start;
    bool ended, left = false;

    for (unsigned i = 0; i < test.n_names; i++)
        if (look_at(test.names[i]) != OLD)
            make_old(test.names[i]);
    start = now_us();
    ended = run_for(us);
    if (ended)
        test.span = now_us() - start + 1;
    for (unsigned i = 0; i < test.n_names; i++) {
        count[look_at(test.names[i])]++;
        left |= look_beside(test.names[i]);
    }
    if (ended && (left || count[NEW] < test.n_names)) {
        printf("a copy that ended was not complete, or left something behind\n");
        test.wrong = true;
    }
    test.torn += count[TORN];
    if (left || (count[OLD] < test.n_names && count[NEW] < test.n_names))
        test.under_way++;
    else if (!ended && count[OLD] == test.n_names)
        test.span += test.span / 8; /* it had not begun: it may take longer now */
}

int main(int argc, char **argv)
{
    unsigned long count;
    int i = 5;

    if (argc > 1 && strcmp(argv[1], "-r") == 0) {
        test.resumes = true;
        argv++;
        argc--;
    }
    while (i < argc && strcmp(argv[i], "--") != 0)
        i++;
    if (i == 5 || i + 1 >= argc)
        errx(2, "usage: kills [-r] COUNT SEED OLD NEW NAME... -- COMMAND [ARG]...");
    count = strtoul(argv[1], NULL, 10);
    test.random = (strtoull(argv[2], NULL, 10) + 1) * 0x9e3779b97f4a7c15u;
    test.old = map_file(argv[3]);
    test.new = map_file(argv[4]);
    test.names = argv + 5;
    test.n_names = (unsigned)(i - 5);
    test.command = argv + i + 1;

    round_of(60 * 1000000);
    while (count-- > 0)
        round_of(random_below(test.span));
    if (test.resumes)
        round_of(60 * 1000000);
    printf("%u %u\n", test.torn, test.under_way);
    return test.wrong;
}
