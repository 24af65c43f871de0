/* times_priv: compares the time of modification of a source with that of an existing file, which
 * is kept as its file system can keep it. */
#ifndef UCOPY_PLAN_TIMES_PRIV_H
#define UCOPY_PLAN_TIMES_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

/* The source's time of modification as the existing file's file system stores it: < 0, 0 or > 0,
 * as that of the existing file is earlier, equal or later.
 *
 * What the resolution is the file's own times tell. A file system may also have a limited range:
 * times beyond it become its first or last (timestamp_truncate(), Linux 6.18). Such a time, and one
 * that is cut off to 1 s or 2 s where the file system may keep others finer (FAT, FUSE, SMB), can stand for many.
 * It counts as equal only if the source has not changed in any way since the existing file was
 * made; else as earlier. The file is `name` in the directory, as for existing_judge(). */
int times_compare(const struct stat *there, const struct stat *source, int dir_fd,
                  const char *name);

#endif
