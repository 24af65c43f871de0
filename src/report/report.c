#include "report.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cp_wording_priv.h"
#include "devices_priv.h"
#include "display_priv.h"
#include "json_priv.h"
#include "message_priv.h"
#include "stats_priv.h"
#include "status_priv.h"
#include "unread_priv.h"
#include "whole_priv.h"

#define JSON_MS       1000
#define STDOUT_BUFFER 65536u /* more than --help is long */

static char stdout_buffer[STDOUT_BUFFER];

static struct report {
    const struct options *options;
    double json_at;   /* seconds since the start of the copy at the last JSON "progress" */
    int stdout_error; /* the first failure to write there (negative errno), or 0 */
} report;

/* ---- messages --------------------------------------------------------------------------- */

/* The name of the program in messages. */
static const char *program_name(void)
{
    return report.options && report.options->cp ? "cp" : "ucopy";
}

__attribute__((format(printf, 1, 0))) static void write_message(const char *format,
                                                                va_list args)
{
    struct message m;
    char *text;

    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    report_message_begin(&m);
    fprintf(m.f, "%s: ", program_name());
    report_message_escaped(m.f, text != NULL ? text : format);
    fputc('\n', m.f);
    report_message_end(&m);
    free(text);
}

void report_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_message(format, args);
    va_end(args);
}

void report_verbose(const char *format, ...)
{
    va_list args;

    if (!report.options->verbose || report.options->cp)
        return;
    va_start(args, format);
    write_message(format, args);
    va_end(args);
}

/* text: the message without path, or NULL without memory; takes it over. kept: a text behind
 * the message, or "". */
static void write_failure(const char *path, char *text, const struct failure *f,
                          const char *kept)
{
    const char *reason = text != NULL ? text : strerror(f->err);

    if (report.options->cp)
        report_error("%s%s", reason, kept);
    else
        report_error("%s: %s%s", path, reason, kept);
    free(text);
}

/* The message for a destination that failed. source: its source, or NULL. The caller frees it;
 * NULL without memory. */
static char *dest_message(const char *source, const char *path, const struct failure *f)
{
    const struct options *o = report.options;

    return o->cp ? report_cp_line(path, f, source, o->link || o->symbolic_link)
                 : report_status_reason(f);
}

void report_failure(const char *source, const char *path, const struct failure *f)
{
    write_failure(path, dest_message(source, path, f), f, "");
}

void report_dest_message(const struct dest_status *d, const char *path, const struct failure *f)
{
    char *name = report_device_name(d, path);

    report_failure(NULL, name ? name : path, f);
    free(name);
}

void report_source_failure(const char *path, const struct failure *f)
{
    write_failure(path,
                  report.options->cp ? report_cp_source_line(path, f) : report_status_reason(f),
                  f, "");
}

/* Writes a mode as "rwxr-xr-x". */
static void put_mode(FILE *f, mode_t mode)
{
    static const char letters[] = "rwx";

    for (int bit = 8; bit >= 0; bit--)
        fputc(mode & (1u << bit) ? letters[(8 - bit) % 3] : '-', f);
}

void report_question(const char *path, mode_t mode, bool writable, bool removes)
{
    struct message m;

    report_message_begin(&m);
    fprintf(m.f, "%s: %s '", program_name(),
            writable  ? "overwrite"
            : removes ? "replace"
                      : "unwritable");
    report_message_escaped(m.f, path);
    fputc('\'', m.f);
    if (!writable) {
        fprintf(m.f, removes ? ", overriding mode %04o (" : " (mode %04o, ", mode & 07777);
        put_mode(m.f, mode);
        fputs(removes ? ")" : "); try anyway", m.f);
    }
    fputs("? ", m.f);
    report_message_end(&m);
}

/* ---- a copy from start to end ----------------------------------------------------------- */

/* Remembers the first write to stdout that failed. r: 0 or a negative errno. */
static void remember_stdout_error(int r)
{
    if (report.stdout_error == 0)
        report.stdout_error = r;
}

static void flush_stdout(void)
{
    remember_stdout_error(fflush(stdout) == 0 ? 0 : -errno);
}

static void put_quoted(FILE *f, const char *before, const char *path)
{
    fprintf(f, "%s'", before);
    report_message_escaped(f, path);
    fputs("'\n", f);
}

static void put_quoted_pair(FILE *f, const char *source, const char *dest)
{
    fputc('\'', f);
    report_message_escaped(f, source);
    fputs("' -> '", f);
    report_message_escaped(f, dest);
    fputc('\'', f);
}

void report_made(const char *source, const char *dest)
{
    struct message m;

    if (!report.options->verbose)
        return;
    if (report.options->cp) {
        put_quoted_pair(stdout, source, dest);
        putchar('\n');
        flush_stdout();
        return;
    }
    report_message_begin(&m);
    put_quoted_pair(m.f, source, dest);
    fputc('\n', m.f);
    report_message_end(&m);
}

