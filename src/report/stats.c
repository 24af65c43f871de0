#include "stats_priv.h"

#include "base/text.h"
#include "message_priv.h"
#include "status_priv.h"

/* The most bytes that a destination has got in this run. */
static uint64_t bytes_got(const struct copy_status *s)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < s->n_dests; i++) {
        const struct dest_status *d = &s->dests[i];

        if (d->bytes > d->resumed && d->bytes - d->resumed > most)
            most = d->bytes - d->resumed;
    }
    return most;
}

/* Writes "3 files, "; nothing if there are none. */
static void put_count(FILE *f, uint64_t n, const char *one, const char *many)
{
    if (n > 0)
        fprintf(f, "%llu %s, ", (unsigned long long)n, n == 1 ? one : many);
}

static void put_entries(FILE *f, const struct dest_status *d)
{
    fprintf(f, "%llu files, ", (unsigned long long)d->files);
    put_count(f, d->directories, "directory", "directories");
    put_count(f, d->symlinks, "symbolic link", "symbolic links");
    put_count(f, d->links, "hard link", "hard links");
    put_count(f, d->files_equal, "equal", "equal");
}

static void put_dest(FILE *f, const struct copy_status *s, const struct dest_status *d)
{
    fputs("destination:  ", f);
    report_message_escaped(f, d->path);
    fprintf(f, ": %llu bytes, %llu written, ", (unsigned long long)d->bytes,
            (unsigned long long)d->written);
    if (s->tree)
        put_entries(f, d);
    put_count(f, d->files_skipped, "skipped", "skipped");
    put_count(f, d->deleted, "deleted", "deleted");
    fprintf(f, "%s%s%s", d->skipped ? "skipped" : report_status_name(d),
            d->durable ? ", durable" : "",
            d->n_attribute_failures > 0 ? ", attributes missing" : "");
    if (d->verified)
        fprintf(f, ", read back: %s", read_how_name(d->verified->how));
    fputc('\n', f);
}

void report_stats_write(const struct copy_status *s)
{
    uint64_t bytes = report_status_bytes(s);
    struct message m;
    char text[16];

    report_message_begin(&m);
    fputs("source:       ", m.f);
    report_message_escaped(m.f, s->source);
    text_human(text, sizeof(text), (double)bytes);
    fprintf(m.f, "\nbytes:        %llu (%s)\n", (unsigned long long)bytes, text);
    fprintf(m.f, "read:         %llu\n", (unsigned long long)s->read_bytes);
    fprintf(m.f, "seconds:      %.6f\n", s->seconds);
    text_human(text, sizeof(text), s->seconds > 0 ? (double)bytes_got(s) / s->seconds : 0);
    fprintf(m.f, "rate:         %s/s to each destination\n", text);
    fprintf(m.f, "engine:       %s\n", s->engine != NULL ? s->engine : "none");
    fprintf(m.f, "workers:      %u\n", s->workers);
    fprintf(m.f, "chunk size:   %llu\n", (unsigned long long)s->chunk_size);
    fprintf(m.f, "queue depth:  %u\n", s->queue_depth);
    for (unsigned i = 0; i < s->n_dests; i++)
        put_dest(m.f, s, &s->dests[i]);
    report_message_end(&m);
}
