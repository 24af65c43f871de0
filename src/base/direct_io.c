#include "direct_io.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECT_ALIGN_GUESS 4096u

/* The largest block of a file system that Linux can mount (BLK_MAX_BLOCK_SIZE,
 * include/linux/blkdev.h, 6.15). A larger st_blksize is a wish about the size of requests: of a
 * server, of a stripe. */
#define MAX_BLOCK (64u * 1024u)

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* As direct_io_align(); *ret_block becomes the file system's block size, or what is known to be
 * no less. */
static uint32_t look(int fd, uint32_t *ret_block)
{
    struct statx stx;

    *ret_block = MAX_BLOCK;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) < 0)
        return DIRECT_ALIGN_GUESS;
    *ret_block = stx.stx_blksize;
    if (!(stx.stx_mask & STATX_DIOALIGN))
        return DIRECT_ALIGN_GUESS;
    if (stx.stx_dio_offset_align == 0)
        return 0;
    return larger(stx.stx_dio_mem_align, stx.stx_dio_offset_align);
}

uint32_t direct_io_align(int fd)
{
    uint32_t block;

    return look(fd, &block);
}

uint32_t direct_io_grain(uint32_t align, uint32_t block, uint32_t page)
{
    uint32_t grain = larger(align, page);

    while (grain < block && grain < MAX_BLOCK)
        grain *= 2;
    return align ? grain : 0;
}

uint32_t direct_io_write_align(int fd)
{
    uint32_t block, align = look(fd, &block);

    return direct_io_grain(align, block, (uint32_t)sysconf(_SC_PAGESIZE));
}
