/* source_priv: reads a tree, or an entry that is no directory, and writes it as records to a
 * stream. Every file is opened and read once, whatever the number of consumers.
 *
 * Only the root is looked up by a path. Directories are held open, and their entries are opened
 * by name without following symlinks (unless they are to be followed), so that nobody who
 * changes the tree meanwhile can lead the walk out of it.
 *
 * When some consumers are too slow for the others (stream_priv.h), the walk is divided. The
 * slow ones get a walk of their own through the rest of the tree, beginning with the entry that
 * the first walk is at; a thread of its own makes it. */
#ifndef UCOPY_TREE_SOURCE_PRIV_H
#define UCOPY_TREE_SOURCE_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/choice.h"
#include "base/digest_set.h"
#include "base/failure.h"
#include "base/rate.h"
#include "follow_priv.h"
#include "inventory_priv.h"
#include "shared_file_priv.h"
#include "source_links_priv.h"
#include "stream_priv.h"
#include "target/attrs.h"

enum tree_source_clones {
    CLONED_BY_NOBODY,
    CLONED_BY_SOME, /* or it is not known */
    CLONED_BY_ALL,
};

/* The rest of a tree that some consumers have not had: a divided walk. */
struct tree_source_rest;

struct tree_source {
    const char *path;     /* of the root, as the user gave it */
    const char *subpath;  /* the path from the root to the part that is copied, as "a/b": of the
                          * directories on it no other entries are read. "": all */
    struct choice choice; /* of the entries below the subpath */
    struct inventory *inventory; /* gets these entries; not owned; NULL: it is not wanted */
    struct tree_follow follow;
    bool contents; /* FIFOs and devices are read like files, to their end */
    enum tree_source_links {
        TREE_SOURCE_COPIES,
        TREE_SOURCE_HARD_LINKS,
        TREE_SOURCE_SYMLINKS,
    } make; /* what becomes of entries that are no directories: copies, or links to them */
    bool one_file_system; /* directories on another file system come as empty ones */
    bool keep_links;      /* hard links stay hard links */
    struct attrs_wanted preserve;
    bool
        offer; /* files are offered first, because consumers may have them: those of a directory
                  * together, a file with several names alone */
    bool compare; /* with offer: files that consumers have to compare come for that first */
    bool no_data; /* files come as empty ones */
    bool allow_changed; /* a file that changes while it is copied is a warning */
    bool read_zeros;    /* what cannot be read of a file becomes zeros: source/bad_sector.h */
    unsigned read_retries; /* how often that is read again */
    unsigned
        hashes; /* algorithms of base/digest_set.h by which every file is hashed; 0: none */
    struct rate *rate;  /* of reading; not owned */
    size_t max_read;    /* bytes that one read(2) may have; not 0 */
    bool offer_attrs;   /* offers come with all attributes: with --resume */
    uint64_t copy_size; /* files of at least so many bytes are RECORD_COPY */
    enum tree_source_holes {
        TREE_SOURCE_COPY_HOLES,   /* so are files with holes */
        TREE_SOURCE_RECORD_HOLES, /* holes are RECORD_HOLE */
        TREE_SOURCE_READ_HOLES,   /* holes are read as zeros */
    } holes;
    uint64_t
        clone_size; /* files of at least so many bytes, but not empty ones, are shared, so that
                          * they can be cloned */
    struct shared_file *shared_files; /* not owned; outlive the consumers */
    unsigned n_shared_files;          /* at least 1 */
    struct stream *stream;
    unsigned lane; /* of the stream */
    /* The files with several names that this walk and those of earlier trees have met; not
     * owned. */
    struct source_links *links;
    _Atomic uint64_t *steps; /* grows as long as the walk goes on; not owned */

    void *arg;
    /* An entry could not be read: `path` lives until failed() returns. */
    void (*failed)(void *arg, const char *path, const struct failure *f); /* or a warning */
    /* An attribute could not be read. */
    void (*attrs_failed)(void *arg, const char *path, const struct failure *f);
    /* Bytes of a file could not be read, and became zeros. */
    void (*zeroed)(void *arg, const char *path, uint64_t offset, uint64_t length, int err);
    /* So many bytes of a file were read. */
    void (*read)(void *arg, uint64_t bytes);
    /* With waits: the walk comes to the next entry that is no directory. */
    void (*passed)(void *arg);
    /* The walk spends its time waiting for what it opens and reads: somebody may bring that into
     * memory before it comes there. Called once at most. NULL: nobody would. */
    void (*waits)(void *arg);
    /* Which consumers will clone files of that file system. */
    enum tree_source_clones (*clones)(void *arg, dev_t dev);
    /* Whether the directory or file is the root of a destination, or its archive. */
    bool (*is_target)(void *arg, const struct stat *st);
    /* Whether any consumer wants the file with that offer; called once for each offer. */
    bool (*is_wanted)(void *arg, unsigned offer);
    /* Whether any consumer has to compare it, and has not found yet that it differs. */
    bool (*is_compared)(void *arg, unsigned offer);
    /* The engines are to copy the file that fd is open on: it came as RECORD_COPY, and all
     * consumers wait behind that. Takes fd over, and returns when the file has been copied:
     * false if it could not be read. *ret_hashes: its hashes, if they were made. */
    bool (*copy)(void *arg, int fd, const char *path, struct digest_values *ret_hashes);
    /* The hashes of a file. It may still turn out that no consumer could make it. */
    void (*hashed)(void *arg, const char *path, const struct digest_values *values);
    /* Divides the stream at that position. Takes `rest` over, with the shared_files, for the
     * slow consumers. Returns as many other shared_files for this walk. NULL: that was not
     * possible, and `rest` remains the caller's. */
    struct shared_file *(*divide)(void *arg, struct tree_source_rest *rest, uint64_t position);
};

/* Walks through the tree until all of it is in the stream, or the stream is stopped or has no
 * consumers left; ends the stream. 0, or -ENOMEM if the rest had to be left out because there
 * was no memory. */
int tree_source_walk(const struct tree_source *t);

/* The same for the rest that divide() has got. Frees it. t->links is not used: the rest has a
 * copy of its own. */
int tree_source_resume(struct tree_source_rest *rest, const struct tree_source *t);

#endif
