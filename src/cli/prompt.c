#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* The bytes that were read but belong to later answers. */
static struct {
    char bytes[512];
    size_t at, n;
} input;

/* Reads more input. False at the end of the input, or if stop(arg) ends the wait. */
static bool fill(int wake_fd, bool (*stop)(void *arg), void *arg)
{
    for (;;) {
        struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = wake_fd, .events = POLLIN}};
        ssize_t n;

        poll(p, 2, -1);
        if (p[1].revents && stop(arg))
            return false;
        if (!p[0].revents)
            continue;
        n = read(STDIN_FILENO, input.bytes, sizeof(input.bytes));
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        input.at = 0;
        input.n = n > 0 ? (size_t)n : 0;
        return n > 0;
    }
}

bool prompt_yes(int wake_fd, bool (*stop)(void *arg), void *arg)
{
    bool first = true, yes = false;

    while (input.at < input.n || fill(wake_fd, stop, arg)) {
        char c = input.bytes[input.at++];

        if (c == '\n')
            return yes;
        if (first)
            yes = c == 'y' || c == 'Y';
        first = false;
    }
    return yes;
}