void report_deleted(const char *path)
{
    struct message m;

    if (!report.options->verbose)
        return;
    report_message_begin(&m);
    put_quoted(m.f, "deleted ", path);
    report_message_end(&m);
}

void report_method(const struct copy_status *s, unsigned i)
{
    static const char *const detections[] = {"no", "SEEK_HOLE", "zeros", "SEEK_HOLE + zeros"};
    const char *reflink = s->dests[i].cloned ? "yes" : s->tries_clones ? "unsupported" : "no";
    const char *detection = detections[s->seeks_holes + 2 * s->finds_zeros];

    if (!report.options->debug || !(s->data || s->dests[i].skipped))
        return;
    if (!report.options->cp && s->dests[i].skipped) {
        report_error("%s: skipped", s->dests[i].path);
    } else if (!report.options->cp) {
        report_error("%s: reflink: %s, sparse detection: %s", s->dests[i].path, reflink,
                     detection);
    } else if (s->dests[i].skipped) {
        fputs("skipped '", stdout);
        report_message_escaped(stdout, s->dests[i].path);
        puts("'");
    } else {
        printf("copy offload: avoided, reflink: %s, sparse detection: %s\n", reflink,
               detection);
    }
    if (report.options->cp)
        flush_stdout();
}

/* The copy has ended. */
static void finish_display(const struct copy_status *s)
{
    if (report_whole_is_on())
        report_whole_add(s);
    else
        report_display_finish(s);
}

void report_blockdev(const char *path, uint64_t size, const char *buffers)
{
    if (report.options->json)
        remember_stdout_error(report_json_blockdev(path, size, buffers));
    else
        puts(path);
    flush_stdout();
    report_verbose("%s: %llu bytes; buffers: %s", path, (unsigned long long)size, buffers);
}

void report_start(const struct copy_status *s)
{
    if (!report_whole_is_on())
        report_display_start(s);
    report.json_at = 0;
    for (unsigned i = 0; i < s->n_dests && !s->tree && !report.options->cp; i++)
        report_made(s->source, s->dests[i].path);
    if (report.options->json)
        remember_stdout_error(report_json_start(s));
}

void report_dest_failed(const struct copy_status *s, unsigned d)
{
    if (report.options->json)
        remember_stdout_error(report_json_dest_failed(s, d));
}

void report_file_failed(const char *source, const char *dest, const char *path,
                        const struct failure *f, bool attribute)
{
    if (report.options->json)
        remember_stdout_error(report_json_file_failed(source, dest, path, f, attribute));
}

void report_file_hashed(const char *source, const char *path, const struct digest_values *v)
{
    if (report.options->json)
        remember_stdout_error(report_json_file_hashed(source, path, v));
}

void report_source_changed(const char *source, const char *path, const struct failure *f)
{
    report_error("warning: %s: %s: the copies may hold data of different moments", path,
                 f->message);
    if (report.options->json)
        remember_stdout_error(report_json_source_changed(source, path));
}

static bool wants_json_progress(void)
{
    return report.options->json && report.options->progress != WHEN_NEVER;
}

int report_progress_interval_ms(void)
{
    int ms = report_display_interval_ms();

    return wants_json_progress() && (ms < 0 || ms > JSON_MS) ? JSON_MS : ms;
}

int report_wait_ms(int look_ms)
{
    int ms = report_progress_interval_ms();

    if (ms < 0 || look_ms < 0)
        return ms < 0 ? look_ms : ms;
    return ms < look_ms ? ms : look_ms;
}

void report_progress(const struct copy_status *s, bool asked)
{
    const struct copy_status *shown = report_whole_of(s);

    if (asked)
        report_display_now(shown);
    else
        report_display_progress(shown);
    if (wants_json_progress() && report_status_is_due(s, &report.json_at, JSON_MS))
        remember_stdout_error(report_json_progress(s));
}

/* As report_failure(), and adds how many bytes --resume can use, or what has become of the
 * file. */
static void write_dest_failure(const char *source, const struct dest_status *d)
{
    char kept[64] = "", bytes[16], *name = report_device_name(d, d->path);

    text_human(bytes, sizeof(bytes), (double)d->kept);
    if (d->kept > 0)
        (void)snprintf(kept, sizeof(kept), " (%s kept; --resume goes on from there)", bytes);
    else if (d->mixed)
        (void)snprintf(kept, sizeof(kept), " (the %s holds old and new data now)",
                       d->disk ? "device" : "file");
    write_failure(name ? name : d->path, dest_message(source, d->path, &d->failure),
                  &d->failure, kept);
    free(name);
}

