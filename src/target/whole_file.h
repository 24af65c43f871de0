/* whole_file: writes a file that is complete as soon as it has its name: a list, a map, a history. Until then
 * it is a temporary one (temp.h). May hang with its file system. Any thread. */
#ifndef UCOPY_TARGET_WHOLE_FILE_H
#define UCOPY_TARGET_WHOLE_FILE_H

#include <stdbool.h>

struct whole_file {
    bool replace; /* what has the name; else that is a failure */
    bool durable; /* the file is flushed, and then its name */
    /* Writes the file that fd is open on. 0 or a negative errno. */
    int (*fill)(void *arg, int fd);
    void *arg;
};

/* Makes the file with that name in the directory. 0, or a negative errno; *ret_op is what has failed
 * then, static. */
int whole_file_write(int dir_fd, const char *name, const struct whole_file *w,
                     const char **ret_op);

/* The same for a path. 0 or a negative errno. */
int whole_file_write_path(const char *path, const struct whole_file *w);

#endif
