/* pax_priv: one destination of a tree that is no directory, but a stream: a command or standard
 * output. It gets a pax archive (pax_archive_priv.h), record by record (record_priv.h), as dest_priv.h
 * makes a copy of the tree. All calls are for the destination's thread.
 *
 * An entry is in the stream when its header is. So a file that cannot be read to its end, or that
 * has become shorter, cannot be taken back: zeros fill it, as with tar, and it is reported as a file
 * that this destination has not. A directory comes before what is in it, and once more behind
 * that if it has access control lists or extended attributes. */
#ifndef UCOPY_TREE_PAX_PRIV_H
#define UCOPY_TREE_PAX_PRIV_H

#include "dest_priv.h"

struct tree_pax;

/* Opens the stream that *end describes. *request is copied; of it this uses what is not about
 * existing files, and `path` for reports. top: the name of the tree's root in the archive; not
 * owned, outlives the stream. 0, or a negative errno with *f filled, and *ret is unchanged. */
int tree_pax_open(struct tree_pax **ret, const struct tree_dest_request *request,
                  const struct target_request *end, const char *top, struct failure *f);

/* As tree_dest_apply(). */
int tree_pax_apply(struct tree_pax *p, const struct record *r, const void *data,
                   struct failure *f);

/* complete: all records have been applied: writes the end of the archive, and waits until the
 * command has ended. Otherwise the command is ended. 0, or a negative errno with *f filled. */
int tree_pax_end(struct tree_pax *p, bool complete, struct failure *f);

/* Closes and frees everything. A stream that has not been ended is given up. */
void tree_pax_close(struct tree_pax *p);

#endif
