/* nofsync: preloaded, it takes fsync(2) away from a program: the mutants that the power-loss
 * tests have to tell from the program. NOFSYNC says of what: "file" or "directory". */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd)
{
    const char *kind = getenv("NOFSYNC");
    struct stat st;

    if (kind && fstat(fd, &st) == 0 &&
        strcmp(kind, S_ISDIR(st.st_mode) ? "directory" : "file") == 0)
        return 0;
    return (int)syscall(SYS_fsync, fd);
}
