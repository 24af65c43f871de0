/* kind_priv: a kind of source. A new kind is one file, one line in table.c, and a field in
 * struct source for what it keeps. */
#ifndef UCOPY_SOURCE_KIND_PRIV_H
#define UCOPY_SOURCE_KIND_PRIV_H

#include "source.h"

struct source_ops {
    /* Whether this kind reads what st is of. Of each st at most one kind does. NULL: what this
     * kind reads has no path. */
    bool (*takes)(const struct stat *st);

    /* Opens the path for reading. follow: it may be a symlink, which is followed. Returns the
     * descriptor, or a negative errno. NULL with takes. */
    int (*open)(const char *path, bool follow);

    /* Completes the source: s->fd is open and s->st filled, as this kind takes it. Fills
     * s->size, s->can, and what the kind keeps. 0, or a negative errno with *f filled: the
     * caller then closes s->fd. */
    int (*begin)(struct source *s, struct failure *f);

    /* Those of source.h. */
    void (*open_direct)(struct source *s);
    uint64_t (*allocated)(const struct source *s);
    /* -ESTALE if it has changed; f->warning is true if that may be allowed. */
    int (*check_unchanged)(const struct source *s, struct failure *f);
    bool (*origin)(const struct source *s, struct origin *ret);
    void (*close)(struct source *s);
};

extern const struct source_ops source_file_ops, source_device_ops, source_stream_ops,
    source_command_ops;

/* All kinds, and NULL. */
extern const struct source_ops *const source_table[];

#endif
