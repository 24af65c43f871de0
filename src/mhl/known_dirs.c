/* known_dirs: compares the directories of a tree with what the last generations say of them. See
 * mhl.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "known_priv.h"

#define ALL ((1u << MHL_FORMATS) - 1)

/* A directory that has been entered. */
struct level {
    struct mhl_directory sums;     /* of the entries so far */
    unsigned unknown;              /* formats whose hashes cannot be made */
    const struct mhl_place *place; /* the nearest history */
    struct mhl_dir *dir;           /* what the history above has of it; NULL: nothing */
    size_t n_below;                /* directories in it that this history has, too */
    bool any;                      /* something is in it */
    char *path;
};

struct mhl_known_dirs {
    const struct mhl_known *known;
    const bool *right;
    const struct mhl_extension *e;
    unsigned formats; /* of all directories */
    bool incomplete;  /* not everything could be read */
    struct level *levels;
    size_t n, room;
};

/* ---- what is known ---- */

static const struct mhl_place *nearest(const struct mhl_known *k, const char *path)
{
    const struct mhl_place *found = &k->places[0];

    for (size_t i = 1; i < k->n; i++) {
        const char *dir = k->places[i].dir;

        if ((strcmp(dir, path) == 0 || mhl_known_below(dir, path)) &&
            strlen(dir) > strlen(found->dir))
            found = &k->places[i];
    }
    return found;
}

/* The directory in the history at `place`; it may be NULL. */
static struct mhl_dir *find(const struct mhl_place *place, const char *path)
{
    const char *below = strcmp(place->dir, path) == 0 ? "" : mhl_known_below(place->dir, path);

    return below ? mhl_history_find_dir(&place->history, below) : NULL;
}

/* The directory above. False without memory. */
static bool find_above(const struct mhl_history *h, const char *path, struct mhl_dir **ret)
{
    const char *slash = strrchr(path, '/');
    char *above = strndup(path, slash ? (size_t)(slash - path) : 0);

    *ret = above ? mhl_history_find_dir(h, above) : NULL;
    free(above);
    return above != NULL;
}

static int count(struct mhl_known_dirs *t, const struct mhl_history *h)
{
    struct mhl_dir *d, *above;
    size_t at = 0;

    while ((d = hash_table_next(&h->dirs, &at))) {
        t->formats |= mhl_hashes_set(&d->sums.content) & mhl_hashes_set(&d->sums.structure);
        if (!*d->path)
            continue;
        if (!find_above(h, d->path, &above))
            return -ENOMEM;
        if (above)
            above->n_below++;
    }
    return 0;
}

/* Files that are not right make the hashes of their directories unknown. */
static int note_files(struct mhl_known_dirs *t)
{
    const struct sums *s = &t->known->sums;

    for (size_t i = 0; i < s->n; i++) {
        const struct mhl_place *place;
        struct mhl_dir *dir;

        if (t->right[i])
            continue;
        place = nearest(t->known, s->sums[i].name);
        if (!find_above(&place->history, mhl_known_below(place->dir, s->sums[i].name), &dir))
            return -ENOMEM;
        if (dir)
            dir->unknown = true;
    }
    return 0;
}

/* ---- the walk ---- */

int mhl_known_dirs_enter(struct mhl_known_dirs *t, const char *path)
{
    struct level *l;

    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 8;
        struct level *more = reallocarray(t->levels, room, sizeof(*more));

        if (!more)
            return -ENOMEM;
        t->levels = more;
        t->room = room;
    }
    l = &t->levels[t->n];
    *l = (struct level){.path = strdup(path), .place = nearest(t->known, path)};
    if (!l->path)
        return -ENOMEM;
    if (t->n > 0) {
        t->levels[t->n - 1].any = true;
        l->dir = find(t->levels[t->n - 1].place, path);
    }
    if (l->dir)
        l->dir->seen = true;
    t->n++;
    return 0;
}

