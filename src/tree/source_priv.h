/* source_priv: reads a tree (or what else stands under a name and is no regular file) and
 * writes it as records to a stream. Every file is opened and read once, whatever the number of
 * consumers.
 *
 * Nothing is looked up by a path but the root: directories are held open, and what is in them
 * is opened by name without following symlinks (unless they are to be followed), so that nobody
 * who changes the tree meanwhile can lead the way out of it.
 *
 * A walk whose consumers go apart (stream_priv.h) is divided: what is still to come of the tree
 * for the slow ones, from the entry on that it is at, is for somebody else to walk through. */
#ifndef UCOPY_TREE_SOURCE_PRIV_H
#define UCOPY_TREE_SOURCE_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "shared_file_priv.h"
#include "source_links_priv.h"
#include "stream_priv.h"
#include "target/attrs.h"

enum tree_source_clones {
    CLONED_BY_NOBODY,
    CLONED_BY_SOME, /* or it is not known */
    CLONED_BY_ALL,
};

/* What is still to come of a tree for some consumers. */
struct tree_source_rest;

struct tree_source {
    const char *path;   /* of the root, as the user gave it */
    const char *way;    /* what of the root is copied: one path of it, as "a/b", and what is
                           there; its directories may be symlinks. "": all */
    bool follow_source; /* what is at the end of the way, or the root without one, may be a
                           symlink, which is followed */
    bool follow;        /* so may all others */
    bool contents;      /* FIFOs and devices are read like files, to their end */
    enum tree_source_links {
        TREE_SOURCE_COPIES,
        TREE_SOURCE_HARD_LINKS,
        TREE_SOURCE_SYMLINKS,
    } make; /* what of files and all else that is no directory: copies, or links to them */
    bool one_file_system; /* directories that are on another one stay empty */
    bool keep_links;      /* names of one file stay names of one file */
    struct attrs_wanted preserve;
    bool offer; /* consumers may leave out what they have: the files that are in a directory are
                  * offered first, many at once, but for those with several names */
    bool
        repeat; /* consumers may have left out the first name of a file: others come with data */
    bool no_data;       /* files are announced empty */
    uint64_t copy_size; /* files of at least so many bytes are RECORD_COPY */
    enum tree_source_holes {
        TREE_SOURCE_COPY_HOLES,   /* and so are those that have holes */
        TREE_SOURCE_RECORD_HOLES, /* holes are RECORD_HOLE */
        TREE_SOURCE_READ_HOLES,   /* they are read as what they are like */
    } holes;
    uint64_t clone_size; /* those of at least so many, but not 0, are lent to be cloned */
    struct shared_file *shared_files; /* for that; not owned, outlive the consumers */
    unsigned n_shared_files;          /* at least 1 */
    struct stream *stream;
    unsigned lane; /* of the stream */
    /* What has been met so far, also in trees before; not owned. */
    struct source_links *links;
    _Atomic uint64_t *steps; /* counted up as long as the walk goes on; not owned */

    void *arg;
    /* What could not be read: `path` lives until failed() returns. */
    void (*failed)(void *arg, const char *path, const struct failure *f);
    /* An attribute that could not be read. */
    void (*attrs_failed)(void *arg, const char *path, const struct failure *f);
    /* So many bytes of a file were read. */
    void (*read)(void *arg, uint64_t bytes);
    /* Who is going to clone what is on that file system. */
    enum tree_source_clones (*clones)(void *arg, dev_t dev);
    /* Whether the directory is one that is written to. */
    bool (*is_target)(void *arg, const struct stat *st);
    /* Whether any consumer wants what was offered under that number; asked once for each. */
    bool (*is_wanted)(void *arg, unsigned offer);
    /* The file that fd is open on has been announced as RECORD_COPY, and all consumers have
     * come to it. Takes fd over; returns when it has been dealt with: false if it could not be
     * read.
     */
    bool (*copy)(void *arg, int fd, const char *path);
    /* Has the stream part at that position, and takes over what is still to come for those who
     * are slow, with the shared_files. Returns as many other shared_files for this walk; NULL:
     * it could not be, and `rest` remains the caller's. */
    struct shared_file *(*part)(void *arg, struct tree_source_rest *rest, uint64_t position);
};

/* Walks through the tree until all of it is written to the stream, or the stream is stopped or
 * has no consumers left; ends the stream. 0, or -ENOMEM when the rest had to be left out for
 * want of memory. */
int tree_source_walk(const struct tree_source *t);

/* The same with the rest that part() was given, which it frees. t->links is not looked at: the
 * rest knows what has been met. */
int tree_source_resume(struct tree_source_rest *rest, const struct tree_source *t);

#endif
