/* rescue_map: map files of ddrescue (format of 1.x): what of a source has been copied. Positions
 * are offsets in the source. */
#ifndef UCOPY_SESSION_RESCUE_MAP_PRIV_H
#define UCOPY_SESSION_RESCUE_MAP_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ranges.h"

struct rescue_map {
    struct range all;    /* what is to be copied */
    struct ranges done;  /* + */
    struct ranges rough; /* * and /: a read has failed in it */
    struct ranges bad;   /* - */
    char **dests;        /* that hold what is done: "# ucopy: holds PATH"; owned */
    unsigned n_dests;
    int64_t
        shift; /* their bytes are that much further on than those of the source; "# ucopy: shift N".
                    * ddrescue's have 0 */
};

void rescue_map_free(struct rescue_map *m);

/* Adds the path of a destination, which is copied. 0 or -ENOMEM. */
int rescue_map_add_dest(struct rescue_map *m, const char *path);

/* Reads the file into *m, which is empty. 0, or a negative errno: -ENOENT: there is none; -EINVAL:
 * it is no map. */
int rescue_map_read(struct rescue_map *m, const char *path);

/* Replaces the file. What is in none of the sets has not been tried. 0 or a negative errno. */
int rescue_map_write(const struct rescue_map *m, const char *path);

#endif
