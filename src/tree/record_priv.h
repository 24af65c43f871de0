/* record_priv: a tree as a sequence of records: what a reader puts into the stream
 * (stream_priv.h), and what the destinations make their copies of.
 *
 * A directory begins with RECORD_DIRECTORY. Then come its files, RECORD_FILES_END, its
 * directories, each with all of its own records, and RECORD_LEAVE. The name of the root is "".
 *
 * A file is one RECORD_FILE with its first bytes. Unless that is `whole`, RECORD_DATA and
 * RECORD_HOLE follow, and RECORD_FILE_END. A file that can be cloned is also a shared one
 * (shared_file_priv.h).
 *
 * A record with a name has the attributes of its entry, and so has RECORD_LEAVE. If these are
 * too long for one record, they come in RECORD_ATTRS before it, and it has none itself.
 *
 * A further name of a file (hard links) comes as what the file is. A destination that has made
 * the file makes a link; another one makes the file under this name.
 *
 * An offer announces a file that destinations may have already: each looks whether it wants the
 * file, and the file comes only if one does. If a destination has to compare the file with what it
 * has, the file comes as RECORD_COMPARE before that, followed by the same records as RECORD_FILE. */
#ifndef UCOPY_TREE_RECORD_PRIV_H
#define UCOPY_TREE_RECORD_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* The highest number of an offer; the lowest is 1. */
#define RECORD_MAX_OFFER 5503u

enum record_kind {
    RECORD_DIRECTORY,
    RECORD_FILES_END, /* the directory will get no more files */
    RECORD_LEAVE,     /* the directory is complete; with its attributes */
    RECORD_OFFER, /* a file that comes later, as RECORD_FILE or RECORD_COPY, if it is wanted */
    RECORD_FILE,
    RECORD_COMPARE, /* as RECORD_FILE, to be compared only */
    RECORD_DATA,
    RECORD_HOLE, /* a part of the file without data */
    RECORD_FILE_END,
    RECORD_SYMLINK,        /* text: where it leads */
    RECORD_NODE,           /* fifo, socket or device */
    RECORD_SOURCE_LINK,    /* a hard link to the entry of the source itself */
    RECORD_SOURCE_SYMLINK, /* a symlink to it; text: its path */
    RECORD_ATTRS,          /* attributes for the next record of another kind, or some of them */
    RECORD_COPY, /* as RECORD_FILE, but the engines copy the data while the consumers wait */
};

struct shared_file;

/* Which of the names of its file a record brings, in the order of the walk, if the file has
 * several names (hard links). */
enum record_nth {
    RECORD_ONLY_NAME, /* the file has one name, or hard links do not stay hard links */
    RECORD_FIRST_NAME,
    RECORD_FURTHER_NAME, /* another one, and more names may come */
    RECORD_LAST_NAME,
};

struct record {
    enum record_kind kind;
    enum record_nth nth; /* of entries that are no directories */
    bool whole;          /* RECORD_FILE, RECORD_COMPARE: no more records of the file follow */
    unsigned offer;     /* RECORD_OFFER: its number, which stays in use until the next files are
                          * offered; RECORD_FILE, RECORD_COMPARE, RECORD_COPY: the number that the file was
                          * offered under, 0: it was not offered */
    bool bare;          /* RECORD_FILE: it has no data; they are in `shared`, or cannot be had
                         * any more. So come further names: most destinations make links. They
                         * have no extended attributes either */
    bool sparse;        /* RECORD_FILE: RECORD_HOLE follow */
    uint64_t hole;      /* RECORD_HOLE: its length in bytes */
    bool good;          /* RECORD_FILE_END: the file was read to its end and has not changed */
    uint32_t name_len;  /* bytes of the name, without its NUL; it is at bytes[0] */
    uint32_t text_len;  /* likewise of the text, which is behind the name */
    uint32_t attrs_len; /* bytes of extended attributes, behind the text, aligned */
    uint32_t data_len;  /* bytes of the file, behind the attributes, aligned */
    struct shared_file
        *shared;    /* RECORD_FILE: the open file, to be cloned; NULL: it is not open */
    struct stat st; /* of the source: of entries with a name, and with RECORD_LEAVE */
    char bytes[];
};

#define RECORD_ALIGN 16u

/* Bytes of attributes in one record, at most. Any attribute fits, and such a record into half of
 * the smallest ring of a stream (tree.c), beside the data of a file. */
#define RECORD_MAX_ATTRS (72u << 10)

static inline size_t record_aligned(size_t len)
{
    return (len + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

/* Whether the record brings a further name of a file that came before. */
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
