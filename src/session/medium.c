/* medium: --verify=medium: whether the destinations are disks that can be read past their own caches.
 * This is tried before anything is written. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bounded_call.h"
#include "base/fd.h"
#include "base/signals.h"
#include "report/report.h"
#include "session.h"
#include "verify/fua.h"

#define EXIT_USAGE 2

/* The time that calls have to end after a signal, ms. */
#define STOP_MS 1000u

struct trial {
    int result;     /* 0 or a negative errno; -ENOTBLK: it is no block device */
    uint32_t block; /* bytes */
};

/* Stays allocated when a call does not return. */
struct trials {
    const char *const *paths;
    int signal_fd, signal;
    struct trial each[];
};

static void try_one(void *arg, unsigned i)
{
    struct trials *all = arg;
    struct trial *t = &all->each[i];
    int fd = fd_open_existing(AT_FDCWD, all->paths[i], O_RDONLY);
    struct stat st;
    struct fua f;

    if (fd < 0)
        t->result = fd;
    else if (fstat(fd, &st) < 0)
        t->result = -errno;
    else if (!S_ISBLK(st.st_mode))
        t->result = -ENOTBLK;
    else if ((t->result = fua_open(&f, fd)) == 0)
        t->block = f.block;
    (void)fd_close(&fd);
}

static bool is_ended(void *arg)
{
    struct trials *all = arg;

    return signals_end(all->signal_fd, &all->signal);
}

/* Whether the destination can be read so; else explains it. */
static bool judge(const struct options *o, const char *path, const struct trial *t, bool late)
{
    if (late)
        report_error("--verify=medium: '%s' does not answer", path);
    else if (t->result == -ENOTBLK || t->result == -ENOENT)
        report_error("--verify=medium: '%s' is no block device", path);
    else if (t->result < 0)
        report_error("--verify=medium is not available for '%s': %s", path,
                     strerror(-t->result));
    else if (o->dest_offset % t->block != 0)
        report_error("--verify=medium: '%s' has blocks of %u bytes, and --dest-offset is no "
                     "multiple of them",
                     path, t->block);
    else
        return true;
    return false;
}

int session_check_media(const struct options *o, const char *const *paths, unsigned n,
                        int signal_fd, bool *ret_hung)
{
    struct trials *all = calloc(1, sizeof(*all) + n * sizeof(all->each[0]));
    bool *late = calloc(n, sizeof(*late)), good = true;
    struct bounded_calls calls = {.n = n,
                                  .run = try_one,
                                  .arg = all,
                                  .timeout_ms = options_timeout_ms(o),
                                  .wake_fd = signal_fd,
                                  .stop = is_ended,
                                  .stop_ms = STOP_MS};
    int signal, status;

    if (!all || !late) {
        report_error("%s", strerror(ENOMEM));
        free(all);
        free(late);
        return EXIT_USAGE;
    }
    all->paths = paths;
    all->signal_fd = signal_fd;
    if (bounded_calls_run(&calls, late) > 0)
        *ret_hung = true;
    signal = all->signal;
    for (unsigned i = 0; i < n && !signal; i++)
        good &= judge(o, paths[i], &all->each[i], late[i]);
    if (signal)
        report_error("interrupted");
    status = signal ? 128 + signal : good ? 0 : EXIT_USAGE;
    if (!*ret_hung)
        free(all);
    free(late);
    return status;
}
