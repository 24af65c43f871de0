/* descriptors: the file descriptors of the process as a whole. */
#ifndef UCOPY_BASE_DESCRIPTORS_H
#define UCOPY_BASE_DESCRIPTORS_H

/* Opens /dev/null for each standard descriptor that is closed. Otherwise the first file that is
 * opened would get its number, and messages or JSON would be written into a copy. */
void descriptors_occupy_standard(void);

/* Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard one. A destination
 * takes up to two descriptors and a directory. */
void descriptors_raise_limit(void);

#endif
