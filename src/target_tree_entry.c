/* target_tree_entry: what of a tree is complete as soon as it is there: symlinks, nodes and
 * further names of files. See target_tree_state.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "target_tree_state.h"

/* Opens the directory that leads to the last component of a path in the tree, from the root on,
 * and finds that component. A descriptor that is the caller's, or a negative errno. */
static int open_way(struct target_tree *t, const char *path, const char **ret_last)
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
        if (next == -ENOENT && target_tree_here(t)->unnamed)
            next = target_tree_open_unnamed(t, fd, name);
        (void)fd_close(&fd);
        if (next < 0)
            return next;
        fd = next;
        path = slash;
    }
}

/* Makes `name` here another name of the file that stands under the path in the tree, if that
 * can be found. */
static int link_found(struct target_tree *t, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *way = t->path.bytes + t->root_len, *last = path;
    size_t way_len = target_tree_here(t)->path_len - t->root_len;
    int fd, r;

    /* A file of this directory, which may not have its own name yet. */
    if (slash && (size_t)(slash - path) == way_len && memcmp(path, way, way_len) == 0)
        return linkat(target_tree_here_fd(t), slash + 1, target_tree_here_fd(t), name, 0) < 0
                   ? -errno
                   : 0;
    fd = open_way(t, path, &last);
    if (fd < 0)
        return fd;
    r = linkat(fd, last, target_tree_here_fd(t), name, 0) < 0 ? -errno : 0;
    (void)fd_close(&fd);
    return r;
}

/* The same. What cannot be found may not have its name yet. */
static int link_to(struct target_tree *t, const char *path, const char *name)
{
    int r = link_found(t, path, name);

    if (r != -ENOENT || t->n_unnamed == 0 || !target_tree_batches(t))
        return r;
    return target_tree_give_names(t) ? link_found(t, path, name) : -ENOENT;
}

/* Makes an entry that is complete as soon as it is there, also in the place of another one:
 * then under a temporary name first. Returns 0 or a negative errno; *ret_op tells of what. */
static int make_entry(struct target_tree *t, const struct record *r, const char *name)
{
    switch (r->kind) {
    case RECORD_SYMLINK:
        return symlinkat(record_text(r), target_tree_here_fd(t), name) < 0 ? -errno : 0;
    case RECORD_NODE:
        return mknodat(target_tree_here_fd(t), name, r->st.st_mode & (S_IFMT | PERMISSION_BITS),
                       r->st.st_rdev) < 0
                   ? -errno
                   : 0;
    default:
        return link_to(t, record_text(r), name);
    }
}

/* Whether it is another name of a file. */
static bool is_link(const struct record *r)
{
    return r->kind != RECORD_SYMLINK && r->kind != RECORD_NODE;
}

static const char *op_of(const struct record *r)
{
    return r->kind == RECORD_SYMLINK ? "make symbolic link"
           : r->kind == RECORD_NODE  ? "make node"
                                     : "make hard link";
}

/* Gives what was taken over last to an entry that cannot be opened: a symlink or a node. */
static void give_entry_attrs(struct target_tree *t, const char *name, mode_t type)
{
    struct attrs_file file = {.path_only = true, .fresh = true};
    struct stat now;

    if (!attrs_any(&t->request.preserve))
        return;
    file.fd = openat(target_tree_here_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file.fd < 0 || fstat(file.fd, &now) < 0) {
        target_tree_fail_attrs(t, "open");
    } else if ((now.st_mode & S_IFMT) == (type & S_IFMT)) {
        file.st = &now;
        target_tree_give_attrs(t, &file);
    }
    (void)fd_close(&file.fd);
}

/* In the place of something else: under a temporary name, and then by a rename. */
static int replace_entry(struct target_tree *t, const struct record *r, const char *name)
{
    char temp[TEMP_NAME_SIZE];
    int error = temp_name(temp);

    if (error == 0)
        error = make_entry(t, r, temp);
    if (error < 0)
        return error;
    if (!is_link(r))
        give_entry_attrs(t, temp, r->st.st_mode);
    error =
        renameat(target_tree_here_fd(t), temp, target_tree_here_fd(t), name) < 0 ? -errno : 0;
    /* It is still there if both are names of one file already. */
    if (error < 0 || is_link(r))
        (void)unlinkat(target_tree_here_fd(t), temp, 0);
    return error;
}

void target_tree_place_entry(struct target_tree *t, const struct record *r, const char *name,
                             bool is_there)
{
    int error;

    if (is_link(r) && links_has(&t->unmade, &r->st)) {
        target_tree_fail(t, op_of(r), ENOENT, "its first name could not be made");
        return;
    }
    if (!is_link(r))
        target_tree_take_attrs(t, r);
    error = is_there ? replace_entry(t, r, name) : make_entry(t, r, name);
    if (error < 0) {
        target_tree_fail(t, op_of(r), -error, NULL);
        return;
    }
    if (!is_there && !is_link(r))
        give_entry_attrs(t, name, r->st.st_mode);
    atomic_fetch_add(&t->request.view->files, 1);
    target_tree_note_put(t, 0);
}

static bool links_anyway(const struct standing_policy *p)
{
    return p->update == UPDATE_OLDER || (p->resume && !standing_keeps_all(p));
}

void target_tree_apply_entry(struct target_tree *t, const struct record *r)
{
    const char *name = r->name_len ? record_name(r) : t->root_name;
    struct stat there;
    int is_there = target_tree_exists(t, name, &there);

    if (is_there < 0)
        return;
    /* A name of a file that is as new as its others becomes one of it whatever it was, as with
     * cp; and so does one of a file that is there already. */
    if (is_there && !(is_link(r) && links_anyway(t->request.standing)) &&
        !target_tree_may_replace(t, &r->st, name, &there))
        return;
    if (is_there && S_ISDIR(there.st_mode)) {
        target_tree_fail(t, op_of(r), EISDIR, "a directory stands there");
        return;
    }
    target_tree_place_entry(t, r, name, is_there);
}

void target_tree_note_unmade(struct target_tree *t, const struct stat *st)
{
    int ignored; /* without memory they are looked for under that name */

    if (st->st_nlink > 1)
        (void)links_meet(&t->unmade, st, "", &ignored);
}

void target_tree_note_made(struct target_tree *t, const struct stat *st)
{
    if (st->st_nlink > 1)
        links_forget(&t->unmade, st);
}
