/* record_priv: a tree as a sequence of records, from the one who reads the source to those who
 * make its copies: what stands in a struct stream.
 *
 * A directory comes before what is in it: first its files, RECORD_FILES_END, then its
 * directories, each with all of its own, then RECORD_LEAVE. The root's name is "". A file is
 * RECORD_FILE with its first bytes, RECORD_DATA (or _HOLE) while there are more, and
 * RECORD_FILE_END unless the first record was whole; or it is open (shared_file_priv.h), so
 * that it can be cloned. */
#ifndef UCOPY_TREE_RECORD_PRIV_H
#define UCOPY_TREE_RECORD_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* The highest number of an offer. */
#define RECORD_MAX_OFFER 5503u

enum record_kind {
    RECORD_DIRECTORY,
    RECORD_FILES_END, /* the directory will get no more files */
    RECORD_LEAVE,     /* the directory is complete; with its attributes */
    RECORD_OFFER,     /* a file that comes later if anybody wants it */
    RECORD_FILE,      /* if it is a further name of a file, the data are for destinations where
                       * that file stands nowhere */
    RECORD_DATA,
    RECORD_HOLE, /* instead of RECORD_DATA: where the file has none */
    RECORD_FILE_END,
    RECORD_SYMLINK,        /* text: where it leads */
    RECORD_NODE,           /* fifo, socket or device */
    RECORD_LINK,           /* a further name of a file that came before, without data */
    RECORD_SOURCE_LINK,    /* another name of the source itself */
    RECORD_SOURCE_SYMLINK, /* text: where the source is */
    RECORD_COPY, /* as RECORD_FILE, but the engines copy the data while the consumers wait */
};

struct shared_file;

/* Which name of a file with several names (hard links) a record brings, in the order of the
 * walk. */
enum record_nth {
    RECORD_ONLY_NAME, /* the file has no other, or its names do not stay names of one file */
    RECORD_FIRST_NAME,
    RECORD_FURTHER_NAME, /* neither the first nor, as far as that is known, the last one */
    RECORD_LAST_NAME,
};

struct record {
    enum record_kind kind;
    enum record_nth nth; /* where a name is */
    bool whole;          /* RECORD_FILE: there is no more to come */
    unsigned offer;    /* RECORD_OFFER: a number from 1 up; RECORD_FILE, RECORD_COPY: that which
                        * the file had, which holds until the next files are offered; 0: none */
    bool bare;         /* RECORD_FILE: it has no data, and all is to be had from `shared` */
    bool sparse;       /* RECORD_FILE: there are RECORD_HOLE to come */
    uint64_t hole;     /* RECORD_HOLE: so many bytes */
    bool good;         /* RECORD_FILE_END: the file was read to its end, and had not changed */
    uint32_t name_len; /* bytes in front of the NUL; the name is at bytes[0] */
    uint32_t text_len; /* likewise; behind the name */
    uint32_t attrs_len;         /* bytes of extended attributes, behind the text, aligned */
    uint32_t data_len;          /* bytes of the file, behind them, aligned */
    struct shared_file *shared; /* RECORD_FILE: to be cloned; NULL: it is not open */
    struct stat st; /* of the source; meaningful where a name is, and with RECORD_LEAVE */
    char bytes[];
};

#define RECORD_ALIGN 16u

static inline size_t record_aligned(size_t len)
{
    return (len + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

/* Whether it brings a further name of a file that came before. */
static inline bool record_is_further(const struct record *r)
{
    return r->nth == RECORD_FURTHER_NAME || r->nth == RECORD_LAST_NAME;
}

static inline const char *record_name(const struct record *r)
{
    return r->bytes;
}

static inline const char *record_text(const struct record *r)
{
    return r->bytes + r->name_len + 1;
}

static inline const void *record_attrs(const struct record *r)
{
    return r->bytes + record_aligned((size_t)r->name_len + r->text_len + 2);
}

static inline const void *record_data(const struct record *r)
{
    return (const char *)record_attrs(r) + record_aligned(r->attrs_len);
}

#endif
