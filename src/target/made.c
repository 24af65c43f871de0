#include "made.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file_system.h"
#include "base/inode_set.h"
#include "base/interrupted.h"
#include "base/path.h"

struct made {
    pthread_mutex_t lock;
    struct inode_set files;
    struct inode_set changed; /* of them: those that existed, and were written to in place */
    bool replaceable;
    bool has_gaps;         /* files are missing, for want of memory */
    struct timespec began; /* when the run began, by the clock of file systems */
    dev_t asked;           /* the last file system that was asked, */
    bool forgets;          /* and whether it forgets its inode numbers */
};

struct made *made_new(bool replaceable)
{
    struct made *m = calloc(1, sizeof(*m));

    if (m) {
        (void)pthread_mutex_init(&m->lock, NULL);
        (void)clock_gettime(CLOCK_REALTIME_COARSE, &m->began);
        m->replaceable = replaceable;
    }
    return m;
}

bool made_is_replaceable(const struct made *m)
{
    return !m || m->replaceable;
}

void made_free(struct made *m)
{
    if (!m)
        return;
    inode_set_free(&m->files);
    inode_set_free(&m->changed);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

/* Whether it was not there so far. */
static bool add(struct made *m, struct inode_set *set, dev_t dev, ino_t ino)
{
    int r;

    pthread_mutex_lock(&m->lock);
    r = inode_set_add(set, dev, ino);
    m->has_gaps |= r < 0;
    pthread_mutex_unlock(&m->lock);
    return r > 0;
}

bool made_add_new(struct made *m, dev_t dev, ino_t ino)
{
    return !m || add(m, &m->files, dev, ino);
}

void made_add(struct made *m, dev_t dev, ino_t ino)
{
    (void)made_add_new(m, dev, ino);
}

void made_add_changed(struct made *m, dev_t dev, ino_t ino)
{
    made_add(m, dev, ino);
    if (m)
        (void)add(m, &m->changed, dev, ino);
}

static bool is_changed(struct made *m, const struct stat *file)
{
    bool changed;

    pthread_mutex_lock(&m->lock);
    changed = inode_set_has(&m->changed, file->st_dev, file->st_ino);
    pthread_mutex_unlock(&m->lock);
    return changed;
}

void made_remove(struct made *m, dev_t dev, ino_t ino)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    inode_set_remove(&m->files, dev, ino);
    pthread_mutex_unlock(&m->lock);
}

bool made_has(struct made *m, const struct stat *file)
{
    bool noted;

    if (!m)
        return false;
    pthread_mutex_lock(&m->lock);
    noted = m->has_gaps || inode_set_has(&m->files, file->st_dev, file->st_ino);
    pthread_mutex_unlock(&m->lock);
    return noted;
}

/* Whether the directory has an entry that is spelled exactly so. A name that the file system
 * takes for another one has not. */
static bool lists(int dir_fd, const char *name)
{
    int fd = UNINTERRUPTED(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    bool found = false;

    if (!dir) {
        (void)fd_close(&fd);
        return false;
    }
    while (!found && (entry = readdir(dir)))
        found = strcmp(entry->d_name, name) == 0;
    (void)closedir(dir);
    return found;
}

/* Whether the directory takes upper and lower case for the same, as far as this name shows. */
static bool folds(int dir_fd, const char *name, const struct stat *there)
{
    char other[NAME_MAX + 1];
    size_t n = 0;
    struct stat st;

    for (; name[n] != '\0' && n < NAME_MAX; n++)
        other[n] = (char)(islower((unsigned char)name[n])   ? toupper((unsigned char)name[n])
                          : isupper((unsigned char)name[n]) ? tolower((unsigned char)name[n])
                                                            : name[n]);
    other[n] = '\0';
    return strcmp(name, other) != 0 &&
           UNINTERRUPTED(fstatat(dir_fd, other, &st, AT_SYMLINK_NOFOLLOW)) == 0 &&
           fd_same_file(&st, there) && !lists(dir_fd, other);
}

/* Whether the name is a hard link beside the name under which this run has made or written the
 * file, and not that one, spelled in another way. */
static bool is_other_link(int dir_fd, const char *path, const struct stat *there)
{
    char *dir = path_directory(path), *name = path_last(path);
    bool is_other = false;
    int fd = -1;

    if (dir && name && there->st_nlink > 1)
        fd = UNINTERRUPTED(openat(dir_fd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (fd >= 0)
        is_other = !folds(fd, name, there) && lists(fd, name);
    (void)fd_close(&fd);
    free(dir);
    free(name);
    return is_other;
}

/* Whether the file system makes up inode numbers, and has others after the inodes have left the
 * memory. */
static bool forgets(struct made *m, int dir_fd, const char *path, dev_t dev)
{
    static const unsigned long forgetful[] = {MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC, 0};
    bool known, forgetting;
    int fd;

    pthread_mutex_lock(&m->lock);
    known = m->asked == dev;
    forgetting = m->forgets;
    pthread_mutex_unlock(&m->lock);
    if (known)
        return forgetting;
    fd = UNINTERRUPTED(openat(dir_fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (fd < 0)
        return false;
    forgetting = file_system_is(fd, forgetful) == 1;
    (void)fd_close(&fd);
    pthread_mutex_lock(&m->lock);
    m->asked = dev;
    m->forgets = forgetting;
    pthread_mutex_unlock(&m->lock);
    return forgetting;
}

/* Whether the file is younger than the run. Its birth is kept in steps of 10 ms, rounded down
 * (fat_truncate_crtime(), fs/fat/misc.c, 6.18): one that was made just before the run is not. */
static bool is_young(const struct made *m, int dir_fd, const char *path)
{
    struct statx stx;
    struct timespec birth;

    if (UNINTERRUPTED(statx(dir_fd, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &stx)) < 0 ||
        !(stx.stx_mask & STATX_BTIME))
        return false;
    birth = (struct timespec){stx.stx_btime.tv_sec, stx.stx_btime.tv_nsec};
    return clock_compare(&birth, &m->began) > 0;
}

enum made_verdict made_look(struct made *m, int dir_fd, const char *name,
                            const struct stat *there)
{
    enum made_verdict here = made_is_replaceable(m) ? MADE_OTHER_NAME : MADE_HERE;

    if (!made_has(m, there))
        return m && forgets(m, dir_fd, name, there->st_dev) && is_young(m, dir_fd, name)
                   ? here
                   : MADE_NOT;
    if (here == MADE_HERE && !is_other_link(dir_fd, name, there))
        return MADE_HERE;
    return is_changed(m, there) ? MADE_CHANGED : MADE_OTHER_NAME;
}
