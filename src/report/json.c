#include "json_priv.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "status_priv.h"

/* A value is NULL if there was no memory for it. The object or array that it is added to
 * becomes NULL, too. So only write_line() has to check for NULL. */

/* Takes the reference to the value. */
static void add(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) < 0) {
        json_decref(*object);
        *object = NULL;
    }
}

/* Takes the reference to the value. */
static void append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) < 0) {
        json_decref(*array);
        *array = NULL;
    }
}

/* Takes the text and frees it. Bytes that are not UTF-8 become U+FFFD: a message may have the name
 * of an extended attribute in it, which can be any bytes. */
static void add_text(json_t **object, const char *key, char *text)
{
    char *utf8 = text != NULL ? text_as_utf8(text) : NULL;

    add(object, key, json_string(utf8));
    free(utf8);
    free(text);
}

static void add_bytes(json_t **object, const char *key, uint64_t bytes)
{
    add(object, key, json_integer((json_int_t)bytes));
}

/* Adds a file name under key. If the name is not valid UTF-8, adds its bytes under base64_key,
 * too. */
static void add_name(json_t **object, const char *key, const char *base64_key, const char *name)
{
    char *shown = text_as_utf8(name);
    bool exact = shown != NULL && strcmp(shown, name) == 0;

    add_text(object, key, shown);
    if (!exact)
        add_text(object, base64_key, text_base64(name));
}

/* Rounds to microseconds. Numbers below 0.0001 become 0, because they would get an exponent. */
static void add_seconds(json_t **object, double seconds)
{
    double rounded = (double)(uint64_t)(seconds * 1e6 + 0.5) / 1e6;

    add(object, "seconds", json_real(rounded < 0.0001 ? 0.0 : rounded));
}

/* Adds a number that is known only if the size is; null otherwise. */
static void add_known(json_t **object, const char *key, const struct copy_status *s,
                      uint64_t value)
{
    add(object, key, s->size_known ? json_integer((json_int_t)value) : json_null());
}

static void add_size(json_t **object, const struct copy_status *s)
{
    add_known(object, "bytes", s, s->size);
}

/* Adds the failure under the two keys; both are null without a failure. */
static void add_failure(json_t **object, const char *error_key, const char *errno_key,
                        const struct failure *failure)
{
    const char *name = strerrorname_np(failure->err);

    if (failure->err == 0) {
        add(object, error_key, json_null());
        add(object, errno_key, json_null());
        return;
    }
    add_text(object, error_key, report_status_reason(failure));
    add(object, errno_key, json_string(name != NULL ? name : "unknown"));
}

/* "attributes" is null if no attributes had to be set. */
static void add_attributes(json_t **object, const struct dest_status *d)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < d->n_attribute_failures; i++) {
        json_t *failure = json_object();

        add_failure(&failure, "error", "errno", &d->attribute_failures[i]);
        append(&array, failure);
    }
    if (d->attributes)
        add(object, "attributes",
            json_string(d->n_attribute_failures ? "failed"
                        : d->attributes_lost    ? "incomplete"
                                                : "kept"));
    else
        add(object, "attributes", json_null());
    add(object, "attribute_failures", array);
}

static json_t *mismatches_of(const struct verify_result *v)
{
    json_t *array = json_array();

    for (size_t i = 0; i < v->n_ranges; i++) {
        json_t *range = json_object();

        add_name(&range, "path", "path_base64", v->ranges[i].path);
        add_bytes(&range, "offset", v->ranges[i].offset);
        add_bytes(&range, "length", v->ranges[i].length);
        add_bytes(&range, "first", v->ranges[i].first);
        append(&array, range);
    }
    return array;
}

static void add_verified(json_t **object, const char *key, const struct verify_result *v)
{
    json_t *verified = json_object();

    add(&verified, "how", json_string(read_how_name(v->how)));
    add_bytes(&verified, "cached_pages", v->cached_pages);
    add_bytes(&verified, "files", v->files);
    add_bytes(&verified, "bytes", v->bytes);
    add_bytes(&verified, "doubts", v->doubts);
    add_bytes(&verified, "unread", v->unread);
    add_bytes(&verified, "failed", v->n_failed);
    add_bytes(&verified, "repaired", v->repaired);
    add_bytes(&verified, "left", v->n_left);
    add(&verified, "mismatches", mismatches_of(v));
    add(object, key, verified);
}

/* A text that is not known is null. */
static void add_known_text(json_t **object, const char *key, const char *text)
{
    if (text[0])
        add_text(object, key, strdup(text));
    else
        add(object, key, json_null());
}

static void add_disk(json_t **object, const struct disk *disk)
{
    add_known_text(object, "slot", disk->slot);
    add_known_text(object, "model", disk->model);
    add_known_text(object, "serial", disk->serial);
}

