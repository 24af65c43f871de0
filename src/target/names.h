/* names: whether a file system takes two names for one. vfat, exFAT, SMB shares and ext4 with
 * casefold do so for names that differ in upper and lower case; some also for forms of one
 * letter, for dots and blanks at the end, and for short aliases of long names. Which names these
 * are cannot be asked, only tried. Any thread may call these functions. */
#ifndef UCOPY_TARGET_NAMES_H
#define UCOPY_TARGET_NAMES_H

#include <stdbool.h>

/* Whether any file system could take the two names for one. Accesses none. Usually false, also
 * for names that are equal up to the last letter. */
bool names_may_be_one(const char *a, const char *b);

/* Whether the file system of the directory takes them for one: tries it in a temporary directory
 * there. False, too, if that cannot be made. May hang in the kernel. */
bool names_are_one(int dir_fd, const char *a, const char *b);

/* The same for the last components of two paths, both of which lead into the directory that the
 * first one names. */
bool names_paths_are_one(const char *a, const char *b);

#endif
