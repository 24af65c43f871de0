/* file_temp: the temporary file of a regular file, plain (temp.h) or partial (partial_priv.h).
 * See file_priv.h. */
#include "file_priv.h"

int file_temp_create(struct target *t, mode_t mode)
{
    struct target_file *own = file_of(t);
    int r = temp_create(own->name.dir_fd, mode, own->temp);

    if (r < 0)
        return r;
    t->fd = r;
    return 0;
}

int file_temp_open_partial(struct target *t)
{
    struct target_file *own = file_of(t);
    struct partial_request request = {
        .name = own->name.last,
        .origin = t->request.origin,
        .resume = t->request.resume,
        .owner = own->inode.replaces ? own->inode.uid : (uid_t)-1,
        .kept = &t->kept,
    };
    int r = partial_open(&own->partial, own->name.dir_fd, &request, own->temp);

    if (r < 0)
        return r;
    t->fd = r;
    t->keeps = true;
    t->no_resume = own->partial.no_resume;
    return 0;
}

void file_temp_remove(struct target *t)
{
    struct target_file *own = file_of(t);

    if (t->keeps && own->temp[0] != '\0')
        partial_remove(&own->partial, own->name.dir_fd, own->temp, t->fd);
    else
        temp_remove(own->name.dir_fd, own->temp, t->fd);
}

void file_temp_leave(struct target *t, bool keep)
{
    if (keep && atomic_load(&t->kept) > 0)
        file_of(t)->temp[0] = '\0';
    else
        file_temp_remove(t);
}

void file_temp_finish(struct target *t)
{
    struct target_file *own = file_of(t);

    if (t->keeps)
        partial_finish(&own->partial, own->name.dir_fd);
    else
        partial_sweep(own->name.dir_fd, own->name.last);
}
