/* questions_priv: questions that the writers ask the user, one at a time. A writer waits for
 * its answer; the main thread, which alone speaks with the user, does not wait here. */
#ifndef UCOPY_TREE_QUESTIONS_PRIV_H
#define UCOPY_TREE_QUESTIONS_PRIV_H

#include <pthread.h>
#include <stdbool.h>

#include "plan/existing.h"

struct questions {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int wake_fd;

    /* Under the lock. */
    const char *path;           /* the asking writer's; NULL: no question is open */
    struct existing_case about; /* what exists at the path */
    bool is_answered, yes;
    bool closed; /* no question is answered any more */
};

/* wake_fd: an eventfd(2) that gets a 1 with each question; not owned. */
void questions_init(struct questions *q, int wake_fd);

/* Frees what init() took; nobody may be using *q. */
void questions_destroy(struct questions *q);

/* A writer: asks whether the existing entry is to be replaced, and waits for the answer. `path`
 * must live until then. False also after questions_close(). */
bool questions_ask(struct questions *q, const char *path, const struct existing_case *about);

/* The main thread: the question that waits for an answer. False: there is none. *ret_path lives
 * until questions_answer() or questions_close(). */
bool questions_next(struct questions *q, const char **ret_path,
                    struct existing_case *ret_about);

/* The main thread: answers the question that questions_next() returned. */
void questions_answer(struct questions *q, bool yes);

/* Ends all waiting, now and later: the answer is no. Any thread may call it. */
void questions_close(struct questions *q);

#endif
