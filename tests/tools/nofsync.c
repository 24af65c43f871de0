/* nofsync: preloaded, it takes fsync(2) away from a program: the mutants that the power-loss
 * tests have to tell from the program. NOFSYNC says of what: "file", "name" (what has its final name, and
 * directories), or "aged" for a file whose time of modification has been set already. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DAY (24 * 60 * 60)

static bool is_temporary(int fd)
{
    char link[32], path[PATH_MAX];
    ssize_t n;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n < 0 ? 0 : n] = '\0';
    return strstr(path, "/.ucopy-");
}

int fsync(int fd)
{
    const char *kind = getenv("NOFSYNC");
    struct stat st;

    if (kind && fstat(fd, &st) == 0 &&
        ((strcmp(kind, "file") == 0 && !S_ISDIR(st.st_mode)) ||
         (strcmp(kind, "name") == 0 && !is_temporary(fd)) ||
         (strcmp(kind, "aged") == 0 && st.st_mtime < time(NULL) - DAY)))
        return 0;
    return (int)syscall(SYS_fsync, fd);
}
