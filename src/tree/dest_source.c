/* dest_source: links to the source itself instead of copies. For hard links the destination's
 * thread walks through the directories of the source, too, with descriptors of its own. See
 * dest_state_priv.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"
#include "dest_state_priv.h"

/* Whether the next entry of the source may be a symlink, and is followed. */
static bool follows(const struct tree_dest *t)
{
    return tree_follows_at(&t->request.follow, t->source.n);
}

/* The directory that names of the source are looked up in. */
static int source_fd(const struct tree_dest *t)
{
    return t->source.n > 0 ? dir_chain_fd(&t->source) : AT_FDCWD;
}

static const char *source_name(const struct tree_dest *t, const struct record *r)
{
    return t->source.n > 0 ? record_name(r) : t->request.source;
}

int tree_dest_enter_source(struct tree_dest *t, const struct record *r)
{
    struct stat st;
    int fd;

    if (!t->request.source)
        return 0;
    fd =
        UNINTERRUPTED(openat(source_fd(t), source_name(t, r),
                             O_PATH | O_DIRECTORY | O_CLOEXEC | (follows(t) ? 0 : O_NOFOLLOW)));
    if (fd < 0 || fstat(fd, &st) < 0 || !fd_same_file(&st, &r->st)) {
        int error = fd < 0 ? -errno : -ESTALE;

        (void)fd_close(&fd);
        /* No name will be looked up in it. */
        return dir_chain_enter(&t->source, -1, &r->st) < 0 ? -ENOMEM : error;
    }
    return dir_chain_enter(&t->source, fd, &st);
}

int tree_dest_leave_source(struct tree_dest *t)
{
    return t->source.n > 0 ? dir_chain_leave(&t->source) : 0;
}

int tree_dest_link_source(struct tree_dest *t, const struct record *r, const char *name)
{
    struct stat st;

    if (UNINTERRUPTED(linkat(source_fd(t), source_name(t, r), tree_dest_dir_fd(t), name,
                             follows(t) ? AT_SYMLINK_FOLLOW : 0)) < 0)
        return -errno;
    if (UNINTERRUPTED(fstatat(tree_dest_dir_fd(t), name, &st, AT_SYMLINK_NOFOLLOW)) == 0 &&
        fd_same_file(&st, &r->st))
        return 0;
    (void)UNINTERRUPTED(unlinkat(tree_dest_dir_fd(t), name, 0));
    return -ESTALE;
}

bool tree_dest_leads_to(struct tree_dest *t, const struct record *r, const struct stat *there)
{
    struct stat st;

    if (fd_same_file(there, &r->st))
        return true;
    return S_ISLNK(r->st.st_mode) &&
           UNINTERRUPTED(fstatat(source_fd(t), source_name(t, r), &st, 0)) == 0 &&
           fd_same_file(there, &st);
}

int tree_dest_symlink_source(struct tree_dest *t, const struct record *r, const char *name)
{
    struct stat here, cwd;

    if (record_text(r)[0] != '/' && fstat(tree_dest_dir_fd(t), &here) == 0 &&
        stat(".", &cwd) == 0 && !fd_same_file(&here, &cwd))
        return -EXDEV;
    return UNINTERRUPTED(symlinkat(record_text(r), tree_dest_dir_fd(t), name)) < 0 ? -errno : 0;
}