static void add_dest_fields(json_t **object, const struct dest_status *d)
{
    static const struct failure none = {.err = 0};

    add_name(object, "path", "path_base64", d->path);
    if (d->disk)
        add_disk(object, d->disk);
    add(object, "state", json_string(report_status_name(d)));
    add_bytes(object, "bytes", d->bytes);
    add_failure(object, "error", "errno", d->state == DEST_FAILED ? &d->failure : &none);
    add(object, "durable", json_boolean(d->durable));
    add(object, "detached", json_boolean(d->detached));
    add(object, "skipped", json_boolean(d->skipped));
    add(object, "how", json_string(d->cloned ? "clone" : "copy"));
    add_attributes(object, d);
    add_bytes(object, "written", d->written);
    add_bytes(object, "resumed", d->resumed);
    add_bytes(object, "kept", d->kept);
    if (d->verified)
        add_verified(object, "verified", d->verified);
    else
        add(object, "verified", json_null());
}

static void add_dests(json_t **event, const struct copy_status *s)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < s->n_dests; i++) {
        json_t *object = json_object();

        add_dest_fields(&object, &s->dests[i]);
        if (s->tree) {
            add_bytes(&object, "files", s->dests[i].files);
            add_bytes(&object, "files_equal", s->dests[i].files_equal);
            add_bytes(&object, "files_skipped", s->dests[i].files_skipped);
            add_bytes(&object, "links", s->dests[i].links);
            add_bytes(&object, "symlinks", s->dests[i].symlinks);
            add_bytes(&object, "directories", s->dests[i].directories);
            add_bytes(&object, "deleted", s->dests[i].deleted);
        }
        append(&array, object);
    }
    add(event, "destinations", array);
}

static void add_tuning(json_t **event, const struct copy_status *s)
{
    add(event, "engine", s->engine != NULL ? json_string(s->engine) : json_null());
    add(event, "workers", json_integer(s->workers));
    add_bytes(event, "chunk_size", s->chunk_size);
    add(event, "queue_depth", json_integer(s->queue_depth));
}

static json_t *event_new(const char *name, const char *source)
{
    json_t *event = json_object();

    add(&event, "event", json_string(name));
    add_name(&event, "source", "source_base64", source);
    return event;
}

/* Takes the reference to the event. */
static int write_line(json_t *event)
{
    char *line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15));
    int r = 0;

    json_decref(event);
    if (line == NULL)
        return -ENOMEM;
    if (puts(line) < 0 || fflush(stdout) != 0)
        r = -errno;
    free(line);
    return r;
}

int report_json_start(const struct copy_status *s)
{
    json_t *event = event_new("start", s->source);

    add_size(&event, s);
    add_dests(&event, s);
    return write_line(event);
}

int report_json_blockdev(const char *path, uint64_t size, const char *buffers)
{
    json_t *event = event_new("device", path);

    add_bytes(&event, "bytes", size);
    add(&event, "buffers", json_string(buffers));
    return write_line(event);
}

int report_json_progress(const struct copy_status *s)
{
    json_t *event = event_new("progress", s->source);

    add_size(&event, s);
    if (s->tree)
        add_known(&event, "files", s, s->files);
    add_seconds(&event, s->seconds);
    add_bytes(&event, "read_bytes", s->read_bytes);
    add_dests(&event, s);
    return write_line(event);
}

int report_json_dest_failed(const struct copy_status *s, unsigned d)
{
    json_t *event = event_new("dest_failed", s->source);

    add_dest_fields(&event, &s->dests[d]);
    return write_line(event);
}

int report_json_file_failed(const char *source, const char *dest, const char *path,
                            const struct failure *f, bool attribute)
{
    json_t *event = event_new("file_failed", source);

    if (dest != NULL)
        add_name(&event, "destination", "destination_base64", dest);
    else
        add(&event, "destination", json_null());
    add_name(&event, "path", "path_base64", path);
    add(&event, "attribute", json_boolean(attribute));
    add_failure(&event, "error", "errno", f);
    return write_line(event);
}

/* "hashes": {"sha256": "...", ...} */
static void add_hashes(json_t **event, const struct digest_values *v)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++)
        if (v->algorithms & 1u << i)
            add(&object, digest_table[i].name, json_string(v->text[i]));
    add(event, "hashes", object);
}

int report_json_file_hashed(const char *source, const char *path, const struct digest_values *v)
{
    json_t *event = event_new("file_hashed", source);

    add_name(&event, "path", "path_base64", path);
    add_hashes(&event, v);
    return write_line(event);
}

int report_json_source_changed(const char *source, const char *path)
{
    json_t *event = event_new("source_changed", source);

    add_name(&event, "path", "path_base64", path);
    return write_line(event);
}

int report_json_verified(const struct copy_status *s, unsigned d)
{
    json_t *event = event_new("verified", s->source);

    add_dest_fields(&event, &s->dests[d]);
    return write_line(event);
}

