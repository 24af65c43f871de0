/* stream: operations that kinds share whose sources have no positions. */
#ifndef UCOPY_SOURCE_STREAM_PRIV_H
#define UCOPY_SOURCE_STREAM_PRIV_H

#include "source.h"

/* See kind_priv.h. */
int stream_source_begin(struct source *s, struct failure *f);
void stream_source_open_direct(struct source *s);
uint64_t stream_source_allocated(const struct source *s);
bool stream_source_origin(const struct source *s, struct origin *ret);

#endif
