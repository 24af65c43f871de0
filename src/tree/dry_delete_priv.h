/* dry_delete: --dry-run of --delete: finds out what would be removed. */
#ifndef UCOPY_TREE_DRY_DELETE_PRIV_H
#define UCOPY_TREE_DRY_DELETE_PRIV_H

#include "base/failure.h"
#include "inventory_priv.h"
#include "plan/plan.h"

struct dry_delete;

/* Looks at all destinations. inventory: what the source has. *ret_hung becomes true if one does not
 * answer: then nothing that was given may be freed. The caller's; NULL without memory. */
struct dry_delete *dry_delete_run(const struct options *o, const struct plan_copy *copy,
                                  struct inventory *inventory, int signal_fd, int *ret_signal,
                                  bool *ret_hung);

/* Reports what would be removed from destination d. What would fail; err 0: nothing. */
struct failure dry_delete_report(const struct dry_delete *r, unsigned d);

/* Frees it, if nothing hangs. NULL does nothing. */
void dry_delete_free(struct dry_delete *r);

#endif
