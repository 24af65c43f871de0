/* name_list: names of entries of a tree, as a user lists them, and which entries of the tree that
 * makes. Names are paths below the root.
 *
 * Nothing here calls the system. When the list is complete, threads may ask it at the same time. */
#ifndef UCOPY_BASE_NAME_LIST_H
#define UCOPY_BASE_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct name_list;

/* What an entry is to a list. */
enum name_relation {
    NAME_NOT,    /* nothing */
    NAME_ABOVE,  /* a directory that a listed entry is below, if it is one */
    NAME_LISTED, /* it is in the list */
    NAME_BELOW,  /* it comes with a listed directory */
};

/* An empty list. all_below: what is below a listed directory comes with it; else only what is in it,
 * if a slash is at the end of its name. NULL without memory. */
struct name_list *name_list_new(bool all_below);

/* Frees it; NULL does nothing. */
void name_list_free(struct name_list *l);

/* Adds a name; slashes in front do not count. "." is the root, and what is in it. 0; -EINVAL: a
 * component is ".."; or -ENOMEM. */
int name_list_add(struct name_list *l, const char *name);

/* The list is complete. */
void name_list_end(struct name_list *l);

/* What the entry is. path: without "." and superfluous slashes. */
enum name_relation name_list_find(const struct name_list *l, const char *path);

/* Whether any entry comes with the directory, or is listed below it. */
bool name_list_has_below(const struct name_list *l, const char *path);

/* Notes that there is such an entry, if it is listed. below: nobody will know of what is listed
 * below it. */
void name_list_meet(struct name_list *l, const char *path, bool below);

/* The first listed name from number *at on that nobody has met; moves *at behind it. NULL: none. */
const char *name_list_unmet(const struct name_list *l, size_t *at);

#endif
