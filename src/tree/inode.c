#include "inode_priv.h"

#include "base/hash.h"

static uint64_t hash_inode(const void *entry)
{
    const struct inode *i = entry;
    const uint64_t parts[] = {i->dev, i->ino};

    return hash_short(parts, sizeof(parts), 0);
}

static bool inodes_equal(const void *a, const void *b)
{
    const struct inode *i = a, *k = b;

    return i->dev == k->dev && i->ino == k->ino;
}

const struct hash_table_kind inode_kind = {.hash = hash_inode, .equal = inodes_equal};
