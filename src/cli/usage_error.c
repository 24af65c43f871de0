#include "usage_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int usage_error(char **ret_text, const char *format, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        return -ENOMEM;
    *ret_text = text;
    return -EINVAL;
}
