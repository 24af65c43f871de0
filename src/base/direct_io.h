/* direct_io: what O_DIRECT requires of a file. */
#ifndef UCOPY_BASE_DIRECT_IO_H
#define UCOPY_BASE_DIRECT_IO_H

#include <stdint.h>

/* The alignment, in bytes, that O_DIRECT requires for offsets, lengths and addresses on this
 * open file. It is the larger of the two STATX_DIOALIGN values (Linux 6.1, statx(2)), or 4096
 * if the kernel does not report them. 0: the file does not support direct I/O. */
uint32_t direct_io_align(int fd);

#endif
