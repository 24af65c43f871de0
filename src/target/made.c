#include "made.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/inode_set.h"
#include "base/path.h"

struct made {
    pthread_mutex_t lock;
    struct inode_set files;
    bool has_gaps; /* files are missing, for want of memory */
};

struct made *made_new(void)
{
    struct made *m = calloc(1, sizeof(*m));

    if (m)
        (void)pthread_mutex_init(&m->lock, NULL);
    return m;
}

void made_free(struct made *m)
{
    if (!m)
        return;
    inode_set_free(&m->files);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

void made_add(struct made *m, dev_t dev, ino_t ino)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->has_gaps |= inode_set_add(&m->files, dev, ino) == -ENOMEM;
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
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

/* The same for a path. */
static bool lists_path(int dir_fd, const char *path)
{
    char *dir, *last;
    bool found = false;
    int fd;

    if (!strchr(path, '/'))
        return lists(dir_fd, path);
    dir = path_directory(path);
    last = path_last(path);
    fd = dir && last ? openat(dir_fd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0)
        found = lists(fd, last);
    (void)fd_close(&fd);
    free(dir);
    free(last);
    return found;
}

enum made_verdict made_look(struct made *m, int dir_fd, const char *name,
                            const struct stat *there)
{
    if (!made_has(m, there))
        return MADE_NOT;
    return there->st_nlink > 1 && lists_path(dir_fd, name) ? MADE_OTHER_NAME : MADE_HERE;
}
