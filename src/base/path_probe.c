#include "path_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bounded_call.h"
#include "interrupted.h"
#include "path.h"

/* Threads that probe paths at the same time, unless calls hang. */
#define THREADS 8u

/* A path and the result of its probe. If the probe hangs, it is never freed: the thread may
 * still write to it. */
struct result {
    char *path;
    bool follow;         /* the target of a symlink is wanted, too */
    bool followed;       /* the result contains that */
    int lstat_err;       /* positive errno of lstat(2), or 0 */
    int stat_err;        /* positive errno of stat(2), or 0; only with `target` */
    struct stat st;      /* from lstat(2) */
    struct stat *target; /* from stat(2); NULL: the path is no symlink, so st is the same */
};

static struct {
    unsigned timeout_ms;
    int wake_fd;
    bool (*stop)(void *arg);
    void *arg;

    bool stopped;
    bool threads_left; /* some threads may still hang */
    void *results;     /* by path, tsearch(3) */
    char **silent;     /* paths */
    size_t n_silent;
    void **kept; /* arguments of calls that may hang: never freed, and not lost either */
    size_t n_kept;
} probe = {.wake_fd = -1};

void path_probe_begin(unsigned timeout_ms, int wake_fd, bool (*stop)(void *arg), void *arg)
{
    probe.timeout_ms = timeout_ms;
    probe.wake_fd = wake_fd;
    probe.stop = stop;
    probe.arg = arg;
}

static bool is_stopped(void *arg)
{
    (void)arg;
    probe.stopped |= probe.stop(probe.arg);
    return probe.stopped;
}

/* bounded_calls.run: probes the path of result i. */
static void probe_path(void *arg, unsigned i)
{
    struct result *r = ((struct result **)arg)[i];

    r->lstat_err =
        UNINTERRUPTED(fstatat(AT_FDCWD, r->path, &r->st, AT_SYMLINK_NOFOLLOW)) < 0 ? errno : 0;
    if (r->lstat_err == 0 && S_ISLNK(r->st.st_mode)) {
        r->target = r->follow ? malloc(sizeof *r->target) : NULL;
        if (!r->target)
            return;
        r->stat_err = UNINTERRUPTED(fstatat(AT_FDCWD, r->path, r->target, 0)) < 0 ? errno : 0;
    }
    r->followed = true;
}

void path_probe_add_silent(const char *path)
{
    char **longer = reallocarray(probe.silent, probe.n_silent + 1, sizeof *longer);
    char *copy = strdup(path);

    if (longer)
        probe.silent = longer;
    if (longer && copy)
        probe.silent[probe.n_silent++] = copy;
    else
        free(copy);
}

static bool is_below(const char *path, const char *top)
{
    size_t n = strlen(top);

    while (n > 1 && top[n - 1] == '/')
        n--;
    return strncmp(path, top, n) == 0 &&
           (path[n] == '\0' || path[n] == '/' || top[n - 1] == '/');
}

bool path_probe_is_silent(const char *path)
{
    for (size_t i = 0; i < probe.n_silent; i++)
        if (is_below(path, probe.silent[i]))
            return true;
    return false;
}

bool path_probe_left(void)
{
    return probe.threads_left;
}

static void free_result(void *arg)
{
    struct result *r = arg;

    free(r->path);
    free(r->target);
    free(r);
}

