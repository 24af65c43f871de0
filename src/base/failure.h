/* failure: an error with the operation that failed, the offset and a message.
 *
 * Only the report prints. All other rooms fill a struct failure and return its negative errno.
 * The report makes one line of it: "PATH: OP at OFFSET: REASON (MESSAGE)". A failure contains
 * its text, and an assignment copies it. */
#ifndef UCOPY_BASE_FAILURE_H
#define UCOPY_BASE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#define FAILURE_NO_OFFSET UINT64_MAX

/* Bytes of a message, with the final NUL: a few words and the longest name of an extended
 * attribute (XATTR_NAME_MAX is 255). A longer message is cut off. */
#define FAILURE_TEXT 320

struct failure {
    /* Static string: "open", "write", "fsync", "rename", ...; NULL: no operation failed, and
     * the message, which is not empty, is all there is to print. */
    const char *op;

    int err;                    /* positive errno; 0: no failure */
    uint64_t offset;            /* byte offset in the file concerned, or FAILURE_NO_OFFSET */
    char message[FAILURE_TEXT]; /* what strerror(err) does not say; may be empty */
    bool warning;               /* of something that is allowed: nothing has failed for it */
};

/* Fills *f, which is no warning then, and returns -err. err is a positive errno; op is a static string or NULL; offset is
 * in bytes or FAILURE_NO_OFFSET; message is copied, NULL stands for none. */
int failure_set(struct failure *f, const char *op, int err, uint64_t offset,
                const char *message);

/* As failure_set() without an offset; the message is formatted as by printf(3). */
int failure_format(struct failure *f, const char *op, int err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
