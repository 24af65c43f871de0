/* dest_entry: the entries of a destination that are complete as soon as they exist: symlinks,
 * nodes and hard links. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "dest_state_priv.h"

/* Makes the entry under a name that is free. 0 or a negative errno. */
static int make_entry(struct tree_dest *t, const struct record *r, const char *name)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
        return symlinkat(record_text(r), tree_dest_dir_fd(t), name) < 0 ? -errno : 0;
    case RECORD_NODE:
        return mknodat(tree_dest_dir_fd(t), name, r->st.st_mode & (S_IFMT | PERMISSION_BITS),
                       r->st.st_rdev) < 0
                   ? -errno
                   : 0;
    case RECORD_SOURCE_LINK:
        return tree_dest_link_source(t, r, name);
    case RECORD_SOURCE_SYMLINK:
        return tree_dest_symlink_source(t, r, name);
    default:
        return tree_dest_make_link(t, r, name);
    }
}

/* Whether the record is a hard link to a file that came before. */
static bool is_link(const struct record *r)
{
    return r->kind == RECORD_LINK || r->kind == RECORD_FILE || r->kind == RECORD_COPY;
}

/* Whether the record is a link to the source instead of a copy. */
static bool is_to_source(const struct record *r)
{
    return r->kind == RECORD_SOURCE_LINK || r->kind == RECORD_SOURCE_SYMLINK;
}

static bool has_attrs(const struct record *r)
{
    return !is_link(r) && !is_to_source(r);
}

static const char *op_of(const struct record *r)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
    case RECORD_SOURCE_SYMLINK:
        return "make symbolic link";
    case RECORD_NODE:
        return "make node";
    default:
        return "make hard link";
    }
}

static void fail(struct tree_dest *t, const struct record *r, int error)
{
    if (r->kind == RECORD_SOURCE_SYMLINK && error == -EXDEV)
        tree_dest_fail(t, NULL, EXDEV,
                       "a relative symbolic link to the source is possible in the current "
                       "directory only");
    else
        tree_dest_fail(t, op_of(r), -error,
                       r->kind == RECORD_SOURCE_LINK && error == -ESTALE
                           ? "it was changed while it was linked"
                           : NULL);
}

/* Gives the attributes of the record to an entry that cannot be opened: a symlink or a node. */
static void give_entry_attrs(struct tree_dest *t, const char *name, mode_t type)
{
    struct attrs_file file = {.path_only = true, .fresh = true};
    struct stat now;

    if (!attrs_any(&t->request.preserve))
        return;
    file.fd = openat(tree_dest_dir_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file.fd < 0 || fstat(file.fd, &now) < 0) {
        tree_dest_fail_attrs(t, "open");
    } else if ((now.st_mode & S_IFMT) == (type & S_IFMT)) {
        file.st = &now;
        (void)tree_dest_give_attrs(t, &file, false);
    }
    (void)fd_close(&file.fd);
}

/* Renames the entry to its final name. What has that name may get a backup name before. 0 or a
 * negative errno. */
static int put_in_place(struct tree_dest *t, const struct record *r, const char *temp,
                        const char *name)
{
    int dir_fd = tree_dest_dir_fd(t), error = 0;
    char backup[NAME_MAX + 1] = "";

    if (t->request.backup.kind != BACKUP_NONE)
        error = backup_make(&t->request.backup, dir_fd, name, &r->st, false, backup);
    if (error < 0 && error != -ENOENT)
        return error;
    if (renameat(dir_fd, temp, dir_fd, name) == 0)
        return 0;
    error = -errno;
    if (backup[0] != '\0')
        backup_undo(dir_fd, name, backup);
    return error;
}

/* Makes the entry in the place of an existing one: under a temporary name, and then by a
 * rename. 0 or a negative errno. */
