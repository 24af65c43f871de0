/* page_cache: how much of files the kernel holds in memory, and how much it can hold. */
#ifndef UCOPY_BASE_PAGE_CACHE_H
#define UCOPY_BASE_PAGE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* The number of bytes that this process can write into the page cache: the memory that is free
 * or can be freed without swapping (MemAvailable, proc(5)), or the limit of the process's
 * control group (memory.max; memory.limit_in_bytes in version 1) if that is smaller.
 * UINT64_MAX: neither is known. */
uint64_t page_cache_room(void);

/* Whether samples show that most of these bytes (offset and length in bytes) are not in the
 * page cache. fd: open for reading. False if this is not known: mincore(2) reports the pages of
 * files that the caller owns or may write to (Linux 5.2), and reports all others as cached. */
bool page_cache_lacks(int fd, uint64_t offset, uint64_t length);

#endif
