#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A path that is compared, with one slash more in front or behind. Bytes have numbers from 0 on. */
struct text {
    const char *bytes;
    size_t len; /* with the slashes */
    bool slash_before;
    bool slash_behind;
};

struct rule {
    char *pattern; /* without the slashes at its ends */
    bool include;
    bool directories; /* matches nothing else */
    bool anchored;
    bool wild;          /* has any of "*?[" */
    bool deep;          /* has "**" ... */
    bool deep_start;    /* ... at its start ... */
    bool deep_end;      /* ... or "***" at its end */
    unsigned n_slashes; /* in it */
};

struct filter {
    struct rule *rules;
    size_t n, room;
};

/* ---- the list ---- */

struct filter *filter_new(void)
{
    return calloc(1, sizeof(struct filter));
}

static void clear(struct filter *f)
{
    while (f->n > 0)
        free(f->rules[--f->n].pattern);
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    clear(f);
    free(f->rules);
    free(f);
}

static unsigned count_slashes(const char *text)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == '/';
    return n;
}

/* 0 or -ENOMEM. */
static int append(struct filter *f, const char *pattern, bool include)
{
    size_t len = strlen(pattern);
    struct rule *r;
    const char *deep;

    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 16;
        struct rule *rules = reallocarray(f->rules, room, sizeof(*rules));

        if (!rules)
            return -ENOMEM;
        f->rules = rules;
        f->room = room;
    }
    r = &f->rules[f->n];
    *r = (struct rule){.include = include, .anchored = pattern[0] == '/'};
    r->directories = len > 1 && pattern[len - 1] == '/';
    r->pattern = strndup(pattern + r->anchored, len - r->anchored - r->directories);
    if (!r->pattern)
        return -ENOMEM;
    r->wild = strpbrk(r->pattern, "*?[") != NULL;
    r->n_slashes = count_slashes(r->pattern);
    deep = strstr(r->pattern, "**");
    r->deep = deep != NULL;
    r->deep_start = deep == r->pattern && !r->anchored;
    len = strlen(r->pattern);
    r->deep_end = len >= 3 && strcmp(r->pattern + len - 3, "***") == 0;
    f->n++;
    return 0;
}

int filter_add(struct filter *f, const char *pattern, bool include)
{
    if (strcmp(pattern, "!") == 0) {
        clear(f);
        return 0;
    }
    if ((pattern[0] == '-' || pattern[0] == '+') && pattern[1] == ' ') {
        include = pattern[0] == '+';
        pattern += 2;
        if (*pattern == '\0')
            return -EINVAL;
    }
    return *pattern ? append(f, pattern, include) : 0;
}

/* ---- classes of bytes ---- */

