#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void signals_wanted(sigset_t *ret)
{
    static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

    sigemptyset(ret);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct sigaction old;

        if (sigaction(wanted[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaddset(ret, wanted[i]);
    }
}

int signals_open(int *ret_fd)
{
    sigset_t set;
    int fd;

    signals_wanted(&set);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

bool signals_take(int fd, struct signalfd_siginfo *ret)
{
    return read(fd, ret, sizeof *ret) == sizeof *ret;
}

int signals_next(int fd)
{
    struct signalfd_siginfo info;

    return signals_take(fd, &info) ? (int)info.ssi_signo : 0;
}

bool signals_end(int fd, int *signal)
{
    int sig;

    while ((sig = signals_next(fd)) != 0)
        if (sig != SIGUSR1 && !*signal)
            *signal = sig;
    return *signal != 0;
}
