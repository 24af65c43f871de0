/* ignore: patterns of names that a history leaves out. They are gitignore's: a slash that is not
 * at the end anchors a pattern at the directory of the history, a slash at the end means
 * directories only, "**" stands for any number of components, and "!" takes names in again. The
 * last pattern that matches decides. Pure functions. */
#ifndef UCOPY_MHL_IGNORE_PRIV_H
#define UCOPY_MHL_IGNORE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: empty. */
struct mhl_ignore {
    char **patterns;
    size_t n;
};

/* Adds a copy of the pattern unless it is there. 0 or -ENOMEM. */
int mhl_ignore_add(struct mhl_ignore *i, const char *pattern);

/* Adds what every history leaves out. 0 or -ENOMEM. */
int mhl_ignore_add_defaults(struct mhl_ignore *i);

/* Whether the patterns leave out the path, which is relative to the directory of the history.
 * The directories above it are not looked at. */
bool mhl_ignore_has(const struct mhl_ignore *i, const char *path, bool is_directory);

/* Frees the patterns. */
void mhl_ignore_free(struct mhl_ignore *i);

#endif
