/* read_file: reads a file past the page cache where that is possible, and says how. */
#ifndef UCOPY_VERIFY_READ_FILE_H
#define UCOPY_VERIFY_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fua.h"

/* The alignment of buffers, and of their sizes; bytes. */
#define READ_FILE_ALIGN 4096u

/* How bytes were read. The later ones say less about the medium. */
enum read_how {
    READ_NOTHING, /* nothing was read */
    READ_FUA,     /* the disk was told to pass its own cache, too */
    READ_DIRECT,  /* O_DIRECT, which left nothing in the page cache */
    READ_EVICTED, /* the page cache was proved to have nothing of the file */
    READ_CACHE,   /* some bytes may have come out of the page cache */
};

struct read_file {
    int fd;
    uint64_t size;  /* of what is read, bytes */
    uint64_t pages; /* of it, holes left out */
    uint64_t
        cached; /* pages that the cache had when it was last dropped; UINT64_MAX: not known */
    uint64_t offset; /* of the next byte of read_file_next() */
    uint32_t align;  /* that positions and lengths have to have; bytes */
    bool direct;     /* the descriptor has O_DIRECT */
    bool buffered;   /* some bytes were read without O_DIRECT */
    bool in_memory;  /* the file system has no medium */
    bool past_disk;  /* it is read by fua */
    struct fua fua;
};

/* Is told that so many bytes are going to be flushed, which may take long; 0: that is over. */
typedef void read_file_flushing(void *arg, uint64_t bytes);

/* Prepares the file for reading: drops it from the page cache, and sets O_DIRECT if the file
 * has it. fd: open for reading, at any position; it stays the caller's. Dirty pages are written, but
 * the device is not flushed. */
void read_file_begin(struct read_file *f, int fd, read_file_flushing *flushing, void *arg);

/* Reads the next bytes: up to size, which is a multiple of READ_FILE_ALIGN, as is the address.
 * Returns their number, 0 at the end of the file, or a negative errno. */
ssize_t read_file_next(struct read_file *f, void *buffer, size_t size);

/* As read_file_next(), but reads until the buffer is full or the file ends. */
ssize_t read_file_fill(struct read_file *f, char *buffer, size_t size);

/* How the bytes have been read. */
enum read_how read_file_how(const struct read_file *f);

/* "fua", "direct", "evicted", "cache" or "nothing". */
const char *read_how_name(enum read_how how);

/* From now on the file, a disk or a partition, is read past the cache of the disk, too: fua.h. Positions
 * are multiples of f->align then. 0 or the negative errno of fua_open(). */
int read_file_set_fua(struct read_file *f);

/* ---- the steps, for who flushes himself, and reads at any place ---- */

/* Begins with the file, nothing of which is dropped yet. st: of the file; size: of what will be read
 * from its start, bytes. */
void read_file_set(struct read_file *f, int fd, const struct stat *st, uint64_t size);

/* Drops the clean pages that nobody has mapped. Returns how many are left, also in f->cached; most
 * of them are dirty. */
uint64_t read_file_drop(struct read_file *f);

/* Sets O_DIRECT, if the file has it with an alignment of `most` bytes or less. */
void read_file_set_direct(struct read_file *f, uint32_t most);

/* One read at that place: up to n bytes, as by read_file_next(). If O_DIRECT is refused, or not
 * possible there, the descriptor loses it. */
ssize_t read_file_at(struct read_file *f, void *buffer, size_t n, uint64_t offset);

#endif
