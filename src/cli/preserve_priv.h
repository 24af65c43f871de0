/* preserve_priv: the attributes that the options ask for. */
#ifndef UCOPY_CLI_PRESERVE_PRIV_H
#define UCOPY_CLI_PRESERVE_PRIV_H

#include "options.h"

/* The words of --preserve and --no-preserve. */
enum preserve_word {
    PRESERVE_MODE,
    PRESERVE_OWNERSHIP,
    PRESERVE_TIMESTAMPS,
    PRESERVE_LINKS,
    PRESERVE_CONTEXT,
    PRESERVE_XATTR,
    PRESERVE_ALL,
};

/* Switches on everything that --preserve=all names. The effort is for contexts and extended
 * attributes, which not every file system has. */
void options_preserve_all(struct options *o, enum attrs_effort effort);

/* Switches on, or off, what a word names. */
void options_preserve(struct options *o, enum preserve_word word, bool on);

#endif
