/* parse: reads manifests and chains. Others wrote them: nothing in them is trusted. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlreader.h>

#include "base/fd.h"
#include "base/path.h"
#include "history_priv.h"

/* Larger files are refused, and longer texts. */
#define MAX_MANIFEST (1ull << 30)
#define MAX_CHAIN    (16ull << 20)
#define MAX_TEXT     65536u

/* Elements that matter are at most so deep: hashlist, hashes, directoryhash, content, md5. */
#define LEVELS 5

#define NS_MANIFEST "urn:ASC:MHL:v2.0"
#define NS_CHAIN    "urn:ASC:MHL:DIRECTORY:v2.0"

/* One file that is read. */
struct document {
    struct mhl_history *history;
    const char *name;  /* in the folder */
    const char *space; /* its namespace */
    xmlTextReader *reader;
    const char *names[LEVELS]; /* of the open elements; "": of another namespace */
    char text[MAX_TEXT];       /* of the open element */
    size_t len;

    /* What belongs to the element <hash> or <hashlist> that is open. */
    char path[MAX_TEXT];
    struct mhl_file *file;
    struct mhl_dir *dir; /* of <directoryhash> or <roothash>; NULL: not wanted */
    bool failed;         /* the action of the open hash */
    uint64_t sequence;

    int fd;
    uint64_t n_bytes, max_bytes;
    struct digest *digest; /* of all bytes */
    int read_errno;
    struct failure *ret;
};

static int damaged(struct document *d, const char *what)
{
    int line = d->reader ? xmlTextReaderGetParserLineNumber(d->reader) : 0;

    if (d->ret->err == 0)
        (void)failure_format(d->ret, "read ASC MHL history", EBADMSG, "%s line %d: %s", d->name,
                             line, what);
    return -EBADMSG;
}

static int no_memory(struct document *d)
{
    return failure_set(d->ret, "read ASC MHL history", ENOMEM, FAILURE_NO_OFFSET, d->name);
}

/* ---- libxml2's callbacks ---- */

static int read_bytes(void *arg, char *bytes, int n)
{
    struct document *d = arg;
    ssize_t got = UNINTERRUPTED(read(d->fd, bytes, (size_t)n));

    if (got < 0) {
        d->read_errno = errno;
        return -1;
    }
    d->n_bytes += (uint64_t)got;
    if (d->n_bytes > d->max_bytes) {
        d->read_errno = EFBIG;
        return -1;
    }
    digest_update(d->digest, bytes, (size_t)got);
    return (int)got;
}

static void take_error(void *arg, xmlErrorPtr e)
{
    struct document *d = arg;
    char text[200];
    size_t len;

    if (d->ret->err != 0 || e->level < XML_ERR_ERROR)
        return;
    len = e->message ? strcspn(e->message, "\n") : 0;
    if (len >= sizeof text)
        len = sizeof text - 1;
    memcpy(text, e->message ? e->message : "", len);
    text[len] = '\0';
    (void)failure_format(d->ret, "read ASC MHL history", EBADMSG, "%s line %d: %s", d->name,
                         e->line, text);
}

/* ---- a manifest ---- */

static bool inside(const struct document *d, int depth, const char *a, const char *b)
{
    return depth >= 2 && strcmp(d->names[1], a) == 0 && strcmp(d->names[2], b) == 0;
}

static int take_directory(struct document *d, const char *path)
{
    if (!d->history->takes_dirs)
        return 0;
    d->dir = mhl_history_dir(d->history, path);
    return d->dir ? 0 : no_memory(d);
}

/* The end of a hash of a directory. */
static int take_directory_hash(struct document *d)
{
    bool content = strcmp(d->names[3], "content") == 0;
    unsigned format = mhl_format_find(d->names[4]);

    if (!d->dir || format == MHL_FORMATS || (!content && strcmp(d->names[3], "structure") != 0))
        return 0;
    if (!digest_is_text(mhl_algorithm(format), d->text))
        return damaged(d, "this is no value of the hash");
    return mhl_hashes_put(content ? &d->dir->sums.content : &d->dir->sums.structure, format,
                          d->text) < 0
               ? no_memory(d)
               : 0;
}

