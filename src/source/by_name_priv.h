/* by_name: operations that kinds share whose sources have a name and positions. There are two
 * descriptors on one inode: the copy reads with O_DIRECT where that is wanted and possible, and
 * through the page cache otherwise. */
#ifndef UCOPY_SOURCE_BY_NAME_PRIV_H
#define UCOPY_SOURCE_BY_NAME_PRIV_H

#include "source.h"

/* See kind_priv.h. */
int by_name_open(const char *path, bool follow);
void by_name_open_direct(struct source *s);
void by_name_close(struct source *s);

#endif
