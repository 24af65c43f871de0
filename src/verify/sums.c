#include "sums.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a line without the name of an algorithm is, by its number of digits. */
struct family {
    size_t digits;
    const char *algorithm; /* if no word says otherwise; NULL: a word has to say it */
    const char *or_else;   /* as in struct sum */
};

static const struct family families[] = {
    {16, "xxh64", NULL},
    {32, NULL, NULL},
    {40, "sha1", "RIPEMD-160"},
    {64, "sha256", "BLAKE3 (b3sum), SHA3-256 or BLAKE2b (b2sum -l 256)"},
    {128, "sha512", "BLAKE2b (b2sum) or SHA3-512"},
};

/* Words in the name of a list, and the algorithm for that many digits. NULL: one that is not
 * supported. */
static const struct {
    const char *word;
    size_t digits;
    const char *algorithm;
} words[] = {
    {"md5", 32, "md5"},       {"xxh", 32, "xxh128"},     {"xxsum", 32, "xxh128"},
    {"sha1", 40, "sha1"},     {"ripemd", 40, NULL},      {"rmd160", 40, NULL},
    {"sha256", 64, "sha256"}, {"b3sum", 64, NULL},       {".b3", 64, NULL},
    {"blake", 64, NULL},      {"sha3", 64, NULL},        {"sm3sum", 64, NULL},
    {"b2sum", 64, NULL},      {"sha512", 128, "sha512"}, {"blake", 128, NULL},
    {"b2sum", 128, NULL},     {"sha3", 128, NULL},       {"whirlpool", 128, NULL},
};

/* The names of algorithms in BSD lines. */
static const struct {
    const char *tag, *algorithm;
    size_t digits;
} tags[] = {
    {"MD5", "md5", 32},        {"SHA1", "sha1", 40},   {"SHA256", "sha256", 64},
    {"SHA512", "sha512", 128}, {"XXH64", "xxh64", 16}, {"XXH3", "xxh3", 16},
    {"XXH128", "xxh128", 32},
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

struct parser {
    const char *file; /* the last component of the list's name */
    size_t line;      /* number of the current line, from 1 */
    bool zero;        /* zeros end the lines */
    char **ret_error;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct parser *p,
                                                        const char *format, ...)
{
    char *reason;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&reason, format, args);
    va_end(args);
    if (n < 0)
        return -ENOMEM;
    n = p->line > 0 ? asprintf(p->ret_error, "line %zu: %s", p->line, reason)
                    : asprintf(p->ret_error, "%s", reason);
    free(reason);
    return n < 0 ? -ENOMEM : -EINVAL;
}

/* ---- names ---- */

/* Undoes the escapes in place. False: there is a wrong one. */
static bool unescape(char *name)
{
    char *out = name;

    for (const char *in = name; *in; in++) {
        if (*in != '\\') {
            *out++ = *in;
            continue;
        }
        in++;
        if (*in != 'n' && *in != 'r' && *in != '\\')
            return false;
        *out++ = *in == 'n' ? '\n' : *in == 'r' ? '\r' : '\\';
    }
    *out = '\0';
    return true;
}

/* Takes "." components and needless slashes out of a relative path, in place. False: nothing is
 * left, or it goes up. */
static bool clean(char *name)
{
    char *out = name;

    for (const char *in = name; *in;) {
        size_t length = strcspn(in, "/");

        if (length == 2 && in[0] == '.' && in[1] == '.')
            return false;
        if (length > 0 && !(length == 1 && in[0] == '.')) {
            if (out > name)
                *out++ = '/';
            memmove(out, in, length);
            out += length;
        }
        in += length + (in[length] == '/');
    }
    *out = '\0';
    return out > name;
}

/* Sets sum->name. The name is changed in place. */
static int take_name(struct parser *p, struct sum *sum, char *name, bool escaped)
{
    if (escaped && !unescape(name))
        return refuse(p, "wrong escape in the name");
    if (*name == '/')
        return refuse(p, "the name is absolute; names must be relative to the directory");
    if (!clean(name))
        return refuse(p, "the name is empty or leads out of the directory");
    sum->name = name;
    return 0;
}

/* ---- checksums ---- */

/* The number of hexadecimal digits at text. */
static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF");
}

static void to_lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* Whether the file's name has the word "b2" in it, as in "list-b2.txt"; but not "db2.txt". */
static bool has_b2(const char *file)
{
    for (const char *at = file; (at = strcasestr(at, "b2")); at += 2)
        if ((at == file || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[2]))
            return true;
    return false;
}

/* The algorithm for so many digits that the name of the list names. NULL: none, or several.
 * *ret_unsupported: a word of one that is not supported, or NULL. */
static const char *algorithm_in_name(const char *file, size_t digits,
                                     const char **ret_unsupported)
{
    const char *found = NULL;
    bool several = false;

    *ret_unsupported = digits >= 64 && has_b2(file) ? "b2" : NULL;
    for (size_t i = 0; i < N_OF(words); i++) {
        if (words[i].digits != digits || !strcasestr(file, words[i].word))
            continue;
        if (!words[i].algorithm) {
            *ret_unsupported = words[i].word;
            continue;
        }
        several |= found && strcmp(found, words[i].algorithm) != 0;
        found = words[i].algorithm;
    }
    return several ? NULL : found;
}

