/* descriptors: the file descriptors of the process as a whole. */
#ifndef UCOPY_BASE_DESCRIPTORS_H
#define UCOPY_BASE_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"

/* Opens /dev/null for each standard descriptor that is closed. Otherwise the first file that is
 * opened would get its number, and messages or JSON would be written into a copy. Standard output
 * cannot be written to then, as if it were still closed: who asked for output learns that it is
 * lost. */
void descriptors_occupy_standard(void);

/* Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard one. */
void descriptors_raise_limit(void);

/* Whether n more descriptors fit into the limit. If not, *ret_needed is the limit that would
 * do. The open ones are counted only if n is more than half of the limit: what a process opens
 * beside the files of a copy is little. */
bool descriptors_suffice(uint64_t n, uint64_t *ret_needed);

/* Fills *f with the message that so many destinations need that limit. */
void descriptors_lack(struct failure *f, unsigned n_dests, uint64_t needed);

#endif
