/* manifest_file: writing the list of manifest.h. */
#include "manifest_file_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bounded_call.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "cli/usage_error.h"
#include "report.h"
#include "target/whole_file.h"

#define PIECE (64u << 10)

/* How long a list that is being written may take when the user ends the program. */
#define END_PATIENCE_MS 2000u

static bool is_stdout(const struct manifest_file *f)
{
    return strcmp(f->path, "-") == 0;
}

/* What is found out about the file. A call that hangs may still use it: then it is never freed. */
struct look {
    char *path; /* as the user gave it */
    struct manifest_file file;
    int error; /* positive errno: it cannot be written */
};

/* Whether the directory of the file can be written to. One that is missing may be made by the
 * copy. Returns a positive errno or 0. */
static int look_at_directory(const struct manifest_file *f)
{
    char *dir = path_directory(f->path);
    int error = 0;

    if (!dir)
        return ENOMEM;
    if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0 && errno != ENOENT)
        error = errno;
    free(dir);
    return error;
}

/* path_probe_call(): looks. */
static void look(void *arg, unsigned i)
{
    struct look *l = arg;
    struct manifest_file *f = &l->file;
    struct stat st;

    (void)i;
    if (lstat(l->path, &st) == 0 && S_ISLNK(st.st_mode))
        f->path = realpath(l->path, NULL);
    if (!f->path)
        f->path = strdup(l->path);
    f->exists = f->path && stat(f->path, &f->st) == 0;
    if (!f->path)
        l->error = ENOMEM;
    else if (f->exists && S_ISDIR(f->st.st_mode))
        l->error = EISDIR;
    else if (!f->exists ||
             S_ISREG(f->st.st_mode)) /* what is neither is written to, not replaced */
        l->error = look_at_directory(f);
}

int manifest_file_look(struct manifest_file *f, const char *path, bool durable,
                       char **ret_error)
{
    struct look *l = calloc(1, sizeof(*l));
    int r = -ENOMEM;

    *f = (struct manifest_file){.durable = durable};
    if (!l)
        return r;
    l->path = strdup(path);
    if (l->path && strcmp(path, "-") == 0) {
        f->path = l->path;
        free(l);
        return 0;
    }
    if (l->path)
        r = path_probe_call(path, look, l);
    if (r == -ETIMEDOUT) /* the call may still use it */
        return usage_error(ret_error, "--manifest=%s: it does not answer", path);
    if (r == 0) {
        *f = l->file;
        f->durable = durable;
        if (l->error)
            r = usage_error(ret_error, "--manifest=%s: %s", path, strerror(l->error));
    }
    free(l->path);
    free(l);
    return r;
}

/* Whether the copy has made the file, or replaced it. */
static bool is_of_copy(const struct manifest_file *f)
{
    struct stat now;

    if (stat(f->path, &now) < 0)
        return false;
    return !f->exists || !fd_same_file(&now, &f->st) || now.st_size != f->st.st_size ||
           !clock_same(&now.st_mtim, &f->st.st_mtim);
}

/* Writes all of the spool. Counts in *moved what it has done. 0 or a negative errno. */
static int write_lines(int fd, const struct spool *lines, atomic_uint_fast64_t *moved)
{
    char *piece = malloc(PIECE);
    int r = piece ? 0 : -ENOMEM;

    for (uint64_t at = 0; r == 0 && at < lines->size;) {
        size_t n = lines->size - at < PIECE ? (size_t)(lines->size - at) : PIECE;

        r = spool_read(lines, at, piece, n);
        for (size_t done = 0; r == 0 && done < n;) {
            ssize_t written = write(fd, piece + done, n - done);

            atomic_fetch_add(moved, 1);
            if (written > 0)
                done += (size_t)written;
            else if (written == 0 || errno != EINTR)
                r = written == 0 ? -EIO : -errno;
        }
        at += n;
    }
    free(piece);
    return r;
}