static int begin_of_manifest(struct document *d, int depth)
{
    xmlChar *action;

    if (depth == 0)
        mhl_history_begin_generation(d->history);
    if (depth == 2)
        d->dir = NULL;
    if (inside(d, depth, "processinfo", "roothash") && depth == 2)
        return take_directory(d, "");
    if (inside(d, depth, "hashes", "hash") && depth == 2) {
        d->file = NULL;
        d->path[0] = '\0';
    }
    if (depth != 3)
        return 0;
    action = xmlTextReaderGetAttribute(d->reader, (const xmlChar *)"action");
    d->failed = action && strcmp((const char *)action, "failed") == 0;
    xmlFree(action);
    return 0;
}

static int take_hash(struct document *d, unsigned format)
{
    if (!d->file)
        return damaged(d, "a hash without a path");
    if (!digest_is_text(mhl_algorithm(format), d->text))
        return damaged(d, "this is no value of the hash");
    d->file->failed |= d->failed;
    d->history->failures |= d->failed;
    if (d->failed || d->file->hashes.text[format])
        return 0;
    return mhl_hashes_put(&d->file->hashes, format, d->text) < 0 ? no_memory(d) : 0;
}

/* The file has another name now: it keeps its hashes. */
static int take_old_name(struct document *d)
{
    struct mhl_file *old = mhl_history_find(d->history, d->text);

    if (!old || old == d->file || !d->file)
        return 0;
    old->renamed = true;
    for (unsigned f = 0; f < MHL_FORMATS; f++)
        if (old->hashes.text[f] && !d->file->hashes.text[f] &&
            mhl_hashes_put(&d->file->hashes, f, old->hashes.text[f]) < 0)
            return no_memory(d);
    return 0;
}

static int take_reference(struct document *d)
{
    if (*d->text == '/' || path_goes_up(d->text))
        return damaged(d, "this reference leads out of the directory");
    return mhl_history_refer(d->history, d->text) < 0 ? no_memory(d) : 0;
}

static int end_of_manifest(struct document *d, int depth)
{
    unsigned format;

    if (depth == 4)
        return take_directory_hash(d);
    if (depth != 3)
        return 0;
    if (inside(d, depth, "hashes", "directoryhash") && strcmp(d->names[3], "path") == 0)
        return take_directory(d, d->text);
    if (inside(d, depth, "processinfo", "ignore") && strcmp(d->names[3], "pattern") == 0)
        return mhl_ignore_add(&d->history->ignore, d->text) < 0 ? no_memory(d) : 0;
    if (inside(d, depth, "references", "hashlistreference") && strcmp(d->names[3], "path") == 0)
        return take_reference(d);
    if (!inside(d, depth, "hashes", "hash"))
        return 0;
    if (strcmp(d->names[3], "path") == 0) {
        if (d->len == 0)
            return damaged(d, "an empty path");
        d->file = mhl_history_file(d->history, d->text);
        if (d->file)
            d->file->renamed = false;
        return d->file ? 0 : no_memory(d);
    }
    if (strcmp(d->names[3], "previousPath") == 0)
        return take_old_name(d);
    format = mhl_format_find(d->names[3]);
    return format < MHL_FORMATS ? take_hash(d, format) : 0;
}

/* ---- a chain ---- */

static int begin_of_chain(struct document *d, int depth)
{
    xmlChar *number;

    if (depth != 1 || strcmp(d->names[1], "hashlist") != 0)
        return 0;
    number = xmlTextReaderGetAttribute(d->reader, (const xmlChar *)"sequencenr");
    d->sequence = number ? strtoull((const char *)number, NULL, 10) : 0;
    xmlFree(number);
    d->path[0] = '\0';
    if (d->sequence != d->history->n + 1)
        return damaged(d, "the generations are not numbered one by one");
    return 0;
}

