#include "source_links_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct source_link {
    struct inode inode;
    nlink_t left; /* names that have not been met; never 0 */
};

static int add(struct source_links *l, struct inode inode, nlink_t left)
{
    struct source_link *e = malloc(sizeof(*e));

    if (!e)
        return -ENOMEM;
    *e = (struct source_link){.inode = inode, .left = left};
    if (hash_table_add(&l->table, &inode_kind, e) == 0)
        return 0;
    free(e);
    return -ENOMEM;
}

enum record_nth source_links_meet(struct source_links *l, const struct stat *st, int *ret_r)
{
    const struct inode inode = inode_of(st);
    struct source_link *e = hash_table_find(&l->table, &inode_kind, &inode);
    enum record_nth nth = RECORD_FURTHER_NAME;

    assert(st->st_nlink > 1);
    *ret_r = 0;
    if (!e) {
        *ret_r = add(l, inode, st->st_nlink - 1);
        nth = RECORD_FIRST_NAME;
    } else if (!l->keep && --e->left == 0) {
        free(hash_table_remove(&l->table, &inode_kind, &inode));
        nth = RECORD_LAST_NAME;
    }
    l->last = inode;
    l->last_nth = *ret_r < 0 ? RECORD_ONLY_NAME : nth;
    return nth;
}

void source_links_forget(struct source_links *l, const struct stat *st)
{
    const struct inode inode = inode_of(st);
    struct source_link *e = hash_table_remove(&l->table, &inode_kind, &inode);

    if (e && inode_kind.equal(&inode, &l->last))
        l->last_nth = RECORD_ONLY_NAME;
    free(e);
}

/* Adds a copy of the entry to another table. undo: the answer that is to be undone if the entry
 * is of that file. */
static int add_copy(struct source_links *ret, const struct source_link *e,
                    const struct source_links *from, enum record_nth undo)
{
    bool is_last = undo != RECORD_ONLY_NAME && inode_kind.equal(e, &from->last);

    if (is_last && undo == RECORD_FIRST_NAME)
        return 0;
    return add(ret, e->inode, is_last && !from->keep ? e->left + 1 : e->left);
}

int source_links_copy(const struct source_links *l, bool without_last, struct source_links *ret)
{
    enum record_nth undo = without_last ? l->last_nth : RECORD_ONLY_NAME;
    const struct source_link *e;
    size_t at = 0;
    int r = 0;

    ret->keep = l->keep;
    while (r == 0 && (e = hash_table_next(&l->table, &at)))
        r = add_copy(ret, e, l, undo);
    if (r == 0 && undo == RECORD_LAST_NAME) /* its entry has gone */
        r = add(ret, l->last, 1);
    if (r < 0)
        source_links_free(ret);
    return r;
}

void source_links_free(struct source_links *l)
{
    hash_table_free(&l->table);
    *l = (struct source_links){.keep = false};
}
