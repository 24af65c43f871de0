/* source: chooses the kind, and hands on to it. See source.h. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/command.h"
#include "base/descriptors.h"
#include "base/fd.h"
#include "base/interrupted.h"
#include "kind_priv.h"

/* NULL: there is none. */
static const struct source_ops *kind_of(const struct stat *st)
{
    for (size_t i = 0; source_table[i]; i++)
        if (source_table[i]->takes && source_table[i]->takes(st))
            return source_table[i];
    return NULL;
}

/* For what no kind takes. Returns a negative errno. */
static int refuse(mode_t mode, struct failure *f)
{
    if (S_ISLNK(mode))
        return failure_set(f, "open", ELOOP, FAILURE_NO_OFFSET,
                           "is a symbolic link now, which is not to be followed");
    return failure_set(f, "open", EISDIR, FAILURE_NO_OFFSET, "is a directory now");
}

/* Looks at what s->fd is open on: since stat() the name may have come to stand for another
 * kind. On failure s->fd is closed. */
static int begin(struct source *s, struct failure *f)
{
    int r;

    if (UNINTERRUPTED(fstat(s->fd, &s->st)) < 0)
        r = failure_set(f, "stat", errno, FAILURE_NO_OFFSET, NULL);
    else if (!(s->ops = kind_of(&s->st)))
        r = refuse(s->st.st_mode, f);
    else
        r = s->ops->begin(s, f);
    if (r < 0) {
        (void)fd_close(&s->fd);
        return r;
    }
    if (s->can.positions)
        (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

int source_open(struct source *s, const char *path, bool follow, struct failure *f)
{
    int r;

    *s = (struct source){.path = path, .fd = -1, .fd_direct = -1};

    /* Before the open, which has effects of its own on some devices. */
    if (UNINTERRUPTED(fstatat(AT_FDCWD, path, &s->st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
        return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
    s->ops = kind_of(&s->st);
    if (!s->ops)
        return refuse(s->st.st_mode, f);
    if (S_ISSOCK(s->st.st_mode))
        return failure_set(f, "open", EOPNOTSUPP, FAILURE_NO_OFFSET,
                           "a socket cannot be opened by its name");

    r = s->ops->open(path, follow);
    if (r < 0)
        return failure_set(f, "open", -r, FAILURE_NO_OFFSET, NULL);
    s->fd = r;
    return begin(s, f);
}

int source_open_fd(struct source *s, int fd, const char *path, struct failure *f)
{
    int flags = fcntl(fd, F_GETFL);

    *s = (struct source){.path = path, .by_fd = true, .fd = fd, .fd_direct = -1};
    /* With O_NONBLOCK an engine gets EAGAIN where it could wait. */
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        int err = errno;

        (void)fd_close(&s->fd);
        return failure_set(f, "open", err, FAILURE_NO_OFFSET, NULL);
    }
    return begin(s, f);
}

/* Only what has positions has an offset where it can be read again. */
static void take_offset(struct source *s)
{
    off_t at = lseek(s->fd, 0, SEEK_CUR);

    if (s->can.positions && at > 0)
        s->begin = (uint64_t)at;
}

int source_open_standard(struct source *s, const char *name, struct failure *f)
{
    int fd = descriptors_standard_input(), r;

    if (fd < 0)
        return failure_set(f, "open", -fd, FAILURE_NO_OFFSET, NULL);
    r = source_open_fd(s, fd, name, f);
    if (r < 0)
        return r;
    take_offset(s);
    s->can.attributes = false;
    return 0;
}

int source_open_command(struct source *s, const char *text, const char *name, struct failure *f)
{
    int r;

    *s = (struct source){.path = name, .by_fd = true, .fd = -1, .fd_direct = -1};
    r = command_start(text, COMMAND_WRITES, false, &s->command, &s->fd, f);
    if (r < 0)
        return r;
    s->ops = &source_command_ops;
    return s->ops->begin(s, f);
}

void source_open_direct(struct source *s)
{
    s->ops->open_direct(s);
}

uint64_t source_allocated(const struct source *s)
{
    return s->ops->allocated(s);
}

int source_check_unchanged(const struct source *s, bool allowed, struct failure *f)
{
    int r;

    f->err = 0;
    f->warning = false;
    r = s->ops->check_unchanged(s, f);
    f->warning &= allowed;
    return f->warning ? 0 : r;
}

bool source_origin(const struct source *s, struct origin *ret)
{
    return s->ops->origin(s, ret);
}

void source_close(struct source *s)
{
    s->ops->close(s);
}
