/* same: says which of several files are not equal to the first.
 *
 *     same SOURCE FILE...
 *
 * As cmp in a loop, in one process. Exit 1 when one is not equal. */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct content {
    const unsigned char *bytes;
    size_t size;
};

static bool map(const char *path, struct content *c)
{
    struct stat st;
    void *bytes = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0) {
        warn("%s", path);
        return false;
    }
    if (st.st_size > 0)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        err(2, "%s", path);
    close(fd);
    c->bytes = bytes;
    c->size = (size_t)st.st_size;
    return true;
}

static void unmap(struct content *c)
{
    if (c->size > 0)
        munmap((void *)(size_t)c->bytes, c->size);
}

int main(int argc, char **argv)
{
    struct content source, file;
    int status = 0;

    if (argc < 3)
        errx(2, "usage: same SOURCE FILE...");
    if (!map(argv[1], &source))
        return 2;
    for (int i = 2; i < argc; i++) {
        if (!map(argv[i], &file)) {
            status = 1;
            continue;
        }
        if (file.size != source.size ||
            (file.size > 0 && memcmp(source.bytes, file.bytes, file.size) != 0)) {
            printf("%s differs\n", argv[i]);
            status = 1;
        }
        unmap(&file);
    }
    return status;
}
