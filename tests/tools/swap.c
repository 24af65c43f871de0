/* swap: exchanges the names of a directory (or a file) and a symlink while a command runs.
 *
 *     swap NAME LINK [NAME LINK]... -- COMMAND [ARG]...
 *
 * From its start to its end the two names of every pair are exchanged as fast as that can be
 * done, in an order that is another one each time, and are left as they were, the pairs in the
 * order given. (Where both are not there, nothing is done with them.) Prints how often; exits
 * with the command's status. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PAIRS 16

static void die(const char *what)
{
    perror(what);
    exit(99);
}

/* Whoever exchanges does not go astray himself: no symlink is followed to the first name. */
static int exchange(char **pair)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    char *slash = strrchr(pair[0], '/'),
         *dir = slash ? strndup(pair[0], (size_t)(slash - pair[0])) : NULL;
    const char *name = slash ? slash + 1 : pair[0];
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, dir ? dir : ".", &how, sizeof(how)), r = -1;

    free(dir);
    if (fd >= 0) {
        r = renameat2(fd, name, AT_FDCWD, pair[1], RENAME_EXCHANGE);
        close(fd);
    }
    return r;
}

int main(int argc, char **argv)
{
    unsigned long times = 0;
    int n = 0, status = 0, odd[MAX_PAIRS] = {0};
    pid_t pid;

    while (2 * n + 3 < argc && strcmp(argv[2 * n + 1], "--") != 0)
        n++;
    if (n == 0 || n > MAX_PAIRS || strcmp(argv[2 * n + 1], "--") != 0) {
        fprintf(stderr, "usage: swap NAME LINK [NAME LINK]... -- COMMAND [ARG]...\n");
        return 99;
    }
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        execv(argv[2 * n + 2], argv + 2 * n + 2);
        die(argv[2 * n + 2]);
    }
    srandom((unsigned)getpid());
    while (waitpid(pid, &status, WNOHANG) == 0) {
        int i = (int)(random() % n);

        if (exchange(argv + 1 + 2 * i) == 0) {
            odd[i] ^= 1;
            times++;
        }
        usleep((useconds_t)(random() % 60));
    }
    for (int i = 0; i < n; i++)
        if (odd[i])
            (void)exchange(argv + 1 + 2 * i); /* the command may have removed one of them */
    printf("%lu\n", times);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
