#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path.h"
#include "temp.h"

/* The length without the dots and blanks at the end, which some file systems do not keep. */
static size_t length_kept(const char *name)
{
    size_t n = strlen(name);

    while (n > 0 && (name[n - 1] == '.' || name[n - 1] == ' '))
        n--;
    return n;
}

/* Bytes of other scripts, which have many foldings, and the short aliases of vfat. */
static bool is_special(const char *name)
{
    for (; *name; name++)
        if (*name == '~' || (unsigned char)*name >= 0x80)
            return true;
    return false;
}

bool names_may_be_one(const char *a, const char *b)
{
    size_t n = length_kept(a);

    return is_special(a) || is_special(b) || (n == length_kept(b) && strncasecmp(a, b, n) == 0);
}

/* Whether `b` exists in the directory as soon as there is a file `a`. */
static bool is_made_by(int dir_fd, const char *a, const char *b)
{
    int fd = UNINTERRUPTED(
        openat(dir_fd, a, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR));
    struct stat st;
    bool made = fd >= 0 && UNINTERRUPTED(fstatat(dir_fd, b, &st, AT_SYMLINK_NOFOLLOW)) == 0;

    if (fd >= 0)
        (void)UNINTERRUPTED(unlinkat(dir_fd, a, 0));
    (void)fd_close(&fd);
    return made;
}

bool names_are_one(int dir_fd, const char *a, const char *b)
{
    char temp[TEMP_NAME_SIZE];
    int fd = temp_create_directory(dir_fd, S_IRWXU, temp);
    bool one;

    if (fd < 0)
        return false;
    one = is_made_by(fd, a, b) || is_made_by(fd, b, a);
    temp_remove_directory(dir_fd, temp, fd);
    (void)fd_close(&fd);
    return one;
}

bool names_paths_are_one(const char *a, const char *b)
{
    char *dir = path_directory(a), *last_a = path_last(a), *last_b = path_last(b);
    int fd = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    bool one = fd >= 0 && last_a && last_b && names_are_one(fd, last_a, last_b);

    (void)fd_close(&fd);
    free(dir);
    free(last_a);
    free(last_b);
    return one;
}
