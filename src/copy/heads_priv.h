/* heads_priv: the first bytes of the copy for destinations that get them last (endpoint.head): they
 * are kept in job.head, and whoever commits the destination writes them. */
#ifndef UCOPY_COPY_HEADS_PRIV_H
#define UCOPY_COPY_HEADS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "copy_priv.h"

/* So many bytes that destination d needs next of the chunk belong to its head. */
uint32_t heads_rest(const struct copy *c, const struct chunk *k, unsigned d);

/* Keeps what has been read of heads. Whether there was any: then chunks may be done. */
bool heads_keep(struct copy *c);

#endif
