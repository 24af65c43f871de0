/* acl: the access control list (ACL) of a file, carried over to the file that replaces
 * it. Without it the mode alone would let in others: with a list, the bits of the group are the
 * list's mask, and a file made in a directory with a default ACL has a list of its own. */
#ifndef UCOPY_TARGET_ACL_H
#define UCOPY_TARGET_ACL_H

#include <stddef.h>

struct target_acl {
    void *data; /* as the extended attribute has it; NULL: the file has a mode and no list */
    size_t size;
};

/* Reads the list of the file `name` in the directory; symlinks are not followed. A file that
 * the user may open neither for reading nor for writing passes for one without. 0 or a negative
 * errno. The caller ends with acl_free(). */
int acl_read(int dir_fd, const char *name, struct target_acl *ret);

/* Gives the list to the file, or takes away the one that it has. This sets the permission bits,
 * too. 0 or a negative errno. */
int acl_write(int fd, const struct target_acl *acl);

/* Frees what acl_read() has filled; makes it a list that is not there. */
void acl_free(struct target_acl *acl);

#endif