/* The same to standard output. report_close() flushes it, and tells. */
static int print_lines(struct spool *lines)
{
    char *piece = malloc(PIECE);
    int r = piece ? 0 : -ENOMEM;

    for (uint64_t at = 0; r == 0 && at < lines->size; at += PIECE) {
        size_t n = lines->size - at < PIECE ? (size_t)(lines->size - at) : PIECE;

        r = spool_read_in_time(lines, at, piece, n);
        if (r == 0 && fwrite(piece, 1, n, stdout) != n)
            r = -errno;
    }
    free(piece);
    return r;
}

/* Writes into what is no regular file. */
static int write_through(const struct manifest_file *f, const struct spool *lines,
                         atomic_uint_fast64_t *moved)
{
    int fd = UNINTERRUPTED(open(f->path, O_WRONLY | O_NOCTTY | O_CLOEXEC));
    int r = fd < 0 ? -errno : write_lines(fd, lines, moved);

    (void)fd_close(&fd);
    return r;
}

/* A list that is written in a thread, which may be left behind. */
struct writing {
    const struct manifest_file *file;
    const struct spool *lines;
    atomic_uint_fast64_t moved;
    uint64_t seen;
    bool of_copy; /* the copy has made a file with this name */
    int result;
    int signal_fd, signal;
};

/* whole_file.fill */
static int fill(void *arg, int fd)
{
    struct writing *w = arg;
    const struct manifest_file *f = w->file;
    int r = write_lines(fd, w->lines, &w->moved);

    return r == 0 && f->exists && fchmod(fd, f->st.st_mode & 0777) < 0 ? -errno : r;
}

static void run_write(void *arg, unsigned i)
{
    struct writing *w = arg;
    const struct whole_file new = {
        .replace = true, .durable = w->file->durable, .fill = fill, .arg = w};
    const struct manifest_file *f = w->file;

    (void)i;
    if (f->exists && !S_ISREG(f->st.st_mode))
        w->result = write_through(f, w->lines, &w->moved);
    else if (is_of_copy(f))
        w->of_copy = true;
    else
        w->result = whole_file_write_path(f->path, &new);
}

static bool has_moved(void *arg)
{
    struct writing *w = arg;
    uint64_t before = w->seen;

    w->seen = atomic_load(&w->moved);
    return w->seen != before;
}

static bool is_ended(void *arg)
{
    struct writing *w = arg;

    return signals_end(w->signal_fd, &w->signal);
}

/* Writes it, with a time limit. 0 or -1, which was reported. */
static int write_bounded(struct writing *w, unsigned timeout_ms, struct manifest_end *ret)
{
    const struct bounded_calls calls = {.n = 1,
                                        .run = run_write,
                                        .arg = w,
                                        .timeout_ms = timeout_ms,
                                        .moved = has_moved,
                                        .wake_fd = w->signal_fd,
                                        .stop = is_ended,
                                        .stop_ms = END_PATIENCE_MS};
    const char *path = w->file->path;
    bool late;

    ret->hung = bounded_calls_run(&calls, &late) > 0;
    ret->signal = w->signal;
    if (ret->hung)
        report_error("%s: the list is not written: %s", path,
                     w->signal ? "interrupted" : "it does not answer");
    else if (w->of_copy)
        report_error("%s: the copy has made a file with this name: the list is not written",
                     path);
    else if (w->result < 0)
        report_error("%s: write: %s", path, strerror(-w->result));
    return ret->hung || w->of_copy || w->result < 0 ? -1 : 0;
}

int manifest_file_write(const struct manifest_file *f, struct spool *lines, unsigned timeout_ms,
                        int signal_fd, struct manifest_end *ret)
{
    struct writing *w;
    int r;

    *ret = (struct manifest_end){.signal = 0};
    if (is_stdout(f)) {
        r = print_lines(lines);
        if (r < 0)
            report_error("%s: write: %s", f->path, strerror(-r));
        return r < 0 ? -1 : 0;
    }
    w = malloc(sizeof(*w));
    if (!w) {
        report_error("%s: %s", f->path, strerror(ENOMEM));
        return -1;
    }
    *w = (struct writing){.file = f, .lines = lines, .signal_fd = signal_fd};
    r = write_bounded(w, timeout_ms, ret);
    if (!ret->hung)
        free(w);
    return r; // NOLINT: a thread that hangs has it
}

void manifest_file_free(struct manifest_file *f)
{
    free(f->path);
}
