#include "hard_links.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct hard_link {
    struct hard_link *next; /* in the same slot */
    dev_t dev;
    ino_t ino;
    nlink_t left; /* names that have not been met */
    char path[];
};

static size_t slot_of(size_t n_slots, dev_t dev, ino_t ino)
{
    uint64_t x = ((uint64_t)dev << 32 ^ (uint64_t)ino) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(x >> 32) & (n_slots - 1);
}

static int grow(struct hard_links *l)
{
    size_t n_slots = l->n_slots ? 2 * l->n_slots : 256;
    struct hard_link **slots = calloc(n_slots, sizeof(struct hard_link *));

    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < l->n_slots; i++) {
        for (struct hard_link *e = l->slots[i], *next; e; e = next) {
            struct hard_link **slot = &slots[slot_of(n_slots, e->dev, e->ino)];

            next = e->next;
            e->next = *slot;
            *slot = e;
        }
    }
    free(l->slots);
    l->slots = slots;
    l->n_slots = n_slots;
    return 0;
}

/* What points at the file's entry, or at the end of its slot. The table is not empty. */
static struct hard_link **find(const struct hard_links *l, const struct stat *st)
{
    struct hard_link **at = &l->slots[slot_of(l->n_slots, st->st_dev, st->st_ino)];

    while (*at && ((*at)->dev != st->st_dev || (*at)->ino != st->st_ino))
        at = &(*at)->next;
    return at;
}

static int add(struct hard_links *l, const struct stat *st, const char *path)
{
    size_t size = strlen(path) + 1;
    struct hard_link *e, **at;

    if (l->n >= l->n_slots && grow(l) < 0)
        return -ENOMEM;
    e = malloc(sizeof(*e) + size);
    if (!e)
        return -ENOMEM;
    assert(st->st_nlink > 1);
    at = find(l, st);
    *e = (struct hard_link){.dev = st->st_dev, .ino = st->st_ino, .left = st->st_nlink - 1};
    memcpy(e->path, path, size);
    *at = l->met = e;
    l->met_first = true;
    l->n++;
    return 0;
}

const char *hard_links_meet(struct hard_links *l, const struct stat *st, const char *path,
                            int *ret_r)
{
    struct hard_link **at = l->n_slots ? find(l, st) : NULL;
    struct hard_link *e = at ? *at : NULL;

    free(l->last);
    l->last = l->met = NULL;
    l->met_first = false;
    *ret_r = 0;
    if (!e) {
        *ret_r = add(l, st, path);
        return NULL;
    }
    l->met = e;
    if (!l->keep && --e->left == 0) {
        *at = e->next;
        l->n--;
        l->last = e;
    }
    return e->path;
}

bool hard_links_has(const struct hard_links *l, const struct stat *st)
{
    return l->n_slots > 0 && *find(l, st) != NULL;
}

void hard_links_forget(struct hard_links *l, const struct stat *st)
{
    struct hard_link **at = l->n_slots ? find(l, st) : NULL;
    struct hard_link *e = at ? *at : NULL;

    if (!e)
        return;
    *at = e->next;
    if (l->met == e)
        l->met = NULL;
    free(e);
    l->n--;
}

/* Adds what is in the other table, with `more` names that have not been met. */
static int add_copy(struct hard_links *l, const struct hard_link *e, unsigned more)
{
    struct stat st = {.st_dev = e->dev, .st_ino = e->ino, .st_nlink = e->left + more + 1};

    return add(l, &st, e->path);
}

int hard_links_copy(const struct hard_links *l, bool without_last, struct hard_links *ret)
{
    bool again = without_last && l->met && !l->met_first && !l->keep;
    int r = 0;

    ret->keep = l->keep;
    for (size_t i = 0; i < l->n_slots && r == 0; i++)
        for (const struct hard_link *e = l->slots[i]; e && r == 0; e = e->next)
            if (!(without_last && e == l->met && l->met_first))
                r = add_copy(ret, e, again && e == l->met ? 1 : 0);
    if (r == 0 && again && l->met == l->last) /* with it all names had been met */
        r = add_copy(ret, l->last, 1);
    if (r < 0)
        hard_links_free(ret);
    return r;
}

void hard_links_free(struct hard_links *l)
{
    for (size_t i = 0; i < l->n_slots; i++) {
        for (struct hard_link *e = l->slots[i], *next; e; e = next) {
            next = e->next;
            free(e);
        }
    }
    free(l->slots);
    free(l->last);
    *l = (struct hard_links){0};
}
