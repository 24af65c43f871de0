/* failure: what went wrong, where, in a form that is carried upwards and printed once.
 *
 * Lower rooms never print. They fill a struct failure and return its negative errno; the report
 * turns it into the one line "PATH: OP at OFFSET: REASON (MESSAGE)". A failure owns its text and
 * can be copied by assignment. */
#ifndef UCOPY_BASE_FAILURE_H
#define UCOPY_BASE_FAILURE_H

#include <stdint.h>

#define FAILURE_NO_OFFSET UINT64_MAX

/* Bytes of a message, with the final NUL: a few words and the longest name of an extended
 * attribute (XATTR_NAME_MAX is 255). A longer message is cut off. */
#define FAILURE_TEXT 320

struct failure {
    const char *op;  /* static string: "open", "write", "fsync", "rename", ...; NULL when no
                      * operation failed and the message, not empty then, says it all */
    int err;         /* positive errno; 0: no failure */
    uint64_t offset; /* byte offset in the file concerned, or FAILURE_NO_OFFSET */
    char message[FAILURE_TEXT]; /* says more than strerror(err) can; or empty */
};

/* Fills *f and returns -err. err is a positive errno; op is a static string or NULL; offset is in
 * bytes or FAILURE_NO_OFFSET; message is copied, NULL stands for none. */
int failure_set(struct failure *f, const char *op, int err, uint64_t offset,
                const char *message);

/* The same with a message that is made as printf(3) makes it. */
int failure_format(struct failure *f, const char *op, int err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
