/* manifest: the lines of the list. See manifest.h. */
#include "manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/spool.h"
#include "manifest_file_priv.h"
#include "report.h"

/* An entry of the current copy, in the spool. The bytes of its name, its path below the copy, and
 * its hash follow, each with its NUL. */
struct entry {
    size_t name_size, below_size, text_size;
};

/* What destinations have not got. */
struct loss {
    bool everywhere; /* and only this, not what is in it */
    bool *dests;     /* grows */
    unsigned n_dests;
    char below[];
};

struct manifest {
    unsigned algorithm;
    struct manifest_file file;
    struct spool entries; /* of the current copy */
    struct spool lines;   /* of all that have ended */
    struct hash_table losses;
    bool repeats;            /* names may come again; then: */
    struct hash_table names; /* of the lines */
    uint64_t *replaced;      /* where lines begin whose name has come again */
    size_t n_replaced;
    bool incomplete; /* a line is missing, which was reported */
    bool broken;     /* likewise all of them */
};

/* ---- lines ---- */

/* Whether it is one of xxhsum(1): it knows no escapes before 0.8.2. */
static bool is_xxh(unsigned algorithm)
{
    return strncmp(digest_table[algorithm].name, "xxh", 3) == 0;
}

bool manifest_carries(unsigned algorithm, const char *name)
{
    return !is_xxh(algorithm) || !strchr(name, '\n');
}

/* Writes the name with the escapes of coreutils to `to`, which has room for twice as much. */
static size_t escape(const char *name, char *to)
{
    char *at = to;

    for (; *name; name++) {
        char c = *name == '\\' ? '\\' : *name == '\n' ? 'n' : *name == '\r' ? 'r' : '\0';

        if (c)
            *at++ = '\\';
        *at++ = c ? c : *name;
    }
    return (size_t)(at - to);
}

/* The line of a file, with its newline; the caller frees it. NULL without memory. */
static char *make_line(unsigned algorithm, const char *name, const char *text, size_t *ret_len)
{
    const char *tag = digest_table[algorithm].tag;
    bool xxh = is_xxh(algorithm);
    /* XXH3 has no other lines; and a carriage return at the end is taken for that of a line. */
    bool bsd = xxh && (strcmp(tag, "XXH3") == 0 || (*name && name[strlen(name) - 1] == '\r'));
    bool escaped = !xxh && strpbrk(name, "\\\n\r");
    /* These names stand for standard input. */
    const char *dot = strcmp(name, xxh ? "stdin" : "-") == 0 ? "./" : "";
    char *plain = malloc(2 * strlen(name) + 1), *line = NULL;
    int n = -1;

    if (!plain)
        return NULL;
    if (escaped)
        plain[escape(name, plain)] = '\0';
    else
        memcpy(plain, name, strlen(name) + 1);
    if (bsd)
        n = asprintf(&line, "%s (%s%s) = %s\n", tag, dot, plain, text);
    else
        n = asprintf(&line, "%s%s  %s%s\n", escaped ? "\\" : "", text, dot, plain);
    free(plain);
    *ret_len = n < 0 ? 0 : (size_t)n;
    return n < 0 ? NULL : line;
}

/* There is no memory, or no space for the spool. */
static void lack(struct manifest *m, int r)
{
    if (!m->broken)
        report_error("%s: %s: the list is not written", m->file.path, strerror(-r));
    m->broken = true;
}

/* A name, and its last line. */
struct named {
    uint64_t at; /* where the line begins */
    char name[];
};

static uint64_t hash_named(const void *entry)
{
    const struct named *n = entry;

    return hash_short(n->name, strlen(n->name), 0);
}

static bool equal_named(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name) == 0;
}

static const struct hash_table_kind named_kind = {.hash = hash_named, .equal = equal_named};

/* The line at known->at is no longer the last one of its name. */
static int replace_line(struct manifest *m, struct named *known)
{
    uint64_t *more = reallocarray(m->replaced, m->n_replaced + 1, sizeof(*more));

    if (!more)
        return -ENOMEM;
    m->replaced = more;
    more[m->n_replaced++] = known->at;
    known->at = m->lines.size;
    return 0;
}

/* The next line is that of the name. 0 or -ENOMEM. */
static int note_name(struct manifest *m, const char *name)
{
    size_t size = strlen(name) + 1;
    struct named *n = malloc(sizeof(*n) + size), *known;
    int r;

    if (!n)
        return -ENOMEM;
    n->at = m->lines.size;
    memcpy(n->name, name, size);
    known = hash_table_find(&m->names, &named_kind, n);
    r = known ? replace_line(m, known) : hash_table_add(&m->names, &named_kind, n);
    if (known || r < 0)
        free(n);
    return r; // NOLINT: the table has it
}

