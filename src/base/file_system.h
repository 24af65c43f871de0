/* file_system: of which kind a file system is. */
#ifndef UCOPY_BASE_FILE_SYSTEM_H
#define UCOPY_BASE_FILE_SYSTEM_H

/* Whether the file that fd is open on (O_PATH does) is on a file system whose f_type
 * (statfs(2), linux/magic.h) is one of the list, which ends with 0. 1 or 0; a negative errno if
 * the file system does not answer that. */
int file_system_is(int fd, const unsigned long *magics);

#endif
