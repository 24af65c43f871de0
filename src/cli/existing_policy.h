/* existing_policy: the options for a file that exists under a final name. */
#ifndef UCOPY_CLI_EXISTING_POLICY_H
#define UCOPY_CLI_EXISTING_POLICY_H

#include <stdbool.h>

/* Which existing files may be replaced. */
enum existing_update {
    UPDATE_ALL,
    UPDATE_OLDER,     /* files older than the source */
    UPDATE_NONE,      /* none: they are skipped */
    UPDATE_NONE_FAIL, /* none: each is a failure */
};

struct existing_policy {
    enum existing_update update;
    bool ask;         /* before a file is replaced */
    bool keeps_times; /* copies get the times of the source, as far as their file system can */
    bool checksum;    /* a regular file of the size of the source is compared with it */
    bool resume; /* with keeps_times: a regular file with the size and the time of modification
                  * of the source is a copy from an earlier run */
};

/* Whether no existing file may be replaced. */
static inline bool existing_keeps_all(const struct existing_policy *p)
{
    return p->update == UPDATE_NONE || p->update == UPDATE_NONE_FAIL;
}

#endif
