/* writers: which files the engines of one copy write to at the moment, each in its own thread.
 *
 * A file system lets only one thread write to a file at a time: it holds the lock of the inode. A
 * thread that waits for that lock inside write(2) keeps its CPU busy for as long as the other one
 * runs (rwsem_optimistic_spin(), kernel/locking/rwsem.c, 6.18). So it writes to another file first,
 * if it can. It does not sleep instead: to wake up takes a virtual machine up to 100 us, as long as
 * the write. */
#ifndef UCOPY_ENGINE_WRITERS_H
#define UCOPY_ENGINE_WRITERS_H

#include <stdbool.h>

struct writers;

/* For n files, 1 at least, numbered from 0. NULL without memory. */
struct writers *writers_new(unsigned n);

/* Nobody writes any more. NULL is fine. */
void writers_free(struct writers *w);

/* Whether a thread writes to file i. */
bool writers_any(const struct writers *w, unsigned i);

/* The calling thread begins a write to file i. Others may be writing to it. */
void writers_begin(struct writers *w, unsigned i);

/* It ends that write. */
void writers_end(struct writers *w, unsigned i);

#endif
