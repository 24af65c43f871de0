/* handover_priv: a file that goes from the reader to the main thread and back, since only the
 * main thread runs the engines. One file at a time; the reader waits until it has been
 * copied. */
#ifndef UCOPY_TREE_HANDOVER_PRIV_H
#define UCOPY_TREE_HANDOVER_PRIV_H

#include <pthread.h>
#include <stdbool.h>

#include "base/digest_set.h"

struct handover {
    pthread_mutex_t lock;
    pthread_cond_t finished;
    int wake_fd;

    /* Under the lock. */
    bool pending; /* the reader waits; then the next two are valid */
    int fd;
    const char *path;
    bool readable;               /* the answer */
    struct digest_values hashes; /* likewise; of no algorithms: none were made */
};

/* wake_fd: an eventfd(2) that gets a 1 with each file; not owned. */
void handover_init(struct handover *h, int wake_fd);

/* Frees what init() took; nobody may be using *h. */
void handover_destroy(struct handover *h);

/* The reader: hands over a source file, which fd is open on, and waits until it has been
 * copied. Gives fd away; `path` must live until then. *ret_hashes: those of what was copied, if
 * any were made. False: the file could not be read. */
bool handover_copy(struct handover *h, int fd, const char *path,
                   struct digest_values *ret_hashes);

/* The main thread: the file that waits to be copied. False: there is none. *ret_fd is the
 * caller's; *ret_path lives until handover_finish(). */
bool handover_take(struct handover *h, int *ret_fd, const char **ret_path);

/* The main thread: the file that handover_take() returned has been copied, as far as it could
 * be. fd: its descriptor if nobody has used it, or -1. The reader closes it, because a server
 * may not answer a close. readable: the source had no failure. hashes: what handover_copy()
 * returns. */
void handover_finish(struct handover *h, int fd, bool readable,
                     const struct digest_values *hashes);

#endif
