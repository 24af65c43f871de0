#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "signals.h"

/* How long the worker process has to come to its end after a signal, and after a second one. It
 * takes less than that, unless it hangs. */
#define FIRST_PATIENCE_MS  3000u
#define SECOND_PATIENCE_MS 300u

struct supervisor {
    pid_t worker;
    int signal_fd;
    int socket;
    int ended_by;      /* the first signal that asks for the end, or 0 */
    uint64_t deadline; /* ms, monotonic; UINT64_MAX: none */
};

/* Ends as the worker process has. */
static _Noreturn void mirror(pid_t worker)
{
    int status = 0;
    sigset_t set;

    while (waitpid(worker, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    (void)prctl(PR_SET_DUMPABLE, 0); /* one core is enough */
    signal(WTERMSIG(status), SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

/* The worker process says with which status to leave it behind, or is at its end. */
static void hear_worker(const struct supervisor *s)
{
    int status;
    ssize_t n = recv(s->socket, &status, sizeof status, 0);

    if (n == sizeof status)
        _exit(status);
    if (n == 0 || errno != EINTR)
        mirror(s->worker);
}

static void pass_on_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (signals_take(s->signal_fd, &info)) {
        (void)send(s->socket, &info, sizeof info, MSG_NOSIGNAL);
        if (info.ssi_signo == SIGUSR1)
            continue;
        s->deadline = clock_now_ms() + (s->ended_by ? SECOND_PATIENCE_MS : FIRST_PATIENCE_MS);
        if (!s->ended_by)
            s->ended_by = (int)info.ssi_signo;
    }
}

static _Noreturn void supervise(struct supervisor *s)
{
    for (;;) {
        struct pollfd p[2] = {{.fd = s->socket, .events = POLLIN},
                              {.fd = s->signal_fd, .events = POLLIN}};
        uint64_t now = clock_now_ms();

        if (now >= s->deadline)
            _exit(128 + s->ended_by);
        poll(p, 2, s->deadline == UINT64_MAX ? -1 : (int)(s->deadline - now));
        if (p[0].revents)
            hear_worker(s);
        if (p[1].revents)
            pass_on_signals(s);
    }
}

int supervisor_start(int *ret_fd)
{
    struct supervisor s = {.deadline = UINT64_MAX};
    pid_t self = getpid();
    int pair[2], r = signals_open(&s.signal_fd);

    if (r < 0)
        return r;
    *ret_fd = s.signal_fd;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return 0;
    signal(SIGCHLD, SIG_DFL); /* ignored, its status would be lost */
    s.worker = fork();
    if (s.worker > 0) {
        close(pair[1]);
        s.socket = pair[0];
        supervise(&s);
    }
    close(pair[0]);
    if (s.worker < 0) {
        close(pair[1]);
        return 0;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != self) /* it has died meanwhile */
        _exit(EXIT_FAILURE);
    close(s.signal_fd);
    (void)fcntl(pair[1], F_SETFL, O_NONBLOCK);
    *ret_fd = pair[1];
    return 0;
}

void supervisor_leave(int fd, int status)
{
    static const struct rlimit none = {0};
    struct pollfd p = {.fd = fd};

    /* Writes that wait in the kernel behind one that hangs would begin when that answers,
     * however long after the end, and change files that are no longer ours to write. The limit
     * is looked at when a write to a regular file begins (generic_write_checks()), in the
     * kernel's threads for this process, too. */
    (void)setrlimit(RLIMIT_FSIZE, &none);
    /* What is killed then need not be quick: whoever waits, waits for the supervisor. */
    if (send(fd, &status, sizeof status, MSG_NOSIGNAL) == sizeof status)
        poll(&p, 1, -1);
    _exit(status);
}
