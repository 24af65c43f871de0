/* turns: the engines of one copy write to a file one after the other, each in its own thread.
 *
 * A file system lets only one thread write to a file at a time: it holds the lock of the inode. A
 * thread that waits for that lock inside write(2) keeps its CPU busy for as long as the other one
 * runs (rwsem_optimistic_spin(), kernel/locking/rwsem.c, 6.18). A thread that waits for its turn
 * sleeps, or writes to another file meanwhile. */
#ifndef UCOPY_ENGINE_TURNS_H
#define UCOPY_ENGINE_TURNS_H

#include <stdbool.h>

struct turns;

/* For n files, numbered from 0. NULL without memory. */
struct turns *turns_new(unsigned n);

/* Nobody has a turn or waits for one. NULL is fine. */
void turns_free(struct turns *t);

/* Takes the turn at file i if nobody has it. Returns whether it did. */
bool turns_try(struct turns *t, unsigned i);

/* Waits for the turn at file i, and takes it. */
void turns_take(struct turns *t, unsigned i);

/* Gives the turn at file i back, in the thread that has it. */
void turns_end(struct turns *t, unsigned i);

#endif
