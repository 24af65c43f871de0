/* path: functions for paths as text; no function accesses a file system. A returned string is
 * new, and the caller frees it; it is NULL without memory. */
#ifndef UCOPY_BASE_PATH_H
#define UCOPY_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes without the slashes at the end; 0 for "/". */
size_t path_end(const char *path);

/* The last component, without trailing slashes; "" if there is none. */
char *path_last(const char *path);

/* The part before the last component, with its slashes; "." if there is no such part. */
char *path_directory(const char *path);

/* dir and name with one slash between them. */
char *path_join(const char *dir, const char *name);

/* The path without the slashes at its end; "/" and "//" become "/". */
char *path_strip(const char *path);

/* The path without "." components and superfluous slashes; "." if nothing is left. */
char *path_clean(const char *path);

/* The number of components. */
unsigned path_count(const char *path);

/* Whether one of the components is "..". */
bool path_goes_up(const char *path);

#endif
