/* dest_compare: files that a destination has already, and compares with those of the source, chunk
 * by chunk as these come. One that is equal gets the attributes of the source; another one is
 * wanted. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

/* The rest of the file's records are passed over. */
static void end(struct tree_dest *t)
{
    (void)fd_close(&t->fd);
    t->how = NO_FILE;
    t->request.compared(t->request.arg, t->offer);
}

/* The file is to come. */
static void want(struct tree_dest *t)
{
    t->takes[t->offer / 64] |= UINT64_C(1) << (t->offer % 64);
    t->request.wanted(t->request.arg, t->offer);
}

/* The existing file differs, or cannot be read. */
static void differs(struct tree_dest *t)
{
    if (tree_dest_may_replace_other(t))
        want(t);
    end(t);
}

/* Whether the existing file is another name of one that this run has kept or made, and so has the
 * attributes of another file of the source. */
static bool is_other_name(struct tree_dest *t)
{
    return t->there.st_nlink > 1 && made_look(t->request.made_files, tree_dest_dir_fd(t),
                                              t->file_name, &t->there) != MADE_NOT;
}

/* All of the source's file has been compared. */
static void end_equal(struct tree_dest *t)
{
    if (!tree_dest_keep_written(t))
        return;
    if (!equal_end(&t->equal) || is_other_name(t)) {
        differs(t);
        return;
    }
    tree_dest_count_equal(t);
    end(t);
}

/* Begins with the existing file, if it is to be compared. */
static void begin(struct tree_dest *t, const struct record *r)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int is_there;

    if (!(t->compares[r->offer / 64] >> (r->offer % 64) & 1))
        return;
    (void)snprintf(t->file_name, sizeof(t->file_name), "%s",
                   r->name_len ? record_name(r) : t->root_name);
    t->file_st = r->st;
    t->offer = r->offer;
    is_there = tree_dest_exists(t, t->file_name, &t->there);
    if (is_there <= 0) {
        if (is_there == 0) /* it is gone */
            want(t);
        t->request.compared(t->request.arg, t->offer);
        return;
    }
    t->how = COMPARES;
    tree_dest_take_file_attrs(t, r);
    t->fd = UNINTERRUPTED(openat(tree_dest_dir_fd(t), t->file_name, flags));
    if (t->fd < 0 || UNINTERRUPTED(fstat(t->fd, &t->there)) < 0 || !S_ISREG(t->there.st_mode))
        differs(t);
    t->equal = (struct equal){.fd = t->fd,
                              .size = (uint64_t)t->there.st_size,
                              .goes_on = tree_dest_goes_on,
                              .arg = t};
}

/* Whether the existing file has what the record brings. */
static bool has_part(struct tree_dest *t, const struct record *r)
{
    return r->kind == RECORD_FILE_END ? true
           : r->kind == RECORD_HOLE   ? equal_hole(&t->equal, r->hole)
                                      : equal_bytes(&t->equal, t->data, r->data_len);
}

void tree_dest_apply_compare(struct tree_dest *t, const struct record *r)
{
    bool equal = true;

    atomic_store(&t->request.view->doing, TREE_DEST_COMPARES);
    if (r->kind == RECORD_COMPARE)
        begin(t, r);
    if (t->how == COMPARES)
        equal = has_part(t, r);
    atomic_store(&t->request.view->doing, TREE_DEST_WRITES);
    if (t->how != COMPARES || !tree_dest_keep_written(t))
        return;
    if (!equal)
        differs(t);
    else if (r->kind == RECORD_FILE_END && !r->good) /* the reader has reported that */
        end(t);
    else if (r->kind == RECORD_FILE_END || (r->kind == RECORD_COMPARE && r->whole))
        end_equal(t);
}
