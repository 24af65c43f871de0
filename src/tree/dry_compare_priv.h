/* dry_compare_priv: --dry-run with --checksum: compares a file with what exists. */
#ifndef UCOPY_TREE_DRY_COMPARE_PRIV_H
#define UCOPY_TREE_DRY_COMPARE_PRIV_H

#include <stdatomic.h>
#include <stdint.h>

/* Whether both files have the same data: 1 or 0; 0 if dest cannot be read, too. A negative errno:
 * source cannot be read, or -ECANCELED after *stop. *steps grows as long as it goes on. May hang. */
int dry_compare(const char *source, const char *dest, _Atomic uint64_t *steps,
                const atomic_bool *stop);

#endif
