/* failure: what went wrong, where, in a form that can be carried upwards and printed once.
 *
 * Lower layers never print. They fill a struct failure and return its negative errno; the
 * report turns it into the one line "PATH: OP at OFFSET: REASON". */
#ifndef UCOPY_BASE_FAILURE_H
#define UCOPY_BASE_FAILURE_H

#include <assert.h>
#include <stdint.h>

#define FAILURE_NO_OFFSET UINT64_MAX

struct failure {
    const char *op;      /* static string: "open", "write", "fsync", "rename", ...; NULL when no
                          * operation failed and the message, not NULL then, says it all */
    int err;             /* positive errno; 0: no failure */
    uint64_t offset;     /* byte offset in the file concerned, or FAILURE_NO_OFFSET */
    const char *message; /* says more than strerror(err) can, or NULL; a static string, or one
                          * that lives as long as what failed */
};

/* Fills *f and returns -err. err is a positive errno; op is a static string; message is as in
 * the struct; offset is in bytes or FAILURE_NO_OFFSET. */
static inline int failure_set(struct failure *f, const char *op, int err, uint64_t offset,
                              const char *message)
{
    assert(err > 0);
    f->op = op;
    f->err = err;
    f->offset = offset;
    f->message = message;
    return -err;
}

#endif
