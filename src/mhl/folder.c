#include "folder_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "target/whole_file.h"
#include "verify/open_beneath.h"
#include "verify/scan.h"

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

/* The number of the manifest with that name; 0: it is no name of a manifest. */
static uint64_t number_of(const char *name)
{
    size_t len = strlen(name), digits = strspn(name, "0123456789");

    if (digits < 4 || name[digits] != '_' || len < 4 || len >= NAME_SIZE ||
        strcmp(name + len - 4, ".mhl") != 0)
        return 0;
    return strtoull(name, NULL, 10);
}

static bool is_in_chain(const struct mhl_history *h, const char *name, uint64_t number)
{
    if (number <= h->n && strcmp(h->chain[number - 1].path, name) == 0)
        return true;
    for (size_t i = 0; i < h->n; i++)
        if (strcmp(h->chain[i].path, name) == 0)
            return true;
    return false;
}

/* Tells e->found() of a manifest in the folder of the directory. */
static void find_manifest(const struct mhl_extension *e, enum mhl_finding what, const char *dir,
                          const char *name)
{
    char *path;

    if (asprintf(&path, "%s%s%s/%s", dir, *dir ? "/" : "", MHL_FOLDER, name) < 0)
        path = NULL;
    e->found(e->arg, what, path ? path : name);
    free(path);
}

/* Takes what is to be the next generation. */
static int take_unlisted(struct mhl_history *h, int fd, const char *dir, const char *name,
                         const struct mhl_extension *e, struct failure *ret)
{
    int r;

    if (number_of(name) != h->n + 1)
        return failure_format(ret, "read ASC MHL history", EBADMSG,
                              "%s is not in %s, and the next generation is %zu", name,
                              MHL_CHAIN, h->n + 1);
    r = mhl_parse_unlisted(h, fd, name, ret);
    if (r == 0)
        find_manifest(e, MHL_RELISTED, dir, name);
    return r;
}

/* Looks for manifests that the chain does not have, in the order of their names. One with a number
 * that the chain has belongs to another history. */
static int read_unlisted(struct mhl_history *h, int fd, const char *dir,
                         const struct mhl_extension *e, struct failure *ret)
{
    size_t listed = h->n;
    struct listing names;
    int r = listing_read(fd, &names);

    if (r < 0)
        return failure_set(ret, "read directory", -r, FAILURE_NO_OFFSET, MHL_FOLDER);
    for (int longer = 0; longer < 2; longer++) /* 10000 is behind 9999 */
        for (size_t i = 0; i < names.n && r == 0; i++) {
            const char *name = names.names[i];
            uint64_t number = number_of(name);

            if (number == 0 || (number > 9999) != longer || is_in_chain(h, name, number))
                continue;
            if (number > listed)
                r = take_unlisted(h, fd, dir, name, e, ret);
            else
                find_manifest(e, MHL_STRAY, dir, name);
        }
    listing_free(&names);
    return r;
}

/* All zero if there is no chain. Returns as stat(2). */
static int stat_chain(int fd, struct stat *st)
{
    if (UNINTERRUPTED(fstatat(fd, MHL_CHAIN, st, AT_SYMLINK_NOFOLLOW)) == 0)
        return 0;
    memset(st, 0, sizeof(*st));
    return errno == ENOENT ? 0 : -1;
}

int mhl_folder_read(struct mhl_history *h, int dir_fd, const char *dir,
                    const struct mhl_extension *e, struct failure *ret)
{
    int fd = open_folder(dir_fd), r = 0;

    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return failure_set(ret, "open", -fd, FAILURE_NO_OFFSET, MHL_FOLDER);
    if (stat_chain(fd, &h->read) < 0)
        r = failure_set(ret, "stat", errno, FAILURE_NO_OFFSET, MHL_CHAIN);
    else if (h->read.st_mode)
        r = mhl_parse_folder(h, fd, ret);
    if (r == 0)
        r = read_unlisted(h, fd, dir, e, ret);
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

static int store_file(int fd, const char *name, const struct whole_file *file,
                      struct failure *ret)
{
    const char *op;
    int r = whole_file_write(fd, name, file, &op);

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

/* Keeps others of our kind out as long as fd is open, where the file system has locks, and makes sure
 * that the chain is still the one that was read. */
static int take_folder(const struct mhl_history *h, int fd, struct failure *ret)
{
    struct stat st;

    (void)UNINTERRUPTED(flock(fd, LOCK_EX));
    if (stat_chain(fd, &st) < 0)
        return failure_set(ret, "stat", errno, FAILURE_NO_OFFSET, MHL_CHAIN);
    if (st.st_mode == h->read.st_mode &&
        (!st.st_mode || (fd_same_file(&st, &h->read) && st.st_size == h->read.st_size &&
                         clock_same(&st.st_mtim, &h->read.st_mtim))))
        return 0;
    return failure_format(ret, "write ASC MHL history", EBUSY,
                          "another program has changed %s meanwhile", MHL_CHAIN);
}

int mhl_folder_store(struct mhl_history *h, int dir_fd, const char *name,
                     struct mhl_writer *writer, const struct mhl_extension *e,
                     struct failure *ret)
{
    struct manifest_fill m = {.writer = writer};
    const struct whole_file manifest = {.durable = e->fsync, .fill = fill_manifest, .arg = &m};
    const struct whole_file chain = {
        .replace = true, .durable = e->fsync, .fill = fill_chain, .arg = h};
    char file[NAME_SIZE];
    int fd = make_folder(dir_fd, e, ret), r;

    if (fd < 0)
        return fd;
    r = take_folder(h, fd, ret);
    if (r < 0) {
        (void)close(fd);
        return r;
    }
    manifest_name(e, h->n + 1, name, file);
    r = store_file(fd, file, &manifest, ret);
    if (r == 0 && mhl_history_link(h, file, m.c4) < 0)
        r = failure_set(ret, "write", ENOMEM, FAILURE_NO_OFFSET, MHL_CHAIN);
    if (r == 0)
        r = store_file(fd, MHL_CHAIN, &chain, ret);
    (void)close(fd);
    return r;
}
