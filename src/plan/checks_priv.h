/* checks_priv: checks of single operands and destinations, each by itself. guards_priv.h
 * compares them with one another.
 *
 * All functions return 0, or -EINVAL with *ret_error set as by plan_make(), or -ENOMEM. */
#ifndef UCOPY_PLAN_CHECKS_PRIV_H
#define UCOPY_PLAN_CHECKS_PRIV_H

#include "plan.h"

/* Rejects a path that must be a directory (an operand of -t, a destination with --parents), and
 * is none. */
int checks_directory(const char *dir, const struct options *o, char **ret_error);

/* Rejects `ucopy a b dir/`, with which cp copies two files into a directory: here it would
 * overwrite b. A last operand that is silent may be a directory. With directories a and b it
 * would copy a into b: rejected if b is an existing directory beside a, as another source would
 * be, and only the last operand is elsewhere; others may be new names beside a. */
int checks_habit(const struct options *o, char **ret_error);

/* The same line where b does not exist: the copy gets this name, which may be that of a source,
 * mistyped. Notes a warning. */
int checks_note_habit(struct plan_copy *c, const struct options *o);

/* Rejects destinations that exist and must not be replaced by this copy, because of their
 * types, and regular files among the devices. With --cp also those that cp rejects before it
 * opens them. */
int checks_dests(const struct plan_copy *c, const struct options *o, char **ret_error);

#endif