/* Takes the algorithm over that made so many digits. */
static int find_algorithm(const struct parser *p, size_t digits, struct sum *sum)
{
    const struct family *family = NULL;
    const char *found, *unsupported;

    for (size_t i = 0; i < N_OF(families); i++)
        if (families[i].digits == digits)
            family = &families[i];
    if (!family)
        return refuse(p, "%zu hexadecimal digits are no checksum of a known algorithm", digits);
    found = algorithm_in_name(p->file, digits, &unsupported);
    if (!found && unsupported)
        return refuse(p,
                      "the name of the list has '%s' in it, an algorithm that is not supported",
                      unsupported);
    sum->algorithm = found ? found : family->algorithm;
    sum->or_else = found ? NULL : family->or_else;
    if (!sum->algorithm)
        return refuse(p, "32 digits may be MD5 or XXH128: the list must be named after one of "
                         "them, as MD5SUMS or x.xxh128, or have lines as of md5sum --tag");
    return 0;
}

/* "HEX  NAME" or "HEX *NAME", xxh3: after "XXH3_". */
static int parse_gnu(struct parser *p, struct sum *sum, char *line, bool escaped, bool xxh3)
{
    size_t digits = count_digits(line);
    int r = 0;

    if (digits == 0 || line[digits] != ' ' ||
        (line[digits + 1] != ' ' && line[digits + 1] != '*') || (xxh3 && digits != 16))
        return refuse(p, "not a line of checksum and name");
    if (xxh3)
        sum->algorithm = "xxh3";
    else
        r = find_algorithm(p, digits, sum);
    if (r < 0)
        return r;
    line[digits] = '\0';
    to_lower(line);
    sum->hex = line;
    return take_name(p, sum, line + digits + 2, escaped);
}

/* "ALGORITHM (NAME) = HEX", open: at " (". The name may have everything in it, but behind it is no
 * parenthesis. */
static int parse_bsd(struct parser *p, struct sum *sum, char *line, char *open, bool escaped)
{
    char *close = strrchr(line, ')');
    size_t digits = 0;

    *open = '\0';
    for (size_t i = 0; i < N_OF(tags); i++)
        if (strcmp(tags[i].tag, line) == 0) {
            sum->algorithm = tags[i].algorithm;
            digits = tags[i].digits;
        }
    if (!sum->algorithm)
        return refuse(p, "the algorithm '%s' is not supported", line);
    if (!close || close <= open || strncmp(close, ") = ", 4) != 0 ||
        count_digits(close + 4) != digits || close[4 + digits] != '\0')
        return refuse(p, "not a line of checksum and name");
    *close = '\0';
    sum->hex = close + 4;
    to_lower(close + 4);
    return take_name(p, sum, open + 2, escaped);
}

/* The " (" of a line that begins with a name of capitals and digits; NULL: it does not. */
static char *find_tag(char *line)
{
    size_t n =
        strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/");

    return n > 0 && strncmp(line + n, " (", 2) == 0 ? line + n : NULL;
}

/* One line, without its end. */
static int parse_line(struct parser *p, struct sum *sum, char *line)
{
    bool escaped = !p->zero && *line == '\\';
    char *open;

    line += escaped;
    open = find_tag(line);
    if (open)
        return parse_bsd(p, sum, line, open, escaped);
    if (strncmp(line, "XXH3_", 5) == 0)
        return parse_gnu(p, sum, line + 5, escaped, true);
    return parse_gnu(p, sum, line, escaped, false);
}

/* ---- the list ---- */

static int compare_names(const void *a, const void *b)
{
    const struct sum *first = a, *second = b;

    return strcmp(first->name, second->name);
}

/* The number of lines at most. */
static size_t count_lines(const char *text, size_t size, char end)
{
    size_t n = 1;

    for (const char *at = text; (at = memchr(at, end, size - (size_t)(at - text))); at++)
        n++;
    return n;
}

static int parse_lines(struct parser *p, struct sums *s, size_t size)
{
    char end = p->zero ? '\0' : '\n', *line = s->text, *stop = s->text + size;

    while (line < stop) {
        char *after = memchr(line, end, (size_t)(stop - line));
        size_t length;
        int r;

        if (!after)
            after = stop;
        *after = '\0';
        p->line++;
        length = (size_t)(after - line);
        if (!p->zero && length > 0 && line[length - 1] == '\r')
            line[--length] = '\0';
        if (length > 0 && *line != '#') {
            r = parse_line(p, &s->sums[s->n], line);
            if (r < 0)
                return r;
            s->n++;
        }
        line = after + 1;
    }
    p->line = 0;
    return s->n > 0 ? 0 : refuse(p, "the list has no checksums");
}

int sums_parse(struct sums *ret, char *text, size_t size, const char *file, char **ret_error)
{
    const char *slash = strrchr(file, '/');
    struct sums s = {.text = text};
    struct parser p = {
        .file = slash ? slash + 1 : file,
        .zero = memchr(text, '\0', size) != NULL,
        .ret_error = ret_error,
    };
    int r = -ENOMEM;

    s.sums = calloc(count_lines(text, size, p.zero ? '\0' : '\n'), sizeof(*s.sums));
    if (s.sums)
        r = parse_lines(&p, &s, size);
    if (r < 0) {
        sums_free(&s);
        return r;
    }
    qsort(s.sums, s.n, sizeof(*s.sums), compare_names);
    *ret = s;
    return 0;
}

bool sums_has(const struct sums *s, const char *name)
{
    struct sum key = {.name = name};

    return bsearch(&key, s->sums, s->n, sizeof(*s->sums), compare_names) != NULL;
}

void sums_free(struct sums *s)
{
    free(s->sums);
    free(s->text);
    *s = (struct sums){0};
}
