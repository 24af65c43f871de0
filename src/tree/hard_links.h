/* hard_links: files with several names (hard links) that have been met in a tree, and where.
 *
 * The one table that grows with a tree: an entry per file with several names, until all of its
 * names have been met. */
#ifndef UCOPY_TREE_HARD_LINKS_H
#define UCOPY_TREE_HARD_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct hard_link;

/* All zero: empty. */
struct hard_links {
    struct hard_link **slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n;
    struct hard_link *last; /* out of the table, but its path is still in use */
    struct hard_link
        *met; /* what the last call of hard_links_meet() was about, if it is still known ... */
    bool met_first; /* ... and that noted it */
    bool keep;      /* names may be met several times (by symlinks): none is ticked off */
};

/* Looks for the file that st tells of, which has several names. If it has been met before: the
 * path that was given then (it lives until the next call), and one of its names is ticked off.
 * If not it is noted under `path`, and the answer is NULL; so it is without memory, with *ret_r
 * = -ENOMEM (else 0). */
const char *hard_links_meet(struct hard_links *l, const struct stat *st, const char *path,
                            int *ret_r);

/* Whether the file has been met and not all of its names ticked off. */
bool hard_links_has(const struct hard_links *l, const struct stat *st);

/* Forgets the file, whose first name could not be copied: the next name will be the first. */
void hard_links_forget(struct hard_links *l, const struct stat *st);

/* Makes *ret, which is all zero, a copy; without_last: of what there was before
 * hard_links_meet() was called last. 0 or -ENOMEM, and then *ret is all zero. */
int hard_links_copy(const struct hard_links *l, bool without_last, struct hard_links *ret);

void hard_links_free(struct hard_links *l);

#endif
