#include "path_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bounded_call.h"

/* How many threads ask, as long as there are answers. */
#define ASKERS 8u

/* A path and what it was found to be. Lives on when it is not answered. */
struct finding {
    char *path;
    bool follow;      /* where a symlink leads is asked, too */
    bool followed;    /* and known */
    int err, end_err; /* positive errno: of the path itself, and of where it leads */
    struct stat st;
    struct stat *end; /* NULL: it is no symlink, and leads to itself */
};

static struct {
    unsigned timeout_ms;
    int wake_fd;
    bool (*stop)(void *arg);
    void *arg;

    bool stopped;
    bool left;
    void *found;   /* findings by path, tsearch(3) */
    char **silent; /* paths */
    size_t n_silent;
} ask = {.wake_fd = -1};

void path_probe_begin(unsigned timeout_ms, int wake_fd, bool (*stop)(void *arg), void *arg)
{
    ask.timeout_ms = timeout_ms;
    ask.wake_fd = wake_fd;
    ask.stop = stop;
    ask.arg = arg;
}

static bool is_stopped(void *arg)
{
    (void)arg;
    ask.stopped |= ask.stop(ask.arg);
    return ask.stopped;
}

static void look(void *arg, unsigned i)
{
    struct finding *f = ((struct finding **)arg)[i];

    f->err = fstatat(AT_FDCWD, f->path, &f->st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
    if (f->err == 0 && S_ISLNK(f->st.st_mode)) {
        f->end = f->follow ? malloc(sizeof *f->end) : NULL;
        if (!f->end)
            return;
        f->end_err = fstatat(AT_FDCWD, f->path, f->end, 0) < 0 ? errno : 0;
    }
    f->followed = true;
}

/* Without memory the path is asked again. */
static void note_silent(const char *path)
{
    char **longer = reallocarray(ask.silent, ask.n_silent + 1, sizeof *longer);
    char *copy = strdup(path);

    if (longer)
        ask.silent = longer;
    if (longer && copy)
        ask.silent[ask.n_silent++] = copy;
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
    for (size_t i = 0; i < ask.n_silent; i++)
        if (is_below(path, ask.silent[i]))
            return true;
    return false;
}

bool path_probe_left(void)
{
    return ask.left;
}

static void free_finding(void *arg)
{
    struct finding *f = arg;

    free(f->path);
    free(f->end);
    free(f);
}

static int compare(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* NULL: it has to be asked. */
static const struct finding *recall(const char *path, bool follow)
{
    const struct finding key = {.path = (char *)(uintptr_t)path};
    struct finding *const *at = tfind(&key, &ask.found, compare);

    return at && (!follow || (*at)->followed) ? *at : NULL;
}

/* Without memory the path is asked again. */
static void remember(struct finding *f)
{
    struct finding **at = tsearch(f, &ask.found, compare);

    if (!at) {
        free_finding(f);
    } else if (*at != f) {
        free_finding(*at);
        *at = f;
    }
}

void path_probe_forget(void)
{
    tdestroy(ask.found, free_finding);
    ask.found = NULL;
}

/* NULL without memory. */
static struct finding *new_finding(const struct path_probe_path *p)
{
    struct finding *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->follow = p->follow;
    f->path = strdup(p->path);
    if (f->path)
        return f;
    free(f);
    return NULL;
}

/* True: all have been answered. False: somebody has not, and *findings has to stay. */
static bool send_out(struct finding **findings, unsigned n, bool *late)
{
    struct bounded_calls e = {
        .n = n,
        .at_once = ASKERS,
        .run = look,
        .arg = findings,
        .timeout_ms = ask.timeout_ms,
        .wake_fd = ask.wake_fd,
        .stop = is_stopped,
    };
    bool all = bounded_calls_run(&e, late) == 0;

    ask.left |= !all;
    for (unsigned i = 0; i < n; i++)
        if (!late[i])
            remember(findings[i]);
        else if (!ask.stopped)
            note_silent(findings[i]->path);
    return all;
}

static bool is_open(const struct path_probe_path *p)
{
    return !recall(p->path, p->follow) && !path_probe_is_silent(p->path);
}

void path_probe_all(const struct path_probe_path *paths, unsigned n)
{
    struct finding **findings = calloc(n, sizeof(struct finding *));
    bool *late = calloc(n, sizeof *late);
    unsigned n_open = 0;

    for (unsigned i = 0; findings && late && !ask.stopped && i < n; i++) {
        if (is_open(&paths[i]) && (findings[n_open] = new_finding(&paths[i])))
            n_open++;
    }
    if (n_open == 0 || send_out(findings, n_open, late))
        free(findings);
    free(late);
}

/* What is known of the path, after it has been asked if need be; NULL with errno set. */
static const struct finding *find(const char *path, bool follow)
{
    const struct finding *f = recall(path, follow);

    if (!f) {
        path_probe_all(&(struct path_probe_path){path, follow}, 1);
        f = recall(path, follow);
    }
    if (!f)
        errno = ask.stopped || path_probe_is_silent(path) ? ETIMEDOUT : ENOMEM;
    return f;
}

/* 0, or -1 with errno set. */
static int answer(int err, const struct stat *st, struct stat *ret)
{
    if (err == 0)
        *ret = *st;
    else
        errno = err;
    return err ? -1 : 0;
}

int path_probe_lstat(const char *path, struct stat *ret)
{
    const struct finding *f = find(path, false);

    return f ? answer(f->err, &f->st, ret) : -1;
}

int path_probe_stat(const char *path, struct stat *ret)
{
    const struct finding *f = find(path, true);

    if (!f)
        return -1;
    return f->end ? answer(f->end_err, f->end, ret) : answer(f->err, &f->st, ret);
}
