#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fd.h"

#define SHELL "/bin/sh"

/* How often to look whether a command has ended. */
#define LOOK_MS 5u

/* What is left to all commands between SIGTERM and SIGKILL when the process leaves. */
#define LAST_GRACE_MS 200u

/* The pipe should hold more than the default of 64 KiB: fewer wake-ups. */
#define PIPE_SIZE (1 << 20)

struct command {
    pid_t pid;
    bool reaped; /* status is known, and pid may be another process's */
    int status;
    struct command *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct command *all; /* those that are not reaped; protected by lock */

/* ---- start ---- */

static int set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none, defaults;
    int err;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    err = posix_spawnattr_setsigmask(attr, &none);
    if (err == 0)
        err = posix_spawnattr_setsigdefault(attr, &defaults);
    if (err == 0)
        err = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF);
    return err;
}

/* fd: the command's end of the pipe. */
static int set_files(posix_spawn_file_actions_t *files, enum command_pipe what, bool quiet,
                     int fd)
{
    int err;

    if (what == COMMAND_READS) {
        err = posix_spawn_file_actions_adddup2(files, fd, STDIN_FILENO);
        if (err == 0 && quiet)
            err = posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
        return err;
    }
    err = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    return err ? err : posix_spawn_file_actions_adddup2(files, fd, STDOUT_FILENO);
}

/* 0 or a positive errno. */
static int spawn(const char *text, enum command_pipe what, bool quiet, int fd, pid_t *ret_pid)
{
    const char *argv[] = {"sh", "-c", "--", text, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    int err = posix_spawnattr_init(&attr);

    if (err != 0)
        return err;
    err = posix_spawn_file_actions_init(&files);
    if (err != 0)
        goto err_after_attr;
    err = set_attributes(&attr);
    if (err == 0)
        err = set_files(&files, what, quiet, fd);
    if (err == 0)
        err = posix_spawn(ret_pid, SHELL, &files, &attr, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&files);
err_after_attr:
    posix_spawnattr_destroy(&attr);
    return err;
}

int command_start(const char *text, enum command_pipe what, bool quiet,
                  struct command **ret_command, int *ret_fd, struct failure *f)
{
    struct command *c = calloc(1, sizeof(*c));
    int ends[2], ours = what == COMMAND_READS ? 1 : 0, err;

    if (!c)
        return failure_set(f, "start", ENOMEM, FAILURE_NO_OFFSET, NULL);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        err = errno;
        free(c);
        return failure_set(f, "start", err, FAILURE_NO_OFFSET, NULL);
    }
    (void)fcntl(ends[ours], F_SETPIPE_SZ, PIPE_SIZE);

    /* The lock: command_kill_all() must not miss one that is being started. */
    pthread_mutex_lock(&lock);
    err = spawn(text, what, quiet, ends[!ours], &c->pid);
    if (err == 0) {
        c->next = all;
        all = c;
    }
    pthread_mutex_unlock(&lock);
    (void)close(ends[!ours]);
    if (err != 0) {
        (void)close(ends[ours]);
        free(c);
        return failure_set(f, "start", err, FAILURE_NO_OFFSET, NULL);
    }
    *ret_command = c;
    *ret_fd = ends[ours];
    return 0;
}

/* ---- end ---- */

static void forget(struct command *c)
{
    struct command **at = &all;

    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
}

/* Waits until the shell has ended, or only looks. Whether it has. It stays a zombie, so that its
 * number belongs to nobody else. */
static bool has_ended(const struct command *c, bool wait)
{
    siginfo_t info = {.si_pid = 0};
    int r;

    do
        r = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT | (wait ? 0 : WNOHANG));
    while (r < 0 && errno == EINTR);
    return r < 0 || info.si_pid != 0;
}

static void reap(struct command *c)
{
    int r;

    pthread_mutex_lock(&lock);
    if (!c->reaped) {
        do
            r = waitpid(c->pid, &c->status, 0);
        while (r < 0 && errno == EINTR);
        c->reaped = true;
        forget(c);
    }
    pthread_mutex_unlock(&lock);
}

static int judge(int status, struct failure *f)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status))
        return failure_format(f, NULL, EIO, "the command ended with status %d",
                              WEXITSTATUS(status));
    return failure_format(f, NULL, EIO, "the command was ended by signal %d (%s)",
                          WTERMSIG(status), strsignal(WTERMSIG(status)));
}

int command_wait(struct command *c, struct failure *f)
{
    if (!c->reaped)
        (void)has_ended(c, true);
    reap(c);
    return judge(c->status, f);
}

bool command_ends(struct command *c, unsigned ms)
{
    uint64_t end = clock_now_ms() + ms;

    while (!c->reaped && !has_ended(c, false)) {
        if (clock_now_ms() >= end)
            return false;
        clock_pause_ms(LOOK_MS);
    }
    return true;
}

/* The group still exists, or its leader is a zombie: its number belongs to nobody else. */
static void signal_group(const struct command *c, int sig)
{
    (void)kill(-c->pid, sig);
    (void)kill(-c->pid, SIGCONT); /* one that is stopped */
}

void command_end(struct command *c, unsigned grace_ms)
{
    if (c->reaped)
        return;
    signal_group(c, SIGTERM);
    (void)command_ends(c, grace_ms);
    signal_group(c, SIGKILL); /* also what the shell has left behind */
    (void)has_ended(c, true);
    reap(c);
}

void command_free(struct command *c)
{
    free(c);
}

/* ---- all ---- */

void command_terminate_all(void)
{
    pthread_mutex_lock(&lock);
    for (const struct command *c = all; c; c = c->next)
        signal_group(c, SIGTERM);
    pthread_mutex_unlock(&lock);
}

static bool any_runs(void)
{
    bool any = false;

    pthread_mutex_lock(&lock);
    for (const struct command *c = all; c && !any; c = c->next)
        any = !has_ended(c, false);
    pthread_mutex_unlock(&lock);
    return any;
}

void command_kill_all(void)
{
    uint64_t end = clock_now_ms() + LAST_GRACE_MS;

    command_terminate_all();
    while (any_runs() && clock_now_ms() < end)
        clock_pause_ms(LOOK_MS);
    pthread_mutex_lock(&lock);
    for (const struct command *c = all; c; c = c->next)
        signal_group(c, SIGKILL);
    pthread_mutex_unlock(&lock);
}
