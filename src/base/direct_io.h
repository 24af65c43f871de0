/* direct_io: what O_DIRECT demands of a file. */
#ifndef UCOPY_BASE_DIRECT_IO_H
#define UCOPY_BASE_DIRECT_IO_H

#include <stdint.h>

/* What O_DIRECT asks of offsets, lengths and addresses on this open file, in bytes: the larger
 * of the two STATX_DIOALIGN values (Linux 6.1, statx(2)), or 4096 where the kernel
 * does not tell; 0 when it says that direct I/O is not supported. */
uint32_t direct_io_align(int fd);

#endif
