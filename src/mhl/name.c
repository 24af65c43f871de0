/* name: which names manifests can hold. See mhl.h. */
#include <string.h>

#include <libxml/chvalid.h>
#include <libxml/xmlstring.h>

#include "mhl.h"

/* xmlGetUTF8Char() takes surrogates and overlong forms, so that they are refused here. */
bool mhl_name_fits(const char *name)
{
    static const unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t left = strlen(name);

    while (left > 0) {
        int len = left < 4 ? (int)left : 4;
        int c = xmlGetUTF8Char((const unsigned char *)name, &len);

        if (c < 0 || len < 1 || len > 4 || (unsigned)c < least[len] || !xmlIsCharQ(c))
            return false;
        name += len;
        left -= (size_t)len;
    }
    return true;
}
