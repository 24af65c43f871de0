#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* The length of the valid UTF-8 sequence at s and its code point, or 0 if there is none. */
static size_t utf8_decode(const char *s, uint32_t *ret_code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)s;
    uint32_t code;
    size_t len;

    if (u[0] < 0x80)
        len = 1;
    else if ((u[0] & 0xe0) == 0xc0)
        len = 2;
    else if ((u[0] & 0xf0) == 0xe0)
        len = 3;
    else if ((u[0] & 0xf8) == 0xf0)
        len = 4;
    else
        return 0;
    code = len == 1 ? u[0] : u[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (u[i] & 0x3f);
    }
    if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return len;
}

/* Control characters, and those that change the direction or the line of the text around them
 * (Unicode's bidirectional controls, line and paragraph separator). A name with these could look
 * like another one. */
static bool is_deceptive(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

char *text_escaped(const char *text)
{
    char *copy = malloc(4 * strlen(text) + 1);
    char *out = copy;
    uint32_t code = 0;

    if (copy == NULL)
        return NULL;
    while (*text != '\0') {
        size_t len = utf8_decode(text, &code);

        if (len > 0 && !is_deceptive(code) && code != '\\') {
            out = mempcpy(out, text, len);
            text += len;
            continue;
        }
        if (*text == '\n')
            out = stpcpy(out, "\\n");
        else if (*text == '\\')
            out = stpcpy(out, "\\\\");
        else
            out += sprintf(out, "\\%03o", (unsigned char)*text);
        /* The next bytes of a longer character are no valid UTF-8 sequence. */
        text++;
    }
    *out = '\0';
    return copy;
}

char *text_as_utf8(const char *text)
{
    char *copy = malloc(3 * strlen(text) + 1);
    char *out = copy;
    uint32_t code;

    if (copy == NULL)
        return NULL;
    while (*text != '\0') {
        size_t len = utf8_decode(text, &code);

        if (len > 0) {
            out = mempcpy(out, text, len);
            text += len;
        } else {
            out = stpcpy(out, "\xef\xbf\xbd");
            text++;
        }
    }
    *out = '\0';
    return copy;
}

char *text_base64(const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);
    char *copy = malloc((len + 2) / 3 * 4 + 1);
    char *out = copy;

    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < len ? (unsigned char)text[i + k] : 0u);
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
        *out++ = i + 2 < len ? digits[bits & 63] : '=';
    }
    *out = '\0';
    return copy;
}

size_t text_first_char(const char *text, bool utf8, unsigned *ret_columns)
{
    uint32_t code = 0;
    size_t len = utf8_decode(text, &code);
    int width;

    if (len == 0)
        len = 1;
    width = utf8 ? wcwidth((wchar_t)code) : (int)len;
    *ret_columns = width >= 0 ? (unsigned)width : 2;
    return len;
}

unsigned text_columns(const char *text, bool utf8)
{
    unsigned sum = 0, columns;

    while (*text != '\0') {
        text += text_first_char(text, utf8, &columns);
        sum += columns;
    }
    return sum;
}

void text_human(char *text, size_t size, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned u = 0;

    while (bytes >= 1023.95 && u < 6) {
        bytes /= 1024;
        u++;
    }
    snprintf(text, size, u == 0 ? "%.0f %s" : "%.1f %s", bytes, units[u]);
}
