/* path_buffer: the path of the current directory or entry in a tree, for messages. It grows and
 * shrinks at its end. The path may be longer than PATH_MAX, so it is never passed to a system
 * call. */
#ifndef UCOPY_BASE_PATH_BUFFER_H
#define UCOPY_BASE_PATH_BUFFER_H

#include <stddef.h>

/* An empty buffer is all zero, and bytes is NULL. */
struct path_buffer {
    char *bytes; /* ends with a NUL */
    size_t len;  /* bytes, without the NUL */
    size_t room; /* bytes that are allocated */
};

/* Keeps the first len bytes and replaces all behind them by text. 0, or -ENOMEM and the buffer
 * is unchanged. */
int path_buffer_put(struct path_buffer *p, size_t len, const char *text);

/* Makes the buffer the path of the entry name in the directory whose path is the first len
 * bytes. name "": the directory itself; this cannot fail. 0 or -ENOMEM. */
int path_buffer_enter(struct path_buffer *p, size_t len, const char *name);

/* The length in bytes without the slashes at the end. */
size_t path_buffer_end(const struct path_buffer *p);

/* Makes *ret, which is all zero, a copy. 0 or -ENOMEM. */
int path_buffer_copy(const struct path_buffer *p, struct path_buffer *ret);

/* Frees the bytes and makes the buffer empty. */
void path_buffer_free(struct path_buffer *p);

#endif