/* Whether the failure is only a summary of failures in a tree that are reported already. cp
 * writes no such summary. */
static bool is_summary_for_cp(const struct copy_status *s, const struct failure *f)
{
    return report.options->cp && s->tree && f->op == NULL;
}

/* Whether nothing is to be said of this destination beside what was said of the source, or of all. */
static bool is_said(const struct copy_status *s, const struct dest_status *d)
{
    return (d->by_source && d->kept == 0 && !d->mixed) || (d->by_all && s->exit_status == 2) ||
           is_summary_for_cp(s, &d->failure);
}

/* Writes the last lines on stderr, which name everything that failed. */
static void write_failures(const struct copy_status *s)
{
    unsigned done = 0;

    for (unsigned i = 0; i < s->n_dests; i++)
        done += s->dests[i].state == DEST_DONE;
    for (unsigned i = 0; i < s->n_dests; i++)
        for (unsigned k = 0; k < s->dests[i].n_attribute_failures; k++)
            if (!is_summary_for_cp(s, &s->dests[i].attribute_failures[k]))
                report_failure(NULL, s->dests[i].path, &s->dests[i].attribute_failures[k]);
    if (done > 0 && done < s->n_dests && !report.options->quiet)
        report_error("%u of %u destinations are complete", done, s->n_dests);
    if (s->bad)
        report_unread_write(program_name(), s->bad);
    if (s->source_failure.err != 0 && !is_summary_for_cp(s, &s->source_failure))
        report_source_failure(s->source, &s->source_failure);
    for (unsigned i = 0; i < s->n_dests; i++)
        if (s->dests[i].state == DEST_FAILED && !is_said(s, &s->dests[i]))
            write_dest_failure(s->source, &s->dests[i]);
    if (done > 0)
        report_devices_failed(s);
}

/* Writes the name as coreutils' sums do, so that what they check can be read back. Returns nothing:
 * report_close() asks the stream. */
static void put_sum_name(FILE *f, const char *name)
{
    for (; *name; name++) {
        const char *escape = *name == '\\'   ? "\\\\"
                             : *name == '\n' ? "\\n"
                             : *name == '\r' ? "\\r"
                                             : NULL;

        if (escape)
            fputs(escape, f);
        else
            fputc(*name, f);
    }
}

/* Standard output may be a destination: then nothing else is written there. */
static void write_hashes(const char *path, const struct digest_values *v)
{
    FILE *f = options_writes_standard(report.options) ? stderr : stdout;

    for (unsigned i = 0; i < DIGEST_ALGORITHMS && !report.options->manifest; i++) {
        if (!(v->algorithms & report.options->hashes & 1u << i))
            continue;
        fprintf(f, "%s%s (", strpbrk(path, "\\\n\r") ? "\\" : "", digest_table[i].tag);
        put_sum_name(f, path);
        fprintf(f, ") = %s\n", v->text[i]);
    }
    if (v->algorithms)
        flush_stdout();
}

void report_copied(const struct copy_status *s)
{
    finish_display(s);
}

void report_verification(const struct copy_status *s)
{
    report_display_start(s);
    report.json_at = 0;
}

void report_verification_ended(const struct copy_status *s)
{
    report_display_finish(s);
}

/* How the files were read back, and what came of it. */
static void write_verified(const char *path, const struct verify_result *v)
{
    char bytes[16];

    if (v->no_medium)
        report_error("%s: compared in memory: this file system has no medium", path);
    else if (v->how == READ_CACHE)
        report_error(
            "%s: there was no way past the page cache for all of it (%llu pages): what "
            "was compared may not be what is on the medium",
            path, (unsigned long long)v->cached_pages);
    if (v->unread) {
        text_human(bytes, sizeof(bytes), (double)v->unread);
        report_error("%s: %s of it were not read in this run, and are not compared", path,
                     bytes);
    }
    if (v->files == 0 && v->n_failed == 0)
        return;
    text_human(bytes, sizeof(bytes), (double)v->bytes);
    report_verbose("%s: read back %s in %llu file%s: %s%s%s", path, bytes,
                   (unsigned long long)v->files, v->files == 1 ? "" : "s",
                   read_how_name(v->how), v->remote ? "; a server may have cached it" : "",
                   v->n_left     ? "; it differs"
                   : v->n_failed ? "; not all could be compared"
                   : v->n_ranges ? "; it differed, and was repaired"
                                 : "; it is right");
}

void report_source_verified(const struct copy_status *s)
{
    write_verified(s->source, s->source_verified);
}

void report_verified(const struct copy_status *s, unsigned d)
{
    char *name = report_device_name(&s->dests[d], s->dests[d].path);

    write_verified(name ? name : s->dests[d].path, s->dests[d].verified);
    free(name);
    if (report.options->json)
        remember_stdout_error(report_json_verified(s, d));
}

