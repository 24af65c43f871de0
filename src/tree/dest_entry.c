/* dest_entry: what of a tree is complete as soon as it is there: symlinks, nodes and
 * further names of files. See dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "dest_state_priv.h"

/* Opens the directory that leads to the last component of a path in the tree, from the root on,
 * and finds that component. A descriptor that is the caller's, or a negative errno. */
static int open_way(struct tree_dest *t, const char *path, const char **ret_last)
{
    int fd = fcntl(path[0] == '/' ? t->root_fd : t->parent_fd, F_DUPFD_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    for (;;) {
        const char *slash;
        char name[NAME_MAX + 1];
        int next;

        path += strspn(path, "/");
        slash = strchr(path, '/');
        if (!slash) {
            *ret_last = path;
            return fd;
        }
        if ((size_t)(slash - path) > NAME_MAX) {
            (void)fd_close(&fd);
            return -ENAMETOOLONG;
        }
        memcpy(name, path, (size_t)(slash - path));
        name[slash - path] = '\0';
        next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        next = next < 0 ? -errno : next;
        /* What has no name yet may be given further ones where we are not seen either. */
        if (next == -ENOENT && tree_dest_here(t)->unnamed)
            next = tree_dest_open_unnamed(t, fd, name);
        (void)fd_close(&fd);
        if (next < 0)
            return next;
        fd = next;
        path = slash;
    }
}

/* Makes `name` here another name of the file that stands under the path in the tree, if that
 * can be found. */
static int link_found(struct tree_dest *t, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *way = t->path.bytes + t->root_len, *last = path;
    size_t way_len = tree_dest_here(t)->path_len - t->root_len;
    int fd, r;

    /* A file of this directory, which may not have its own name yet. */
    if (slash && (size_t)(slash - path) == way_len && memcmp(path, way, way_len) == 0)
        return linkat(tree_dest_here_fd(t), slash + 1, tree_dest_here_fd(t), name, 0) < 0
                   ? -errno
                   : 0;
    fd = open_way(t, path, &last);
    if (fd < 0)
        return fd;
    r = linkat(fd, last, tree_dest_here_fd(t), name, 0) < 0 ? -errno : 0;
    (void)fd_close(&fd);
    return r;
}

/* The same. What cannot be found may not have its name yet. */
static int link_to(struct tree_dest *t, const char *path, const char *name)
{
    int r = link_found(t, path, name);

    if (r != -ENOENT || t->n_unnamed == 0 || !tree_dest_batches(t))
        return r;
    return tree_dest_give_names(t) ? link_found(t, path, name) : -ENOENT;
}

/* Makes an entry that is complete as soon as it is there, also in the place of another one:
 * then under a temporary name first. Returns 0 or a negative errno; *ret_op tells of what. */
static int make_entry(struct tree_dest *t, const struct record *r, const char *name)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
        return symlinkat(record_text(r), tree_dest_here_fd(t), name) < 0 ? -errno : 0;
    case RECORD_NODE:
        return mknodat(tree_dest_here_fd(t), name, r->st.st_mode & (S_IFMT | PERMISSION_BITS),
                       r->st.st_rdev) < 0
                   ? -errno
                   : 0;
    case RECORD_SOURCE_LINK:
        return tree_dest_link_source(t, r, name);
    case RECORD_SOURCE_SYMLINK:
        return tree_dest_symlink_source(t, r, name);
    default:
        return link_to(t, dest_links_where(t->request.links, &r->st, t->request.label), name);
    }
}

/* Whether it is another name of a file that came before. */
static bool is_link(const struct record *r)
{
    return r->kind == RECORD_LINK || r->kind == RECORD_FILE || r->kind == RECORD_COPY;
}

/* Whether it is a link to the source instead of a copy. */
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

/* Gives what was taken over last to an entry that cannot be opened: a symlink or a node. */
static void give_entry_attrs(struct tree_dest *t, const char *name, mode_t type)
{
    struct attrs_file file = {.path_only = true, .fresh = true};
    struct stat now;

    if (!attrs_any(&t->request.preserve))
        return;
    file.fd = openat(tree_dest_here_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file.fd < 0 || fstat(file.fd, &now) < 0) {
        tree_dest_fail_attrs(t, "open");
    } else if ((now.st_mode & S_IFMT) == (type & S_IFMT)) {
        file.st = &now;
        tree_dest_give_attrs(t, &file);
    }
    (void)fd_close(&file.fd);
}

