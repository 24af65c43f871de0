/* check: the room that compares what exists: --check and --compare. It copies nothing.
 *
 * One thread reads each directory or file (each end), at its own pace: inspection_priv.h. The main thread
 * watches them, reports what they find, and works out the exit status. A thread that hangs in the
 * kernel is given up, and the others go on. Memory is bounded by the list (--check), or by the
 * largest directories and a ring of buffers (--compare).
 *
 * It never writes to a file, and never follows a symlink out of a directory. */
#ifndef UCOPY_CHECK_CHECK_H
#define UCOPY_CHECK_CHECK_H

#include <stdbool.h>

#include "cli/options.h"

/* --check: verifies every operand, a directory, against the list. Returns the exit status.
 * *ret_hung becomes true if threads are left that hang in the kernel. */
int check_list(const struct options *o, int signal_fd, bool *ret_hung);

/* --compare: compares every operand but the first with the first, files or trees. As
 * check_list(). */
int check_compare(const struct options *o, int signal_fd, bool *ret_hung);

#endif
