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

/* The number of pages that the page cache has of these bytes (offset and length in bytes); fd: open
 * for reading. UINT64_MAX: it is not known. cachestat(2) (Linux 6.5) says it; not for overlayfs,
 * of whose files it always says 0 (6.18), because the pages are those of the file below. There,
 * and on older kernels, mincore(2) does; of files that the caller neither owns nor may write to it
 * says that all pages are cached. */
uint64_t page_cache_count(int fd, uint64_t offset, uint64_t length);

/* Drops the clean pages of these bytes (length 0: to the end) that nobody has mapped. */
void page_cache_drop(int fd, uint64_t offset, uint64_t length);

/* Whether most of these bytes (offset and length in bytes) are not in the page cache, as samples
 * show, or all pages of a small piece. fd: open for reading. False if this is not known: mincore(2)
 * reports the pages of files that the caller owns or may write to (Linux 5.2), and reports all
 * others as cached. */
bool page_cache_lacks(int fd, uint64_t offset, uint64_t length);

#endif
