#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "errands.h"

/* Lives on when it is not answered. */
struct question {
    char *path;
    int flags; /* of fstatat(2) */
    int err;   /* positive errno */
    struct stat st;
};

static struct {
    unsigned timeout_ms;
    int wake_fd;
    bool (*stop)(void *arg);
    void *arg;

    bool stopped;
    bool left;
    char **silent; /* paths */
    size_t n_silent;
} ask = {.wake_fd = -1};

void ask_begin(unsigned timeout_ms, int wake_fd, bool (*stop)(void *arg), void *arg)
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
    struct question *q = (struct question *)arg + i;

    q->err = fstatat(AT_FDCWD, q->path, &q->st, q->flags) < 0 ? errno : 0;
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

bool ask_is_silent(const char *path)
{
    for (size_t i = 0; i < ask.n_silent; i++)
        if (is_below(path, ask.silent[i]))
            return true;
    return false;
}

bool ask_left(void)
{
    return ask.left;
}

static void free_questions(struct question *questions, unsigned n)
{
    for (unsigned i = 0; questions && i < n; i++)
        free(questions[i].path);
    free(questions);
}

/* NULL when out of memory. */
static struct question *make_questions(const char *const *paths, unsigned n, int flags)
{
    struct question *questions = calloc(n, sizeof *questions);

    for (unsigned i = 0; questions && i < n; i++) {
        questions[i].flags = flags;
        questions[i].path = strdup(paths[i]);
        if (!questions[i].path) {
            free_questions(questions, n);
            return NULL;
        }
    }
    return questions;
}

/* True: all have been answered. False: somebody has not, and the questions have to stay. */
static bool send_out(struct question *questions, unsigned n, bool *late)
{
    struct errands e = {
        .n = n,
        .run = look,
        .arg = questions,
        .timeout_ms = ask.timeout_ms,
        .wake_fd = ask.stopped ? -1 : ask.wake_fd,
        .stop = is_stopped,
    };

    if (errands_run(&e, late) == 0)
        return true;
    ask.left = true;
    for (unsigned i = 0; i < n; i++)
        if (late[i])
            note_silent(questions[i].path);
    return false;
}

void ask_all(const char *const *paths, unsigned n)
{
    struct question *questions = make_questions(paths, n, 0);
    bool *late = calloc(n, sizeof *late);

    if (!questions || !late || send_out(questions, n, late))
        free_questions(questions, n);
    free(late);
}

static int ask_one(const char *path, int flags, struct stat *ret)
{
    struct question *q;
    bool late;
    int err = ETIMEDOUT;

    if (ask.stopped || ask_is_silent(path)) {
        errno = err;
        return -1;
    }
    q = make_questions(&path, 1, flags);
    if (!q) {
        errno = ENOMEM;
        return -1;
    }
    if (send_out(q, 1, &late)) {
        err = q->err;
        *ret = q->st;
        free_questions(q, 1);
    }
    errno = err;
    return err ? -1 : 0;
}

int ask_stat(const char *path, struct stat *ret)
{
    return ask_one(path, 0, ret);
}

int ask_lstat(const char *path, struct stat *ret)
{
    return ask_one(path, AT_SYMLINK_NOFOLLOW, ret);
}
