/* manifest_file: writing the list of manifest.h. */
#include "manifest_file_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "cli/usage_error.h"
#include "report.h"
#include "target/temp.h"

#define PIECE (64u << 10)

static bool is_stdout(const struct manifest_file *f)
{
    return strcmp(f->path, "-") == 0;
}

/* Whether the directory of the file can be written to. One that is missing may be made by the
 * copy. */
static int look_at_directory(const struct manifest_file *f, char **ret_error)
{
    char *dir = path_directory(f->path);
    int r = 0;

    if (!dir)
        return -ENOMEM;
    if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0 && errno != ENOENT)
        r = usage_error(ret_error, "--manifest=%s: %s", f->path, strerror(errno));
    free(dir);
    return r;
}

int manifest_file_look(struct manifest_file *f, const char *path, bool durable,
                       char **ret_error)
{
    struct stat st;

    *f = (struct manifest_file){.durable = durable};
    if (strcmp(path, "-") != 0 && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        f->path = realpath(path, NULL);
    if (!f->path)
        f->path = strdup(path);
    if (!f->path)
        return -ENOMEM;
    if (is_stdout(f))
        return 0;
    f->exists = stat(f->path, &f->st) == 0;
    if (f->exists && S_ISDIR(f->st.st_mode))
        return usage_error(ret_error, "--manifest=%s: %s", path, strerror(EISDIR));
    if (f->exists && !S_ISREG(f->st.st_mode)) /* it is written to, and not replaced */
        return 0;
    return look_at_directory(f, ret_error);
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

/* Writes the spool to fd, or to standard output with fd -1. 0 or a negative errno. */
static int write_lines(int fd, const struct spool *lines)
{
    char *piece = malloc(PIECE);
    int r = piece ? 0 : -ENOMEM;

    for (uint64_t at = 0; r == 0 && at < lines->size;) {
        size_t n = lines->size - at < PIECE ? (size_t)(lines->size - at) : PIECE;

        r = spool_read(lines, at, piece, n);
        if (r == 0 && fd < 0)
            r = fwrite(piece, 1, n, stdout) == n ? 0 : -errno;
        for (size_t done = 0; r == 0 && fd >= 0 && done < n;) {
            ssize_t written = write(fd, piece + done, n - done);

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

/* Writes into what is no regular file. */
static int write_through(const struct manifest_file *f, const struct spool *lines)
{
    int fd = UNINTERRUPTED(open(f->path, O_WRONLY | O_NOCTTY | O_CLOEXEC));
    int r = fd < 0 ? -errno : write_lines(fd, lines);

    (void)fd_close(&fd);
    return r;
}

/* Writes the temporary file that fd is open on, and gives it the name. */
static int write_and_rename(const struct manifest_file *f, const struct spool *lines,
                            int dir_fd, int fd, char temp[TEMP_NAME_SIZE], const char *name)
{
    int r = write_lines(fd, lines);

    if (r == 0 && f->exists && fchmod(fd, f->st.st_mode & 0777) < 0)
        r = -errno;
    if (r == 0 && f->durable && fsync(fd) < 0)
        r = -errno;
    if (r == 0)
        r = temp_replace(dir_fd, temp, name);
    if (r == 0 && f->durable && fsync(dir_fd) < 0)
        r = -errno;
    return r;
}

static int replace(const struct manifest_file *f, const struct spool *lines)
{
    char *dir = path_directory(f->path), *name = path_last(f->path), temp[TEMP_NAME_SIZE] = "";
    int dir_fd = -1, fd = -1, r = dir && name ? 0 : -ENOMEM;

    if (r == 0) {
        dir_fd = UNINTERRUPTED(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        r = dir_fd < 0 ? -errno : 0;
    }
    if (r == 0) {
        fd = temp_create(dir_fd, 0666, temp);
        r = fd < 0 ? fd : write_and_rename(f, lines, dir_fd, fd, temp, name);
    }
    if (r < 0 && fd >= 0)
        temp_remove(dir_fd, temp, fd);
    (void)fd_close(&fd);
    (void)fd_close(&dir_fd);
    free(dir);
    free(name);
    return r;
}

int manifest_file_write(const struct manifest_file *f, const struct spool *lines)
{
    int r;

    if (is_stdout(f)) {
        r = write_lines(-1, lines); /* report_close() flushes it, and tells */
    } else if (f->exists && !S_ISREG(f->st.st_mode)) {
        r = write_through(f, lines);
    } else if (is_of_copy(f)) {
        report_error("%s: the copy has made a file with this name: the list is not written",
                     f->path);
        return -1;
    } else {
        r = replace(f, lines);
    }
    if (r < 0)
        report_error("%s: write: %s", f->path, strerror(-r));
    return r < 0 ? -1 : 0;
}

void manifest_file_free(struct manifest_file *f)
{
    free(f->path);
}
