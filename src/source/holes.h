/* holes: where a file has data, and where it has holes. It asks the file system with SEEK_DATA
 * and SEEK_HOLE (lseek(2)), and is the one place that knows what the answers mean:
 *
 *     ENXIO            there are no data from here on, or the file is shorter now: a hole
 *     any other error  nothing is known about holes: all is data from here on
 *     no progress      an answer before the position that was asked for: likewise
 *
 * A hole reads as zeros. Data may be zeros, too. A file may change meanwhile: then some answer
 * is given, and every search comes to its end. */
#ifndef UCOPY_SOURCE_HOLES_H
#define UCOPY_SOURCE_HOLES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/ranges.h"

/* A part of a file. Positions in it count from `base`. */
struct holes_part {
    int fd;         /* not owned; a search moves its file position */
    uint64_t base;  /* offset in the file, bytes */
    uint64_t size;  /* bytes */
    uint32_t grain; /* holes begin and end at multiples of it, bytes; at least 1 */

    /* Where the file has data, if that is known without asking the file system: positions in the
     * file. Not owned; NULL: it is asked. */
    const struct ranges *map;
};

/* Whether the file takes less space than its size, so that it is worth looking for holes.
 * Preallocated space counts as data, as it does for cp. */
bool holes_are_likely(const struct stat *st);

/* The first data at or after pos, which is below the part's size. What is between pos and them
 * is a hole. Data are rounded out to whole grains, but not beyond pos and size, and are never
 * empty: a loop that goes on behind them ends. Without data the answer is [size, size). May
 * take its time, or hang, as the file system likes. Any thread, one at a time for a
 * descriptor. */
struct range holes_next_data(const struct holes_part *part, uint64_t pos);

#endif
