/* isprefix: tells whether FILE holds a prefix of SOURCE and nothing behind it.
 *
 *     isprefix SOURCE FILE
 *
 * Behind the first byte that differs FILE may only have zeros (preallocated, or a hole) and
 * must not be longer than SOURCE. SOURCE must not contain zeros (genfile's do not). Prints the
 * length of the prefix; exit 1 when it is none. */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct content {
    const unsigned char *bytes;
    uint64_t size;
};

static struct content map(const char *path)
{
    struct content c = {NULL, 0};
    struct stat st;
    void *bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0)
        err(2, "%s", path);
    if (st.st_size > 0) {
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED)
            err(2, "%s", path);
        c.bytes = bytes;
        c.size = (uint64_t)st.st_size;
    }
    close(fd);
    return c;
}

int main(int argc, char **argv)
{
    struct content source, file;
    uint64_t i = 0, prefix;

    if (argc != 3)
        errx(2, "usage: isprefix SOURCE FILE");
    source = map(argv[1]);
    file = map(argv[2]);
    if (file.size > source.size)
        errx(1, "%s is longer than %s", argv[2], argv[1]);
    while (i < file.size && file.bytes[i] == source.bytes[i])
        i++;
    prefix = i;
    while (i < file.size && file.bytes[i] == 0)
        i++;
    if (i < file.size)
        errx(1, "%s: equal up to %ju, but there is data at %ju", argv[2], (uintmax_t)prefix,
             (uintmax_t)i);
    printf("%ju\n", (uintmax_t)prefix);
    return 0;
}
