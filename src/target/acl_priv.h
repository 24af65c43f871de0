/* acl: the access control list (ACL) of a file, for the file that replaces it. The mode alone
 * would admit others: if there is a list, the permission bits of the group are its mask; and a
 * file that is created in a directory with a default ACL gets a list from that. */
#ifndef UCOPY_TARGET_ACL_PRIV_H
#define UCOPY_TARGET_ACL_PRIV_H

#include <stddef.h>

struct target_acl {
    void *data; /* value of the extended attribute; owned; NULL: the file has a mode and no
                 * list */
    size_t size;
};

/* Reads the list of the file `name` in the directory; symlinks are not followed. If the user
 * may open the file neither for reading nor for writing, it counts as a file without a list. 0
 * or a negative errno. The caller frees *ret with acl_free(). */
int acl_read(int dir_fd, const char *name, struct target_acl *ret);

/* Gives the file this list, or removes its list if there is none. This sets the permission
 * bits, too. 0 or a negative errno. */
int acl_write(int fd, const struct target_acl *acl);

/* Frees the data; *acl has no list then. */
void acl_free(struct target_acl *acl);

#endif
