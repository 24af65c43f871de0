#include "preserve_priv.h"

#include <errno.h>
#include <string.h>

void options_preserve_all(struct options *o, enum attrs_effort effort)
{
    struct attrs_wanted *w = &o->preserve;

    w->mode = w->owner = w->times = true;
    w->context = w->context > effort ? w->context : effort;
    w->xattrs = w->xattrs > effort ? w->xattrs : effort;
    o->preserve_links = true;
    o->plain_mode = false;
}

void options_preserve_nothing(struct options *o)
{
    o->preserve = (struct attrs_wanted){.mode = false};
    o->preserve_links = false;
    o->plain_mode = true;
}

static void preserve_mode(struct options *o, bool on)
{
    o->preserve.mode = on;
    o->plain_mode = !on;
}

/* One word of a LIST, which may be abbreviated as with cp: no two begin with the same letter.
 */
static int preserve_one(struct options *o, const char *word, size_t length, bool on)
{
    static const char *const words[] = {"all",       "context",    "links", "mode",
                                        "ownership", "timestamps", "xattr"};
    struct attrs_wanted *w = &o->preserve;
    size_t i = 0;

    while (i < sizeof(words) / sizeof(words[0]) && words[i][0] != *word)
        i++;
    if (length == 0 || i == sizeof(words) / sizeof(words[0]) ||
        strncmp(words[i], word, length) != 0)
        return -EINVAL;
    switch (*word) {
    case 'a':
        if (on)
            options_preserve_all(o, ATTRS_MIND);
        else
            options_preserve_nothing(o);
        break;
    case 'c':
        w->context = on ? ATTRS_REQUIRED : ATTRS_LEAVE;
        break;
    case 'l':
        o->preserve_links = on;
        break;
    case 'm':
        preserve_mode(o, on);
        break;
    case 'o':
        w->owner = on;
        break;
    case 't':
        w->times = on;
        break;
    default:
        w->xattrs = on ? ATTRS_REQUIRED : ATTRS_LEAVE;
    }
    return 0;
}

int options_preserve_list(struct options *o, const char *list, bool on)
{
    for (;;) {
        size_t length = strcspn(list, ",");

        if (preserve_one(o, list, length, on) < 0)
            return -EINVAL;
        if (list[length] == '\0')
            return 0;
        list += length + 1;
    }
}
