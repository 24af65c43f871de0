/* page_cache: what the kernel keeps of files in memory. */
#ifndef UCOPY_BASE_PAGE_CACHE_H
#define UCOPY_BASE_PAGE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes that the page cache can give to what this process writes: what is free or can be freed
 * without swapping (MemAvailable, proc(5)), or less where the control group of the process may
 * have less (memory.max; memory.limit_in_bytes in version 1). UINT64_MAX if nobody tells. */
uint64_t page_cache_room(void);

/* Whether most of these bytes of the file that fd is open on for reading are not in the page
 * cache, as far as samples tell. False where it cannot be told: mincore(2) tells only of files
 * that the caller owns or may write to (Linux 5.2) and calls all others cached. */
bool page_cache_lacks(int fd, uint64_t offset, uint64_t length);

#endif
