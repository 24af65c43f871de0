/* source_medium: whether the device that the source is on is still there. Where a directory's
 * blocks cannot be read, some file systems pass over them without an error (fat__get_entry(),
 * ntfs_readdir(); Linux 6.18), so that a stick that is pulled looks like empty directories. See
 * source_state_priv.h. */
#include <errno.h>
#include <sys/sysmacros.h>

#include "base/medium.h"
#include "source_state_priv.h"

void walk_note_medium(struct walk *w, dev_t dev)
{
    for (unsigned i = 0; i < w->n_media; i++)
        if (w->media[i] == dev)
            return;
    if (major(dev) != 0 && w->n_media < WALK_MAX_MEDIA) /* 0: no block device */
        w->media[w->n_media++] = dev;
}

void walk_check_media(struct walk *w)
{
    bool gone = false;

    for (unsigned i = 0; i < w->n_media; i++)
        gone |= medium_is_gone(w->media[i]);
    if (gone && path_buffer_put(&w->path, 0, w->t->path) == 0)
        walk_fail(w, "read", ENODEV, "its device is gone: files may be missing");
}
