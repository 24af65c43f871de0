/* made: what this run has made or written so far, at all destinations. Nothing of that may be
 * replaced by this run: two sources must not end up in one file. This happens where a file
 * system takes two names for the same (Foo and foo, "dot." and "dot"), and where the directories
 * of several sources are merged. With numbered backups it may be replaced, but not written to.
 *
 * A file is known by its device and inode number. A file system that has no such numbers makes
 * them up, and forgets them when the kernel needs the memory. On vfat and exfat every file that is
 * younger than the run counts as one of it, therefore: somebody else's, too. On a FUSE server that
 * makes them up a file of this run may go unnoticed, and likewise on vfat and exfat one that was
 * written to in place. Any thread may call these functions. */
#ifndef UCOPY_TARGET_MADE_H
#define UCOPY_TARGET_MADE_H

#include <stdbool.h>
#include <sys/stat.h>

#define MADE_HINT "this run has made what stands there"

struct made;

/* The identity of a file. */
struct made_id {
    dev_t dev;
    ino_t ino; /* 0: it is not known */
};

enum made_verdict {
    MADE_NOT,
    MADE_HERE,       /* made or written by this run: it must not be replaced */
    MADE_OTHER_NAME, /* likewise, but this name is another hard link, or a backup keeps it: a new
                      * file may get it, while the file itself must not be written to */
    MADE_CHANGED,    /* the same, and the file has been written to in place: what it was before
                      * nobody knows any more */
};

/* Makes an empty one. replaceable: what this run has made may lose its name to another file, since a
 * numbered backup keeps it. The caller's; NULL without memory. */
struct made *made_new(bool replaceable);

/* Whether that may happen. m may be NULL, then it may. */
bool made_is_replaceable(const struct made *m);

/* Frees it; NULL is fine. */
void made_free(struct made *m);

/* Notes a file. If there is no memory for that, made_look() will not be sure of any file any
 * more, and takes all for made ones. m may be NULL. */
void made_add(struct made *m, dev_t dev, ino_t ino);

/* The same; and whether it was not noted so far. */
bool made_add_new(struct made *m, dev_t dev, ino_t ino);

/* As made_add(), for a file that existed, and is written to in place. */
void made_add_changed(struct made *m, dev_t dev, ino_t ino);

/* Takes back that a file was noted: it has been removed. m may be NULL. */
void made_remove(struct made *m, dev_t dev, ino_t ino);

/* Whether the file was noted, or may have been. m may be NULL. */
bool made_has(struct made *m, const struct stat *file);

/* Judges the entry that stands under the name in the directory (or has that path, if dir_fd is
 * AT_FDCWD). there: what it is. m NULL: MADE_NOT. Reads the directory only if the file is one of
 * this run and has several names. */
enum made_verdict made_look(struct made *m, int dir_fd, const char *name,
                            const struct stat *there);

#endif
