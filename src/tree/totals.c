#include "totals_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir_chain.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "base/path_buffer.h"
#include "source_links_priv.h"

#define LISTING    (32u << 10) /* bytes of directory entries at a time */
#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)

struct totals_walk {
    struct totals *c;
    struct dir_chain dirs;
    /* A stack: names of directories that are still to come, each with its NUL, the next one
     * last, and those of one directory in the order of its listing, from the last one on. "" below the
     * names of a directory: then that directory is left. */
    struct path_buffer names;
    size_t names_len;
    struct path_buffer
        below;        /* for c->found and c->choice: of the current directory or entry */
    size_t below_len; /* of the current directory */
    struct source_links links; /* met so far */
    dev_t dev;                 /* of the root */
    char *listing;
    int error;
};

static void push(struct totals_walk *w, const char *name)
{
    if (path_buffer_put(&w->names, w->names_len, name) < 0)
        w->error = -ENOMEM;
    else
        w->names_len += strlen(name) + 1;
}

/* The name lives until the next push(). */
static const char *pop(struct totals_walk *w)
{
    size_t start = w->names_len - 1;

    while (start > 0 && w->names.bytes[start - 1] != '\0')
        start--;
    w->names_len = start;
    return w->names.bytes + start;
}

static void reverse(char *from, char *end)
{
    while (from < end) {
        char c = *from;

        *from++ = *--end;
        *end = c;
    }
}

/* Reverses the order of the names from there on. */
static void reverse_names(const struct totals_walk *w, size_t start)
{
    char *at = w->names.bytes + start, *end = w->names.bytes + w->names_len;

    if (at == end)
        return;
    reverse(at, end - 1); /* each name is reversed, too */
    while (at < end) {
        char *name_end = at + strlen(at);

        reverse(at, name_end);
        at = name_end + 1;
    }
}

/* Appends the name to the path of the current directory. */
static void enter_name(struct totals_walk *w, const char *name)
{
    if ((w->c->found || w->c->inventory || choice_is_given(&w->c->choice)) &&
        (path_buffer_put(&w->below, w->below_len, "/") < 0 ||
         path_buffer_put(&w->below, w->below_len + 1, name) < 0))
        w->error = -ENOMEM;
}

/* Takes the last name off the path of the current directory. */
static void leave_name(struct totals_walk *w)
{
    while (w->below_len > 0 && w->below.bytes[--w->below_len] != '/')
        ;
}

static void tell(const struct totals_walk *w, const struct stat *st)
{
    if (w->c->found && w->error == 0)
        w->c->found(w->c->arg, w->below.bytes ? w->below.bytes : "", st);
}

static void count_file(struct totals_walk *w, const struct stat *st)
{
    uint64_t size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
    int error = 0;

    if (w->c->keep_links && st->st_nlink > 1 &&
        source_links_meet(&w->links, st, &error) != RECORD_FIRST_NAME)
        size = 0;
    if (error < 0)
        w->error = error;
    tell(w, st);
    atomic_fetch_add_explicit(&w->c->files, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->c->bytes, size, memory_order_relaxed);
}

/* Whether the entry whose path has been entered is not chosen, as far as its type tells. */
static bool is_left_out(const struct totals_walk *w, unsigned char type)
{
    const struct choice *c = &w->c->choice;

    return choice_is_given(c) && w->error == 0 &&
           choice_leaves_out(c, w->below.bytes + 1, type);
}

/* The entry whose path has been entered cannot be read, or is gone. */
static void count_unread(const struct totals_walk *w, const char *op, int err)
{
    if (err == ENOENT)
        return;
    atomic_fetch_add_explicit(&w->c->unread, 1, memory_order_relaxed);
    if (w->c->failed && w->error == 0)
        w->c->failed(w->c->arg, w->below.bytes ? w->below.bytes : "", op, err);
}

static void look(struct totals_walk *w, const struct dirent64 *entry)
{
    bool is_directory = entry->d_type == DT_DIR;
    struct stat st;

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return;
    enter_name(w, entry->d_name);
    if (is_left_out(w, entry->d_type))
        return;
    if (!is_directory && UNINTERRUPTED(fstatat(dir_chain_fd(&w->dirs), entry->d_name, &st,
                                               AT_SYMLINK_NOFOLLOW)) < 0) {
        count_unread(w, "stat", errno);
        return;
    }
    is_directory = is_directory || S_ISDIR(st.st_mode);
    if (is_left_out(w, is_directory ? DT_DIR : DT_REG))
        return;
    if (w->c->inventory && w->error == 0)
        inventory_add(w->c->inventory, w->below.bytes + 1);
    if (is_directory) {
        push(w, entry->d_name);
        return;
    }
    if (w->c->file)
        w->c->file(w->c->arg, dir_chain_fd(&w->dirs), entry->d_name, &st);
    count_file(w, &st);
}

