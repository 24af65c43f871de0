/* path_buffer: text that grows and shrinks at its end: the path of where somebody stands in a
 * tree, as it is shown. Paths may be longer than system calls take; none of them gets one. */
#ifndef UCOPY_BASE_PATH_BUFFER_H
#define UCOPY_BASE_PATH_BUFFER_H

#include <stddef.h>

/* All zero: no text, and bytes is NULL. */
struct path_buffer {
    char *bytes; /* ends with a NUL */
    size_t len;  /* without it */
    size_t room;
};

/* Makes the first `len` bytes and `text` behind them all there is. 0 or -ENOMEM, and nothing
 * has changed. */
int path_buffer_put(struct path_buffer *t, size_t len, const char *text);

/* The same with the entry `name` of the directory whose path is the first `len` bytes; "" is
 * the directory itself, for which there always is memory. */
int path_buffer_enter(struct path_buffer *t, size_t len, const char *name);

/* The length without slashes at the end. */
size_t path_buffer_end(const struct path_buffer *t);

/* Makes *ret, which is all zero, a copy. 0 or -ENOMEM. */
int path_buffer_copy(const struct path_buffer *t, struct path_buffer *ret);

void path_buffer_free(struct path_buffer *t);

#endif
