/* packed: see packed_priv.h. */
#include "packed_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void packed_keep(struct packed *p, const struct record *r)
{
    if (p->room - p->len < r->attrs_len) {
        size_t room = 2 * (p->len + r->attrs_len);
        char *bytes = realloc(p->bytes, room);

        if (!bytes) {
            p->lost = true;
            return;
        }
        p->bytes = bytes;
        p->room = room;
    }
    memcpy(p->bytes + p->len, record_attrs(r), r->attrs_len);
    p->len += r->attrs_len;
}

void packed_forget(struct packed *p)
{
    p->len = 0;
    p->lost = false;
}

int packed_take(const struct packed *p, const struct record *r, struct attrs *attrs)
{
    const void *bytes = p->len > 0 ? p->bytes : record_attrs(r);
    int error = attrs_unpack(attrs, &r->st, bytes, p->len > 0 ? p->len : r->attrs_len);

    return p->lost ? -ENOMEM : error;
}
