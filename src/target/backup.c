#include "backup.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "temp.h"

#define MAX_DIGITS 18 /* of a number; a name with more is no backup */
#define MAX_TRIES  1000

uint64_t backup_number(const char *entry, const char *name)
{
    size_t len = strlen(name), digits;

    if (strncmp(entry, name, len) != 0 || strncmp(entry + len, ".~", 2) != 0)
        return 0;
    entry += len + 2;
    digits = strspn(entry, "0123456789");
    if (digits == 0 || digits > MAX_DIGITS || *entry == '0' || strcmp(entry + digits, "~") != 0)
        return 0;
    return strtoull(entry, NULL, 10);
}

/* The highest number of a backup of the name; 0 if there is none, or the directory cannot be
 * listed. */
static uint64_t highest(int dir_fd, const char *name)
{
    int fd = UNINTERRUPTED(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    uint64_t most = 0;

    if (!dir) {
        (void)fd_close(&fd);
        return 0;
    }
    while ((entry = readdir(dir))) {
        uint64_t n = backup_number(entry->d_name, name);

        if (n > most)
            most = n;
    }
    (void)closedir(dir);
    return most;
}

static int put_simple(const struct backup_wanted *w, const char *name,
                      char ret_backup[NAME_MAX + 1])
{
    int n = snprintf(ret_backup, NAME_MAX + 1, "%s%s", name, w->suffix);

    return n > NAME_MAX ? -ENAMETOOLONG : 0;
}

static int put_number(const char *name, uint64_t number, char ret_backup[NAME_MAX + 1])
{
    int n = snprintf(ret_backup, NAME_MAX + 1, "%s.~%llu~", name, (unsigned long long)number);

    return n > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* *ret_number: 0 if the backup is a simple one. */
static int find_name(const struct backup_wanted *w, int dir_fd, const char *name,
                     char ret_backup[NAME_MAX + 1], uint64_t *ret_number)
{
    assert(w->kind != BACKUP_NONE);
    *ret_number = w->kind == BACKUP_SIMPLE ? 0 : highest(dir_fd, name);
    if (w->kind == BACKUP_NUMBERED || *ret_number > 0)
        return put_number(name, ++*ret_number, ret_backup);
    return put_simple(w, name, ret_backup);
}

int backup_name(const struct backup_wanted *w, int dir_fd, const char *name,
                char ret_backup[NAME_MAX + 1])
{
    uint64_t ignored;

    return find_name(w, dir_fd, name, ret_backup, &ignored);
}

/* Whether the error of link(2) means that the file cannot have a second name, but may be
 * renamed. */
static bool is_no_link(int err)
{
    return err == EPERM || err == EOPNOTSUPP || err == ENOSYS || err == EMLINK ||
           err == EINVAL || err == EISDIR || err == EACCES;
}

/* Replaces an earlier simple backup by one rename: there is a backup at any time. */
static int link_over(int dir_fd, const char *name, const char *backup)
{
    char temp[TEMP_NAME_SIZE];
    int r = temp_name(temp);

    if (r == 0 && UNINTERRUPTED(linkat(dir_fd, name, dir_fd, temp, 0)) < 0)
        return -errno;
    if (r == 0 && UNINTERRUPTED(renameat(dir_fd, temp, dir_fd, backup)) < 0)
        r = -errno;
    /* rename(2) does nothing if both were names of one file already. */
    (void)UNINTERRUPTED(unlinkat(dir_fd, temp, 0));
    return r;
}

static int make_simple(int dir_fd, const char *name, bool move, const char *backup)
{
    struct stat first, second;
    int r;

    if (!move) {
        r = link_over(dir_fd, name, backup);
        if (!is_no_link(-r))
            return r;
    }
    if (UNINTERRUPTED(renameat(dir_fd, name, dir_fd, backup)) < 0)
        return -errno;
    /* As in link_over(). */
    if (UNINTERRUPTED(fstatat(dir_fd, name, &first, AT_SYMLINK_NOFOLLOW)) == 0 &&
        UNINTERRUPTED(fstatat(dir_fd, backup, &second, AT_SYMLINK_NOFOLLOW)) == 0 &&
        fd_same_file(&first, &second))
        (void)UNINTERRUPTED(unlinkat(dir_fd, name, 0));
    return 0;
}

/* Uses the first free number, beginning with `number`. */
static int make_numbered(int dir_fd, const char *name, bool move, uint64_t number,
                         char ret_backup[NAME_MAX + 1])
{
    int r = -EEXIST;

    for (unsigned i = 0; r == -EEXIST && i < MAX_TRIES; i++) {
        r = put_number(name, number + i, ret_backup);
        if (r == 0 && !move && UNINTERRUPTED(linkat(dir_fd, name, dir_fd, ret_backup, 0)) < 0)
            r = -errno;
        if (move ? r == 0 : is_no_link(-r))
            r = temp_move(dir_fd, name, ret_backup);
    }
    return r;
}

int backup_make(const struct backup_wanted *w, int dir_fd, const char *name,
                const struct stat *source, bool move, char ret_backup[NAME_MAX + 1])
{
    struct stat st;
    uint64_t number = 0;
    int r = UNINTERRUPTED(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW)) < 0
                ? -errno
                : find_name(w, dir_fd, name, ret_backup, &number);

    if (r == 0 && number > 0)
        r = make_numbered(dir_fd, name, move, number, ret_backup);
    else if (r == 0 &&
             UNINTERRUPTED(fstatat(dir_fd, ret_backup, &st, AT_SYMLINK_NOFOLLOW)) == 0 &&
             fd_same_file(&st, source))
        r = -EEXIST;
    else if (r == 0)
        r = make_simple(dir_fd, name, move, ret_backup);
    if (r < 0)
        ret_backup[0] = '\0';
    return r;
}

void backup_undo(int dir_fd, const char *name, const char *backup)
{
    struct stat first, second;

    if (UNINTERRUPTED(fstatat(dir_fd, backup, &second, AT_SYMLINK_NOFOLLOW)) < 0)
        return;
    if (UNINTERRUPTED(fstatat(dir_fd, name, &first, AT_SYMLINK_NOFOLLOW)) < 0)
        (void)UNINTERRUPTED(renameat2(dir_fd, backup, dir_fd, name, RENAME_NOREPLACE));
    else if (fd_same_file(&first, &second))
        (void)UNINTERRUPTED(unlinkat(dir_fd, backup, 0));
}
