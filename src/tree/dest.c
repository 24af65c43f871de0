#include "dest_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "base/medium.h"
#include "dest_state_priv.h"

/* Bytes per hash of what is written. A record has as many bytes of a file, at most. */
#define HASH_BLOCK (256u << 10)

/* Applies a record that concerns an entry of the current directory. */
static void apply_inside(struct tree_dest *t, const struct record *r)
{
    switch (r->kind) {
    case RECORD_FILES_END:
        (void)tree_dest_files_end(t);
        break;
    case RECORD_FILE:
    case RECORD_DATA:
    case RECORD_HOLE:
    case RECORD_FILE_END:
        tree_dest_apply_bytes(t, r);
        break;
    case RECORD_COMPARE:
        tree_dest_apply_compare(t, r);
        break;
    case RECORD_OFFER:
        tree_dest_apply_offer(t, r);
        break;
    case RECORD_COPY:
        tree_dest_apply_copy(t, r);
        break;
    default:
        tree_dest_apply_entry(t, r);
    }
}

/* Applies a record of any kind but RECORD_ATTRS. */
static void apply(struct tree_dest *t, const struct record *r)
{
    if (t->how == NO_FILE && tree_dest_is_enough(t))
        (void)tree_dest_give_names(t);
    tree_dest_begin_name(t, r);
    if (r->kind == RECORD_DIRECTORY) {
        tree_dest_apply_directory(t, r);
    } else if (r->kind == RECORD_LEAVE) {
        tree_dest_apply_leave(t, r);
    } else if (!t->skipped && !tree_dest_dir(t)->unusable) {
        if (tree_dest_path_to_entry(t, record_name(r)))
            apply_inside(t, r);
        if (t->how == NO_FILE)
            tree_dest_path_to_dir(t);
    }
    tree_dest_end_name(t, r);
}

int tree_dest_apply(struct tree_dest *t, const struct record *r, const void *data,
                    struct failure *f)
{
    t->data = data;
    if (r->kind == RECORD_ATTRS) {
        packed_keep(&t->packed, r);
        return 0;
    }
    apply(t, r);
    packed_forget(&t->packed);
    if (t->fatal.err == 0)
        return 0;
    *f = t->fatal;
    return -f->err;
}

int tree_dest_open(struct tree_dest **ret_tree, const struct tree_dest_request *request,
                   struct failure *f)
{
    struct tree_dest *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    t->request = *request;
    t->fd = t->root_fd = t->parent_fd = -1;
    t->unnamed = calloc(request->max_unnamed, sizeof(*t->unnamed));
    attrs_init(&t->attrs, &request->preserve);
    r = !t->unnamed ? -ENOMEM : path_buffer_put(&t->path, 0, request->path);
    if (r == 0 && request->complete)
        r = block_hashes_create(HASH_BLOCK, &t->hashes);
    t->root_len = t->path.bytes ? path_buffer_end(&t->path) : 0;
    if (r < 0)
        (void)failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    else
        r = tree_dest_open_parent(t, f);
    if (r < 0) {
        tree_dest_close(t);
        return r;
    }
    *ret_tree = t;
    return 0;
}

/* Fails the destination if its device is gone. What was not flushed may be in the page cache only,
 * and no call has said so. */
static void check_medium(struct tree_dest *t)
{
    struct stat st;

    if (UNINTERRUPTED(fstat(t->root_fd >= 0 ? t->root_fd : t->parent_fd, &st)) < 0)
        return;
    if (t->fatal.err == 0 && !t->request.durable && medium_is_gone(st.st_dev))
        (void)failure_set(&t->fatal, "check", ENODEV, FAILURE_NO_OFFSET, MEDIUM_GONE);
    else if (medium_explains(st.st_dev, t->fatal.err))
        (void)failure_set(&t->fatal, t->fatal.op, ENODEV, t->fatal.offset, MEDIUM_GONE);
}

int tree_dest_end(struct tree_dest *t, bool stopped, struct failure *f)
{
    tree_dest_discard(t);
    t->request.durable &= !stopped;
    if (t->fatal.err == 0)
        (void)tree_dest_give_names(t);
    if (t->fatal.err == 0 && t->request.durable &&
        tree_dest_flush_end(t, t->flush_each || t->root_fd < 0 ? t->parent_fd : t->root_fd) < 0)
        failure_set(&t->fatal, "flush", errno, FAILURE_NO_OFFSET, NULL);
    check_medium(t);
    *f = t->fatal;
    return -f->err;
}

void tree_dest_close(struct tree_dest *t)
{
    tree_dest_discard(t);
    tree_dest_drop_unnamed(t);
    dir_chain_free(&t->dirs);
    dir_chain_free(&t->source);
    inode_set_free(&t->entered);
    (void)fd_close(&t->root_fd);
    (void)fd_close(&t->parent_fd);
    path_buffer_free(&t->path);
    path_buffer_free(&t->copy_path);
    attrs_free(&t->attrs);
    free(t->packed.bytes);
    block_hashes_free(t->hashes);
    free(t->levels);
    free(t->unnamed);
    free(t->root_name);
    free(t);
}
