/* open_beneath: opens files below a directory, never one that lies elsewhere. */
#ifndef UCOPY_VERIFY_OPEN_BENEATH_H
#define UCOPY_VERIFY_OPEN_BENEATH_H

/* Opens the file with that relative name, which has no ".." component, below the directory dir_fd
 * for reading. Symlinks are followed as long as they stay below the directory, which needs
 * openat2(2) (Linux 5.6); without it none is followed. A fifo does not block. Returns the
 * descriptor (the caller's), or a negative errno: -EXDEV: a symlink leads out of the
 * directory; -ELOOP: too many symlinks, or one that was not followed. */
int open_beneath(int dir_fd, const char *name);

#endif
