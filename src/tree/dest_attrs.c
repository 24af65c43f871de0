/* dest_attrs: the attributes that files and directories of a destination get from the source.
 * See dest_state_priv.h. */
#include <errno.h>

#include "base/interrupted.h"
#include "dest_state_priv.h"
#include "shared_file_priv.h"

void tree_dest_take_attrs(struct tree_dest *t, const struct record *r)
{
    struct failure f;

    if (packed_take(&t->packed, r, &t->attrs) == 0)
        return;
    t->attrs.failures.lost = true;
    failure_set(&f, "preserve attributes", ENOMEM, FAILURE_NO_OFFSET, NULL);
    t->request.attrs_failed(t->request.arg, t->path.bytes, &f);
}

void tree_dest_take_file_attrs(struct tree_dest *t, const struct record *r)
{
    if (r->bare && r->shared && record_is_further(r))
        attrs_read(&t->attrs, r->shared->fd, false, &r->st);
    else
        tree_dest_take_attrs(t, r);
}

bool tree_dest_give_attrs(struct tree_dest *t, const struct attrs_file *file, bool has_data)
{
    struct attrs_failures failures = {.n = 0};
    const struct failure *lost;

    (void)attrs_apply(&t->attrs, file, &failures);
    if (failures.lost)
        atomic_store(&t->request.view->attrs_lost, true);
    lost = has_data ? attrs_lost_data(&failures) : NULL;
    if (lost) {
        tree_dest_report_failure(t, lost);
        return false;
    }
    for (unsigned i = 0; i < failures.n; i++)
        t->request.attrs_failed(t->request.arg, t->path.bytes, &failures.list[i]);
    return true;
}

mode_t tree_dest_held(const struct tree_dest *t, mode_t mode)
{
    const struct attrs_wanted *w = &t->request.preserve;

    return w->owner && !w->mode ? mode & (S_IRWXG | S_IRWXO) & ~t->request.umask : 0;
}

void tree_dest_release(struct tree_dest *t, int fd, mode_t held)
{
    struct stat st;

    if (held &&
        (fstat(fd, &st) < 0 || UNINTERRUPTED(fchmod(fd, (st.st_mode & MODE_BITS) | held)) < 0))
        tree_dest_fail_attrs(t, "set mode");
}
