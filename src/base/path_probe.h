/* path_probe: stat(2), lstat(2) and other calls with a time limit, for paths on file systems that may hang:
 * a file server that is down, a device that does not respond.
 *
 * A path that has no result in time is called silent. Neither a silent path nor a path below it
 * is probed again. The list of silent paths exists until the program exits, and so do the
 * threads that still hang.
 *
 * The results are remembered until path_probe_forget(), so that each path is probed once,
 * however often its result is needed.
 *
 * Main thread only. Paths are probed before the copies start. The copies have time limits of
 * their own, and add paths to the silent ones. */
#ifndef UCOPY_BASE_PATH_PROBE_H
#define UCOPY_BASE_PATH_PROBE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Sets the time limit of a probe; 0 means none, as without this call. When wake_fd is readable
 * and stop(arg) returns true, all probes stop, and no new one starts. */
void path_probe_begin(unsigned timeout_ms, int wake_fd, bool (*stop)(void *arg), void *arg);

struct path_probe_path {
    const char *path;
    bool follow; /* for path_probe_stat(), too; else only for path_probe_lstat() */
};

/* Probes all of these paths that have no result yet, concurrently, with a few threads unless
 * they hang. All silent paths together cost one time limit. */
void path_probe_all(const struct path_probe_path *paths, unsigned n);

/* As stat(2) and lstat(2), but may return a remembered result. -1 with errno ETIMEDOUT: the
 * path is silent, or the probes were stopped. */
int path_probe_stat(const char *path, struct stat *ret);
int path_probe_lstat(const char *path, struct stat *ret);

/* Makes run(arg, 0), a call on the path, in another thread and with the same time limit. 0; or
 * -ETIMEDOUT: the path is silent, or the probes were stopped. Then the call may still run: arg,
 * with what it points to, is kept here for ever, and must neither be freed nor be looked at. */
int path_probe_call(const char *path, void (*run)(void *arg, unsigned i), void *arg);

/* The path without symlinks, "." and "..", where its last components need not exist, with the same
 * time limit. Those stay as they are written. malloc'd; NULL: it is silent, cannot be resolved, or
 * there is no memory. It is not remembered. */
char *path_probe_resolve(const char *path);

/* Forgets all results, because the files are going to change. Silent paths stay silent. */
void path_probe_forget(void);

/* Adds a path that did not respond to a copy. Without memory it is not added, and costs a time
 * limit again. */
void path_probe_add_silent(const char *path);

/* Whether the path, or one above it, is silent. */
bool path_probe_is_silent(const char *path);

/* Whether some threads may still hang in the kernel. The process cannot terminate then; see
 * supervisor_leave(). */
bool path_probe_left(void);

#endif