static int compare_places(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Adds what is in the piece, which was at `at`, but for lines that were replaced. *i: of the first
 * that is not behind it; *inside: the piece begins in one. */
static int keep_lines(const struct manifest *m, struct spool *to, const char *piece, size_t n,
                      uint64_t at, size_t *i, bool *inside)
{
    int r = 0;

    for (size_t done = 0; r == 0 && done < n;) {
        const char *end = *inside ? memchr(piece + done, '\n', n - done) : NULL;
        size_t stop = n;

        if (*inside) {
            done = end ? (size_t)(end - piece) + 1 : n;
            *inside = !end;
            continue;
        }
        if (*i < m->n_replaced && m->replaced[*i] < at + n)
            stop = (size_t)(m->replaced[(*i)++] - at);
        *inside = stop < n;
        r = spool_add(to, piece + done, stop - done);
        done = stop;
    }
    return r;
}

/* Takes the lines out that were replaced. */
static int drop_replaced(struct manifest *m)
{
    struct spool kept;
    char piece[4096];
    size_t i = 0;
    bool inside = false;
    int r = m->n_replaced > 0 ? spool_init(&kept) : 0;

    if (m->n_replaced == 0 || r < 0)
        return r;
    qsort(m->replaced, m->n_replaced, sizeof(*m->replaced), compare_places);
    for (uint64_t at = 0; r == 0 && at < m->lines.size; at += sizeof piece) {
        uint64_t left = m->lines.size - at;
        size_t n = left < sizeof piece ? (size_t)left : sizeof piece;

        r = spool_read_in_time(&m->lines, at, piece, n);
        if (r == 0)
            r = keep_lines(m, &kept, piece, n, at, &i, &inside);
    }
    spool_free(&m->lines);
    m->lines = kept;
    m->n_replaced = 0;
    return r;
}

/* Moves the entry, whose strings are at `name`, to the lines. */
static void put_line(struct manifest *m, const struct entry *e, const char *name)
{
    size_t len;
    char *line = make_line(m->algorithm, name, name + e->name_size + e->below_size, &len);
    int r = !line ? -ENOMEM : m->repeats ? note_name(m, name) : 0;

    if (r == 0)
        r = spool_add(&m->lines, line, len);

    if (r < 0)
        lack(m, r);
    free(line);
}

/* ---- what is missing ---- */

static uint64_t hash_loss(const void *entry)
{
    const struct loss *l = entry;

    return hash_short(l->below, strlen(l->below), 0);
}

static bool equal_losses(const void *a, const void *b)
{
    return strcmp(((const struct loss *)a)->below, ((const struct loss *)b)->below) == 0;
}

static const struct hash_table_kind loss_kind = {.hash = hash_loss, .equal = equal_losses};

static struct loss *loss_new(const char *below)
{
    struct loss *l = malloc(sizeof(*l) + strlen(below) + 1);

    if (!l)
        return NULL;
    *l = (struct loss){.dests = NULL};
    memcpy(l->below, below, strlen(below) + 1);
    return l;
}

static void loss_free(struct loss *l)
{
    if (l)
        free(l->dests);
    free(l);
}

/* Notes that destination d has it not. False without memory. */
static bool note_loss(struct loss *l, unsigned d)
{
    bool *dests;

    if (d >= l->n_dests) {
        dests = realloc(l->dests, d + 1);
        if (!dests)
            return false;
        memset(dests + l->n_dests, 0, d + 1 - l->n_dests);
        l->dests = dests;
        l->n_dests = d + 1;
    }
    l->dests[d] = true;
    return true;
}

/* The loss with that path, which is made if there is none. NULL without memory. */
static struct loss *loss_at(struct manifest *m, const char *below)
{
    struct loss *key = loss_new(below);
    struct loss *l = key ? hash_table_find(&m->losses, &loss_kind, key) : NULL;

    if (key && !l && hash_table_add(&m->losses, &loss_kind, key) == 0) {
        l = key;
        key = NULL;
    }
    loss_free(key);
    return l;
}

void manifest_lost(struct manifest *m, unsigned d, const char *below)
{
    struct loss *l = loss_at(m, below);

    if (!l || !note_loss(l, d))
        lack(m, -ENOMEM);
}

void manifest_drop(struct manifest *m, const char *below)
{
    struct loss *l = loss_at(m, below);

    if (l)
        l->everywhere = true;
    else
        lack(m, -ENOMEM);
}

/* Whether destination d lacks that file, or a directory that it is in. */
static bool lacks(const struct manifest *m, unsigned d, const char *below, struct loss *key)
{
    const struct loss *l;

    for (size_t len = strlen(below);; len--) {
        memcpy(key->below, below, len);
        key->below[len] = '\0';
        l = hash_table_find(&m->losses, &loss_kind, key);
        if (l && d < l->n_dests && l->dests[d])
            return true;
        while (len > 0 && below[len - 1] != '/')
            len--;
        if (len == 0)
            return false;
    }
}

/* Whether any destination has got the file. */
static bool is_anywhere(struct manifest *m, const char *below, unsigned n_dests)
{
    struct loss *key = loss_new(below);
    const struct loss *l = key ? hash_table_find(&m->losses, &loss_kind, key) : NULL;
    bool found = false;

    if (!key)
        lack(m, -ENOMEM);
    for (unsigned d = 0; key && !(l && l->everywhere) && d < n_dests && !found; d++)
        found = !lacks(m, d, below, key);
    loss_free(key);
    return found;
}

/* ---- entries ---- */

static int add_entry(struct manifest *m, const char *name, const char *below, const char *text)
{
    const struct entry e = {strlen(name) + 1, strlen(below) + 1, strlen(text) + 1};
    int r = spool_add(&m->entries, &e, sizeof(e));

    if (r == 0)
        r = spool_add(&m->entries, name, e.name_size);
    if (r == 0)
        r = spool_add(&m->entries, below, e.below_size);
    return r < 0 ? r : spool_add(&m->entries, text, e.text_size);
}

void manifest_add(struct manifest *m, const char *listed, const char *below,
                  const struct digest_values *values)
{
    char *name;
    int r = asprintf(&name, "%s%s", listed, *listed || !*below ? below : below + 1);

    if (r < 0) {
        lack(m, -ENOMEM);
        return;
    }
    if (manifest_carries(m->algorithm, name)) {
        r = add_entry(m, name, below, values->text[m->algorithm]);
        if (r < 0)
            lack(m, r);
    } else {
        report_error("%s: xxhsum cannot be given a name with a newline: it is not in the list",
                     name);
        m->incomplete = true;
    }
    free(name);
}

static void forget_losses(struct manifest *m)
{
    struct loss *l;
    size_t at = 0;

    while ((l = hash_table_next(&m->losses, &at)))
        free(l->dests);
    hash_table_free(&m->losses);
    m->losses = (struct hash_table){.n = 0};
}

/* Reads the entry at *at and moves *at behind it. *strings: what follows it; grows. */
static int read_entry(struct spool *s, uint64_t *at, struct entry *ret, char **strings)
{
    int r = spool_read_in_time(s, *at, ret, sizeof(*ret));
    size_t size;
    char *grown;

    if (r < 0)
        return r;
    size = ret->name_size + ret->below_size + ret->text_size;
    grown = realloc(*strings, size);
    if (!grown)
        return -ENOMEM;
    *strings = grown;
    r = spool_read_in_time(s, *at + sizeof(*ret), grown, size);
    *at += sizeof(*ret) + size;
    return r;
}

void manifest_end_copy(struct manifest *m, unsigned n_dests)
{
    char *strings = NULL;
    struct entry e;
    int r = 0;

    for (uint64_t at = 0; r == 0 && at < m->entries.size;) {
        r = read_entry(&m->entries, &at, &e, &strings);
        if (r == 0 && is_anywhere(m, strings + e.name_size, n_dests))
            put_line(m, &e, strings);
    }
    free(strings);
    spool_free(&m->entries);
    if (r == 0)
        r = spool_init(&m->entries);
    if (r < 0)
        lack(m, r);
    forget_losses(m);
}

/* ---- the list ---- */

int manifest_begin(struct manifest **ret, const struct manifest_wish *wish, char **ret_error)
{
    struct manifest *m = calloc(1, sizeof(*m));
    int r;

    if (!m)
        return -ENOMEM;
    m->algorithm = wish->algorithm;
    m->repeats = wish->repeats;
    r = manifest_file_look(&m->file, wish->path, wish->durable, ret_error);
    if (r == 0)
        r = spool_init(&m->entries);
    if (r == 0)
        r = spool_init(&m->lines);
    if (r < 0)
        manifest_free(m);
    else
        *ret = m;
    return r;
}

int manifest_write(struct manifest *m, bool keep, unsigned timeout_ms, int signal_fd,
                   struct manifest_end *ret)
{
    int r = drop_replaced(m);

    *ret = (struct manifest_end){.signal = 0};
    if (r < 0)
        lack(m, r);
    if (m->broken)
        return -1;
    if (!(keep && m->lines.size == 0) &&
        manifest_file_write(&m->file, &m->lines, timeout_ms, signal_fd, ret) < 0)
        return -1;
    return m->incomplete ? -1 : 0;
}

void manifest_free(struct manifest *m)
{
    if (!m)
        return;
    spool_free(&m->entries);
    spool_free(&m->lines);
    forget_losses(m);
    hash_table_free(&m->names);
    free(m->replaced);
    manifest_file_free(&m->file);
    free(m);
}
