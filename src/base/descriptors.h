/* descriptors: the file descriptors of the process as a whole. */
#ifndef UCOPY_BASE_DESCRIPTORS_H
#define UCOPY_BASE_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "failure.h"

/* Opens /dev/null for each standard descriptor that is closed. Otherwise the first file that is
 * opened would get its number, and messages or JSON would be written into a copy. Standard input
 * cannot be read then, and standard output not be written to, as if they were still closed: who
 * asked for input or output learns that there is none. */
void descriptors_occupy_standard(void);

/* A duplicate of standard input or output, for blocking I/O: the caller's. A negative errno:
 * -EBADF if it is closed, or not open for reading or writing. */
int descriptors_standard_input(void);
int descriptors_standard_output(void);

/* Whether standard output is a terminal. */
bool descriptors_output_is_terminal(void);

/* What standard output and standard error lead to; all zero: to nothing. */
void descriptors_find_output(struct stat ret[2]);

/* Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard one. */
void descriptors_raise_limit(void);

/* Whether n more descriptors fit into the limit. If not, *ret_needed is the limit that would
 * do. The open ones are counted only if n is more than half of the limit: what a process opens
 * beside the files of a copy is little. */
bool descriptors_suffice(uint64_t n, uint64_t *ret_needed);

/* Fills *f with the message that so many destinations need that limit. */
void descriptors_lack(struct failure *f, unsigned n_dests, uint64_t needed);

#endif
