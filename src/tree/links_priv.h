/* links_priv: what the trees of one run that are copied into the same directories share: the
 * files with several names (struct tree_links of tree.h). */
#ifndef UCOPY_TREE_LINKS_PRIV_H
#define UCOPY_TREE_LINKS_PRIV_H

#include "dest_links_priv.h"
#include "source_links_priv.h"
#include "tree.h"

struct tree_links {
    struct source_links met;  /* by the first walk of each tree */
    struct dest_links *dests; /* by destination */
    unsigned n_dests;
};

#endif
