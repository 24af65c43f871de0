/* standard: standard output as a destination, whatever it is: a pipe, a terminal, a file. Bytes go
 * there one after the other, as with cat: behind its offset, or at its end if it was opened for
 * appending. Its state is target.fd alone. */
#include <errno.h>
#include <sys/stat.h>

#include "base/descriptors.h"
#include "base/fd.h"
#include "target_priv.h"

static int standard_look(const struct target_request *q, struct target_view *ret,
                         struct failure *f)
{
    (void)q;
    (void)f;
    *ret = (struct target_view){.how = "written through"};
    return 0;
}

static int standard_open(struct target *t, struct failure *f)
{
    struct stat st;
    int r;

    if (t->request.need_direct)
        return failure_set(f, "open", EINVAL, FAILURE_NO_OFFSET,
                           "O_DIRECT is for regular files only");
    r = descriptors_standard_output();
    if (r < 0)
        return failure_set(f, "open", -r, FAILURE_NO_OFFSET, NULL);
    t->fd = r;
    if (fstat(t->fd, &st) < 0) {
        r = errno;
        (void)fd_close(&t->fd);
        return failure_set(f, "stat", r, FAILURE_NO_OFFSET, NULL);
    }
    t->sequential = true;
    t->can_fsync = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
    return 0;
}

const struct target_ops target_standard = {
    .name = "standard",
    .end = TARGET_STANDARD,
    .look = standard_look,
    .open = standard_open,
};