static int end_of_chain(struct document *d, int depth)
{
    if (depth != 2 || strcmp(d->names[1], "hashlist") != 0)
        return 0;
    if (strcmp(d->names[2], "path") == 0) {
        if (d->len == 0 || strchr(d->text, '/') || strcmp(d->text, "..") == 0)
            return damaged(d, "this is no name of a manifest");
        memcpy(d->path, d->text, d->len + 1);
        return 0;
    }
    if (strcmp(d->names[2], "c4") != 0)
        return 0;
    if (!*d->path || !digest_is_text(mhl_algorithm(MHL_C4), d->text))
        return damaged(d, "this is no C4 ID of a manifest");
    return mhl_history_link(d->history, d->path, d->text) < 0 ? no_memory(d) : 0;
}

/* ---- any document ---- */

/* A kind of document. */
struct kind {
    const char *root, *space;
    uint64_t max_bytes;
    int hash_depth; /* where the elements are whose text counts */
    int (*begin)(struct document *d, int depth);
    int (*end)(struct document *d, int depth);
};

static const struct kind manifest = {"hashlist", NS_MANIFEST,       MAX_MANIFEST,
                                     3,          begin_of_manifest, end_of_manifest};
static const struct kind chain = {"ascmhldirectory", NS_CHAIN,    MAX_CHAIN, 2,
                                  begin_of_chain,    end_of_chain};

static int take_text(struct document *d)
{
    const char *text = (const char *)xmlTextReaderConstValue(d->reader);
    size_t len = text ? strlen(text) : 0;

    if (len >= MAX_TEXT - d->len)
        return damaged(d, "the text is too long");
    memcpy(d->text + d->len, text ? text : "", len);
    d->len += len;
    d->text[d->len] = '\0';
    return 0;
}

static int take_begin(struct document *d, const struct kind *k, int depth)
{
    const char *space = (const char *)xmlTextReaderConstNamespaceUri(d->reader);
    bool ours = space && strcmp(space, k->space) == 0;
    int r;

    if (depth >= LEVELS)
        return 0;
    d->names[depth] = ours ? (const char *)xmlTextReaderConstLocalName(d->reader) : "";
    d->len = 0;
    d->text[0] = '\0';
    if (depth == 0 && strcmp(d->names[0], k->root) != 0)
        return damaged(d, "this is no ASC MHL 2.0");
    r = k->begin(d, depth);
    return r == 0 && xmlTextReaderIsEmptyElement(d->reader) ? k->end(d, depth) : r;
}

static int take_node(struct document *d, const struct kind *k)
{
    int depth = xmlTextReaderDepth(d->reader);

    switch (xmlTextReaderNodeType(d->reader)) {
    case XML_READER_TYPE_ELEMENT:
        return take_begin(d, k, depth);
    case XML_READER_TYPE_END_ELEMENT:
        return depth < LEVELS ? k->end(d, depth) : 0;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        return depth == k->hash_depth + 1 || depth == LEVELS ? take_text(d) : 0;
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY_REFERENCE:
    case XML_READER_TYPE_ENTITY:
        return damaged(d, "document types and entities are not read");
    default:
        return 0;
    }
}

/* Bytes behind the document, if any, belong to the file's hash. */
static int drain(struct document *d)
{
    char bytes[4096];
    int n;

    while ((n = read_bytes(d, bytes, sizeof bytes)) > 0)
        ;
    return n;
}

static int parse(struct document *d, const struct kind *k)
{
    int r = 0, more = 1;

    d->reader = xmlReaderForIO(read_bytes, NULL, d, NULL, NULL, XML_PARSE_NONET);
    if (!d->reader)
        return no_memory(d);
    xmlTextReaderSetStructuredErrorHandler(d->reader, take_error, d);
    while (r == 0 && (more = xmlTextReaderRead(d->reader)) == 1)
        r = take_node(d, k);
    if (r == 0 && more == 0)
        more = drain(d);
    if (d->read_errno)
        r = failure_set(d->ret, "read ASC MHL history", d->read_errno, FAILURE_NO_OFFSET,
                        d->name);
    else if (r == 0 && more < 0)
        r = damaged(d, "this is no XML");
    else if (r == 0) /* an error that the parser goes on after, as an unknown encoding */
        r = -d->ret->err;
    xmlFreeTextReader(d->reader);
    return r;
}