static int compare(const void *a, const void *b)
{
    const struct result *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* The remembered result; NULL: there is none. */
static const struct result *recall(const char *path, bool follow)
{
    const struct result key = {.path = (char *)(uintptr_t)path};
    struct result *const *at = tfind(&key, &probe.results, compare);

    return at && (!follow || (*at)->followed) ? *at : NULL;
}

/* Takes over the result. Without memory it is not remembered, and the path is probed again. */
static void remember(struct result *r)
{
    struct result **at = tsearch(r, &probe.results, compare);

    if (!at) {
        free_result(r);
    } else if (*at != r) {
        free_result(*at);
        *at = r;
    }
}

void path_probe_forget(void)
{
    tdestroy(probe.results, free_result);
    probe.results = NULL;
}

/* NULL without memory. */
static struct result *result_new(const struct path_probe_path *p)
{
    struct result *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->follow = p->follow;
    r->path = strdup(p->path);
    if (r->path)
        return r;
    free(r);
    return NULL;
}

/* Makes run(arg, i) for i < n. False: some calls hang, and arg must never be freed. */
static bool make_calls(void (*run)(void *arg, unsigned i), void *arg, unsigned n, bool *late)
{
    struct bounded_calls calls = {
        .n = n,
        .at_once = THREADS,
        .run = run,
        .arg = arg,
        .timeout_ms = probe.timeout_ms,
        .wake_fd = probe.wake_fd,
        .stop = is_stopped,
    };
    bool all = bounded_calls_run(&calls, late) == 0;

    probe.threads_left |= !all;
    return all;
}

static void keep(void *arg)
{
    void **longer = reallocarray(probe.kept, probe.n_kept + 1, sizeof *longer);

    if (!longer)
        return;
    probe.kept = longer;
    probe.kept[probe.n_kept++] = arg;
}

int path_probe_call(const char *path, void (*run)(void *arg, unsigned i), void *arg)
{
    bool late = false, silent = probe.stopped || path_probe_is_silent(path);

    if (!silent && make_calls(run, arg, 1, &late))
        return 0;
    if (!silent && !probe.stopped)
        path_probe_add_silent(path);
    keep(arg);
    return -ETIMEDOUT;
}

struct resolve {
    char *path;
    char *result;
};

/* path_probe_call(): resolves what exists of the path. */
static void resolve(void *arg, unsigned i)
{
    struct resolve *r = arg;
    char *at = strdup(r->path), *above, *real = NULL;
    size_t len = strlen(r->path);

    (void)i;
    while (at && !(real = realpath(at, NULL)) && strcmp(at, ".") != 0 && strcmp(at, "/") != 0) {
        above = path_directory(at);
        free(at);
        at = above;
        len = at && strcmp(at, ".") != 0 ? strlen(at) : 0;
    }
    if (at && real)
        r->result = r->path[len] ? path_join(real, r->path + len + (r->path[len] == '/'))
                                 : strdup(real);
    free(real);
    free(at);
}

char *path_probe_resolve(const char *path)
{
    struct resolve *r = calloc(1, sizeof(*r));
    char *result;
    int err = -ENOMEM;

    if (!r)
        return NULL;
    r->path = path_clean(path);
    if (r->path)
        err = path_probe_call(path, resolve, r);
    if (err == -ETIMEDOUT) /* the call may still use it */
        return NULL;       // NOLINT: it is kept
    result = r->result;
    free(r->path);
    free(r);
    return result;
}

/* Probes the paths of all results. False: some calls hang, and the array of results must never
 * be freed. */
static bool run_probes(struct result **results, unsigned n, bool *late)
{
    bool all = make_calls(probe_path, results, n, late);

    for (unsigned i = 0; i < n; i++)
        if (!late[i])
            remember(results[i]);
        else if (!probe.stopped)
            path_probe_add_silent(results[i]->path);
    return all;
}

static bool is_unknown(const struct path_probe_path *p)
{
    return !recall(p->path, p->follow) && !path_probe_is_silent(p->path);
}

void path_probe_all(const struct path_probe_path *paths, unsigned n)
{
    struct result **results = calloc(n, sizeof(struct result *));
    bool *late = calloc(n, sizeof *late);
    unsigned n_results = 0;

    for (unsigned i = 0; results && late && !probe.stopped && i < n; i++) {
        if (is_unknown(&paths[i]) && (results[n_results] = result_new(&paths[i])))
            n_results++;
    }
    if (n_results == 0 || run_probes(results, n_results, late))
        free(results);
    free(late);
}

/* The result for the path; probes it if need be. NULL with errno set. */
static const struct result *get_result(const char *path, bool follow)
{
    const struct result *r = recall(path, follow);

    if (!r) {
        path_probe_all(&(struct path_probe_path){path, follow}, 1);
        r = recall(path, follow);
    }
    if (!r)
        errno = probe.stopped || path_probe_is_silent(path) ? ETIMEDOUT : ENOMEM;
    return r;
}

/* Returns the result in the form of stat(2): 0, or -1 with errno set. */
static int return_stat(int err, const struct stat *st, struct stat *ret)
{
    if (err == 0)
        *ret = *st;
    else
        errno = err;
    return err ? -1 : 0;
}

int path_probe_lstat(const char *path, struct stat *ret)
{
    const struct result *r = get_result(path, false);

    return r ? return_stat(r->lstat_err, &r->st, ret) : -1;
}

int path_probe_stat(const char *path, struct stat *ret)
{
    const struct result *r = get_result(path, true);

    if (!r)
        return -1;
    return r->target ? return_stat(r->stat_err, r->target, ret)
                     : return_stat(r->lstat_err, &r->st, ret);
}
