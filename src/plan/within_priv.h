/* within_priv: where a path is, whatever symlinks and mounts lead there. */
#ifndef UCOPY_PLAN_WITHIN_PRIV_H
#define UCOPY_PLAN_WITHIN_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether the path, which need not exist, is in the directory `other` or is that: 1, or 0 if not or
 * if that is not answered, or -ENOMEM. one_file_system (-x): directories below a mount point do
 * not count. */
int within_directory(const char *path, const struct stat *other, bool one_file_system);

#endif