/* Whether the byte is in the class of that name. -1: there is no such class. */
static int is_of_class(const char *name, size_t len, unsigned char byte)
{
    static const struct {
        const char *name;
        int (*has)(int c);
    } classes[] = {
        {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
        {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
        {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
        if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
            return byte < 0x80 && classes[i].has(byte);
    return -1;
}

/* The next byte of a class, which may stand behind a "\". *p moves behind it. '\0': the class does
 * not end. */
static unsigned char take_byte(const char **p)
{
    if (**p == '\\')
        ++*p;
    return **p ? (unsigned char)*(*p)++ : '\0';
}

/* Whether *p begins with "[:NAME:]". Moves *p behind that, and *ret_in tells whether the byte is of
 * that class; -1: there is no such class. */
static bool take_named(const char **p, unsigned char byte, int *ret_in)
{
    const char *name = *p + 2, *end;

    if ((*p)[0] != '[' || (*p)[1] != ':')
        return false;
    end = strchr(name, ']');
    if (!end || end == name || end[-1] != ':')
        return false;
    *ret_in = is_of_class(name, (size_t)(end - 1 - name), byte);
    *p = end + 1;
    return true;
}

/* Whether the byte is one of the class. p: behind its "[". Returns what is behind its "]", or NULL:
 * it does not end, or names a class that does not exist. */
static const char *match_class(const char *p, unsigned char byte, bool *ret_in)
{
    bool not = *p == '!' || *p == '^', in = false;
    unsigned char before = '\0'; /* a range may begin with it */

    p += not ;
    for (bool first = true; first || *p != ']'; first = false) {
        int named;

        if (*p == '\0')
            return NULL;
        if (*p == '-' && before && p[1] && p[1] != ']') {
            unsigned char last;

            p++;
            last = take_byte(&p);
            if (!last)
                return NULL;
            in |= byte >= before && byte <= last;
            before = '\0';
        } else if (take_named(&p, byte, &named)) {
            if (named < 0)
                return NULL;
            in |= named;
            before = '\0';
        } else {
            before = take_byte(&p);
            if (!before)
                return NULL;
            in |= byte == before;
        }
    }
    *ret_in = in != not &&byte != '/';
    return p + 1;
}

/* ---- patterns ---- */

static unsigned char byte_at(const struct text *t, size_t i)
{
    if (t->slash_before && i == 0)
        return '/';
    if (t->slash_behind && i == t->len - 1)
        return '/';
    return (unsigned char)t->bytes[i - t->slash_before];
}

/* Whether one byte matches what the pattern has at *p, which is no "*". *p moves behind it. */
static bool match_byte(const char **p, unsigned char byte)
{
    bool in;

    switch (**p) {
    case '\0':
        return false;
    case '?':
        ++*p;
        return byte != '/';
    case '[':
        *p = match_class(*p + 1, byte, &in);
        return *p && in;
    case '\\':
        ++*p;
        break;
    default:
        break;
    }
    if (**p == '\0' || (unsigned char)**p != byte)
        return false;
    ++*p;
    return true;
}

/* Where a star stands, and where what it stands for ends so far. */
struct star {
    const char *behind; /* the pattern behind it; NULL: there is none */
    size_t at;
};

/* Whether the pattern matches the text from `at` on, up to its end.
 *
 * A star stands for as little as possible at first, and for more if what is behind it does not
 * match. Only the last star and the last "**" can be given more. That is enough: what is between
 * two stars should end as early as possible, and a "*" that may not get over a slash leaves no
 * other choice. */
static bool match_wild(const char *p, const struct text *t, size_t at)
{
    struct star star = {NULL, 0}, deep = {NULL, 0};

    for (;;) {
        if (*p == '*') {
            size_t n = strspn(p, "*");

            p += n;
            star = (struct star){.behind = n == 1 ? p : NULL, .at = at};
            if (n > 1)
                deep = (struct star){.behind = p, .at = at};
        } else if (at == t->len && *p == '\0') {
            return true;
        } else if (at < t->len && match_byte(&p, byte_at(t, at))) {
            at++;
        } else if (!p) {
            return false;
        } else if (star.behind && star.at < t->len && byte_at(t, star.at) != '/') {
            p = star.behind;
            at = ++star.at;
        } else if (deep.behind && deep.at < t->len) {
            star.behind = NULL;
            p = deep.behind;
            at = ++deep.at;
        } else {
            return false;
        }
    }
}

/* Where the last n components of the path begin. NULL: it has fewer. */
static const char *last_components(const char *path, unsigned n)
{
    const char *p = path + strlen(path);

    while (p > path)
        if (*--p == '/' && --n == 0)
            return p + 1;
    return n == 1 ? path : NULL;
}

static bool matches(const struct rule *r, const char *path, bool is_directory)
{
    struct text t = {.bytes = path};

    if (r->directories && !is_directory)
        return false;
    if (!r->anchored && !r->deep)
        t.bytes = last_components(path, r->n_slashes + 1);
    if (!t.bytes)
        return false;
    if (!r->wild)
        return strcmp(t.bytes, r->pattern) == 0;
    t.slash_before = r->deep_start;
    t.slash_behind = r->deep_end && is_directory;
    t.len = strlen(t.bytes) + t.slash_before + t.slash_behind;
    if (match_wild(r->pattern, &t, 0))
        return true;
    for (size_t i = 0; r->deep && !r->anchored && !r->deep_start && i < t.len; i++)
        if (byte_at(&t, i) == '/' && match_wild(r->pattern, &t, i + 1))
            return true;
    return false;
}

bool filter_leaves_out(const struct filter *f, const char *path, bool is_directory)
{
    for (size_t i = 0; f && i < f->n; i++)
        if (matches(&f->rules[i], path, is_directory))
            return !f->rules[i].include;
    return false;
}

bool filter_leaves_out_any(const struct filter *f, const char *path)
{
    return filter_leaves_out(f, path, true) && filter_leaves_out(f, path, false);
}
