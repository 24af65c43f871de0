/* choice: which entries of a tree are chosen: those of a list of names, if there is one, that no
 * filter leaves out. Directories above listed names are chosen whatever the filter says. */
#ifndef UCOPY_BASE_CHOICE_H
#define UCOPY_BASE_CHOICE_H

#include "filter.h"
#include "name_list.h"

struct choice {
    const struct filter *filter; /* not owned; NULL: it leaves nothing out */
    struct name_list *names;     /* likewise; NULL: all names */
    bool meets;                  /* names that are found are noted in the list */
};

/* Whether there is anything to choose. */
static inline bool choice_is_given(const struct choice *c)
{
    return c->filter || c->names;
}

/* Whether the entry is left out. path: below the root, without a slash in front. type: of
 * dirent(3); with DT_UNKNOWN the entry is left out if it would be as any type. */
bool choice_leaves_out(const struct choice *c, const char *path, unsigned char type);

/* Whether a directory that is chosen comes without what is in it. */
bool choice_is_empty(const struct choice *c, const char *path);

/* The directory cannot be read: nobody will know of what is listed below it. */
void choice_cannot_enter(const struct choice *c, const char *path);

#endif
