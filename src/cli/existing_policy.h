/* existing_policy: what the user wants done with what exists under a final name. */
#ifndef UCOPY_CLI_EXISTING_POLICY_H
#define UCOPY_CLI_EXISTING_POLICY_H

#include <stdbool.h>

/* What is replaced as far as the age goes. */
enum existing_update {
    UPDATE_ALL,
    UPDATE_OLDER,     /* what is older than the source */
    UPDATE_NONE,      /* nothing: what stands is skipped */
    UPDATE_NONE_FAIL, /* nothing, and that is a failure */
};

struct existing_policy {
    enum existing_update update;
    bool ask;         /* before anything is replaced */
    bool keeps_times; /* copies get the source's times, as far as their file system can */
    bool resume; /* with keeps_times: a regular file with size and time of modification of the
                  * source's is its copy, which an earlier run has made */
};

/* Whether nothing may be replaced, whatever stands there. */
static inline bool existing_keeps_all(const struct existing_policy *p)
{
    return p->update == UPDATE_NONE || p->update == UPDATE_NONE_FAIL;
}

#endif
