#include "writer_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include "base/fd.h"

#define DATE_SIZE 32

/* The parts of a manifest in their order; they are written in the order HEAD, ENTRIES, PROCESS,
 * TAIL. ENTRIES is in the spool, the others are in memory. */
enum part { HEAD, PROCESS, ENTRIES, TAIL, PARTS };

struct mhl_writer {
    xmlTextWriter *xml;
    enum part part; /* that is being written */
    xmlBuffer *parts[PARTS];
    int spool;
    char now[DATE_SIZE];
    const char *process;
    bool any; /* an entry */
    int err;  /* negative errno of the first failure */
};

static const xmlChar *x(const char *text)
{
    return (const xmlChar *)text;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t r = UNINTERRUPTED(write(fd, bytes, n));

        if (r < 0)
            return -errno;
        bytes += r;
        n -= (size_t)r;
    }
    return 0;
}

/* libxml2 gives the next bytes of the current part. */
static int take_bytes(void *arg, const char *bytes, int n)
{
    struct mhl_writer *w = arg;
    int r = 0;

    if (w->part == ENTRIES)
        r = write_all(w->spool, bytes, (size_t)n);
    else if (xmlBufferAdd(w->parts[w->part], x(bytes), n) != 0)
        r = -ENOMEM;
    if (r < 0 && w->err == 0)
        w->err = r;
    return r < 0 ? -1 : n;
}

/* Notes whether libxml2 has failed. */
static void check(struct mhl_writer *w, int r)
{
    if (r < 0 && w->err == 0)
        w->err = -ENOMEM;
}

static void begin_part(struct mhl_writer *w, enum part part)
{
    check(w, xmlTextWriterFlush(w->xml));
    w->part = part;
}

static void begin(struct mhl_writer *w, const char *name)
{
    check(w, xmlTextWriterStartElement(w->xml, x(name)));
}

static void end(struct mhl_writer *w)
{
    check(w, xmlTextWriterEndElement(w->xml));
}

static void attribute(struct mhl_writer *w, const char *name, const char *value)
{
    check(w, xmlTextWriterWriteAttribute(w->xml, x(name), x(value)));
}

static void text(struct mhl_writer *w, const char *value)
{
    check(w, xmlTextWriterWriteString(w->xml, x(value)));
}

static void element(struct mhl_writer *w, const char *name, const char *value)
{
    begin(w, name);
    text(w, value);
    end(w);
}

/* "": the schema has no such date. */
static void format_date(time_t t, char date[DATE_SIZE])
{
    struct tm tm;

    if (!gmtime_r(&t, &tm) || tm.tm_year < -1899 || tm.tm_year > 8099 ||
        strftime(date, DATE_SIZE, "%Y-%m-%dT%H:%M:%S+00:00", &tm) !=
            strlen("2020-01-01T00:00:00+00:00"))
        date[0] = '\0';
}

static void date_attribute(struct mhl_writer *w, time_t mtime)
{
    char date[DATE_SIZE];

    format_date(mtime, date);
    if (*date)
        attribute(w, "lastmodificationdate", date);
}

static void write_head(struct mhl_writer *w, const char *host)
{
    check(w, xmlTextWriterSetIndent(w->xml, 1));
    check(w, xmlTextWriterSetIndentString(w->xml, x("  ")));
    check(w, xmlTextWriterStartDocument(w->xml, "1.0", "UTF-8", NULL));
    begin(w, "hashlist");
    attribute(w, "version", "2.0");
    attribute(w, "xmlns", "urn:ASC:MHL:v2.0");
    begin(w, "creatorinfo");
    element(w, "creationdate", w->now);
    element(w, "hostname", host);
    begin(w, "tool");
    attribute(w, "version", UCOPY_VERSION);
    text(w, "ucopy");
    end(w);
    end(w);
    begin_part(w, ENTRIES);
}

struct mhl_writer *mhl_writer_new(const struct mhl_extension *e, int spool_fd)
{
    struct mhl_writer *w = calloc(1, sizeof(*w));
    xmlOutputBuffer *out;
    bool all = w;

    if (w)
        *w = (struct mhl_writer){.spool = spool_fd, .process = e->process};
    for (int i = 0; all && i < PARTS; i++)
        all = (w->parts[i] = xmlBufferCreate()) != NULL;
    out = all ? xmlOutputBufferCreateIO(take_bytes, NULL, w, NULL) : NULL;
    if (out)
        w->xml = xmlNewTextWriter(out); /* frees out, also on failure */
    if (w && w->xml) {
        format_date(e->now, w->now);
        write_head(w, e->host);
        return w;
    }
    if (w)
        mhl_writer_free(w);
    else
        (void)close(spool_fd);
    return NULL;
}

/* action: NULL: of a directory. */
static void write_hashes(struct mhl_writer *w, const struct mhl_hashes *h, const char *action)
{
    for (unsigned f = 0; f < MHL_FORMATS; f++) {
        if (!h->text[f])
            continue;
        begin(w, mhl_format_names[f]);
        if (action)
            attribute(w, "action", action);
        attribute(w, "hashdate", w->now);
        text(w, h->text[f]);
        end(w);
    }
}

