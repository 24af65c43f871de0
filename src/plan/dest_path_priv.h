/* dest_path_priv: the final path of a destination. */
#ifndef UCOPY_PLAN_DEST_PATH_PRIV_H
#define UCOPY_PLAN_DEST_PATH_PRIV_H

#include <stdbool.h>

#include "plan.h"

/* Makes the path DIR/basename(SOURCE), or with --parents DIR/SOURCE. The entries of a tree named "."
 * or ".." are copied into DIR itself. *ret_path is malloc'd. 0, -ENOMEM, or another error with
 * *ret_error set, as plan_make(). */
int dest_path_in_directory(const char *dir, const struct plan_copy *c, bool parents,
                           char **ret_path, char **ret_error);

/* Replaces the path, which is malloc'd, by the one that is meant: the name of a backup, or what a
 * symlink leads to. in_directory: it was made by dest_path_in_directory(). Returns as that. */
int dest_path_settle(const struct plan_copy *c, const struct options *o, bool in_directory,
                     char **path, char **ret_error);

#endif
