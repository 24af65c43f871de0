#include "folder_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/path.h"
#include "target/temp.h"
#include "verify/open_beneath.h"

#define NAME_SIZE 256

/* Bytes of a directory's name that the name of a manifest contains. */
#define MAX_PART 180u

static int open_folder(int dir_fd)
{
    int fd = UNINTERRUPTED(
        openat(dir_fd, MHL_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

    return fd < 0 ? -errno : fd;
}

bool mhl_folder_is_in(int dir_fd)
{
    int fd = open_folder(dir_fd);
    struct stat st;
    bool is = fd >= 0 && UNINTERRUPTED(fstatat(fd, MHL_CHAIN, &st, AT_SYMLINK_NOFOLLOW)) == 0;

    (void)fd_close(&fd);
    return is;
}

/* ---- manifests that the chain does not list ---- */

static bool is_manifest(const char *name, size_t number)
{
    size_t len = strlen(name);
    char *end;

    return len < NAME_SIZE && isdigit((unsigned char)*name) &&
           strspn(name, "0123456789") >= 4 && strtoull(name, &end, 10) == number &&
           *end == '_' && len > 4 && strcmp(name + len - 4, ".mhl") == 0;
}

/* Puts the manifest with that number into `name`, or "". -EEXIST: there are several. */
static int find_manifest(int fd, size_t number, char name[NAME_SIZE])
{
    int copy = UNINTERRUPTED(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;
    int r = dir ? 0 : -errno;

    name[0] = '\0';
    if (!dir)
        return fd_close(&copy), r;
    while (r == 0 && (errno = 0, entry = readdir(dir))) {
        if (!is_manifest(entry->d_name, number))
            continue;
        r = *name ? -EEXIST : 0;
        memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
    }
    if (r == 0 && errno)
        r = -errno;
    (void)closedir(dir);
    return r;
}

static int read_unlisted(struct mhl_history *h, int fd, const struct mhl_extension *e,
                         struct failure *ret)
{
    char name[NAME_SIZE];
    int r;

    for (;;) {
        r = find_manifest(fd, h->n + 1, name);
        if (r < 0)
            return failure_format(ret, "read ASC MHL history", -r, "manifest %zu is not in %s",
                                  h->n + 1, MHL_CHAIN);
        if (!*name)
            return 0;
        r = mhl_parse_unlisted(h, fd, name, ret);
        if (r < 0)
            return r;
        e->found(e->arg, MHL_RELISTED, name);
    }
}

int mhl_folder_read(struct mhl_history *h, int dir_fd, const struct mhl_extension *e,
                    struct failure *ret)
{
    int fd = open_folder(dir_fd), r = 0;
    struct stat st;

    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return failure_set(ret, "open", -fd, FAILURE_NO_OFFSET, MHL_FOLDER);
    if (UNINTERRUPTED(fstatat(fd, MHL_CHAIN, &st, AT_SYMLINK_NOFOLLOW)) == 0 || errno != ENOENT)
        r = mhl_parse_folder(h, fd, ret);
    if (r == 0)
        r = read_unlisted(h, fd, e, ret);
    (void)close(fd);
    return r;
}

/* Without memory the path is NULL. */
static char *join(const char *dir, const char *name)
{
    return *dir ? path_join(dir, name) : strdup(name);
}

void mhl_folder_find_missing(const struct mhl_history *h, int fd, const char *below,
                             const char *dir, const struct mhl_extension *e)
{
    for (size_t i = 0; i < h->n_references; i++) {
        char *path = join(below, h->references[i]), *shown = join(dir, h->references[i]);
        int file = path ? open_beneath(fd, path) : -ENOENT;

        if (file == -ENOENT || file == -ENOTDIR)
            e->found(e->arg, MHL_MISSING, shown ? shown : h->references[i]);
        (void)fd_close(&file);
        free(path);
        free(shown);
    }
}

/* ---- the next generation ---- */

int mhl_folder_spool(int dir_fd)
{
    int fd = UNINTERRUPTED(openat(dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));

    if (fd < 0)
        fd = memfd_create("ucopy-mhl", MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* A name that manifests and file systems can have. */
static void manifest_name(const struct mhl_extension *e, size_t number, const char *directory,
                          char name[NAME_SIZE])
{
    char part[MAX_PART + 1], date[32] = "";
    size_t len = strlen(directory);
    struct tm tm;

    if (len > MAX_PART)
        for (len = MAX_PART; len > 0 && ((unsigned char)directory[len] & 0xC0) == 0x80; len--)
            ;
    memcpy(part, directory, len);
    part[len] = '\0';
    if (!mhl_name_fits(part))
        for (char *p = part; *p; p++)
            if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
                *p = '_';
    if (gmtime_r(&e->now, &tm))
        (void)strftime(date, sizeof date, "%Y-%m-%d_%H%M%SZ", &tm);
    (void)snprintf(name, NAME_SIZE, "%04zu_%s_%s.mhl", number, len ? part : "root", date);
}

/* Writes into a temporary file with fill(), and gives it its name. */
static int store_file(int fd, const char *name, const struct mhl_extension *e,
                      int (*fill)(void *arg, int fd), void *arg, bool replace,
                      struct failure *ret)
{
    char temp[TEMP_NAME_SIZE];
    int file = temp_create(fd, 0666, temp), r;
    const char *op = "create temporary";

    if (file < 0)
        return failure_set(ret, op, -file, FAILURE_NO_OFFSET, name);
    op = "write";
    r = fill(arg, file);
    if (r == 0 && e->fsync && UNINTERRUPTED(fsync(file)) < 0) {
        op = "fsync";
        r = -errno;
    }
    if (r == 0) {
        op = "rename";
        r = !replace                            ? temp_rename(fd, temp, name)
            : renameat(fd, temp, fd, name) == 0 ? (temp[0] = '\0', 0)
                                                : -errno;
    }
    temp_remove(fd, temp, file);
    if (r == 0) {
        op = "close";
        r = fd_close(&file);
    }
    (void)fd_close(&file);
    if (r == 0 && e->fsync) {
        op = "fsync";
        r = fd_flush_directory(fd);
    }
    return r < 0 ? failure_set(ret, op, -r, FAILURE_NO_OFFSET, name) : 0;
}

struct manifest_fill {
    struct mhl_writer *writer;
    char c4[DIGEST_TEXT_SIZE];
};

static int fill_manifest(void *arg, int fd)
{
    struct manifest_fill *m = arg;

    return mhl_writer_store(m->writer, fd, m->c4);
}

static int fill_chain(void *arg, int fd)
{
    const struct mhl_history *h = arg;

    return mhl_write_chain(h, fd);
}

static int make_folder(int dir_fd, const struct mhl_extension *e, struct failure *ret)
{
    int fd, r;

    if (UNINTERRUPTED(mkdirat(dir_fd, MHL_FOLDER, 0777)) < 0 && errno != EEXIST)
        return failure_set(ret, "create directory", errno, FAILURE_NO_OFFSET, MHL_FOLDER);
    fd = open_folder(dir_fd);
    r = fd >= 0 && e->fsync ? fd_flush_directory(dir_fd) : 0;
    if (fd >= 0 && r == 0)
        return fd;
    (void)failure_set(ret, fd < 0 ? "open" : "fsync", fd < 0 ? -fd : -r, FAILURE_NO_OFFSET,
                      MHL_FOLDER);
    (void)fd_close(&fd);
    return -ret->err;
}

int mhl_folder_store(struct mhl_history *h, int dir_fd, const char *name,
                     struct mhl_writer *writer, const struct mhl_extension *e,
                     struct failure *ret)
{
    struct manifest_fill m = {.writer = writer};
    char file[NAME_SIZE];
    int fd = make_folder(dir_fd, e, ret), r;

    if (fd < 0)
        return fd;
    manifest_name(e, h->n + 1, name, file);
    r = store_file(fd, file, e, fill_manifest, &m, false, ret);
    if (r == 0 && mhl_history_link(h, file, m.c4) < 0)
        r = failure_set(ret, "write", ENOMEM, FAILURE_NO_OFFSET, MHL_CHAIN);
    if (r == 0)
        r = store_file(fd, MHL_CHAIN, e, fill_chain, h, true, ret);
    (void)close(fd);
    return r;
}
