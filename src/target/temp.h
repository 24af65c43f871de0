/* temp: the names that files and directories have while they are written,
 * ".ucopy-<16 hexadecimal digits>.tmp" in the directory of the final name.
 *
 * Who made one holds it with flock(2) for as long as it has that name. The kernel lets go of
 * the lock with the process, however that ends: a temporary whose lock can be had was left
 * behind by a run that was killed. */
#ifndef UCOPY_TARGET_TEMP_H
#define UCOPY_TARGET_TEMP_H

#include <stdbool.h>
#include <sys/types.h>

#define TEMP_NAME_SIZE 32 /* bytes, with the final NUL */

/* Makes an empty temporary in the directory with the permission bits that the kernel makes of
 * mode, holds it with a lock where the file system knows such, and puts its name into `name`.
 * Returns a descriptor for reading and writing (the caller's; the lock lives as long as it and
 * its duplicates) or a negative errno with "" in `name`. */
int temp_create(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE]);

/* Whether `name` in the directory stands for the file that fd is open on. */
bool temp_is(int dir_fd, const char *name, int fd);

/* Removes the name, if it still is that of the file that fd is open on, and makes it "". One
 * that is "" already is fine. */
void temp_remove(int dir_fd, char name[TEMP_NAME_SIZE], int fd);

/* Makes up a name for a temporary. 0 or a negative errno. */
int temp_name(char name[TEMP_NAME_SIZE]);

/* As temp_create(), for a directory, which is locked, too. Returns a descriptor for reading it.
 */
int temp_create_directory(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE]);

/* Gives an entry of the directory another name, under which nothing stands. 0, or a negative
 * errno (-EEXIST) and nothing has changed. */
int temp_move(int dir_fd, const char *from, const char *to);

/* Gives the temporary its final name, under which nothing stands, and makes its own "". 0, or a
 * negative errno (-EEXIST) and nothing has changed. */
int temp_rename(int dir_fd, char temp[TEMP_NAME_SIZE], const char *name);

/* Removes a temporary directory that fd is open on, with all that is in it (but directories of
 * other users or on other file systems), and makes its name "". */
void temp_remove_directory(int dir_fd, char name[TEMP_NAME_SIZE], int fd);

/* Whether the directory's file system may be in use by another machine, unknown to the locks
 * of this one. */
bool temp_is_shared(int dir_fd);

/* A file or directory is about to get this name for good. If it looks like that of a temporary
 * nothing is swept any more: what this run has made must not be taken for what others have
 * left. Any thread may call it. */
void temp_note_final(const char *name);

/* Removes what killed runs of this user have left in the directory, which may be open with
 * O_PATH. Looks at a limited number of entries, and not again into a directory that it has just
 * looked into. Leaves alone what it is not sure of, so it cannot fail. Any thread may call it.
 */
void temp_sweep(int dir_fd);

#endif
