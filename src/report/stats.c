#include "stats_priv.h"

#include "base/text.h"
#include "message_priv.h"
#include "status_priv.h"

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
    text_human(text, sizeof(text), s->seconds > 0 ? (double)bytes / s->seconds : 0);
    fprintf(m.f, "rate:         %s/s to each destination\n", text);
    fprintf(m.f, "engine:       %s\n", s->engine != NULL ? s->engine : "none");
    fprintf(m.f, "workers:      %u\n", s->workers);
    fprintf(m.f, "chunk size:   %llu\n", (unsigned long long)s->chunk_size);
    fprintf(m.f, "queue depth:  %u\n", s->queue_depth);
    for (unsigned i = 0; i < s->n_dests; i++) {
        const struct dest_status *d = &s->dests[i];

        fputs("destination:  ", m.f);
        report_message_escaped(m.f, d->path);
        fprintf(m.f, ": %llu bytes, ", (unsigned long long)d->bytes);
        if (s->tree)
            fprintf(m.f, "%llu files, ", (unsigned long long)d->files);
        if (d->files_skipped > 0)
            fprintf(m.f, "%llu skipped, ", (unsigned long long)d->files_skipped);
        if (d->deleted > 0)
            fprintf(m.f, "%llu deleted, ", (unsigned long long)d->deleted);
        fprintf(m.f, "%s%s%s", d->skipped ? "skipped" : report_status_name(d),
                d->durable ? ", durable" : "",
                d->n_attribute_failures > 0 ? ", attributes missing" : "");
        if (d->verified)
            fprintf(m.f, ", read back: %s", read_how_name(d->verified->how));
        fputc('\n', m.f);
    }
    report_message_end(&m);
}