static void write_sums(struct mhl_writer *w, const struct mhl_sums *s)
{
    begin(w, "content");
    write_hashes(w, &s->content, NULL);
    end(w);
    begin(w, "structure");
    write_hashes(w, &s->structure, NULL);
    end(w);
}

static void begin_entry(struct mhl_writer *w, const char *name)
{
    if (!w->any)
        begin(w, "hashes");
    w->any = true;
    begin(w, name);
    begin(w, "path");
}

void mhl_writer_file(struct mhl_writer *w, const char *path, uint64_t size, time_t mtime,
                     const struct mhl_hashes *h, const char *action)
{
    begin_entry(w, "hash");
    check(w, xmlTextWriterWriteFormatAttribute(w->xml, x("size"), "%llu",
                                               (unsigned long long)size));
    date_attribute(w, mtime);
    text(w, path);
    end(w);
    write_hashes(w, h, action);
    end(w);
}

void mhl_writer_directory(struct mhl_writer *w, const char *path, time_t mtime,
                          const struct mhl_sums *sums)
{
    begin_entry(w, "directoryhash");
    date_attribute(w, mtime);
    text(w, path);
    end(w);
    write_sums(w, sums);
    end(w);
}

static void write_process(struct mhl_writer *w, const struct mhl_sums *root,
                          const struct mhl_ignore *ignore)
{
    begin(w, "processinfo");
    element(w, "process", w->process);
    begin(w, "roothash");
    write_sums(w, root);
    end(w);
    begin(w, "ignore");
    for (size_t i = 0; i < ignore->n; i++)
        element(w, "pattern", ignore->patterns[i]);
    end(w);
    end(w);
}

void mhl_writer_end(struct mhl_writer *w, const struct mhl_sums *root,
                    const struct mhl_ignore *ignore, const struct mhl_link *references,
                    size_t n_references)
{
    if (w->any)
        end(w);
    begin_part(w, PROCESS);
    write_process(w, root, ignore);
    begin_part(w, TAIL);
    if (n_references > 0)
        begin(w, "references");
    for (size_t i = 0; i < n_references; i++) {
        begin(w, "hashlistreference");
        element(w, "path", references[i].path);
        element(w, "c4", references[i].c4);
        end(w);
    }
    if (n_references > 0)
        end(w);
    check(w, xmlTextWriterEndDocument(w->xml));
    begin_part(w, TAIL);
}

static int store(struct digest *digest, int fd, const void *bytes, size_t n)
{
    digest_update(digest, bytes, n);
    return write_all(fd, bytes, n);
}

static int store_spool(const struct mhl_writer *w, struct digest *digest, int fd)
{
    char bytes[65536];
    off_t at = 0;
    ssize_t n;

    while ((n = UNINTERRUPTED(pread(w->spool, bytes, sizeof bytes, at))) > 0) {
        int r = store(digest, fd, bytes, (size_t)n);

        if (r < 0)
            return r;
        at += n;
    }
    return n < 0 ? -errno : 0;
}

int mhl_writer_store(struct mhl_writer *w, int fd, char c4[DIGEST_TEXT_SIZE])
{
    struct digest *digest = digest_new(mhl_algorithm(MHL_C4));
    int r = digest ? w->err : -ENOMEM;

    for (int i = 0; i < PARTS && r == 0; i++)
        r = i == ENTRIES ? store_spool(w, digest, fd)
                         : store(digest, fd, xmlBufferContent(w->parts[i]),
                                 (size_t)xmlBufferLength(w->parts[i]));
    if (r == 0)
        r = digest_final(digest, c4);
    digest_free(digest);
    return r;
}

void mhl_writer_free(struct mhl_writer *w)
{
    if (!w)
        return;
    if (w->xml)
        xmlFreeTextWriter(w->xml);
    for (int i = 0; i < PARTS; i++)
        if (w->parts[i])
            xmlBufferFree(w->parts[i]);
    (void)close(w->spool);
    free(w);
}

static void write_links(struct mhl_writer *w, const struct mhl_history *h)
{
    check(w, xmlTextWriterSetIndent(w->xml, 1));
    check(w, xmlTextWriterSetIndentString(w->xml, x("  ")));
    check(w, xmlTextWriterStartDocument(w->xml, "1.0", "UTF-8", NULL));
    begin(w, "ascmhldirectory");
    attribute(w, "xmlns", "urn:ASC:MHL:DIRECTORY:v2.0");
    for (size_t i = 0; i < h->n; i++) {
        begin(w, "hashlist");
        check(w, xmlTextWriterWriteFormatAttribute(w->xml, x("sequencenr"), "%zu", i + 1));
        element(w, "path", h->chain[i].path);
        element(w, "c4", h->chain[i].c4);
        end(w);
    }
    check(w, xmlTextWriterEndDocument(w->xml));
    check(w, xmlTextWriterFlush(w->xml));
}

int mhl_write_chain(const struct mhl_history *h, int fd)
{
    struct mhl_writer w = {.spool = fd, .part = ENTRIES}; /* straight into the file */
    xmlOutputBuffer *out = xmlOutputBufferCreateIO(take_bytes, NULL, &w, NULL);

    w.xml = out ? xmlNewTextWriter(out) : NULL;
    if (!w.xml)
        return -ENOMEM;
    write_links(&w, h);
    xmlFreeTextWriter(w.xml);
    return w.err;
}
