/* manifest_file_priv: the file that the list of manifest.h is written to. */
#ifndef UCOPY_REPORT_MANIFEST_FILE_PRIV_H
#define UCOPY_REPORT_MANIFEST_FILE_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/spool.h"
#include "manifest.h"

struct manifest_file {
    char *path; /* its symlinks are resolved; "-": standard output; owned */
    bool durable;
    bool exists;    /* before the copy, and then: */
    struct stat st; /* what it was */
};

/* Looks whether a list could be written to the path. 0; -EINVAL with *ret_error; or -ENOMEM. */
int manifest_file_look(struct manifest_file *f, const char *path, bool durable,
                       char **ret_error);

/* Writes all of the spool: to a temporary file that gets the name when it is complete, or into
 * what is no regular file. 0, or -1, which was reported. timeout_ms, signal_fd, *ret: see
 * manifest_write(). */
int manifest_file_write(const struct manifest_file *f, struct spool *lines, unsigned timeout_ms,
                        int signal_fd, struct manifest_end *ret);

/* Frees what it owns. */
void manifest_file_free(struct manifest_file *f);

#endif
