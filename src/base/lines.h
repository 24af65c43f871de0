/* lines: cuts a text into its lines, in place. */
#ifndef UCOPY_BASE_LINES_H
#define UCOPY_BASE_LINES_H

#include <stdbool.h>

/* All zero but for the first three. */
struct lines {
    char *at;        /* what is left of the text, which ends with a NUL; not owned */
    const char *end; /* that NUL */
    bool nul;        /* a NUL ends a line, nothing else does; else "\n", "\r" and both do */
    unsigned number; /* of the line that came last, from 1 on */
};

/* The next line, which lives as long as the text; NULL: there is none. */
char *lines_next(struct lines *l);

/* Whether the line begins as comments do: with ";" or "#". */
bool line_is_comment(const char *line);

#endif
