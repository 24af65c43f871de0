/* same_file_priv: sources and destinations that lead to the same file. The rules are those of
 * cp. Whether such a copy is possible depends on what the copy does with the destination's
 * name. */
#ifndef UCOPY_PLAN_SAME_FILE_PRIV_H
#define UCOPY_PLAN_SAME_FILE_PRIV_H

#include <stdbool.h>

#include "cli/options.h"

/* Whether the source can be copied to the destination although both lead to the same file. */
bool plan_same_possible(const struct options *o, const char *source, const char *dest);

/* Whether the two paths are the same name in the same directory. */
bool plan_same_name(const char *a, const char *b);

/* Whether the two paths lead to one file, which may be still to be made. */
bool plan_same_place(const char *a, const char *b);

#endif
