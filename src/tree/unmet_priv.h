/* unmet: the names of --files-from that the source does not have. */
#ifndef UCOPY_TREE_UNMET_PRIV_H
#define UCOPY_TREE_UNMET_PRIV_H

#include "base/failure.h"
#include "cli/options.h"

/* Tells of each listed name that the walk, which has ended, has not met below the source: its path, and
 * what to say. Both live until tell() returns. */
void unmet_tell(const struct options *o, const char *source,
                void (*tell)(void *arg, const char *path, const struct failure *f), void *arg);

#endif