static bool is_stopped(const struct totals_walk *w)
{
    return w->error < 0 || atomic_load_explicit(&w->c->stop, memory_order_relaxed);
}

/* The path becomes that of the current directory. */
static void enter_current(struct totals_walk *w)
{
    if (path_buffer_put(&w->below, w->below_len, "") < 0)
        w->error = -ENOMEM;
}

/* The current directory has been listed to its end. */
static void note_listed(struct totals_walk *w)
{
    if (w->c->inventory && !is_stopped(w))
        inventory_note_listed(w->c->inventory, w->below.bytes + (w->below_len > 0));
}

static void list(struct totals_walk *w)
{
    size_t names_at = w->names_len;
    ssize_t n;
    int err = 0;

    while ((n = UNINTERRUPTED(getdents64(dir_chain_fd(&w->dirs), w->listing, LISTING))) > 0) {
        for (ssize_t at = 0; at < n && !is_stopped(w);) {
            const struct dirent64 *entry = (const void *)(w->listing + at);

            look(w, entry);
            at += entry->d_reclen;
        }
    }
    if (n < 0)
        err = errno;
    if (w->error == 0)
        reverse_names(w, names_at);
    enter_current(w);
    if (n < 0)
        count_unread(w, "read directory", err);
    else
        note_listed(w);
}

/* Takes the descriptor over. */
static void enter(struct totals_walk *w, int fd)
{
    struct stat st;

    if (UNINTERRUPTED(fstat(fd, &st)) < 0 || dir_chain_has(&w->dirs, &st) ||
        (w->c->leave_out && w->c->leave_out(w->c->arg, &st)) ||
        (w->c->one_file_system && w->dirs.n > 0 && st.st_dev != w->dev)) {
        (void)fd_close(&fd);
        return;
    }
    if (w->dirs.n == 0)
        w->dev = st.st_dev;
    if (w->dirs.n == 0 && w->c->inventory)
        inventory_add(w->c->inventory, "");
    if (w->c->inventory)
        inventory_note_used(w->c->inventory, &st);
    tell(w, &st);
    w->below_len = w->below.len;
    push(w, "");
    if (dir_chain_enter(&w->dirs, fd, &st) < 0)
        w->error = -ENOMEM;
    if (w->error == 0)
        list(w);
}

static void walk(struct totals_walk *w)
{
    while (w->names_len > 0 && !is_stopped(w)) {
        const char *name = pop(w);
        int fd;

        if (*name == '\0') {
            (void)dir_chain_leave(&w->dirs); /* if that fails, the rest cannot be counted */
            leave_name(w);
            continue;
        }
        enter_name(w, name);
        fd = UNINTERRUPTED(openat(dir_chain_fd(&w->dirs), name, OPEN_FLAGS | O_NOFOLLOW));
        if (fd >= 0)
            enter(w, fd);
        else
            count_unread(w, "open", errno);
    }
}

static int open_root(struct totals_walk *w)
{
    int flags = w->c->follow ? 0 : AT_SYMLINK_NOFOLLOW;
    int fd = UNINTERRUPTED(open(w->c->path, OPEN_FLAGS | (flags ? O_NOFOLLOW : 0)));
    struct stat st;

    if (fd >= 0 && w->c->inventory)
        inventory_note_way(w->c->inventory, AT_FDCWD, w->c->path);
    if (fd >= 0)
        enter(w, fd);
    else if (errno != ENOTDIR || UNINTERRUPTED(fstatat(AT_FDCWD, w->c->path, &st, flags)) < 0)
        return -errno;
    else
        count_file(w, &st);
    return 0;
}

int totals_count(struct totals *c)
{
    struct totals_walk w = {.c = c, .listing = malloc(LISTING)};
    int r = w.listing ? open_root(&w) : -ENOMEM;

    if (r == 0)
        walk(&w);
    dir_chain_free(&w.dirs);
    path_buffer_free(&w.names);
    path_buffer_free(&w.below);
    source_links_free(&w.links);
    free(w.listing);
    if (r == 0 && w.error == 0 && atomic_load(&c->stop))
        return -ECANCELED;
    return r < 0 ? r : w.error;
}
