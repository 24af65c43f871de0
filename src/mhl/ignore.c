#include "ignore_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A longer pattern matches nothing. */
#define MAX_PATTERN 1024u

static const char *const defaults[] = {".DS_Store", "ascmhl", "ascmhl/"};

int mhl_ignore_add(struct mhl_ignore *i, const char *pattern)
{
    char **more;

    for (size_t k = 0; k < i->n; k++)
        if (strcmp(i->patterns[k], pattern) == 0)
            return 0;
    more = realloc(i->patterns, (i->n + 1) * sizeof(char *));
    if (!more)
        return -ENOMEM;
    i->patterns = more;
    i->patterns[i->n] = strdup(pattern);
    if (!i->patterns[i->n])
        return -ENOMEM;
    i->n++;
    return 0;
}

int mhl_ignore_add_defaults(struct mhl_ignore *i)
{
    int r = 0;

    for (size_t k = 0; k < sizeof(defaults) / sizeof(*defaults) && r == 0; k++)
        r = mhl_ignore_add(i, defaults[k]);
    return r;
}

/* Whether the bracket expression at *pattern, behind its "[", has the character. Moves *pattern
 * behind the "]". One without an end has nothing. */
static bool in_bracket(const char **pattern, const char *end, char c)
{
    const char *p = *pattern;
    bool negated = p < end && (*p == '!' || *p == '^'), has = false;

    p += negated;
    for (bool first = true; p < end && (first || *p != ']'); first = false) {
        unsigned char low = (unsigned char)*p++, high = low;

        if (p + 1 < end && *p == '-' && p[1] != ']') {
            high = (unsigned char)p[1];
            p += 2;
        }
        has |= low <= (unsigned char)c && (unsigned char)c <= high;
    }
    *pattern = p < end ? p + 1 : end;
    return p < end && has != negated;
}

/* Whether the pattern's first element, which is no "*", has the character. Moves *pattern behind
 * it. */
static bool one_matches(const char **pattern, const char *end, char c)
{
    char p = *(*pattern)++;

    if (p == '?')
        return true;
    if (p == '[')
        return in_bracket(pattern, end, c);
    if (p == '\\' && *pattern < end)
        p = *(*pattern)++;
    return p == c;
}

/* Matches one component: p up to end, s up to stop. Only the last "*" is ever tried again, so
 * that no pattern takes long. */
static bool match_name(const char *p, const char *end, const char *s, const char *stop)
{
    const char *star = NULL, *again = NULL;

    while (s < stop || p < end) {
        if (p < end && *p == '*') {
            star = ++p;
            again = s;
            continue;
        }
        if (p < end && s < stop && one_matches(&p, end, *s)) {
            s++;
            continue;
        }
        if (!star || again >= stop)
            return false;
        p = star;
        s = ++again;
    }
    return true;
}

/* Matches component by component. budget limits the work that several "**" make. */
static bool match_components(const char *pattern, const char *path, unsigned *budget)
{
    while (*budget > 0) {
        size_t p = strcspn(pattern, "/"), n = strcspn(path, "/");

        (*budget)--;
        if (p == 2 && strncmp(pattern, "**", 2) == 0) {
            if (!pattern[p])
                return true;
            if (match_components(pattern + 3, path, budget))
                return true;
            if (!path[n])
                return false;
            path += n + 1;
            continue;
        }
        if (!match_name(pattern, pattern + p, path, path + n))
            return false;
        if (!pattern[p] || !path[n])
            return !pattern[p] && !path[n];
        pattern += p + 1;
        path += n + 1;
    }
    return false;
}

static bool match(const char *pattern, const char *path, bool is_directory)
{
    char text[MAX_PATTERN];
    size_t len = strlen(pattern);
    const char *last = strrchr(path, '/');
    unsigned budget = 10000;

    if (len == 0 || len >= sizeof text)
        return false;
    memcpy(text, pattern, len + 1);
    if (text[len - 1] == '/') {
        if (!is_directory)
            return false;
        text[--len] = '\0';
    }
    if (len == 0)
        return false;
    if (!strchr(text, '/'))
        return match_name(text, text + len, last ? last + 1 : path, path + strlen(path));
    return match_components(*text == '/' ? text + 1 : text, path, &budget);
}

bool mhl_ignore_has(const struct mhl_ignore *i, const char *path, bool is_directory)
{
    bool ignored = false;

    for (size_t k = 0; k < i->n; k++) {
        const char *p = i->patterns[k];
        bool take_in = *p == '!';

        if (*p != '#' && ignored == take_in && match(p + take_in, path, is_directory))
            ignored = !take_in;
    }
    return ignored;
}

void mhl_ignore_free(struct mhl_ignore *i)
{
    for (size_t k = 0; k < i->n; k++)
        free(i->patterns[k]);
    free(i->patterns);
    *i = (struct mhl_ignore){NULL, 0};
}
