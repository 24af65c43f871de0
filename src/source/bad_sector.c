#include "bad_sector.h"

#include <errno.h>

#include "gone.h"

const int bad_sector_errors[BAD_SECTOR_ERRORS] = {EIO, ENODATA, EILSEQ, EREMOTEIO};

unsigned bad_sector_number(int err)
{
    unsigned i = 0;

    while (i < BAD_SECTOR_ERRORS && bad_sector_errors[i] != err)
        i++;
    return i;
}

bool bad_sector_is_met(int fd, int err)
{
    return bad_sector_number(err) < BAD_SECTOR_ERRORS && !source_device_is_gone(fd);
}
