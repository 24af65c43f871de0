/* direct_io: what O_DIRECT requires of a file. */
#ifndef UCOPY_BASE_DIRECT_IO_H
#define UCOPY_BASE_DIRECT_IO_H

#include <stdint.h>

/* The alignment, in bytes, that O_DIRECT requires for offsets, lengths and addresses on this
 * open file. It is the larger of the two STATX_DIOALIGN values (Linux 6.1, statx(2)), or 4096
 * if the kernel does not report them. 0: the file does not support direct I/O. */
uint32_t direct_io_align(int fd);

/* The same for writes to a file that is also written through the page cache at the same time.
 * No page and no block of the file may then be written in both ways: the cache writes whole
 * blocks back, with what it read of them before; and a direct write whose pages become dirty
 * meanwhile leaves an error for fsync(2) (dio_warn_stale_pagecache(), mm/filemap.c, 6.18). So
 * the value is a multiple of the page size and of the file system's block size, too. */
uint32_t direct_io_write_align(int fd);

/* What direct_io_write_align() makes of the alignment that O_DIRECT requires (a power of two,
 * or 0), st_blksize and the page size (a power of two); bytes. Public for its test. */
uint32_t direct_io_grain(uint32_t align, uint32_t block, uint32_t page);

#endif
