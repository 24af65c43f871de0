/* bmap: the map of an image that bmaptool(1) makes: which blocks of it have data, and a checksum
 * of each range of them. The format is XML, version 1.2 to 2.x; libxml2 reads it. The other
 * blocks have no meaning, whatever bytes are there.
 *
 * A map is read once, and does not change. Any thread may look at it. */
#ifndef UCOPY_SOURCE_BMAP_H
#define UCOPY_SOURCE_BMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/failure.h"
#include "base/ranges.h"

struct bmap {
    uint64_t size;        /* of the image, bytes */
    struct ranges mapped; /* bytes: whole blocks, or up to the end of the image */
    const struct digest_algorithm *algorithm; /* of the checksums; NULL: there are none */

    /* The ranges as they are in the file, ascending, and the checksum of each; "": none. */
    size_t n;
    struct range *data;
    char (*sums)[DIGEST_TEXT_SIZE];
};

/* Reads the map at path, and checks its own checksum. May wait as long as the file system does.
 * 0, and the caller frees *ret with bmap_free(); or a negative errno with *f filled: -EINVAL if
 * it is no map, damaged or of an unknown version. */
int bmap_read(struct bmap *ret, const char *path, struct failure *f);

/* Makes zeros of those of the n bytes at this position of the image that are not mapped. */
void bmap_clear_rest(const struct bmap *b, uint64_t at, char *bytes, size_t n);

/* Frees what the map owns. All zeros are fine. */
void bmap_free(struct bmap *b);

#endif
