/* known: what the histories of a tree say of its files, as a list. See mhl.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "folder_priv.h"
#include "known_priv.h"
#include "verify/scan.h"

/* A hash of a file; sum.name is malloc'd, and so is sum.hex. */
struct mhl_entry {
    struct sum sum;
    size_t depth; /* bytes of the path of the history's directory */
};

struct reading {
    struct mhl_known *known;
    const struct mhl_extension *e;
    int root;
    const char *where; /* directory of the history that cannot be read; NULL: not of one */
    struct failure *ret;
};

static int no_memory(struct reading *r)
{
    return failure_set(r->ret, "read ASC MHL history", ENOMEM, FAILURE_NO_OFFSET, NULL);
}

/* ---- patterns ---- */

const char *mhl_known_below(const char *dir, const char *path)
{
    size_t len = strlen(dir);

    if (len == 0)
        return path;
    return strncmp(dir, path, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

bool mhl_known_ignores(const struct mhl_known *k, const char *path, bool is_directory)
{
    for (size_t i = 0; i < k->n; i++) {
        const char *rest = mhl_known_below(k->places[i].dir, path);

        if (rest && mhl_ignore_has(&k->places[i].history.ignore, rest, is_directory))
            return true;
    }
    return false;
}

bool mhl_known_leaves_out(const struct mhl_known *k, char *path, bool is_directory)
{
    bool out = false;

    for (char *slash = strchr(path, '/'); slash && !out; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        out = mhl_known_ignores(k, path, true);
        *slash = '/';
    }
    return out || mhl_known_ignores(k, path, is_directory);
}

/* ---- histories ---- */

static int take_history(struct reading *r, int fd, const char *dir)
{
    struct mhl_known *k = r->known;
    struct mhl_place *more = realloc(k->places, (k->n + 1) * sizeof(*more));
    struct mhl_place *p;
    int error;

    if (!more)
        return no_memory(r);
    k->places = more;
    p = &more[k->n];
    *p = (struct mhl_place){.dir = strdup(dir), .history = {.takes_dirs = true}};
    if (!p->dir)
        return no_memory(r);
    k->n++;
    if (mhl_ignore_add_defaults(&p->history.ignore) < 0)
        return no_memory(r);
    error = mhl_folder_read(&p->history, fd, dir, r->e, r->ret);
    if (error < 0)
        r->where = p->dir;
    return error;
}

static int take_directory(struct reading *r, struct scan *scan)
{
    int error;

    if (mhl_known_ignores(r->known, scan->path.bytes, true))
        return 0;
    error = scan_enter(scan);
    if (error < 0) /* who looks at all files meets it again, and names it */
        return 0;
    return mhl_folder_is_in(scan_fd(scan)) ? take_history(r, scan_fd(scan), scan->path.bytes)
                                           : 0;
}

/* The root has a history; finds those below it. */
static int find_histories(struct reading *r)
{
    struct scan scan = {0};
    enum scan_event event;
    int error = scan_begin(&scan, fcntl(r->root, F_DUPFD_CLOEXEC, 0));

    if (error < 0)
        error = failure_set(r->ret, "read directory", -error, FAILURE_NO_OFFSET, NULL);
    while (error == 0 && (event = scan_next(&scan)) != SCAN_END) {
        if (r->e->stopped(r->e->arg))
            error =
                failure_set(r->ret, "read ASC MHL history", ECANCELED, FAILURE_NO_OFFSET, NULL);
        else if (event == SCAN_ENTRY && S_ISDIR(scan.st.st_mode))
            error = take_directory(r, &scan);
    }
    scan_free(&scan);
    return error;
}

/* ---- the list ---- */

/* text: NULL: there is no hash, and algorithm says why. */
static int add_entry(struct mhl_known *k, const char *path, size_t depth, const char *algorithm,
                     const char *text)
{
    struct mhl_entry *e;

    if (k->n_entries == k->room) {
        size_t room = k->room ? 2 * k->room : 64;
        struct mhl_entry *more = realloc(k->entries, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        k->entries = more;
        k->room = room;
    }
    e = &k->entries[k->n_entries++];
    *e = (struct mhl_entry){.sum = {.name = strdup(path), .algorithm = algorithm},
                            .depth = depth};
    if (text) {
        char *hex = strdup(text);

        e->sum.hex = hex;
        for (char *c = hex; c && *c && strcmp(algorithm, "c4") != 0; c++)
            *c = (char)tolower((unsigned char)*c);
    }
    return e->sum.name && (!text || e->sum.hex) ? 0 : -ENOMEM;
}

/* Why a file has no hash. */
static const char *reason(const struct mhl_file *f)
{
    return f->failed ? "its ASC MHL history says that it was not right at any time"
                     : "its ASC MHL history has no hash of a known format for it";
}

/* Adds the hashes of a file, or why it has none. */
static int add_file(struct reading *r, const struct mhl_place *p, const struct mhl_file *f)
{
    struct mhl_known *k = r->known;
    char *path = *p->dir ? path_join(p->dir, f->path) : strdup(f->path);
    int error = path ? 0 : -ENOMEM;
    bool out = !path || mhl_known_leaves_out(k, path, false);

    if (!out && mhl_hashes_set(&f->hashes) == 0)
        error = add_entry(k, path, strlen(p->dir), reason(f), NULL);
    for (unsigned i = 0; i < MHL_FORMATS && error == 0 && !out; i++)
        if (f->hashes.text[i])
            error = add_entry(k, path, strlen(p->dir), mhl_format_names[i], f->hashes.text[i]);
    free(path);
    return error < 0 ? no_memory(r) : 0;
}

static int add_files(struct reading *r, const struct mhl_place *p)
{
    const struct mhl_file *f;
    size_t at = 0;
    int error = 0;

    while (error == 0 && (f = hash_table_next(&p->history.files, &at))) {
        if (*f->path == '/' || path_goes_up(f->path)) {
            r->where = p->dir;
            error = failure_format(r->ret, "read ASC MHL history", EBADMSG,
                                   "%s leads out of the directory", f->path);
        } else if (!f->renamed) {
            error = add_file(r, p, f);
        }
    }
    return error;
}

/* By name; the nearest history first. */
static int compare(const void *a, const void *b)
{
    const struct mhl_entry *x = a, *y = b;
    int order = strcmp(x->sum.name, y->sum.name);

    return order != 0 ? order : (x->depth < y->depth) - (x->depth > y->depth);
}

/* Of a file that several histories have, the nearest one counts. */
static int make_list(struct reading *r)
{
    struct mhl_known *k = r->known;
    const struct mhl_entry *nearest = NULL;

    if (k->n_entries > 1)
        qsort(k->entries, k->n_entries, sizeof(*k->entries), compare);
    k->sums.sums = calloc(k->n_entries + 1, sizeof(*k->sums.sums));
    if (!k->sums.sums)
        return no_memory(r);
    for (size_t i = 0; i < k->n_entries; i++) {
        const struct mhl_entry *e = &k->entries[i];

        if (!nearest || strcmp(nearest->sum.name, e->sum.name) != 0)
            nearest = e;
        if (e->depth == nearest->depth)
            k->sums.sums[k->sums.n++] = e->sum;
    }
    return 0;
}

/* ---- all of it ---- */

static int read_all(struct reading *r)
{
    int error = take_history(r, r->root, "");

    if (error == 0 && (r->known->n == 0 || r->known->places[0].history.n == 0))
        return failure_format(r->ret, NULL, ENOENT, "it has no ASC MHL history");
    if (error == 0)
        error = find_histories(r);
    for (size_t i = 0; i < r->known->n && error == 0; i++) {
        const struct mhl_place *p = &r->known->places[i];

        mhl_folder_find_missing(&p->history, r->root, p->dir, p->dir, r->e);
        error = add_files(r, p);
    }
    return error < 0 ? error : make_list(r);
}

int mhl_known_read(const struct mhl_extension *e, int root_fd, struct mhl_known **ret_known,
                   char **ret_where, struct failure *ret)
{
    struct reading r = {
        .known = calloc(1, sizeof(struct mhl_known)), .e = e, .root = root_fd, .ret = ret};
    int error;

    *ret = (struct failure){.err = 0};
    *ret_where = NULL;
    if (!r.known)
        return no_memory(&r);
    error = read_all(&r);
    if (error == 0) {
        *ret_known = r.known;
        return 0;
    }
    if (r.where && asprintf(ret_where, "%s%s%s", r.where, *r.where ? "/" : "", MHL_FOLDER) < 0)
        *ret_where = NULL;
    mhl_known_free(r.known);
    return error;
}

const struct sums *mhl_known_sums(const struct mhl_known *k)
{
    return &k->sums;
}

void mhl_known_free(struct mhl_known *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->n; i++) {
        free(k->places[i].dir);
        mhl_history_free(&k->places[i].history);
    }
    for (size_t i = 0; i < k->n_entries; i++) {
        free((char *)(uintptr_t)k->entries[i].sum.name);
        free((char *)(uintptr_t)k->entries[i].sum.hex);
    }
    free(k->places);
    free(k->entries);
    free(k->sums.sums);
    free(k);
}
