/* backup: what stands under a final name kept under another one beside it, "name~" or
 * "name.~1~", when something else gets the name. The rules are those of cp. */
#ifndef UCOPY_TARGET_BACKUP_H
#define UCOPY_TARGET_BACKUP_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

enum backup_kind {
    BACKUP_NONE,
    BACKUP_SIMPLE,   /* name and suffix; an earlier one is lost */
    BACKUP_NUMBERED, /* name.~N~, one higher than all there are */
    BACKUP_EXISTING, /* numbered if there are numbered ones of that name already, else simple */
};

struct backup_wanted {
    enum backup_kind kind;
    const char *suffix; /* without a slash; not owned */
};

/* Gives what stands under `name` in the directory (which may be open with O_PATH) the name of
 * its backup, too, and puts that into ret_backup. With move, and where the file system cannot
 * have both, the first name is gone then. 0, or a negative errno, and nothing is changed:
 * -ENOENT if nothing stands there, -EEXIST if the backup would take the place of what *source
 * tells of, -ENAMETOOLONG. */
int backup_make(const struct backup_wanted *w, int dir_fd, const char *name,
                const struct stat *source, bool move, char ret_backup[NAME_MAX + 1]);

/* Takes the name of the backup away again. What has lost its first name gets that back, if it
 * is free. */
void backup_undo(int dir_fd, const char *name, const char *backup);

/* Finds the name that the next backup would have. 0 or a negative errno. */
int backup_name(const struct backup_wanted *w, int dir_fd, const char *name,
                char ret_backup[NAME_MAX + 1]);

#endif
