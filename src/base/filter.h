/* filter: which entries of a tree are chosen: a list of patterns with the rules of rsync(1).
 *
 * The first pattern that matches an entry decides. An entry that no pattern matches is chosen. An
 * entry below a directory that is left out is never asked for: that is the caller's part.
 *
 * A pattern is compared with the path of an entry below the root, as "a/b/c":
 *
 * - With a slash in front it has to match the whole path. Without, it has to match the end of the
 *   path, as many components as the pattern has; or, with "**", a part that begins behind any slash.
 * - With a slash at its end it matches directories only.
 * - "*" stands for any bytes but slashes, "**" for any bytes, "?" for one byte but a slash, and
 *   "[...]" for one byte of a class. "\" takes the meaning from the next byte. Without any of
 *   these "\" is a byte like others.
 * - "NAME" and three stars behind a slash match the directory NAME, too.
 *
 * Nothing here calls the system. Threads may ask the same filter at the same time. */
#ifndef UCOPY_BASE_FILTER_H
#define UCOPY_BASE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

/* An empty one; NULL without memory. */
struct filter *filter_new(void);

/* Frees it; NULL does nothing. */
void filter_free(struct filter *f);

/* Adds a pattern to the end of the list: include chooses what it matches, else that is left out.
 * As in rsync "+ " or "- " in front of the pattern decides instead, "!" alone empties the list, and
 * "" is nothing. 0; -EINVAL: there is no pattern behind the "+ " or "- "; or -ENOMEM. */
int filter_add(struct filter *f, const char *pattern, bool include);

/* Whether the filter leaves the entry out. path: below the root, without a slash in front. f may be
 * NULL: nothing is left out. */
bool filter_leaves_out(const struct filter *f, const char *path, bool is_directory);

/* Whether it does so whatever the entry is. */
bool filter_leaves_out_any(const struct filter *f, const char *path);

#endif
