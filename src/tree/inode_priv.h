/* inode_priv: tables of files of the source that have several names (hard links). The key of a
 * file is its inode. */
#ifndef UCOPY_TREE_INODE_PRIV_H
#define UCOPY_TREE_INODE_PRIV_H

#include <sys/stat.h>

#include "base/hash_table.h"

struct inode {
    dev_t dev;
    ino_t ino;
};

static inline struct inode inode_of(const struct stat *st)
{
    return (struct inode){.dev = st->st_dev, .ino = st->st_ino};
}

/* For entries that begin with a struct inode. */
extern const struct hash_table_kind inode_kind;

#endif
