/* existing: what becomes of what stands under a final name already when something that is no
 * directory is to have that name. The one place that decides, for single files and for trees;
 * the answer is carried out by who asked. The rules are those of cp. */
#ifndef UCOPY_PLAN_EXISTING_H
#define UCOPY_PLAN_EXISTING_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "cli/existing_policy.h"

enum existing_verdict {
    EXISTING_REPLACE, /* or there is nothing: go on */
    EXISTING_SKIP,    /* it stays, and that is as good as a copy */
    EXISTING_HAS,     /* it is the copy */
    EXISTING_REFUSE,  /* it stays, and that is a failure */
    EXISTING_ASK,     /* it may be replaced if the user says so */
};

/* The verdict, and with EXISTING_ASK what to ask about. */
struct existing_case {
    enum existing_verdict verdict;
    mode_t mode;
    bool writable; /* by the user */
};

/* Decides about what stands under the name in the directory (or the path, with AT_FDCWD).
 * there: what that is, or NULL if it is nothing. */
struct existing_case existing_judge(const struct existing_policy *p, const struct stat *source,
                                    const struct stat *there, int dir_fd, const char *name);

/* Fill *f with why it was not replaced: because of EXISTING_REFUSE, or of the answer to
 * EXISTING_ASK. Return the negative errno. */
int existing_refused(struct failure *f);
int existing_declined(struct failure *f);

#endif
