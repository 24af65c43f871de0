#include "direct_io.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#define DIRECT_ALIGN_GUESS 4096u

uint32_t direct_io_align(int fd)
{
    struct statx stx;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) < 0 ||
        !(stx.stx_mask & STATX_DIOALIGN))
        return DIRECT_ALIGN_GUESS;
    if (stx.stx_dio_offset_align == 0)
        return 0;
    return stx.stx_dio_mem_align > stx.stx_dio_offset_align ? stx.stx_dio_mem_align
                                                            : stx.stx_dio_offset_align;
}
