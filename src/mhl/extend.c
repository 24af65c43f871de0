/* extend: the walk through a tree. Files get their hashes and verdicts, directories their hashes,
 * and every history its next generation. See mhl.h. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "base/dir_chain.h"
#include "base/fd.h"
#include "base/path_buffer.h"
#include "generation_priv.h"

#define READ_SIZE (1u << 20)

/* A directory that has been entered. */
struct level {
    char **names; /* sorted */
    size_t n, next;
    size_t path_len;            /* bytes of its path */
    size_t name_at;             /* where its name begins in the path */
    struct stat st;             /* at first */
    struct mhl_directory sums;  /* of the entries so far */
    struct mhl_generation *gen; /* of its files */
    bool own;                   /* the history is in this directory */
};

struct walk {
    const struct mhl_extension *e;
    const char *root_name;
    struct dir_chain chain;
    struct level *levels;
    size_t n_levels, room;
    struct path_buffer path; /* of the current entry, from the root */
    char *bytes;             /* READ_SIZE */
    struct failure *ret;
};

static int fail(struct walk *w, const char *op, int r)
{
    const char *path = w->path.bytes;

    return failure_set(w->ret, op, -r, FAILURE_NO_OFFSET, path && *path ? path : NULL);
}

/* ---- files ---- */

/* Reads the open file into the digests. */
static int digest_file(struct walk *w, int fd, struct digest_set *digests)
{
    for (;;) {
        ssize_t n = UNINTERRUPTED(read(fd, w->bytes, READ_SIZE));

        if (n <= 0)
            return n < 0 ? -errno : 0;
        digest_set_update(digests, w->bytes, (size_t)n);
        if (w->e->stopped(w->e->arg))
            return -ECANCELED;
    }
}

/* Computes the hashes of a set from the file in the tree. *st becomes the file that was read. */
static int read_hashes(struct walk *w, const char *name, unsigned set, struct mhl_hashes *ret,
                       struct stat *st)
{
    struct digest_set digests;
    struct digest_values values;
    int r,
        fd = UNINTERRUPTED(openat(dir_chain_fd(&w->chain), name,
                                  O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));

    if (fd < 0)
        return fail(w, "open", -errno);
    r = digest_set_start(&digests, mhl_algorithms(set));
    if (r == 0) {
        r = digest_file(w, fd, &digests);
        if (r == 0)
            r = digest_set_final(&digests, &values);
        if (r == 0)
            r = mhl_hashes_put_all(ret, &values);
        digest_set_free(&digests);
    }
    if (r == 0 && fstat(fd, st) < 0)
        r = -errno;
    if (r == 0 && (uint64_t)st->st_size != digests.bytes)
        r = -ESTALE;
    (void)close(fd);
    return r < 0 ? fail(w, "read", r) : 0;
}

/* One of the formats, so that the file can be compared with its history. */
static unsigned one_of(unsigned set)
{
    return set & ~(set - 1);
}

/* Puts those of the texts in place that belong to the set. */
static int take_given(struct mhl_hashes *h, const struct mhl_hashes *given, unsigned set)
{
    int r = 0;

    for (unsigned f = 0; f < MHL_FORMATS && r == 0; f++)
        if (set & 1u << f && given->text[f])
            r = mhl_hashes_put(h, f, given->text[f]);
    return r;
}

/* Whether all formats that both have are the same. */
static bool agree(const struct mhl_hashes *a, const struct mhl_hashes *b)
{
    for (unsigned f = 0; f < MHL_FORMATS; f++)
        if (a->text[f] && b->text[f] &&
            !digest_text_equal(mhl_algorithm(f), a->text[f], b->text[f]))
            return false;
    return true;
}

/* Finds the hashes that the generation needs of a file: those that the copy has given, the others
 * from the file. Then a hash that was given is computed, too, and shows whether both are of the
 * same bytes: *changed. */
static int find_missing_hashes(struct walk *w, const char *name, const struct mhl_file *known,
                               const struct mhl_hashes *given, struct mhl_hashes *ret,
                               struct stat *st, bool *changed)
{
    unsigned have = given && !*changed ? mhl_hashes_set(given) : 0, set = w->e->formats;
    unsigned comparable = known ? mhl_hashes_set(&known->hashes) : 0;
    int r;

    if (comparable && !(comparable & set))
        set |= one_of(comparable & have ? comparable & have : comparable);
    if (set & ~have) {
        r = read_hashes(w, name, (set & ~have) | one_of(have), ret, st);
        if (r < 0)
            return r;
        *changed |= given && !agree(ret, given);
    }
    r = given && !*changed ? take_given(ret, given, set) : 0;
    for (unsigned f = 0; f < MHL_FORMATS && *changed && !r; f++)
        if (set & have & 1u << f && !ret->text[f]) /* all of them from the file */
            r = read_hashes(w, name, 1u << f, ret, st);
    for (unsigned f = 0; f < MHL_FORMATS; f++)
        if (!(set & 1u << f)) {
            free(ret->text[f]);
            ret->text[f] = NULL;
        }
    return r == -ENOMEM ? fail(w, "hash", r) : r;
}

