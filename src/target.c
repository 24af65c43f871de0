/* target: picks the kind of a destination by what stands under its path. See target.h. */
#include "target.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with_slash(const char *path)
{
    size_t n = strlen(path);

    return n > 0 && path[n - 1] == '/';
}

/* Makes *t a target that is not open, of the kind that stands under its path. */
static int choose_kind(struct target *t, const struct target_request *request,
                       struct failure *f)
{
    struct stat st;

    assert(!request->keep_rest || request->inplace);
    *t = (struct target){
        .request = *request,
        .fd = -1,
        .fd_direct = -1,
        .dir_fd = -1,
        .uid = (uid_t)-1,
        .gid = (gid_t)-1,
    };

    if (stat(request->path, &st) < 0) {
        if (errno != ENOENT)
            return failure_set(f, "open", errno, FAILURE_NO_OFFSET, NULL);
        if (ends_with_slash(request->path))
            return failure_set(f, "open", ENOTDIR, FAILURE_NO_OFFSET, NULL);
        t->ops = &target_file_ops;
    } else if (S_ISDIR(st.st_mode)) {
        return failure_set(f, "open", EISDIR, FAILURE_NO_OFFSET, NULL);
    } else {
        t->ops = S_ISREG(st.st_mode) ? &target_file_ops : &target_node_ops;
    }
    return 0;
}

int target_open(struct target *t, const struct target_request *request, struct failure *f)
{
    int r = choose_kind(t, request, f);

    return r < 0 ? r : t->ops->open(t, f);
}

int target_look(const struct target_request *request, const char **ret_how, struct failure *f)
{
    struct target t;
    int r = choose_kind(&t, request, f);

    return r < 0 ? r : t.ops->look(&t, ret_how, f);
}

int target_commit(struct target *t, struct failure *f)
{
    return t->ops->commit(t, f);
}

void target_abort(struct target *t)
{
    t->ops->abort(t);
}
