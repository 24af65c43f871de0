/* standing: what becomes of what stands under a final name already when something that is no
 * directory is to have that name. The one place that decides, for single files and for trees;
 * the answer is carried out by who asked. The rules are those of cp. */
#ifndef UCOPY_STANDING_H
#define UCOPY_STANDING_H

#include <stdbool.h>
#include <sys/stat.h>

#include "failure.h"

/* What is replaced as far as the age goes. */
enum standing_update {
    UPDATE_ALL,
    UPDATE_OLDER,     /* what is older than the source */
    UPDATE_NONE,      /* nothing: what stands is skipped */
    UPDATE_NONE_FAIL, /* nothing, and that is a failure */
};

struct standing_policy {
    enum standing_update update;
    bool ask;         /* before anything is replaced */
    bool keeps_times; /* copies get the source's times, as far as their file system can */
    bool resume; /* with keeps_times: a regular file with size and time of modification of the
                  * source's is its copy, which an earlier run has made */
};

enum standing_verdict {
    STANDING_REPLACE, /* or there is nothing: go on */
    STANDING_SKIP,    /* it stays, and that is as good as a copy */
    STANDING_HAS,     /* it is the copy */
    STANDING_REFUSE,  /* it stays, and that is a failure */
    STANDING_ASK,     /* it may be replaced if the user says so */
};

/* The verdict, and with STANDING_ASK what to ask about. */
struct standing_case {
    enum standing_verdict verdict;
    mode_t mode;
    bool writable; /* by the user */
};

/* Decides about what stands under the name in the directory (or the path, with AT_FDCWD).
 * there: what that is, or NULL if it is nothing. */
struct standing_case standing_judge(const struct standing_policy *p, const struct stat *source,
                                    const struct stat *there, int dir_fd, const char *name);

/* Fill *f with why it was not replaced: because of STANDING_REFUSE, or of the answer to
 * STANDING_ASK. Return the negative errno. */
int standing_refused(struct failure *f);
int standing_declined(struct failure *f);

/* Whether nothing may be replaced, whatever stands there. */
static inline bool standing_keeps_all(const struct standing_policy *p)
{
    return p->update == UPDATE_NONE || p->update == UPDATE_NONE_FAIL;
}

#endif
