#include "choice.h"

#include <dirent.h>

/* Whether the filter leaves the entry out. */
static bool is_filtered(const struct choice *c, const char *path, unsigned char type)
{
    if (!c->filter)
        return false;
    if (type == DT_UNKNOWN)
        return filter_leaves_out_any(c->filter, path);
    return filter_leaves_out(c->filter, path, type == DT_DIR);
}

bool choice_leaves_out(const struct choice *c, const char *path, unsigned char type)
{
    enum name_relation is = c->names ? name_list_find(c->names, path) : NAME_BELOW;
    bool out;

    if (is == NAME_NOT || is == NAME_ABOVE)
        return is == NAME_NOT || (type != DT_DIR && type != DT_UNKNOWN);
    out = is_filtered(c, path, type);
    if (c->names && c->meets)
        name_list_meet(c->names, path, out);
    return out;
}

bool choice_is_empty(const struct choice *c, const char *path)
{
    return c->names && !name_list_has_below(c->names, path);
}

void choice_cannot_enter(const struct choice *c, const char *path)
{
    if (c->names && c->meets)
        name_list_meet(c->names, path, true);
}
