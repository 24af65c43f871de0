/* path_probe: looks at paths behind which nobody may answer: a file server that is gone, a
 * device that hangs. A path that has not answered in time is silent: it is not asked again, nor
 * is what is below it. That is kept for the life of the process, as are the threads that still
 * wait.
 *
 * What a path was found to be is remembered until path_probe_forget(), so that it costs one
 * question however often it is looked at.
 *
 * For the main thread, before the copies: these have calls of their own. */
#ifndef UCOPY_BASE_PATH_PROBE_H
#define UCOPY_BASE_PATH_PROBE_H

#include <stdbool.h>
#include <sys/stat.h>

/* How long to wait for an answer, 0: for ever, as it is without this call. When wake_fd becomes
 * readable and stop(arg) is true then, nobody answers any more. */
void path_probe_begin(unsigned timeout_ms, int wake_fd, bool (*stop)(void *arg), void *arg);

struct path_probe_path {
    const char *path;
    bool follow; /* for path_probe_stat(), too; else for path_probe_lstat() */
};

/* Asks all of them that are not known, with a few threads as long as there are answers. Those
 * that are silent cost one time-out together. */
void path_probe_all(const struct path_probe_path *paths, unsigned n);

/* stat(2) and lstat(2), or what they said before; -1 with ETIMEDOUT for a silent path. */
int path_probe_stat(const char *path, struct stat *ret);
int path_probe_lstat(const char *path, struct stat *ret);

/* Forgets what paths were found to be, but not which are silent: something is to be changed. */
void path_probe_forget(void);

/* Whether the path, or one above it, has been found to be silent. */
bool path_probe_is_silent(const char *path);

/* Whether threads are left that hang in the kernel: an exit would not end. */
bool path_probe_left(void);

#endif
