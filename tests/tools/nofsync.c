/* nofsync: preloaded, it takes fsync(2) away from a program: the mutants that the power-loss
 * tests have to tell from the program. NOFSYNC says of what: "file", "directory", or "aged" for
 * a file whose time of modification has been set already. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DAY (24 * 60 * 60)

int fsync(int fd)
{
    const char *kind = getenv("NOFSYNC");
    struct stat st;

    if (kind && fstat(fd, &st) == 0 &&
        (strcmp(kind, S_ISDIR(st.st_mode) ? "directory" : "file") == 0 ||
         (strcmp(kind, "aged") == 0 && st.st_mtime < time(NULL) - DAY)))
        return 0;
    return (int)syscall(SYS_fsync, fd);
}