/* The first line about the file. */
static size_t find_lines(const struct sums *s, const char *name)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(s->sums[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int mhl_known_dirs_file(struct mhl_known_dirs *t, const char *path)
{
    struct level *l = &t->levels[t->n - 1];
    const struct sums *s = &t->known->sums;
    const char *slash = strrchr(path, '/');
    struct mhl_hashes hashes = {{NULL}};
    size_t first = find_lines(s, path), i = first;
    unsigned set;

    l->any = true;
    for (; i < s->n && strcmp(s->sums[i].name, path) == 0; i++)
        if (t->right[i])
            hashes.text[mhl_format_find(s->sums[i].algorithm)] =
                (char *)(uintptr_t)s->sums[i].hex;
    if (i == first) /* no history has it, and the hash is without it */
        return 0;
    set = t->formats & mhl_hashes_set(&hashes);
    l->unknown |= t->formats & ~set;
    return mhl_directory_add_file(&l->sums, slash ? slash + 1 : path, &hashes, set);
}

void mhl_known_dirs_unknown(struct mhl_known_dirs *t)
{
    t->levels[t->n - 1].unknown = ALL;
    t->levels[t->n - 1].any = true;
    t->incomplete = true;
}

/* The format of a hash that differs; MHL_FORMATS: there is none. */
static unsigned find_difference(const struct mhl_hashes *a, const struct mhl_hashes *b,
                                unsigned set)
{
    for (unsigned f = 0; f < MHL_FORMATS; f++)
        if (set & 1u << f && a->text[f] && b->text[f] &&
            !digest_text_equal(mhl_algorithm(f), a->text[f], b->text[f]))
            return f;
    return MHL_FORMATS;
}

/* Whether the directory is what a history has of it. */
static bool agrees(const struct mhl_dir *dir, const struct mhl_sums *sums, unsigned set)
{
    return !dir ||
           (find_difference(&dir->sums.content, &sums->content, set) == MHL_FORMATS &&
            find_difference(&dir->sums.structure, &sums->structure, set) == MHL_FORMATS);
}

/* Whether the history above refers to the last generation of this one. */
static bool is_referred_to(const struct mhl_place *above, const struct mhl_place *place)
{
    const struct mhl_history *h = &place->history;
    const char *below = mhl_known_below(above->dir, place->dir);
    bool is = false;

    for (size_t i = 0; i < above->history.n_references && below && h->n > 0 && !is; i++) {
        const char *path = above->history.references[i], *name = strrchr(path, '/');

        is = name && strcmp(name + 1, h->chain[h->n - 1].path) == 0 &&
             mhl_known_below(below, path) != NULL;
    }
    return is;
}

/* The directory becomes an entry of the one above. */
static int add_to_above(struct level *up, const struct level *l, const struct mhl_sums *sums,
                        unsigned set, unsigned formats)
{
    const char *slash = strrchr(l->path, '/');

    up->n_below++;
    up->unknown |= formats & ~set;
    if (l->place != up->place && !is_referred_to(up->place, l->place))
        up->unknown = ALL;
    return mhl_directory_add(&up->sums, slash ? slash + 1 : l->path, sums, set);
}

/* Whether the last generation has the directories that are in this one. */
static bool lists_directories(const struct level *l)
{
    const struct mhl_dir *dir = find(l->place, l->path);

    return dir && (*dir->path || mhl_hashes_set(&dir->sums.structure));
}

int mhl_known_dirs_leave(struct mhl_known_dirs *t)
{
    struct level *l = &t->levels[t->n - 1], *up = t->n > 1 ? l - 1 : NULL;
    bool own = t->n == 1 || l->place != l[-1].place;
    struct mhl_dir *root = own ? find(l->place, l->path) : NULL, *dir = own ? root : l->dir;
    struct mhl_sums sums = {{{NULL}}, {{NULL}}};
    unsigned set;
    int r;

    if (l->place->history.failures || (dir && (dir->unknown || l->n_below < dir->n_below)))
        l->unknown = ALL;
    set = t->formats & ~l->unknown;
    r = mhl_directory_end(&l->sums, set, &sums);
    if (r == 0 && !(agrees(root, &sums, set) && (own || agrees(l->dir, &sums, set)))) {
        t->e->found(t->e->arg, MHL_REARRANGED, l->path);
        set = 0; /* those above differ, too: this is why */
    }
    if (r == 0 && up && l->dir)
        r = add_to_above(up, l, &sums, set, t->formats);
    else if (r == 0 && up && !l->any && lists_directories(up))
        t->e->found(t->e->arg, MHL_UNKNOWN, l->path);
    mhl_sums_free(&sums);
    mhl_directory_free(&l->sums);
    free(l->path);
    t->n--;
    return r;
}

/* ---- all of it ---- */

struct mhl_known_dirs *mhl_known_dirs_new(const struct mhl_known *k, const bool *right,
                                          const struct mhl_extension *e)
{
    struct mhl_known_dirs *t = calloc(1, sizeof(*t));
    int r = 0;

    if (!t)
        return NULL;
    *t = (struct mhl_known_dirs){.known = k, .right = right, .e = e};
    for (size_t i = 0; i < k->n && r == 0; i++)
        r = count(t, &k->places[i].history);
    if (r == 0)
        r = note_files(t);
    if (r == 0)
        r = mhl_known_dirs_enter(t, "");
    if (r == 0)
        return t;
    mhl_known_dirs_free(t);
    return NULL;
}

/* Whether a file of the list is below the directory; its loss says enough. */
static bool has_files(const struct sums *s, const char *path)
{
    char *prefix = path_join(path, "");
    size_t i = prefix ? find_lines(s, prefix) : s->n;
    bool has = i < s->n && strncmp(s->sums[i].name, prefix, strlen(prefix)) == 0;

    free(prefix);
    return has;
}

static void find_missing(const struct mhl_known_dirs *t, const struct mhl_place *p)
{
    const struct mhl_dir *d;
    size_t at = 0;

    while ((d = hash_table_next(&p->history.dirs, &at))) {
        char *path = *p->dir ? path_join(p->dir, d->path) : strdup(d->path);

        if (path && *d->path && !d->seen && !mhl_known_leaves_out(t->known, path, true) &&
            !has_files(&t->known->sums, path))
            t->e->found(t->e->arg, MHL_MISSING, path);
        free(path);
    }
}

void mhl_known_dirs_find_missing(const struct mhl_known_dirs *t)
{
    for (size_t i = 0; i < t->known->n && !t->incomplete; i++)
        find_missing(t, &t->known->places[i]);
}

void mhl_known_dirs_free(struct mhl_known_dirs *t)
{
    if (!t)
        return;
    while (t->n > 0) {
        struct level *l = &t->levels[--t->n];

        mhl_directory_free(&l->sums);
        free(l->path);
    }
    free(t->levels);
    free(t);
}