static int find_hashes(struct walk *w, const char *name, const struct mhl_file *known,
                       struct mhl_hashes *ret, struct stat *st, bool *changed)
{
    struct mhl_hashes given = {{NULL}};
    bool any =
        mhl_given_find(w->e->given, w->path.bytes, (uint64_t)st->st_size, &given, changed);
    int r = find_missing_hashes(w, name, known, any ? &given : NULL, ret, st, changed);

    mhl_hashes_free(&given);
    return r;
}

static int take_file(struct walk *w, struct level *l, const char *name, struct stat *st)
{
    const struct mhl_file *known = mhl_generation_see(l->gen, w->path.bytes);
    struct mhl_hashes hashes = {{NULL}};
    const char *action = "original";
    bool changed, failed;
    int r = find_hashes(w, name, known, &hashes, st, &changed);

    if (r == 0) {
        failed = changed || (known && !agree(&hashes, &known->hashes));
        if (failed)
            action = "failed";
        else if (known && mhl_hashes_set(&known->hashes))
            action = "verified";
        if (failed)
            w->e->found(w->e->arg, changed ? MHL_CHANGED : MHL_FAILED, w->path.bytes);
        r = mhl_directory_add_file(&l->sums, name, &hashes, w->e->formats);
        if (r < 0)
            (void)fail(w, "hash", r);
        mhl_writer_file(l->gen->writer, w->path.bytes + l->gen->path_len, (uint64_t)st->st_size,
                        st->st_mtime, &hashes, action);
    }
    mhl_hashes_free(&hashes);
    return r;
}

/* ---- directories ---- */

