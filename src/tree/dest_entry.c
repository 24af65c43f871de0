/* dest_entry: the entries of a destination that are complete as soon as they exist: symlinks,
 * nodes and hard links. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

#define OP_LINK "make hard link"

/* The mode of a new node before the umask. */
static mode_t node_mode(const struct tree_dest *t, const struct record *r)
{
    return t->request.plain_mode ? (r->st.st_mode & ~(mode_t)PERMISSION_BITS) | DEFFILEMODE
                                 : r->st.st_mode;
}

/* Makes the entry under a name that is free. 0 or a negative errno. */
static int make_entry(struct tree_dest *t, const struct record *r, const char *name)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
        return UNINTERRUPTED(symlinkat(record_text(r), tree_dest_dir_fd(t), name)) < 0 ? -errno
                                                                                       : 0;
    case RECORD_NODE:
        return UNINTERRUPTED(
                   mknodat(tree_dest_dir_fd(t), name, node_mode(t, r), r->st.st_rdev)) < 0
                   ? -errno
                   : 0;
    case RECORD_SOURCE_LINK:
        return tree_dest_link_source(t, r, name);
    default:
        return tree_dest_symlink_source(t, r, name);
    }
}

/* Whether the record is a link to the source instead of a copy. */
static bool is_to_source(const struct record *r)
{
    return r->kind == RECORD_SOURCE_LINK || r->kind == RECORD_SOURCE_SYMLINK;
}

static bool has_attrs(const struct record *r)
{
    return !is_to_source(r);
}

static const char *op_of(const struct record *r)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
    case RECORD_SOURCE_SYMLINK:
        return "make symbolic link";
    case RECORD_NODE:
        return "make node";
    default: /* RECORD_SOURCE_LINK */
        return OP_LINK;
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
    file.fd = UNINTERRUPTED(openat(tree_dest_dir_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
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
    if (UNINTERRUPTED(renameat(dir_fd, temp, dir_fd, name)) == 0)
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
    if (error < 0 || r->kind == RECORD_SOURCE_LINK)
        (void)UNINTERRUPTED(unlinkat(tree_dest_dir_fd(t), temp, 0));
    return error;
}

/* Notes what has just been made under the name, if anybody will ask for it. */
static void note_entry(struct tree_dest *t, const struct record *r, const char *name)
{
    struct made_id id;
    struct stat st;

    if (r->kind == RECORD_SOURCE_LINK ||
        !(tree_dest_notes_made(t) || tree_dest_notes_links(t)) ||
        UNINTERRUPTED(fstatat(tree_dest_dir_fd(t), name, &st, AT_SYMLINK_NOFOLLOW)) < 0)
        return;
    id = (struct made_id){.dev = st.st_dev, .ino = st.st_ino};
    made_add(t->request.made_files, id.dev, id.ino);
    tree_dest_note_made(t, &r->st, t->path.bytes, &id);
}

/* Counts the name as complete. */
static void count(struct tree_dest *t, const struct record *r)
{
    struct tree_dest_view *v = t->request.view;

    atomic_fetch_add(&v->files, 1);
    if (r->kind == RECORD_SYMLINK || r->kind == RECORD_SOURCE_SYMLINK)
        atomic_fetch_add(&v->symlinks, 1);
    if (r->kind == RECORD_SOURCE_LINK)
        atomic_fetch_add(&v->links, 1);
}

/* Makes the entry of the record; is_there: in the place of an existing one. */
static void place_entry(struct tree_dest *t, const struct record *r, const char *name,
                        bool is_there)
{
    int error;

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
    note_entry(t, r, name);
    count(t, r);
    tree_dest_note_put(t, 0);
}

/* ---- further names ---- */

void tree_dest_count_link(struct tree_dest *t, const struct record *r)
{
    struct made_id id;

    if (t->request.complete && S_ISREG(r->st.st_mode) &&
        dest_links_where(t->request.links, &r->st, t->request.label, &id))
        t->request.linked(t->request.arg, t->path.bytes, &id, &r->st);
    atomic_fetch_add(&t->request.view->files, 1);
    atomic_fetch_add(&t->request.view->links, 1);
}

/* Makes a hard link, over: in the place of an existing entry. 0 or a negative errno. */
static int make_link(struct tree_dest *t, const struct record *r, const char *name, bool over)
{
    char temp[TEMP_NAME_SIZE];
    int error = over ? temp_name(temp) : 0;

    if (error == 0)
        error = tree_dest_make_link(t, r, over ? temp : name);
    if (error < 0 || !over)
        return error;
    error = put_in_place(t, r, temp, name);
    (void)UNINTERRUPTED(unlinkat(tree_dest_dir_fd(t), temp, 0)); /* as in replace_entry() */
    return error;
}

/* Whether the file cannot have this name, for that reason: it has too many, the file system has
 * no hard links, or they are not possible across some border inside it. */
static bool is_no_link(int error)
{
    return error == -EMLINK || error == -EPERM || error == -EXDEV || error == -EOPNOTSUPP ||
           error == -ENOSYS;
}

/* The same, or the file is not where it was made. */
static bool needs_own(int error)
{
    return is_no_link(error) || error == -ENOENT || error == -ENOTDIR || error == -ESTALE;
}

bool tree_dest_place_link(struct tree_dest *t, const struct record *r, const char *name,
                          const struct stat *there)
{
    struct failure f;
    int error;

    if (!tree_dest_has_file(t, r) || (there && S_ISDIR(there->st_mode)))
        return false;
    error = make_link(t, r, name, there);
    if (is_no_link(error)) {
        failure_set(&f, OP_LINK, -error, FAILURE_NO_OFFSET,
                    "the name has got a file of its own");
        t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
    }
    if (needs_own(error) && !tree_dest_dir(t)->unusable)
        return false;
    if (error < 0) {
        tree_dest_fail(t, OP_LINK, -error, NULL);
        return true;
    }
    tree_dest_report_made(t);
    tree_dest_count_link(t, r);
    tree_dest_note_put(t, 0);
    return true;
}

/* ---- what exists already ---- */

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

/* Whether the record is of the root, and a slash behind its path says that it is a directory. */
static bool needs_directory(const struct tree_dest *t, const struct record *r)
{
    size_t len = strlen(t->request.path);

    return !r->name_len && len > 0 && t->request.path[len - 1] == '/';
}

void tree_dest_apply_entry(struct tree_dest *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat there;
    int is_there;

    if (needs_directory(t, r)) {
        fail(t, r, -ENOTDIR);
        return;
    }
    is_there = tree_dest_exists(t, name, &there);
    if (is_there < 0)
        return;
    if (is_there && is_there_already(t, r, &there)) {
        tree_dest_note_kept(t, &r->st, &there);
        count(t, r);
        return;
    }
    if (is_there && tree_dest_is_link(t, r, &there)) {
        tree_dest_count_link(t, r);
        return;
    }
    if (is_there && !tree_dest_may_replace(t, r, name, &there, NULL))
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
    if (!tree_dest_place_link(t, r, name, is_there ? &there : NULL))
        place_entry(t, r, name, is_there);
}
