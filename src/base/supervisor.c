#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "signals.h"
#include "thread.h"

/* How long the supervisor waits for the worker process after a signal, and after a second one.
 * The worker process needs less time, unless it hangs. */
#define FIRST_WAIT_MS  3000u
#define SECOND_WAIT_MS 300u

/* A signal that both processes get within this time, from a terminal or killall(1), is one. */
#define SAME_MS 500u

/* Signals that stop the program and could not be passed on yet. One more says nothing new. */
#define MAX_UNSENT 2u

/* Who got a signal first. */
enum receiver { SUPERVISOR, WORKER };

struct supervisor {
    pid_t worker;
    int signal_fd;
    int socket;
    bool patient;      /* the first signal is the usual end, which may take long */
    int ended_by;      /* the first signal that stops the program, or 0 */
    uint64_t deadline; /* of the worker process; ms, clock_running_ms(); UINT64_MAX: none */
    uint64_t seen[NSIG][2]; /* by receiver: when it came last; ms; 0: never */
    struct signalfd_siginfo unsent[MAX_UNSENT];
    unsigned n_unsent;
};

/* Terminates this process in the same way as the worker process: with its exit status, or by
 * the same signal. */
static _Noreturn void exit_as_worker(pid_t worker)
{
    int status = 0;
    sigset_t set;

    while (waitpid(worker, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    (void)prctl(PR_SET_DUMPABLE, 0); /* the worker process has dumped its core already */
    signal(WTERMSIG(status), SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

/* The worker process has sent an exit status, or has terminated. With the status the supervisor
 * exits at once, and leaves the worker process behind. */
static void read_worker(const struct supervisor *s)
{
    int status;
    ssize_t n = recv(s->socket, &status, sizeof status, 0);

    if (n == sizeof status)
        _exit(status);
    if (n == 0 || errno != EINTR)
        exit_as_worker(s->worker);
}

/* Whether the worker process has got this signal, too, and has been heard of it first; or the
 * other way round. */
static bool is_known(struct supervisor *s, const struct signalfd_siginfo *info)
{
    bool from_worker = info->ssi_code == SI_QUEUE && info->ssi_pid == (uint32_t)s->worker;
    enum receiver by = from_worker ? WORKER : SUPERVISOR;
    uint64_t now = clock_now_ms(), *seen = s->seen[info->ssi_signo];
    enum receiver other = by == WORKER ? SUPERVISOR : WORKER;

    seen[by] = now;
    if (seen[other] == 0 || now - seen[other] >= SAME_MS)
        return false;
    seen[other] = 0; /* the next one is another one */
    seen[by] = 0;
    return true;
}

/* Passes on what could not be sent before. */
static void send_rest(struct supervisor *s)
{
    while (s->n_unsent > 0 && send(s->socket, &s->unsent[0], sizeof s->unsent[0],
                                   MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        s->unsent[0] = s->unsent[--s->n_unsent];
}

/* The socket is full while the worker process does not read it, as its main thread waits for
 * someone to read its output. That costs requests for the progress only. */
static void pass_on(struct supervisor *s, const struct signalfd_siginfo *info)
{
    if (send(s->socket, info, sizeof *info, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        info->ssi_signo != SIGUSR1 && s->n_unsent < MAX_UNSENT)
        s->unsent[s->n_unsent++] = *info;
}

static void pass_on_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (signals_take(s->signal_fd, &info)) {
        if (is_known(s, &info))
            continue;
        pass_on(s, &info);
        if (info.ssi_signo == SIGUSR1)
            continue;
        if (s->patient && !s->ended_by) {
            s->ended_by = (int)info.ssi_signo;
            continue;
        }
        s->deadline =
            clock_running_ms() + (s->ended_by && !s->patient ? SECOND_WAIT_MS : FIRST_WAIT_MS);
        s->patient = false;
        if (!s->ended_by)
            s->ended_by = (int)info.ssi_signo;
    }
}

static _Noreturn void supervise(struct supervisor *s)
{
    for (;;) {
        short wanted = s->n_unsent > 0 ? POLLIN | POLLOUT : POLLIN;
        struct pollfd p[2] = {{.fd = s->socket, .events = wanted},
                              {.fd = s->signal_fd, .events = POLLIN}};
        uint64_t now = clock_running_ms();

        if (now >= s->deadline)
            _exit(128 + s->ended_by);
        poll(p, 2, clock_wait_ms(now, s->deadline));
        if (p[0].revents & POLLOUT)
            send_rest(s);
        if (p[0].revents & ~POLLOUT)
            read_worker(s);
        if (p[1].revents)
            pass_on_signals(s);
    }
}

/* Waits for signals that somebody sends to the worker process alone, and gives them to the
 * supervisor. All threads block them. */
static void *forward_signals(void *arg)
{
    union sigval none = {.sival_int = 0};
    sigset_t set;

    signals_wanted(&set);
    for (;;) {
        int sig = sigwaitinfo(&set, NULL);

        if (sig > 0)
            (void)sigqueue(getppid(), sig, none);
    }
    return arg;
}

int supervisor_start(int *ret_fd, bool patient)
{
    struct supervisor s = {.patient = patient, .deadline = UINT64_MAX};
    pid_t self = getpid();
    int pair[2], r = signals_open(&s.signal_fd);

    if (r < 0)
        return r;
    *ret_fd = s.signal_fd;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return 0;
    signal(SIGCHLD, SIG_DFL); /* waitpid() gets no status while it is ignored */
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
    if (getppid() != self) /* the supervisor died before prctl() */
        _exit(EXIT_FAILURE);
    close(s.signal_fd);
    (void)fcntl(pair[1], F_SETFL, O_NONBLOCK);
    (void)thread_start(forward_signals, NULL); /* without it such signals wait for ever */
    *ret_fd = pair[1];
    return 0;
}

void supervisor_leave(int fd, int status)
{
    static const struct rlimit none = {0};
    struct pollfd p = {.fd = fd};

    /* A write that waits in the kernel behind one that hangs starts when that one completes.
     * This may be long after the program's exit, and the write would change a file that the
     * user believes to be left alone. The limit prevents that: the kernel checks it when a
     * write to a regular file starts (generic_write_checks()), also in its own threads for this
     * process. */
    (void)setrlimit(RLIMIT_FSIZE, &none);
    /* The kernel kills this process when the supervisor exits. That may take long, but the user
     * waits for the supervisor only. */
    if (send(fd, &status, sizeof status, MSG_NOSIGNAL) == sizeof status)
        poll(&p, 1, -1);
    _exit(status);
}