/* "bad_ranges": those of a tree have a path. */
static void add_bad_ranges(json_t **event, const struct copy_status *s)
{
    json_t *array = json_array();

    for (size_t i = 0; s->bad && i < s->bad->n; i++) {
        const struct bad_range *r = &s->bad->v[i];
        json_t *object = json_object();

        if (s->tree)
            add_name(&object, "path", "path_base64", r->path);
        add_bytes(&object, "offset", r->offset);
        add_bytes(&object, "length", r->length);
        add(&object, "errno", json_string(strerrorname_np(r->err)));
        append(&array, object);
    }
    add(event, "bad_ranges", array);
}

int report_json_summary(const struct copy_status *s)
{
    json_t *event = event_new("summary", s->source);

    add_bytes(&event, "bytes", report_status_bytes(s));
    add_seconds(&event, s->seconds);
    add_tuning(&event, s);
    add_bytes(&event, "read_bytes", s->read_bytes);
    if (s->buffers)
        add(&event, "buffers", json_string(s->buffers));
    add_hashes(&event, &s->hashes);
    add_failure(&event, "source_error", "source_errno", &s->source_failure);
    add_bad_ranges(&event, s);
    add(&event, "changed", json_integer((json_int_t)s->n_changed));
    if (s->source_verified)
        add_verified(&event, "source_verified", s->source_verified);
    add_dests(&event, s);
    add(&event, "exit", json_integer(s->exit_status));
    return write_line(event);
}

int report_json_dry_run(const char *source, const char *dest, const char *how)
{
    json_t *event = event_new("dry_run", source);

    add_name(&event, "path", "path_base64", dest);
    add(&event, "how", json_string(how != NULL ? how : "skipped"));
    return write_line(event);
}

/* ---- --check and --compare ---- */

static void add_check_dests(json_t **event, const struct copy_status *s,
                            void (*add_fields)(json_t **object, const struct dest_status *d,
                                               const struct check_dest *test),
                            const struct check_dest *tests)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < s->n_dests; i++) {
        json_t *object = json_object();

        add_fields(&object, &s->dests[i], tests != NULL ? &tests[i] : NULL);
        append(&array, object);
    }
    add(event, "destinations", array);
}

static void add_check_progress(json_t **object, const struct dest_status *d,
                               const struct check_dest *test)
{
    (void)test;
    add_name(object, "path", "path_base64", d->path);
    add_bytes(object, "bytes", d->bytes);
    add_bytes(object, "files", d->files);
}

static void add_check_result(json_t **object, const struct dest_status *d,
                             const struct check_dest *test)
{
    json_t *verified = json_object();

    add_check_progress(object, d, NULL);
    add(object, "state", json_string(report_status_name(d)));
    add(&verified, "how", test->how != NULL ? json_string(test->how) : json_null());
    add_bytes(&verified, "differing", test->found[FINDING_DIFFERS]);
    add_bytes(&verified, "missing", test->found[FINDING_MISSING]);
    add_bytes(&verified, "extra", test->found[FINDING_EXTRA]);
    add_bytes(&verified, "unreadable", test->found[FINDING_UNREADABLE]);
    add(object, "verified", verified);
}

int report_json_check_start(const struct copy_status *s)
{
    json_t *event = event_new("start", s->source);

    add_check_dests(&event, s, add_check_progress, NULL);
    return write_line(event);
}

int report_json_check_progress(const struct copy_status *s)
{
    json_t *event = event_new("progress", s->source);

    add_seconds(&event, s->seconds);
    add_check_dests(&event, s, add_check_progress, NULL);
    return write_line(event);
}

int report_json_check_summary(const struct copy_status *s, const struct check_dest *tests)
{
    json_t *event;

    for (unsigned i = 0; i < s->n_dests; i++) {
        int r;

        event = event_new("verified", s->source);
        add_check_result(&event, &s->dests[i], &tests[i]);
        r = write_line(event);
        if (r < 0)
            return r;
    }
    event = event_new("summary", s->source);
    add_seconds(&event, s->seconds);
    add_bytes(&event, "read_bytes", s->read_bytes);
    add_check_dests(&event, s, add_check_result, tests);
    add(&event, "exit", json_integer(s->exit_status));
    return write_line(event);
}

int report_json_finding(const char *source, const char *dest, const char *path,
                        enum finding kind, const struct failure *f,
                        const struct finding_range *range)
{
    static const char *const names[] = {
        [FINDING_DIFFERS] = "differs",
        [FINDING_MISSING] = "missing",
        [FINDING_EXTRA] = "extra",
        [FINDING_UNREADABLE] = "unreadable",
    };
    json_t *event = event_new(names[kind], source);

    add_name(&event, "destination", "destination_base64", dest);
    add_name(&event, "path", "path_base64", path);
    if (kind == FINDING_UNREADABLE)
        add_failure(&event, "error", "errno", f);
    else if (kind == FINDING_DIFFERS && f->message[0] != '\0')
        add(&event, "error", json_string(f->message));
    if (kind == FINDING_DIFFERS && range->length > 0) {
        add_bytes(&event, "offset", range->offset);
        add_bytes(&event, "length", range->length);
        add_bytes(&event, "first", range->first);
    }
    return write_line(event);
}
