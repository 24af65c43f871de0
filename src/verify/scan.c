#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupted.h"

#define ENTRIES (32u << 10) /* bytes of directory entries at a time */

struct scan_level {
    struct listing listing;
    size_t next;     /* index of the next name */
    size_t path_len; /* of the directory */
};

/* ---- listings ---- */

static int add_name(struct listing *l, size_t *room, const char *name)
{
    size_t size = strlen(name) + 1;

    if (l->size + size > *room) {
        size_t more = 2 * (*room + size);
        char *text = realloc(l->text, more);

        if (!text)
            return -ENOMEM;
        l->text = text;
        *room = more;
    }
    memcpy(l->text + l->size, name, size);
    l->size += size;
    l->n++;
    return 0;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Makes the sorted array of names. */
static int sort_names(struct listing *l)
{
    char *name = l->text;

    l->names = calloc(l->n + 1, sizeof(*l->names));
    if (!l->names)
        return -ENOMEM;
    for (size_t i = 0; i < l->n; i++) {
        l->names[i] = name;
        name += strlen(name) + 1;
    }
    qsort(l->names, l->n, sizeof(*l->names), compare_strings);
    return 0;
}

static int read_names(int fd, struct listing *l, char *entries)
{
    size_t room = 0;
    ssize_t n;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    while ((n = UNINTERRUPTED(getdents64(fd, entries, ENTRIES))) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *entry = (const void *)(entries + at);

            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (add_name(l, &room, entry->d_name) < 0)
                return -ENOMEM;
        }
    }
    return n < 0 ? -errno : sort_names(l);
}

int listing_read(int fd, struct listing *ret)
{
    struct listing l = {0};
    char *entries = malloc(ENTRIES);
    int r = entries ? read_names(fd, &l, entries) : -ENOMEM;

    free(entries);
    if (r < 0)
        listing_free(&l);
    *ret = l;
    return r;
}

void listing_free(struct listing *l)
{
    free(l->text);
    free(l->names);
    *l = (struct listing){0};
}

/* ---- the scan ---- */

static struct scan_level *top(const struct scan *w)
{
    return &w->levels[w->n - 1];
}

/* Goes into the directory that fd is open on; takes it over. */
static int enter(struct scan *w, int fd)
{
    struct scan_level level = {.path_len = w->path.len};
    struct stat st;
    int r = UNINTERRUPTED(fstat(fd, &st)) < 0 ? -errno : 0;

    if (r == 0 && dir_chain_has(&w->dirs, &st))
        r = -ELOOP;
    if (r == 0)
        r = listing_read(fd, &level.listing);
    if (r == 0 && w->n == w->room) {
        size_t room = w->room ? 2 * w->room : 16;
        struct scan_level *levels = reallocarray(w->levels, room, sizeof(*levels));

        if (levels) {
            w->levels = levels;
            w->room = room;
        } else {
            r = -ENOMEM;
        }
    }
    if (r < 0)
        (void)fd_close(&fd);
    else
        r = dir_chain_enter(&w->dirs, fd, &st);
    if (r < 0) {
        listing_free(&level.listing);
        return r;
    }
    w->levels[w->n++] = level;
    return 0;
}

int scan_begin(struct scan *w, int fd)
{
    int r = path_buffer_put(&w->path, 0, "");

    if (r < 0) {
        (void)fd_close(&fd);
        return r;
    }
    return enter(w, fd);
}

int scan_enter(struct scan *w)
{
    int fd = UNINTERRUPTED(openat(scan_fd(w), w->name,
                                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));

    return fd < 0 ? -errno : enter(w, fd);
}

/* Goes up. If the directory above cannot be opened again, the rest of its entries is left out. */
static enum scan_event leave(struct scan *w)
{
    listing_free(&top(w)->listing);
    w->n--;
    w->error = dir_chain_leave(&w->dirs);
    if (w->n == 0)
        return SCAN_END;
    (void)path_buffer_put(&w->path, top(w)->path_len, ""); /* shrinks: cannot fail */
    if (w->error < 0)
        top(w)->next = top(w)->listing.n;
    return SCAN_LEFT;
}

enum scan_event scan_next(struct scan *w)
{
    struct scan_level *level;

    if (w->n == 0)
        return SCAN_END;
    level = top(w);
    if (level->next == level->listing.n)
        return leave(w);
    w->name = level->listing.names[level->next++];
    w->error = level->path_len > 0 ? path_buffer_enter(&w->path, level->path_len, w->name)
                                   : path_buffer_put(&w->path, 0, w->name);
    if (w->error == 0 &&
        UNINTERRUPTED(fstatat(scan_fd(w), w->name, &w->st, AT_SYMLINK_NOFOLLOW)) < 0)
        w->error = -errno;
    return w->error == 0 ? SCAN_ENTRY : SCAN_ERROR;
}

int scan_fd(const struct scan *w)
{
    return dir_chain_fd(&w->dirs);
}

const struct listing *scan_listing(const struct scan *w)
{
    return &top(w)->listing;
}

void scan_free(struct scan *w)
{
    while (w->n > 0) {
        listing_free(&top(w)->listing);
        w->n--;
    }
    free(w->levels);
    dir_chain_free(&w->dirs);
    path_buffer_free(&w->path);
    *w = (struct scan){0};
}
