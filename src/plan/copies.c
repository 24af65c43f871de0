#include "copies_priv.h"

#include <errno.h>
#include <string.h>

#include "base/path_probe.h"

int plan_stat_source(const struct plan_copy *c, struct stat *ret)
{
    if (c->from_command || c->ublk) {
        errno = ENOENT;
        return -1;
    }
    if (c->from_standard)
        return path_probe_stat(PLAN_STANDARD_INPUT, ret);
    return c->follow ? path_probe_stat(c->source, ret) : path_probe_lstat(c->source, ret);
}

bool plan_is_directory(const char *path)
{
    struct stat st;

    return path_probe_stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void plan_leave_out(struct plan_copy *c, char *why, bool is_failure)
{
    c->left_out = why;
    c->is_failure = is_failure;
}

int plan_settle(struct plan_copy *c, const struct options *o, int r, char **ret_error)
{
    if (!o->cp || r != -EINVAL)
        return r;
    plan_leave_out(c, *ret_error, true);
    *ret_error = NULL;
    return 0;
}

char *plan_root(const struct plan_copy *c, const char *path)
{
    return strndup(path, strlen(path) - (c->way_len > 0 ? c->way_len + 1 : 0));
}
