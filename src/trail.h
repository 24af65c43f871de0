/* trail: text that grows and shrinks at its end: the path of where somebody stands in a tree,
 * as it is shown. Paths may be longer than system calls take; none of them gets one. */
#ifndef UCOPY_TRAIL_H
#define UCOPY_TRAIL_H

#include <stddef.h>

/* All zero: no text, and bytes is NULL. */
struct trail {
    char *bytes; /* ends with a NUL */
    size_t len;  /* without it */
    size_t room;
};

/* Makes the first `len` bytes and `text` behind them all there is. 0 or -ENOMEM, and nothing
 * has changed. */
int trail_put(struct trail *t, size_t len, const char *text);

/* The same with the entry `name` of the directory whose path is the first `len` bytes; "" is
 * the directory itself, for which there always is memory. */
int trail_enter(struct trail *t, size_t len, const char *name);

/* The length without slashes at the end. */
size_t trail_end(const struct trail *t);

/* Makes *ret, which is all zero, a copy. 0 or -ENOMEM. */
int trail_copy(const struct trail *t, struct trail *ret);

void trail_free(struct trail *t);

#endif
