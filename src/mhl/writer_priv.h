/* writer: the XML of a manifest. The entries go to a file without a name, since the hash of the
 * root stands before them, and is known last. */
#ifndef UCOPY_MHL_WRITER_PRIV_H
#define UCOPY_MHL_WRITER_PRIV_H

#include "directory_priv.h"
#include "history_priv.h"

struct mhl_writer;

/* Starts a manifest. spool_fd: an empty file for reading and writing; becomes the writer's, also
 * on failure. NULL without memory. */
struct mhl_writer *mhl_writer_new(const struct mhl_extension *e, int spool_fd);

/* Failures of all functions are remembered, and mhl_writer_store() returns the first. */

/* Writes a file: its path, the hashes in *h, and what they mean ("original", ...). mtime: seconds
 * since 1970. */
void mhl_writer_file(struct mhl_writer *w, const char *path, uint64_t size, time_t mtime,
                     const struct mhl_hashes *h, const char *action);

/* Writes a directory below the root. */
void mhl_writer_directory(struct mhl_writer *w, const char *path, time_t mtime,
                          const struct mhl_sums *sums);

/* Ends the manifest: the hashes of the root, the patterns, and generations of other histories,
 * by their paths. */
void mhl_writer_end(struct mhl_writer *w, const struct mhl_sums *root,
                    const struct mhl_ignore *ignore, const struct mhl_link *references,
                    size_t n_references);

/* Writes all of it into a file, and puts its C4 ID into c4. 0 or a negative errno. */
int mhl_writer_store(struct mhl_writer *w, int fd, char c4[DIGEST_TEXT_SIZE]);

/* Frees it; NULL does nothing. */
void mhl_writer_free(struct mhl_writer *w);

/* Writes a chain into a file. 0 or a negative errno. */
int mhl_write_chain(const struct mhl_history *h, int fd);

#endif
