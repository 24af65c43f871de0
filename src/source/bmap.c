#include "bmap.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/fd.h"

/* Bytes of a map, at most: 600,000 ranges. */
#define MAX_FILE (64 << 20)

/* The file, and what the map says of itself. */
struct text {
    char *bytes;
    size_t n;
    const char *sum_attribute; /* of a range */
    const char *own_sum;       /* the element with the checksum of the file; NULL: none */
};

static int invalid(struct failure *f, const char *message)
{
    return failure_set(f, NULL, EINVAL, FAILURE_NO_OFFSET, message);
}

/* ---- the file ---- */

static int load(struct text *t, int fd, struct failure *f)
{
    struct stat st;
    int64_t n;

    if (fstat(fd, &st) < 0)
        return failure_set(f, "stat", errno, FAILURE_NO_OFFSET, NULL);
    if (!S_ISREG(st.st_mode))
        return invalid(f, "it is no regular file");
    if (st.st_size > MAX_FILE)
        return invalid(f, "it is too long for a bmap");
    t->bytes = malloc((size_t)st.st_size + 1);
    if (!t->bytes)
        return failure_set(f, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
    n = fd_read_at(fd, t->bytes, (size_t)st.st_size, 0);
    if (n < 0)
        return failure_set(f, "read", (int)-n, FAILURE_NO_OFFSET, NULL);
    t->n = (size_t)n;
    t->bytes[n] = '\0';
    return 0;
}

static int open_and_load(struct text *t, const char *path, struct failure *f)
{
    int fd = fd_open_existing(AT_FDCWD, path, O_RDONLY);
    int r;

    if (fd < 0)
        return failure_set(f, "open", -fd, FAILURE_NO_OFFSET, NULL);
    r = load(t, fd, f);
    (void)fd_close(&fd);
    return r;
}

/* ---- elements ---- */

static const xmlNode *child(const xmlNode *parent, const char *name)
{
    for (const xmlNode *x = parent->children; x; x = x->next)
        if (x->type == XML_ELEMENT_NODE && strcmp((const char *)x->name, name) == 0)
            return x;
    return NULL;
}

/* The text of a node without the space around it, malloc'd; NULL: there is none, or no memory. */
static char *text_of(const xmlNode *x)
{
    xmlChar *content = x ? xmlNodeGetContent(x) : NULL;
    const char *start = (const char *)content;
    size_t n;
    char *ret;

    if (!content)
        return NULL;
    start += strspn(start, " \t\r\n");
    n = strlen(start);
    while (n > 0 && isspace((unsigned char)start[n - 1]))
        n--;
    ret = strndup(start, n);
    xmlFree(content);
    return ret;
}

/* The number at the start of a text; *ret_rest is behind it. False: there is none. */
static bool number_at(const char *text, uint64_t *ret, const char **ret_rest)
{
    char *end;

    if (!text || !isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    *ret_rest = end;
    return errno == 0;
}

static bool number_of(const xmlNode *root, const char *name, uint64_t *ret)
{
    char *text = text_of(child(root, name));
    const char *rest = "";
    bool ok = number_at(text, ret, &rest) && *rest == '\0';

    free(text);
    return ok;
}

/* ---- the checksum of the file ---- */

/* That of the file with zeros in its own place. */
static int check_own_sum(const struct bmap *b, struct text *t, const xmlNode *root,
                         struct failure *f)
{
    char *sum = text_of(child(root, t->own_sum));
    char *place = sum && digest_is_text(b->algorithm, sum) ? strstr(t->bytes, sum) : NULL;
    char text[DIGEST_TEXT_SIZE];
    struct digest *d = NULL;
    int r = -EINVAL;

    if (place) {
        memset(place, '0', strlen(sum));
        d = digest_new(b->algorithm);
        if (!d)
            r = -ENOMEM;
    }
    if (d) {
        digest_update(d, t->bytes, t->n);
        r = digest_final(d, text);
        if (r == 0 && !digest_text_equal(b->algorithm, text, sum))
            r = -EINVAL;
    }
    digest_free(d);
    free(sum);
    if (r == -EINVAL)
        return invalid(f, "it is damaged: it has another checksum than it says");
    return r < 0 ? failure_set(f, "read", -r, FAILURE_NO_OFFSET, NULL) : 0;
}

/* The version, as major and minor number, says what checksums there are, and how they are called. */
static int find_version(struct bmap *b, struct text *t, const xmlNode *root, struct failure *f)
{
    xmlChar *version = xmlGetNoNsProp(root, (const xmlChar *)"version");
    uint64_t major = 0, minor = 0;
    const char *rest = "";
    bool ok = number_at((const char *)version, &major, &rest) && *rest == '.' &&
              number_at(rest + 1, &minor, &rest) && *rest == '\0';
    char *type;

    xmlFree(version);
    if (!ok || major < 1 || major > 2 || (major == 1 && (minor < 2 || minor > 4)))
        return invalid(f, "it is no bmap of version 1.2 to 2.x");
    if (major == 1 && minor < 3)
        return 0;
    if (major == 1 && minor == 3) {
        t->sum_attribute = "sha1";
        t->own_sum = "BmapFileSHA1";
        b->algorithm = digest_find("sha1", 4);
        return 0;
    }
    t->sum_attribute = "chksum";
    t->own_sum = "BmapFileChecksum";
    type = text_of(child(root, "ChecksumType"));
    b->algorithm = type ? digest_find(type, strlen(type)) : NULL;
    free(type);
    return b->algorithm ? 0 : invalid(f, "its checksums are of an unknown type");
}

/* ---- the ranges ---- */

/* Puts the range "FIRST-LAST" or "BLOCK" into the map, which is made of n_blocks. */
static bool take_range(struct bmap *b, const char *text, uint64_t block, uint64_t n_blocks)
{
    uint64_t first = 0, last;
    const char *rest = "";
    struct range *r = &b->data[b->n];
    bool ok = number_at(text, &first, &rest);

    last = first;
    if (ok && *rest == '-')
        ok = number_at(rest + 1, &last, &rest);
    if (!ok || *rest != '\0' || last < first || last >= n_blocks)
        return false;
    r->start = first * block;
    r->end = (last + 1) * block < b->size ? (last + 1) * block : b->size;
    if (b->n > 0 && r->start < b->data[b->n - 1].end)
        return false;
    return true;
}

static bool take_sum(const struct bmap *b, const struct text *t, const xmlNode *x)
{
    xmlChar *sum = b->algorithm ? xmlGetNoNsProp(x, (const xmlChar *)t->sum_attribute) : NULL;
    bool ok = !sum || digest_is_text(b->algorithm, (const char *)sum);

    if (sum && ok) /* it fits: it is a text of the algorithm */
        snprintf(b->sums[b->n], DIGEST_TEXT_SIZE, "%s", (const char *)sum);
    xmlFree(sum);
    return ok;
}

static int take_ranges(struct bmap *b, const struct text *t, const xmlNode *root,
                       struct failure *f)
{
    const xmlNode *map = child(root, "BlockMap");
    uint64_t block = 0, n_blocks;
    size_t n = 0;

    if (!number_of(root, "ImageSize", &b->size) || !number_of(root, "BlockSize", &block) ||
        block == 0 || block > UINT32_MAX || b->size > INT64_MAX || !map)
        return invalid(f, "it lacks a size or the list of ranges");
    n_blocks = b->size / block + (b->size % block > 0);
    for (const xmlNode *x = map->children; x; x = x->next)
        n++;
    b->data = calloc(n + 1, sizeof *b->data);
    b->sums = calloc(n + 1, sizeof *b->sums);
    if (!b->data || !b->sums)
        return failure_set(f, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
    for (const xmlNode *x = map->children; x; x = x->next) {
        char *text;
        bool ok;

        if (x->type != XML_ELEMENT_NODE || strcmp((const char *)x->name, "Range") != 0)
            continue;
        text = text_of(x);
        ok = text && take_range(b, text, block, n_blocks) && take_sum(b, t, x);
        free(text);
        if (!ok)
            return failure_format(f, NULL, EINVAL, "its range %zu is not valid", b->n + 1);
        if (ranges_add(&b->mapped, b->data[b->n].start, b->data[b->n].end) < 0)
            return failure_set(f, "read", ENOMEM, FAILURE_NO_OFFSET, NULL);
        b->n++;
    }
    return 0;
}

static int take_all(struct bmap *b, struct text *t, const xmlNode *root, struct failure *f)
{
    int r = find_version(b, t, root, f);

    if (r == 0 && t->own_sum)
        r = check_own_sum(b, t, root, f);
    return r < 0 ? r : take_ranges(b, t, root, f);
}

static int parse(struct bmap *b, struct text *t, struct failure *f)
{
    /* No entity is expanded and nothing is fetched. */
    xmlDoc *doc = xmlReadMemory(t->bytes, (int)t->n, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    int r;

    if (root && strcmp((const char *)root->name, "bmap") == 0)
        r = take_all(b, t, root, f);
    else
        r = invalid(f, "it is no bmap");
    xmlFreeDoc(doc);
    return r;
}

int bmap_read(struct bmap *ret, const char *path, struct failure *f)
{
    struct text t = {0};
    int r;

    *ret = (struct bmap){0};
    r = open_and_load(&t, path, f);
    if (t.bytes && r == 0)
        r = parse(ret, &t, f);
    free(t.bytes);
    if (r < 0)
        bmap_free(ret);
    return r;
}

void bmap_clear_rest(const struct bmap *b, uint64_t at, char *bytes, size_t n)
{
    uint64_t end = at + n, done = at;
    struct range data;

    while (done < end && ranges_first(&b->mapped, done, &data) && data.start < end) {
        memset(bytes + (done - at), 0, data.start - done);
        done = data.end < end ? data.end : end;
    }
    memset(bytes + (done - at), 0, end - done);
}

void bmap_free(struct bmap *b)
{
    ranges_free(&b->mapped);
    free(b->data);
    free(b->sums);
    *b = (struct bmap){0};
}
