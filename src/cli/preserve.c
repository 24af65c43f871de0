#include "preserve_priv.h"

void options_preserve_all(struct options *o, enum attrs_effort effort)
{
    struct attrs_wanted *w = &o->preserve;

    w->mode = w->owner = w->times = true;
    w->context = w->context > effort ? w->context : effort;
    w->xattrs = w->xattrs > effort ? w->xattrs : effort;
    o->preserve_links = true;
    o->plain_mode = false;
}

static void preserve_nothing(struct options *o)
{
    o->preserve = (struct attrs_wanted){.mode = false};
    o->preserve_links = false;
    o->plain_mode = true;
}

void options_preserve(struct options *o, enum preserve_word word, bool on)
{
    struct attrs_wanted *w = &o->preserve;

    switch (word) {
    case PRESERVE_MODE:
        w->mode = on;
        o->plain_mode = !on;
        break;
    case PRESERVE_OWNERSHIP:
        w->owner = on;
        break;
    case PRESERVE_TIMESTAMPS:
        w->times = on;
        break;
    case PRESERVE_LINKS:
        o->preserve_links = on;
        break;
    case PRESERVE_CONTEXT:
        w->context = on ? ATTRS_REQUIRED : ATTRS_LEAVE;
        break;
    case PRESERVE_XATTR:
        w->xattrs = on ? ATTRS_REQUIRED : ATTRS_LEAVE;
        break;
    case PRESERVE_ALL:
        if (on)
            options_preserve_all(o, ATTRS_MIND);
        else
            preserve_nothing(o);
    }
}
