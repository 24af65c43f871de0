/* file_system: the type of a file system. */
#ifndef UCOPY_BASE_FILE_SYSTEM_H
#define UCOPY_BASE_FILE_SYSTEM_H

#include <stdbool.h>

/* Whether the file system of fd (which may be an O_PATH descriptor) has one of the given types.
 * magics: values of f_type (statfs(2), linux/magic.h); 0 ends the list. Returns 1 or 0, or the
 * negative errno of fstatfs(2). */
int file_system_is(int fd, const unsigned long *magics);

/* Whether the file system has no medium: tmpfs, ramfs and hugetlbfs. As file_system_is(). ramfs and
 * tmpfs accept O_DIRECT all the same (tmpfs since Linux 6.6). */
int file_system_in_memory(int fd);

/* Whether fd is a file of a file system of this machine, whose data goes through the page cache.
 * False if it is not known. */
bool file_system_is_local(int fd);

/* Whether another machine, or another process, stores its files: a server with a cache of its own.
 * False if it is not known. */
bool file_system_is_remote(int fd);

/* The length in bytes that file_system_has_holes() gives a file. */
#define FILE_SYSTEM_HOLE_PROBE 65536

/* Whether the empty file fd, open for writing, gets a hole when it becomes longer, and not blocks
 * of zeros: vfat, exfat and ntfs3 write those. No call tells that. Where the file system is not known
 * to have holes it is tried, and the file is empty again then. True if it cannot be tried.
 *
 * It is not tried needlessly: when a file was cut to nothing, ext4 writes all its data back in the
 * last close(2) (EXT4_STATE_DA_ALLOC_CLOSE, ext4_truncate(), fs/ext4/inode.c, 6.18). */
bool file_system_has_holes(int fd);

#endif
