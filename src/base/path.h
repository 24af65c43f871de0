/* path: paths as text. Nothing is looked at. Strings that are returned are new ones that the
 * caller frees, or NULL without memory. */
#ifndef UCOPY_BASE_PATH_H
#define UCOPY_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* The length without slashes at the end; 0 of "/". */
size_t path_end(const char *path);

/* The last component, without trailing slashes; "" if there is none. */
char *path_last(const char *path);

/* The directory that the last component is looked up in; "." if none is named. */
char *path_directory(const char *path);

char *path_join(const char *dir, const char *name);

/* Without the slashes at its end; of "/" and "//" one is left. */
char *path_strip(const char *path);

/* Without components that are "." and slashes that separate nothing; "." if nothing is left. */
char *path_clean(const char *path);

/* How many components there are. */
unsigned path_count(const char *path);

/* Whether one of the components is "..". */
bool path_goes_up(const char *path);

#endif