void report_summary(const struct copy_status *s)
{
    if (!report.options->verify)
        finish_display(s);
    for (unsigned i = 0; i < s->n_dests && !s->tree; i++) {
        if (s->dests[i].state != DEST_DONE)
            continue;
        if (report.options->cp && !s->dests[i].skipped)
            report_made(s->source, s->dests[i].path);
        report_method(s, i);
    }
    if (report.options->stats && !report.options->quiet)
        report_stats_write(s);
    write_failures(s);
    if (!report.options->json)
        write_hashes(s->source, &s->hashes);
    if (report.options->json)
        remember_stdout_error(report_json_summary(s));
}

/* ---- --check and --compare -------------------------------------------------------------- */

void report_check_start(const struct copy_status *s)
{
    report_display_start(s);
    report.json_at = 0;
    if (report.options->json)
        remember_stdout_error(report_json_check_start(s));
}

void report_check_progress(const struct copy_status *s, bool asked)
{
    if (asked)
        report_display_now(s);
    else
        report_display_progress(s);
    if (wants_json_progress() && report_status_is_due(s, &report.json_at, JSON_MS))
        remember_stdout_error(report_json_check_progress(s));
}

void report_finding(const char *source, const char *dest, const char *path, enum finding kind,
                    const struct failure *f, const struct finding_range *range)
{
    size_t end = strlen(dest);
    const char *slash = *path != '\0' && (end == 0 || dest[end - 1] != '/') ? "/" : "";
    char *reason = kind == FINDING_UNREADABLE ? report_status_reason(f) : NULL;

    if (kind == FINDING_UNREADABLE)
        report_error("%s%s%s: %s", dest, slash, path, reason ? reason : strerror(f->err));
    else if (kind == FINDING_MISSING)
        report_error("%s%s%s: is missing", dest, slash, path);
    else if (kind == FINDING_EXTRA)
        report_error("%s%s%s: is not in %s", dest, slash, path, source);
    else if (range->length > 0)
        report_error("%s%s%s: differs at byte %llu, in bytes %llu to %llu", dest, slash, path,
                     (unsigned long long)range->first, (unsigned long long)range->offset,
                     (unsigned long long)(range->offset + range->length - 1));
    else
        report_error("%s%s%s: differs: %s", dest, slash, path, f->message);
    free(reason);
    if (report.options->json)
        remember_stdout_error(report_json_finding(source, dest, path, kind, f, range));
}

static void write_verdict(const struct dest_status *d, const struct check_dest *test)
{
    const uint64_t *found = test->found;
    const char *how = test->how == NULL                 ? "not read"
                      : strcmp(test->how, "cache") == 0 ? "page cache, not the medium"
                                                        : test->how;

    report_error(
        "%s: %s: %llu files, %llu bytes (%s); different %llu, missing %llu, extra %llu, "
        "unreadable %llu",
        d->path, d->state == DEST_DONE ? "verified" : "NOT VERIFIED",
        (unsigned long long)d->files, (unsigned long long)d->bytes, how,
        (unsigned long long)found[FINDING_DIFFERS], (unsigned long long)found[FINDING_MISSING],
        (unsigned long long)found[FINDING_EXTRA],
        (unsigned long long)found[FINDING_UNREADABLE]);
}

void report_check_summary(const struct copy_status *s, const struct check_dest *tests)
{
    report_display_finish(s);
    for (unsigned i = 0; i < s->n_dests && !report.options->quiet; i++)
        write_verdict(&s->dests[i], &tests[i]);
    if (report.options->json)
        remember_stdout_error(report_json_check_summary(s, tests));
}

/* ---- not for a single copy -------------------------------------------------------------- */

void report_dry_run(const char *source, const char *dest, const char *how)
{
    if (report.options->json) {
        remember_stdout_error(report_json_dry_run(source, dest, how));
        return;
    }
    fputs(how ? "would copy " : "would skip ", stdout);
    put_quoted_pair(stdout, source, dest);
    printf(" (%s)\n", how ? how : "it exists");
    flush_stdout();
}

void report_dry_delete(const char *source, const char *path)
{
    if (report.options->json) {
        remember_stdout_error(report_json_dry_run(source, path, "deleted"));
        return;
    }
    put_quoted(stdout, "would delete ", path);
    flush_stdout();
}

int report_close(void)
{
    flush_stdout();
    if (ferror(stdout))
        remember_stdout_error(-EIO);
    return report.stdout_error;
}

void report_init(const struct options *o)
{
    setlocale(LC_CTYPE, "");
    /* With a buffer only fflush() writes, and it returns the errno. */
    (void)setvbuf(stdout, stdout_buffer, _IOFBF, sizeof(stdout_buffer));
    report = (struct report){.options = o};
    report_display_init(o);
}
