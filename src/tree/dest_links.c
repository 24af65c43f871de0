/* dest_links: hard links at a destination. See dest_links_priv.h for the table of where files
 * are, and dest_state_priv.h for its use. */
#include "dest_links_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

struct dest_link {
    struct inode inode; /* in the source */
    mode_t type;        /* likewise the rest of what identifies a file */
    nlink_t nlink;
    off_t size;
    struct timespec mtime, ctime;
    struct made_id id; /* at the destination */
    char path[];       /* behind the label of its tree */
};

int dest_links_made(struct dest_links *l, const struct stat *source, const char *label,
                    const char *path, const struct made_id *id)
{
    size_t label_len = strlen(label), path_size = strlen(path) + 1;
    struct dest_link *e = malloc(sizeof(*e) + label_len + path_size);

    dest_links_forget(l, source);
    if (!e)
        return -ENOMEM;
    *e = (struct dest_link){
        .inode = inode_of(source),
        .type = source->st_mode & S_IFMT,
        .nlink = source->st_nlink,
        .size = source->st_size,
        .mtime = source->st_mtim,
        .ctime = source->st_ctim,
        .id = *id,
    };
    memcpy(e->path, label, label_len);
    memcpy(e->path + label_len, path, path_size);
    if (hash_table_add(&l->table, &inode_kind, e) < 0) {
        free(e);
        return -ENOMEM;
    }
    return 0;
}

void dest_links_forget(struct dest_links *l, const struct stat *source)
{
    const struct inode inode = inode_of(source);

    free(hash_table_remove(&l->table, &inode_kind, &inode));
}

/* Whether what has the inode number of the entry's file is that file. */
static bool is_file(const struct dest_link *e, const struct stat *source)
{
    return e->type == (source->st_mode & S_IFMT) && e->nlink == source->st_nlink &&
           e->size == source->st_size && clock_same(&e->mtime, &source->st_mtim) &&
           clock_same(&e->ctime, &source->st_ctim);
}

const char *dest_links_where(const struct dest_links *l, const struct stat *source,
                             const char *label, struct made_id *ret_id)
{
    const struct inode inode = inode_of(source);
    const struct dest_link *e = hash_table_find(&l->table, &inode_kind, &inode);
    size_t label_len = strlen(label);

    if (!e || !is_file(e, source))
        return NULL;
    *ret_id = e->id;
    if (strncmp(e->path, label, label_len) == 0 && e->path[label_len] == '/')
        return e->path + label_len;
    return e->path;
}

void dest_links_free(struct dest_links *l)
{
    hash_table_free(&l->table);
}

/* ---- what becomes of names ---- */

/* With the first name no older entry of the table can be right: it is of an earlier file with
 * the same inode number, or of a file that the source could not read to its end. A file that
 * was offered began with its offer. */
void tree_dest_begin_name(struct tree_dest *t, const struct record *r)
{
    if (r->kind == RECORD_DATA || r->kind == RECORD_HOLE || r->kind == RECORD_FILE_END)
        return;
    t->nth = r->nth;
    if (r->nth == RECORD_FIRST_NAME && (r->kind == RECORD_OFFER || r->offer == 0))
        dest_links_forget(t->request.links, &r->st);
}

void tree_dest_end_name(struct tree_dest *t, const struct record *r)
{
    if (r->nth == RECORD_LAST_NAME)
        dest_links_forget(t->request.links, &r->st);
}

bool tree_dest_notes_links(const struct tree_dest *t)
{
    return t->nth == RECORD_FIRST_NAME || t->nth == RECORD_FURTHER_NAME;
}

void tree_dest_note_made(struct tree_dest *t, const struct stat *st, const char *path,
                         const struct made_id *id)
{
    if (!tree_dest_notes_links(t) || id->ino == 0 ||
        dest_links_made(t->request.links, st, t->request.label, path + t->root_len, id) == 0)
        return;
    errno = ENOMEM;
    tree_dest_fail_attrs(t, "preserve hard links");
}

