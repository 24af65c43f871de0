/* backup: a second name in the same directory, "name~" or "name.~1~", for the file that loses
 * its name to a new one. The rules are those of cp. */
#ifndef UCOPY_TARGET_BACKUP_H
#define UCOPY_TARGET_BACKUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum backup_kind {
    BACKUP_NONE,
    BACKUP_SIMPLE,   /* name and suffix; replaces an earlier backup */
    BACKUP_NUMBERED, /* name.~N~, with N one higher than in all other backups of the name */
    BACKUP_EXISTING, /* numbered if the name has numbered backups already, else simple */
};

struct backup_wanted {
    enum backup_kind kind;
    const char *suffix; /* without a slash; not owned */
};

/* Gives what stands under `name` in the directory (which may be open with O_PATH) the name of
 * its backup, too, and puts that name into ret_backup. With move, and if the file system cannot
 * have both names, the first name is removed. 0, or a negative errno with "" in ret_backup and
 * nothing changed: -ENOENT if nothing stands there, -EEXIST if the backup would replace the
 * file *source (its st_dev and st_ino), -ENAMETOOLONG, ... */
int backup_make(const struct backup_wanted *w, int dir_fd, const char *name,
                const struct stat *source, bool move, char ret_backup[NAME_MAX + 1]);

/* Removes the name of the backup again. If the file has lost its first name, and that is free,
 * the file is renamed back. */
void backup_undo(int dir_fd, const char *name, const char *backup);

/* Finds the name that the next backup would have. 0 or a negative errno. */
int backup_name(const struct backup_wanted *w, int dir_fd, const char *name,
                char ret_backup[NAME_MAX + 1]);

/* The number in `entry` if that is a numbered backup of the name, else 0. */
uint64_t backup_number(const char *entry, const char *name);

#endif
