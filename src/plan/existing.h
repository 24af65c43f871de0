/* existing: decides what happens to an existing file under the final name of a copy, if the
 * copy is no directory. This is the only place that decides it, for single files and for trees.
 * The caller does what the verdict says. The rules are those of cp. Any thread may call these
 * functions. */
#ifndef UCOPY_PLAN_EXISTING_H
#define UCOPY_PLAN_EXISTING_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "cli/existing_policy.h"
#include "target/made.h"

enum existing_verdict {
    EXISTING_REPLACE, /* replace it; or nothing exists there */
    EXISTING_SKIP,    /* keep it; this counts as success */
    EXISTING_HAS,     /* keep it; it is a complete copy already */
    EXISTING_REFUSE,  /* keep it; this is a failure */
    EXISTING_MADE,    /* keep it: this run has made it; this is a failure */
    EXISTING_ASK,     /* replace it if the user agrees */
    EXISTING_COMPARE, /* with checksum: keep it if it has the data of the source; if not, what
                       * existing_judge_other() says */
};

/* The verdict, and with EXISTING_ASK the facts for the question. */
struct existing_case {
    enum existing_verdict verdict;
    mode_t mode;   /* of the existing file */
    bool writable; /* the user may write to it */
};

/* Decides about the existing file with this name in the directory (or with this path, if dir_fd
 * is AT_FDCWD). there: the result of lstat(2) or stat(2) for it; NULL: there is none. made: what
 * this run has made; with EXISTING_SKIP the existing file is added to it. NULL: all may be
 * replaced. */
struct existing_case existing_judge(const struct existing_policy *p, struct made *made,
                                    const struct stat *source, const struct stat *there,
                                    int dir_fd, const char *name);

/* The same for an existing file that was compared, and does not have the data of the source. */
struct existing_case existing_judge_other(const struct existing_policy *p, struct made *made,
                                          const struct stat *source, const struct stat *there,
                                          int dir_fd, const char *name);

/* Fill *f with the reason why the file was not replaced: the verdicts EXISTING_REFUSE and
 * EXISTING_MADE, or the user's answer after EXISTING_ASK. Return the negative errno. */
int existing_refused(struct failure *f);
int existing_made(struct failure *f);
int existing_declined(struct failure *f);

#endif
