#include "failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

int failure_set(struct failure *f, const char *op, int err, uint64_t offset,
                const char *message)
{
    assert(err > 0);
    assert(op || message);
    f->op = op;
    f->err = err;
    f->warning = false;
    f->offset = offset;
    snprintf(f->message, sizeof(f->message), "%s", message ? message : "");
    return -err;
}

int failure_format(struct failure *f, const char *op, int err, const char *format, ...)
{
    char text[FAILURE_TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return failure_set(f, op, err, FAILURE_NO_OFFSET, text);
}
