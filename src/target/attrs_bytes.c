/* attrs_bytes: access control lists and extended attributes as bytes, to be handed on. See attrs.h. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "attrs_priv.h"

/* A name with its NUL and then the value follow it. */
struct packed {
    uint32_t name_size;
    uint32_t value_size;
};

static size_t packed_size(const struct attrs_value *v)
{
    return v->size || v->name ? sizeof(struct packed) + strlen(v->name) + 1 + v->size : 0;
}

static void pack(const struct attrs *a, const struct attrs_value *v, char *to)
{
    struct packed p = {(uint32_t)strlen(v->name) + 1, (uint32_t)v->size};

    memcpy(to, &p, sizeof(p));
    memcpy(to + sizeof(p), v->name, p.name_size);
    memcpy(to + sizeof(p) + p.name_size, a->values + v->start, v->size);
}

/* By the numbers of attrs_pack(). */
static const struct attrs_value *value_at(const struct attrs *a, unsigned i)
{
    return i == 0 ? &a->access_acl : i == 1 ? &a->default_acl : &a->xattrs[i - 2];
}

size_t attrs_packed_size(const struct attrs *a)
{
    size_t size = 0;

    for (unsigned i = 0; i < 2 + a->n_xattrs; i++)
        size += packed_size(value_at(a, i));
    return size;
}

size_t attrs_pack(const struct attrs *a, unsigned *at, void *to, size_t max)
{
    size_t used = 0;

    for (; *at < 2 + a->n_xattrs; ++*at) {
        const struct attrs_value *v = value_at(a, *at);
        size_t size = packed_size(v);

        if (size > max - used)
            break;
        if (size > 0)
            pack(a, v, (char *)to + used);
        used += size;
    }
    return used;
}

/* Adds the value at a->values + at. Returns the position behind it or a negative errno. */
static ssize_t unpack(struct attrs *a, size_t at)
{
    struct attrs_value v;
    struct packed p;
    int r = 0;

    memcpy(&p, a->values + at, sizeof(p));
    at += sizeof(p);
    v = (struct attrs_value){a->values + at, at + p.name_size, p.value_size};
    if (strcmp(v.name, ACCESS_ACL) == 0)
        a->access_acl = v;
    else if (strcmp(v.name, DEFAULT_ACL) == 0)
        a->default_acl = v;
    else
        r = attrs_add_xattr(a, &v);
    return r < 0 ? r : (ssize_t)(v.start + v.size);
}

int attrs_unpack(struct attrs *a, const struct stat *st, const void *packed, size_t size)
{
    ssize_t at = 0;

    attrs_read_stat(a, st);
    if (attrs_make_room(&a->values, &a->values_room, size) < 0)
        return -ENOMEM;
    if (size > 0)
        memcpy(a->values, packed, size);
    a->values_used = size;
    while (at >= 0 && (size_t)at < size)
        at = unpack(a, (size_t)at);
    if (at >= 0)
        return 0;
    attrs_read_stat(a, st);
    return -ENOMEM;
}
