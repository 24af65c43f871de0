/* tree: a tree copied to all destinations, from open to report. A thread reads the source into
 * a stream (source_priv.h, stream_priv.h), one per destination takes its records from there and
 * makes its copy of them (dest_priv.h): each at its own pace as far as the stream's memory
 * goes, and each with its own failures. For those that are too slow for the others a second
 * thread reads the rest of the source. The main thread watches, and reports. */
#ifndef UCOPY_TREE_TREE_H
#define UCOPY_TREE_TREE_H

#include "session/session.h"

/* What trees that are copied into the same directories know of files with several names. */
struct tree_links;

/* Makes an empty one for trees with up to n_dests destinations; follow: symlinks are followed,
 * so that a file may have more names than its count of links says. NULL without memory. */
struct tree_links *tree_links_new(unsigned n_dests, bool follow);

/* Frees it, when no thread of a tree is left. */
void tree_links_free(struct tree_links *l);

/* As session_run(), for a plan_copy that is a tree. links: the caller's, who passes the same
 * ones for all trees of the run. */
void tree_run(const struct options *o, const struct plan_copy *copy, struct tree_links *links,
              int signal_fd, struct session_result *ret);

/* As session_dry_run(): counts what there is in the source, and looks whether the roots can be
 * made.
 */
int tree_dry_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 bool *ret_hung);

#endif
