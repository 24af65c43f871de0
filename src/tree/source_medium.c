/* source_medium: whether the device that the source is on is still there. Where a directory's
 * blocks cannot be read, some file systems pass over them without an error (fat__get_entry(),
 * ntfs_readdir(); Linux 6.18), so that a stick that is pulled looks like empty directories. See
 * source_state_priv.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "source_state_priv.h"

/* Whether the kernel has a block device of that number that is not empty. The kernel sets the
 * size of one that is removed to 0 or forgets it. Never true of file systems without one device
 * (NFS, Btrfs, tmpfs). */
static bool is_there(dev_t dev)
{
    char name[64], text[24];
    ssize_t n;
    int fd;

    if (major(dev) == 0)
        return false;
    (void)snprintf(name, sizeof(name), "/sys/dev/block/%u:%u/size", major(dev), minor(dev));
    fd = open(name, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    (void)fd_close(&fd);
    text[n > 0 ? n : 0] = '\0';
    return strtoull(text, NULL, 10) > 0;
}

void walk_note_medium(struct walk *w, dev_t dev)
{
    for (unsigned i = 0; i < w->n_media; i++)
        if (w->media[i] == dev)
            return;
    if (w->n_media < WALK_MAX_MEDIA && is_there(dev))
        w->media[w->n_media++] = dev;
}

void walk_check_media(struct walk *w)
{
    bool gone = false;

    for (unsigned i = 0; i < w->n_media; i++)
        gone |= !is_there(w->media[i]);
    if (gone && path_buffer_put(&w->path, 0, w->t->path) == 0)
        walk_fail(w, "read", ENODEV, "its device is gone: files may be missing");
}