/* The rename, and what is to be kept under another name before. */
static int put_in_place(struct tree_dest *t, const struct record *r, const char *temp,
                        const char *name)
{
    int dir_fd = tree_dest_here_fd(t), error = 0;
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

/* In the place of something else: under a temporary name, and then by a rename. */
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
    /* It is still there if both are names of one file already. */
    if (error < 0 || is_link(r) || r->kind == RECORD_SOURCE_LINK)
        (void)unlinkat(tree_dest_here_fd(t), temp, 0);
    return error;
}

void tree_dest_place_entry(struct tree_dest *t, const struct record *r, const char *name,
                           bool is_there)
{
    int error;

    if (is_link(r) && !dest_links_where(t->request.links, &r->st, t->request.label)) {
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
    tree_dest_tell_made(t);
    tree_dest_note_made(t, &r->st, t->path.bytes);
    atomic_fetch_add(&t->request.view->files, 1);
    tree_dest_note_put(t, 0);
}

/* Whether what stands there makes way for a link to the source: as with cp not always. */
static bool makes_way(const struct tree_dest *t, const struct record *r,
                      const struct stat *there)
{
    const struct tree_dest_request *q = &t->request;

    return q->force || q->anew || q->standing->ask || (q->keep_links && there->st_nlink > 1) ||
           (!q->follow && !q->follow_source && !S_ISREG(r->st.st_mode));
}

/* Whether the entry, be it a symlink or a node, and what stands there are one already; a link
 * has nothing to do where what it is to lead to stands. */
static bool is_there_already(struct tree_dest *t, const struct record *r,
                             const struct stat *there)
{
    if (existing_keeps_all(t->request.standing))
        return false;
    if (r->kind == RECORD_SOURCE_LINK)
        return tree_dest_leads_to(t, r, there);
    return has_attrs(r) && fd_same_file(there, &r->st) && t->request.backup.kind == BACKUP_NONE;
}

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
    /* A name of a file that is as new as its others becomes one of it whatever it was, as with
     * cp; and so does one of a file that is there already. */
    if (is_there && !(is_link(r) && links_anyway(t->request.standing)) &&
        !tree_dest_may_replace(t, &r->st, name, &there))
        return;
    if (is_there && S_ISDIR(there.st_mode)) {
        tree_dest_fail(t, op_of(r), EISDIR, "a directory stands there");
        return;
    }
    if (is_there && S_ISREG(there.st_mode) && t->request.attributes_only && !t->request.anew) {
        tree_dest_fail(t, op_of(r), EEXIST, "a file stands there");
        return;
    }
    if (is_there && is_to_source(r) && !makes_way(t, r, &there)) {
        tree_dest_fail(t, op_of(r), EEXIST, NULL);
        return;
    }
    tree_dest_place_entry(t, r, name, is_there);
}

/* ---- files with several names ---- */

/* An entry of the table that is there already is of an earlier file with the same inode number, or
 * of a file that could not be read to its end. A file that was offered began with its offer. */
void tree_dest_begin_name(struct tree_dest *t, const struct record *r)
{
    if (r->kind == RECORD_DATA || r->kind == RECORD_HOLE || r->kind == RECORD_FILE_END)
        return;
    t->nth = r->nth;
    if (r->nth == RECORD_FIRST_NAME && (r->kind == RECORD_OFFER || r->offer == 0))
        dest_links_forget(t->request.links, &r->st);
}

/* A file that is wanted here is still to come with that name. */
void tree_dest_end_name(struct tree_dest *t, const struct record *r)
{
    bool comes = r->kind == RECORD_OFFER && (t->takes[r->offer / 64] >> (r->offer % 64) & 1);

    if (r->nth == RECORD_LAST_NAME && !comes)
        dest_links_forget(t->request.links, &r->st);
}

void tree_dest_note_made(struct tree_dest *t, const struct stat *st, const char *path)
{
    if (t->nth == RECORD_FIRST_NAME || t->nth == RECORD_FURTHER_NAME)
        dest_links_made(t->request.links, st, t->request.label, path + t->root_len);
}

void tree_dest_note_not_made(struct tree_dest *t, const struct stat *st)
{
    dest_links_forget(t->request.links, st);
}
