/* read_file: reads a file from its start to its end, past the page cache where that is possible,
 * and says how. */
#ifndef UCOPY_VERIFY_READ_FILE_H
#define UCOPY_VERIFY_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The alignment of buffers, and of their sizes; bytes. */
#define READ_FILE_ALIGN 4096u

/* How bytes were read. The later ones say less about the medium. */
enum read_how {
    READ_DIRECT,  /* O_DIRECT, which left nothing in the page cache */
    READ_EVICTED, /* the page cache was proved to have nothing of the file */
    READ_CACHE,   /* some bytes may have come out of the page cache */
};

struct read_file {
    int fd;
    uint64_t offset; /* of the next byte */
    uint32_t align;  /* that O_DIRECT demands; bytes */
    bool direct;     /* the descriptor has O_DIRECT */
    bool buffered;   /* some bytes were read without O_DIRECT */
    bool in_memory;  /* the file system has no medium */
    bool overlay;    /* the file is on another file system, which is not known */
    uint64_t cached; /* pages that the cache had before the first read; UINT64_MAX: not known */
};

/* Is told that so many bytes are going to be flushed, which may take long; 0: that is over. */
typedef void read_file_flushing(void *arg, uint64_t bytes);

/* Prepares the file for reading: drops it from the page cache, and sets O_DIRECT if the file
 * has it. fd: open for reading, at any position; it stays the caller's. */
void read_file_begin(struct read_file *f, int fd, read_file_flushing *flushing, void *arg);

/* Reads the next bytes: up to size, which is a multiple of READ_FILE_ALIGN, as is the address.
 * Returns their number, 0 at the end of the file, or a negative errno. */
ssize_t read_file_next(struct read_file *f, void *buffer, size_t size);

/* As read_file_next(), but reads until the buffer is full or the file ends. */
ssize_t read_file_fill(struct read_file *f, char *buffer, size_t size);

/* How the bytes have been read. */
enum read_how read_file_how(const struct read_file *f);

/* "direct", "evicted" or "cache". */
const char *read_how_name(enum read_how how);

#endif
