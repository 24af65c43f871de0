/* same: says which of several files are not equal to the first.
 *
 *     same SOURCE FILE...
 *
 * As cmp in a loop, in one process. Exit 1 when one is not equal.
 *
 * The files are read and not mapped: a fault in a hole of a mapped file gives it a page on
 * tmpfs. */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE (256u << 10)

/* Fills the piece, but at the end of the file. */
static size_t read_piece(int fd, const char *path, unsigned char *piece)
{
    size_t have = 0;

    while (have < PIECE) {
        ssize_t n = read(fd, piece + have, PIECE - have);

        if (n < 0)
            err(2, "%s", path);
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return have;
}

static bool equal(int source, const char *source_path, int fd, const char *path)
{
    static unsigned char a[PIECE], b[PIECE];
    size_t n;

    if (lseek(source, 0, SEEK_SET) < 0)
        err(2, "%s", source_path);
    do {
        n = read_piece(source, source_path, a);
        if (read_piece(fd, path, b) != n || memcmp(a, b, n) != 0)
            return false;
    } while (n == PIECE);
    return true;
}

int main(int argc, char **argv)
{
    int source, status = 0;

    if (argc < 3)
        errx(2, "usage: same SOURCE FILE...");
    source = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (source < 0)
        err(2, "%s", argv[1]);
    for (int i = 2; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

        if (fd < 0) {
            warn("%s", argv[i]);
            status = 1;
            continue;
        }
        if (!equal(source, argv[1], fd, argv[i])) {
            printf("%s differs\n", argv[i]);
            status = 1;
        }
        close(fd);
    }
    return status;
}
