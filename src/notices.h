/* notices: what threads have to say, for the main thread, which alone may speak. */
#ifndef UCOPY_NOTICES_H
#define UCOPY_NOTICES_H

#include "failure.h"

struct notice {
    struct notice *next;
    unsigned who;
    struct failure failure;
    char path[];
};

struct notices;

/* news_fd: an eventfd(2) that gets a 1 with each notice; not owned. 0 or -ENOMEM. */
int notices_create(int news_fd, struct notices **ret_notices);

/* Says that something failed at the path; both are copied. Waits while very many are not taken.
 * Without memory the path is not said. Any thread may call it. */
void notices_put(struct notices *n, unsigned who, const char *path, const struct failure *f);

/* Takes the oldest; the caller frees it. NULL: there is none. */
struct notice *notices_take(struct notices *n);

/* Makes nobody wait any more: who would, is not heard. */
void notices_close(struct notices *n);

/* Frees all; nobody may be using it. */
void notices_free(struct notices *n);

#endif
