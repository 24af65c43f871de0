/* temp: temporary files and directories. While they are written, they stand in the directory
 * of the final name as ".ucopy-<16 hexadecimal digits>.tmp". The first 8 digits stand for this
 * boot of this machine and for the pid namespace, the next 4 for the process.
 *
 * The run that creates one holds a lock (flock(2)) on it for as long as it has that name. The
 * kernel releases the lock with the process, however that ends. So if another run can get the
 * lock, a killed run has left the file behind. */
#ifndef UCOPY_TARGET_TEMP_H
#define UCOPY_TARGET_TEMP_H

#include <stdbool.h>
#include <sys/types.h>

#define TEMP_NAME_SIZE 32 /* bytes, with the final NUL */

/* The reason where temp_is_append_only() is true. */
#define HINT_APPEND "nothing can be renamed in this directory (chattr +a); try --inplace"

/* Creates an empty temporary file in the directory, with a mode as for open(2), and locks it if
 * the file system has locks. Puts its name into `name`. Returns a descriptor for reading and
 * writing (the caller's; the lock lives as long as it and its duplicates) or a negative errno
 * with "" in `name`. */
int temp_create(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE]);

/* Whether `name` in the directory stands for the file that fd is open on. */
bool temp_is(int dir_fd, const char *name, int fd);

/* Removes the name, if it still stands for the file that fd is open on. `name` becomes ""; it
 * may be "" already. */
void temp_remove(int dir_fd, char name[TEMP_NAME_SIZE], int fd);

/* Makes up a name for a temporary file. 0 or a negative errno. */
int temp_name(char name[TEMP_NAME_SIZE]);

/* Whether temp_name() has made up that name in this process. (A name of another process of
 * this boot and namespace is taken for one with a probability of 2^-16.) Any thread. */
bool temp_is_own(const char *name);

/* The same for a directory, which is locked, too. Returns a descriptor for reading it. */
int temp_create_directory(int dir_fd, mode_t mode, char name[TEMP_NAME_SIZE]);

/* Renames an entry of the directory, and replaces nothing. 0, or a negative errno (-EEXIST)
 * with nothing changed. */
int temp_move(int dir_fd, const char *from, const char *to);

/* Renames the temporary file to its final name, and replaces nothing. `temp` becomes "". 0, or
 * a negative errno (-EEXIST) with nothing changed. */
int temp_rename(int dir_fd, char temp[TEMP_NAME_SIZE], const char *name);

/* The same, but replaces what has that name. */
int temp_replace(int dir_fd, char temp[TEMP_NAME_SIZE], const char *name);

/* Removes a temporary directory that fd is open on, and what is in it (except directories on
 * other file systems). `name` becomes "". */
void temp_remove_directory(int dir_fd, char name[TEMP_NAME_SIZE], int fd);

/* Whether what is in the directory can be neither renamed nor removed (chattr +a): a temporary
 * file would stay there. */
bool temp_is_append_only(int dir_fd);

/* Finds out whether a new file in the directory can get this name, and which mode it would get:
 * creates an empty file whose name contains it, renames that and removes it. So a name with
 * characters that the file system does not have, a full directory, and one where nothing can be
 * renamed show before the data are written. A name that is too long for that passes. 0 with
 * *ret_mode filled, or a negative errno; *ret_op is what failed then: "create temporary", "create"
 * (the name alone is refused) or "rename". */
int temp_try_name(int dir_fd, const char *name, mode_t mode, mode_t *ret_mode,
                  const char **ret_op);

/* Whether another machine may use the directory's file system without seeing the locks of this
 * one. */
bool temp_is_shared(int dir_fd);

/* Notes that a file or directory is about to get this final name. If that looks like the name
 * of a temporary file, this run sweeps nothing any more: it could remove its own result. Any
 * thread. */
void temp_note_final(const char *name);

/* Removes temporary files that killed runs of this user (for root: of all users) have left in the
 * directory, which may be open with O_PATH; where other machines may write, too
 * (temp_is_shared()), only those of processes of this boot of this machine and of this pid namespace
 * that are over. Looks at a limited number of entries, and skips a directory that it has just swept. Leaves what it is not sure of. Cannot fail. Any
 * thread. */
void temp_sweep(int dir_fd);

#endif
