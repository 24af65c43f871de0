/* genfile: makes a file of pseudo-random bytes, the same for the same arguments.
 *
 *     genfile FILE SIZE [SEED [OFFSET]]
 *
 * SIZE bytes (suffixes K M G, powers of 1024) are written at OFFSET, without truncating; what
 * lies before them in a new file is a hole. No byte is zero, so that data can be told from
 * holes. */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS 8192

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n = strtoull(text, &end, 10);

    switch (*end) {
    case 'G':
        n *= 1024;
        /* fall through */
    case 'M':
        n *= 1024;
        /* fall through */
    case 'K':
        n *= 1024;
        end++;
    }
    if (end == text || *end)
        errx(2, "not a number: %s", text);
    return n;
}

/* xorshift64*, Vigna 2014 */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * 2685821657736338717u) | 0x0101010101010101u;
}

int main(int argc, char **argv)
{
    static uint64_t buf[WORDS];
    uint64_t size, state, offset;
    int fd;

    if (argc < 3 || argc > 5)
        errx(2, "usage: genfile FILE SIZE [SEED [OFFSET]]");
    size = number(argv[2]);
    state = (argc > 3 ? number(argv[3]) : 1) * 0x9e3779b97f4a7c15u + 1;
    offset = argc > 4 ? number(argv[4]) : 0;
    fd = open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        err(1, "%s", argv[1]);
    while (size > 0) {
        size_t n = size < sizeof(buf) ? (size_t)size : sizeof(buf);

        for (size_t i = 0; i < WORDS; i++)
            buf[i] = next(&state);
        if (pwrite(fd, buf, n, (off_t)offset) != (ssize_t)n)
            err(1, "%s", argv[1]);
        size -= n;
        offset += n;
    }
    if (close(fd) < 0)
        err(1, "%s", argv[1]);
    return 0;
}