/* Reads one file, and puts its C4 ID into c4. */
static int parse_open(struct mhl_history *h, int fd, const char *name, const struct kind *k,
                      char c4[DIGEST_TEXT_SIZE], struct failure *ret)
{
    struct document *d = calloc(1, sizeof(*d));
    int r;

    *ret = (struct failure){.err = 0};
    if (d) {
        *d = (struct document){.history = h, .name = name, .fd = fd, .ret = ret};
        d->max_bytes = k->max_bytes;
        d->digest = digest_new(mhl_algorithm(MHL_C4));
        for (int i = 0; i < LEVELS; i++)
            d->names[i] = "";
    }
    if (!d || !d->digest) {
        free(d);
        return failure_set(ret, "read ASC MHL history", ENOMEM, FAILURE_NO_OFFSET, name);
    }
    r = parse(d, k);
    if (r == 0 && digest_final(d->digest, c4) < 0)
        r = failure_set(ret, "read ASC MHL history", EIO, FAILURE_NO_OFFSET, name);
    digest_free(d->digest);
    free(d);
    return r;
}

static int parse_file(struct mhl_history *h, int folder, const char *name, const struct kind *k,
                      char c4[DIGEST_TEXT_SIZE], struct failure *ret)
{
    struct stat st;
    int r, fd = UNINTERRUPTED(
               openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW));

    if (fd < 0)
        return failure_set(ret, "read ASC MHL history", errno, FAILURE_NO_OFFSET, name);
    if (fstat(fd, &st) < 0)
        r = failure_set(ret, "read ASC MHL history", errno, FAILURE_NO_OFFSET, name);
    else if (!S_ISREG(st.st_mode))
        r = failure_format(ret, "read ASC MHL history", EBADMSG, "%s is no regular file", name);
    else
        r = parse_open(h, fd, name, k, c4, ret);
    (void)close(fd);
    return r;
}

static int parse_listed(struct mhl_history *h, int folder, const struct mhl_link *link,
                        struct failure *ret)
{
    char c4[DIGEST_TEXT_SIZE];
    int r = parse_file(h, folder, link->path, &manifest, c4, ret);

    if (r == -ENOENT)
        return failure_format(ret, "read ASC MHL history", EBADMSG,
                              "there is no %s, which %s lists", link->path, MHL_CHAIN);
    if (r == 0 && strcmp(c4, link->c4) != 0)
        return failure_format(ret, "read ASC MHL history", EBADMSG,
                              "%s is not the file that %s lists", link->path, MHL_CHAIN);
    return r;
}

int mhl_parse_folder(struct mhl_history *h, int fd, struct failure *ret)
{
    char c4[DIGEST_TEXT_SIZE];
    int r = parse_file(h, fd, MHL_CHAIN, &chain, c4, ret);

    for (size_t i = 0; i < h->n && r == 0; i++)
        r = parse_listed(h, fd, &h->chain[i], ret);
    if (r == 0 && h->n == 0)
        r = failure_format(ret, "read ASC MHL history", EBADMSG, "%s lists no generation",
                           MHL_CHAIN);
    return r;
}

int mhl_parse_unlisted(struct mhl_history *h, int fd, const char *name, struct failure *ret)
{
    char c4[DIGEST_TEXT_SIZE];
    int r = parse_file(h, fd, name, &manifest, c4, ret);

    if (r == 0 && mhl_history_link(h, name, c4) < 0)
        r = failure_set(ret, "read ASC MHL history", ENOMEM, FAILURE_NO_OFFSET, name);
    return r;
}