void tree_dest_note_kept(struct tree_dest *t, const struct stat *st, const struct stat *there)
{
    const struct made_id id = {.dev = there->st_dev, .ino = there->st_ino};
    struct made_id noted;

    if ((there->st_mode & S_IFMT) == (st->st_mode & S_IFMT) &&
        !dest_links_where(t->request.links, st, t->request.label, &noted))
        tree_dest_note_made(t, st, t->path.bytes, &id);
}

bool tree_dest_has_file(const struct tree_dest *t, const struct record *r)
{
    struct made_id id;

    return record_is_further(r) &&
           dest_links_where(t->request.links, &r->st, t->request.label, &id) != NULL;
}

bool tree_dest_is_link(const struct tree_dest *t, const struct record *r,
                       const struct stat *there)
{
    struct made_id id;

    return record_is_further(r) &&
           dest_links_where(t->request.links, &r->st, t->request.label, &id) &&
           there->st_dev == id.dev && there->st_ino == id.ino;
}

/* ---- links ---- */

/* Opens the directory that holds the last component of a path, which begins at the root, and
 * finds that component. The descriptor is the caller's; or a negative errno. */
static int open_parent_of(struct tree_dest *t, const char *path, const char **ret_last)
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
        next = UNINTERRUPTED(openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        next = next < 0 ? -errno : next;
        /* A directory without a name may get links, while the current one has no name
         * either. */
        if (next == -ENOENT && tree_dest_dir(t)->unnamed)
            next = tree_dest_open_unnamed(t, fd, name);
        (void)fd_close(&fd);
        if (next < 0)
            return next;
        fd = next;
        path = slash;
    }
}

/* Makes `name` in the current directory a hard link to the file *id with the name `from` in the
 * other one. 0 or a negative errno: -ENOENT if that file has not that name. */
static int link_file(struct tree_dest *t, int from_fd, const char *from, const char *name,
                     const struct made_id *id)
{
    struct stat st;

    if (UNINTERRUPTED(fstatat(from_fd, from, &st, AT_SYMLINK_NOFOLLOW)) < 0)
        return -errno;
    if (st.st_dev != id->dev || st.st_ino != id->ino)
        return -ENOENT;
    return UNINTERRUPTED(linkat(from_fd, from, tree_dest_dir_fd(t), name, 0)) < 0 ? -errno : 0;
}

/* The same for the file at the path in the tree. -ENOENT: it is not there, or not yet. */
static int link_found(struct tree_dest *t, const char *path, const char *name,
                      const struct made_id *id)
{
    const char *slash = strrchr(path, '/'), *here = t->path.bytes + t->root_len, *last = path;
    size_t here_len = tree_dest_dir(t)->path_len - t->root_len;
    int fd, r;

    /* The file is in the current directory, which may not have its own name yet. */
    if (slash && (size_t)(slash - path) == here_len && memcmp(path, here, here_len) == 0)
        return link_file(t, tree_dest_dir_fd(t), slash + 1, name, id);
    fd = open_parent_of(t, path, &last);
    if (fd < 0)
        return fd;
    r = link_file(t, fd, last, name, id);
    (void)fd_close(&fd);
    return r;
}

/* The same. A file that is not found may not have its name yet: then names are given first. */
static int link_to(struct tree_dest *t, const char *path, const char *name,
                   const struct made_id *id)
{
    int r = link_found(t, path, name, id);

    if (r != -ENOENT || t->n_unnamed == 0 || !tree_dest_batches(t))
        return r;
    return tree_dest_give_names(t) ? link_found(t, path, name, id) : -ENOENT;
}

int tree_dest_make_link(struct tree_dest *t, const struct record *r, const char *name)
{
    struct made_id id;
    const char *path = dest_links_where(t->request.links, &r->st, t->request.label, &id);

    return path ? link_to(t, path, name, &id) : -ENOENT;
}