static int compare(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static int add_name(struct level *l, size_t *room, const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (l->n == *room) {
        size_t more = *room ? 2 * *room : 16;
        char **names = realloc(l->names, more * sizeof(*names));

        if (!names)
            return -ENOMEM;
        l->names = names;
        *room = more;
    }
    l->names[l->n] = strdup(name);
    if (!l->names[l->n])
        return -ENOMEM;
    l->n++;
    return 0;
}

static int list(struct level *l, int fd)
{
    int copy = UNINTERRUPTED(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;
    size_t room = 0;
    int r = dir ? 0 : -errno;

    if (!dir) {
        (void)fd_close(&copy);
        return r;
    }
    while (r == 0 && (errno = 0, entry = readdir(dir)))
        r = add_name(l, &room, entry->d_name);
    if (r == 0 && errno)
        r = -errno;
    (void)closedir(dir);
    if (l->n > 1)
        qsort(l->names, l->n, sizeof(*l->names), compare);
    return r;
}

static void level_free(struct level *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->names[i]);
    free(l->names);
    mhl_directory_free(&l->sums);
    if (l->own)
        mhl_generation_free(l->gen);
}

static struct level *push(struct walk *w)
{
    if (w->n_levels == w->room) {
        size_t room = w->room ? 2 * w->room : 8;
        struct level *more = realloc(w->levels, room * sizeof(*more));

        if (!more)
            return NULL;
        w->levels = more;
        w->room = room;
    }
    w->levels[w->n_levels] = (struct level){.names = NULL};
    return &w->levels[w->n_levels++];
}

/* Takes over fd, also on failure. The path is that of the directory; name_at: see struct level. */
static int enter(struct walk *w, int fd, size_t name_at)
{
    struct level *l = push(w);
    struct mhl_generation *above;
    int r = l ? 0 : -ENOMEM;

    if (!l) {
        (void)close(fd);
        return fail(w, "open", r);
    }
    above = w->n_levels > 1 ? w->levels[w->n_levels - 2].gen : NULL;
    l->path_len = w->path.len;
    l->name_at = name_at;
    l->gen = above;
    if (fstat(fd, &l->st) < 0)
        r = -errno;
    if (r == 0 && dir_chain_has(&w->chain, &l->st))
        r = -ELOOP;
    if (r < 0) {
        (void)close(fd);
        return fail(w, "open", r);
    }
    r = dir_chain_enter(&w->chain, fd, &l->st);
    if (r == 0)
        r = list(l, dir_chain_fd(&w->chain));
    if (r < 0)
        return fail(w, "read directory", r);
    if (above && !mhl_folder_is_in(dir_chain_fd(&w->chain)))
        return 0;
    l->gen = mhl_generation_new(above, dir_chain_fd(&w->chain), w->path.bytes, w->e, w->ret);
    l->own = l->gen != NULL;
    return l->gen ? 0 : -w->ret->err;
}

static int enter_name(struct walk *w, const char *name, size_t name_at)
{
    int fd = UNINTERRUPTED(
        openat(dir_chain_fd(&w->chain), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

    return fd < 0 ? fail(w, "open", -errno) : enter(w, fd, name_at);
}

/* The generation of the directory's own history. Making it gives the directory new times. */
static int store(struct walk *w, struct level *l, const struct mhl_sums *sums)
{
    const char *name = w->n_levels > 1 ? w->path.bytes + l->name_at : w->root_name;
    struct timespec times[2] = {l->st.st_atim, l->st.st_mtim};
    int fd = dir_chain_fd(&w->chain);
    int r = mhl_generation_store(l->gen, fd, w->path.bytes, name, sums, w->e, w->ret);

    (void)futimens(fd, times);
    if (r == 0)
        mhl_generation_find_missing(l->gen, fd, w->path.bytes, w->e);
    return r;
}

/* Goes up: the directory is an entry of the one above. */
static int leave(struct walk *w)
{
    struct level *l = &w->levels[w->n_levels - 1];
    struct level *up = w->n_levels > 1 ? l - 1 : NULL;
    struct mhl_sums sums = {{{NULL}}, {{NULL}}};
    int r = path_buffer_put(&w->path, l->path_len, "");

    if (r == 0)
        r = mhl_directory_end(&l->sums, w->e->formats, &sums);
    if (r < 0)
        (void)fail(w, "hash", r);
    if (r == 0 && l->own)
        r = store(w, l, &sums);
    if (r == 0 && up) {
        r = mhl_directory_add(&up->sums, w->path.bytes + l->name_at, &sums, w->e->formats);
        mhl_writer_directory(up->gen->writer, w->path.bytes + up->gen->path_len, l->st.st_mtime,
                             &sums);
        if (r == 0)
            r = dir_chain_leave(&w->chain);
        if (r < 0)
            (void)fail(w, "open", r);
    }
    mhl_sums_free(&sums);
    level_free(l);
    w->n_levels--;
    return r;
}

/* ---- the walk ---- */

static int take_entry(struct walk *w, struct level *l, const char *name)
{
    size_t name_at = l->path_len + (l->path_len > 0);
    struct stat st;
    int r = path_buffer_put(&w->path, l->path_len, l->path_len > 0 ? "/" : "");

    if (r == 0)
        r = path_buffer_put(&w->path, name_at, name);
    if (r < 0)
        return fail(w, "read directory", r);
    if (UNINTERRUPTED(fstatat(dir_chain_fd(&w->chain), name, &st, AT_SYMLINK_NOFOLLOW)) < 0)
        return fail(w, "stat", -errno);
    if ((!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) ||
        mhl_generation_ignores(l->gen, w->path.bytes, S_ISDIR(st.st_mode)))
        return 0;
    if (!mhl_name_fits(name))
        return failure_format(w->ret, "write ASC MHL history", EILSEQ,
                              "XML cannot hold the name of %s", w->path.bytes);
    return S_ISDIR(st.st_mode) ? enter_name(w, name, name_at) : take_file(w, l, name, &st);
}

static int walk(struct walk *w)
{
    int r = 0;

    while (r == 0 && w->n_levels > 0) {
        struct level *l = &w->levels[w->n_levels - 1];

        if (w->e->stopped(w->e->arg))
            r = fail(w, "write ASC MHL history", -ECANCELED);
        else if (l->next == l->n)
            r = leave(w);
        else
            r = take_entry(w, l, l->names[l->next++]);
    }
    return r;
}

int mhl_extend(const struct mhl_extension *e, int root_fd, const char *name,
               struct failure *ret)
{
    struct walk w = {.e = e, .root_name = name, .ret = ret, .bytes = malloc(READ_SIZE)};
    int fd = UNINTERRUPTED(openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), r;

    *ret = (struct failure){.err = 0};
    xmlInitParser();
    r = fd < 0 ? -errno : path_buffer_put(&w.path, 0, "");
    if (r == 0 && !w.bytes)
        r = -ENOMEM;
    if (r < 0) {
        (void)fail(&w, "open", r);
        (void)fd_close(&fd);
    } else {
        r = enter(&w, fd, 0);
        if (r == 0)
            r = walk(&w);
    }
    while (w.n_levels > 0)
        level_free(&w.levels[--w.n_levels]);
    dir_chain_free(&w.chain);
    path_buffer_free(&w.path);
    free(w.levels);
    free(w.bytes);
    return r;
}
