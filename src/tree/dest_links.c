#include "dest_links_priv.h"

#include <stdlib.h>
#include <string.h>

struct dest_link {
    struct inode inode; /* in the source */
    char path[];        /* behind the label of its tree */
};

void dest_links_made(struct dest_links *l, const struct stat *source, const char *label,
                     const char *path)
{
    const struct inode inode = inode_of(source);
    size_t label_len = strlen(label), path_size = strlen(path) + 1;
    struct dest_link *e;

    if (table_find(&l->table, &inode_kind, &inode))
        return;
    e = malloc(sizeof(*e) + label_len + path_size);
    if (!e)
        return;
    e->inode = inode;
    memcpy(e->path, label, label_len);
    memcpy(e->path + label_len, path, path_size);
    if (table_add(&l->table, &inode_kind, e) < 0)
        free(e);
}

void dest_links_forget(struct dest_links *l, const struct stat *source)
{
    const struct inode inode = inode_of(source);

    free(table_remove(&l->table, &inode_kind, &inode));
}

const char *dest_links_where(const struct dest_links *l, const struct stat *source,
                             const char *label)
{
    const struct inode inode = inode_of(source);
    const struct dest_link *e = table_find(&l->table, &inode_kind, &inode);
    size_t label_len = strlen(label);

    if (!e)
        return NULL;
    if (strncmp(e->path, label, label_len) == 0 && e->path[label_len] == '/')
        return e->path + label_len;
    return e->path;
}

void dest_links_free(struct dest_links *l)
{
    table_free(&l->table);
}
