/* file_system: the type of a file system. */
#ifndef UCOPY_BASE_FILE_SYSTEM_H
#define UCOPY_BASE_FILE_SYSTEM_H

/* Whether the file system of fd (which may be an O_PATH descriptor) has one of the given types.
 * magics: values of f_type (statfs(2), linux/magic.h); 0 ends the list. Returns 1 or 0, or the
 * negative errno of fstatfs(2). */
int file_system_is(int fd, const unsigned long *magics);

#endif
