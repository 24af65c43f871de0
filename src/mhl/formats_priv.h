/* formats: the formats of hashes in manifests, in the order of the schema. */
#ifndef UCOPY_MHL_FORMATS_PRIV_H
#define UCOPY_MHL_FORMATS_PRIV_H

#include <stddef.h>

#include "base/digest_set.h"
#include "mhl.h"

#define MHL_C4        0u
#define MHL_C4_LEN    90u
#define MHL_MAX_VALUE 64u /* bytes of the longest value */

/* The names of the elements and of the algorithms. */
extern const char *const mhl_format_names[MHL_FORMATS];

/* The algorithm of a format. */
const struct digest_algorithm *mhl_algorithm(unsigned format);

/* The algorithms of a set of formats, for digest_set_start(). */
unsigned mhl_algorithms(unsigned formats);

/* The bytes that a text which digest_is_text() accepts stands for. Returns their number. */
size_t mhl_decode(unsigned format, const char *text, unsigned char value[MHL_MAX_VALUE]);

/* Hashes of one file; text[f] is NULL where there is none. The owner frees the texts. */
struct mhl_hashes {
    char *text[MHL_FORMATS];
};

/* The set of formats that there are. */
unsigned mhl_hashes_set(const struct mhl_hashes *h);

/* Puts a copy of the text in place, and frees the old one. 0 or -ENOMEM. */
int mhl_hashes_put(struct mhl_hashes *h, unsigned format, const char *text);

/* The same with the values, all of which are of formats. */
int mhl_hashes_put_all(struct mhl_hashes *h, const struct digest_values *values);

/* Frees the texts. */
void mhl_hashes_free(struct mhl_hashes *h);

/* ---- given.c ---- */

/* Puts the hashes that the copy has given for the file at the path into *ret, which is all zero and
 * the caller's to free. False: there are none. *ret_changed: the file had another size then. Any
 * number of threads at a time. */
bool mhl_given_find(const struct mhl_given *g, const char *path, uint64_t size,
                    struct mhl_hashes *ret, bool *ret_changed);

#endif