static int replace_entry(struct tree_dest *t, const struct record *r, const char *name)
{
    char temp[TEMP_NAME_SIZE];
    int error = temp_name(temp);

    if (error == 0)
        error = make_entry(t, r, temp);
    if (error < 0)
        return error;
    if (has_attrs(r))
        give_entry_attrs(t, temp, r->st.st_mode);
    error = put_in_place(t, r, temp, name);
    /* A rename does nothing if both are names of one file. Then the temporary name remains. */
    if (error < 0 || is_link(r) || r->kind == RECORD_SOURCE_LINK)
        (void)unlinkat(tree_dest_dir_fd(t), temp, 0);
    return error;
}

void tree_dest_place_entry(struct tree_dest *t, const struct record *r, const char *name,
                           bool is_there)
{
    int error;

    if (is_link(r) && !tree_dest_has_file(t, r)) {
        tree_dest_fail(t, op_of(r), ENOENT, "its first name could not be made");
        return;
    }
    if (has_attrs(r))
        tree_dest_take_attrs(t, r);
    error = is_there ? replace_entry(t, r, name) : make_entry(t, r, name);
    if (error < 0) {
        fail(t, r, error);
        return;
    }
    if (!is_there && has_attrs(r))
        give_entry_attrs(t, name, r->st.st_mode);
    tree_dest_report_made(t);
    tree_dest_note_made(t, &r->st, t->path.bytes);
    atomic_fetch_add(&t->request.view->files, 1);
    tree_dest_note_put(t, 0);
}

/* Whether a link to the source replaces the existing entry. As with cp it not always does. */
static bool gives_place(const struct tree_dest *t, const struct record *r,
                        const struct stat *there)
{
    const struct tree_dest_request *q = &t->request;

    return q->force || q->remove_existing || q->existing->ask ||
           (q->keep_links && there->st_nlink > 1) ||
           (!q->follow.all && !q->follow.part && !S_ISREG(r->st.st_mode));
}

/* Whether nothing is to be done: the symlink or node that exists is the source itself, or the
 * link to the source leads to what exists. */
static bool is_there_already(struct tree_dest *t, const struct record *r,
                             const struct stat *there)
{
    if (existing_keeps_all(t->request.existing))
        return false;
    if (r->kind == RECORD_SOURCE_LINK)
        return tree_dest_leads_to(t, r, there);
    return has_attrs(r) && fd_same_file(there, &r->st) && t->request.backup.kind == BACKUP_NONE;
}

/* Whether a hard link replaces an existing entry whatever that is. */
static bool links_anyway(const struct existing_policy *p)
{
    return p->update == UPDATE_OLDER || (p->resume && !existing_keeps_all(p));
}

void tree_dest_apply_entry(struct tree_dest *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat there;
    int is_there = tree_dest_exists(t, name, &there);

    if (is_there < 0)
        return;
    if (is_there && is_there_already(t, r, &there)) {
        tree_dest_note_made(t, &r->st, t->path.bytes);
        atomic_fetch_add(&t->request.view->files, 1);
        return;
    }
    /* As with cp, a further name becomes a hard link whatever it was before: with --update,
     * where all names of a file are equally old, and with --resume, where the file may be
     * complete already. */
    if (is_there && !(is_link(r) && links_anyway(t->request.existing)) &&
        !tree_dest_may_replace(t, r, name, &there))
        return;
    if (is_there && S_ISDIR(there.st_mode)) {
        tree_dest_fail(t, op_of(r), EISDIR, "a directory stands there");
        return;
    }
    if (is_there && S_ISREG(there.st_mode) && t->request.attributes_only &&
        !t->request.remove_existing) {
        tree_dest_fail(t, op_of(r), EEXIST, "a file stands there");
        return;
    }
    if (is_there && is_to_source(r) && !gives_place(t, r, &there)) {
        tree_dest_fail(t, op_of(r), EEXIST, NULL);
        return;
    }
    tree_dest_place_entry(t, r, name, is_there);
}
