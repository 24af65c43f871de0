/* name_check: whether the names in a tree are as a list needs them, before it is copied. See tree.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded_call.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "main_priv.h"

/* Stays allocated when the call does not return. */
struct name_check {
    struct totals totals;
    struct tree_names names;
    unsigned n_bad;
    char *bad; /* the first of them, from the root; owned; NULL: no memory */
    uint64_t seen;
    int signal_fd, signal;
};

static void on_found(void *arg, const char *below, const struct stat *st)
{
    struct name_check *c = arg;

    if (!c->names.fit(c->names.algorithm, below, st->st_mode) && c->n_bad++ == 0)
        c->bad = strdup(below);
}

static void run_call(void *arg, unsigned i)
{
    struct name_check *c = arg;

    (void)i;
    (void)totals_count(&c->totals); /* the copy will report what fails */
}

static bool has_moved(void *arg)
{
    struct name_check *c = arg;
    uint64_t before = c->seen;

    c->seen = atomic_load(&c->totals.files);
    return c->seen != before;
}

static bool stops(void *arg)
{
    struct name_check *c = arg;
    bool ended = signals_end(c->signal_fd, &c->signal);

    if (ended)
        atomic_store(&c->totals.stop, true);
    return ended;
}

static void explain(const struct name_check *c, const char *source)
{
    const char *first = c->bad ? c->bad : "";

    if (c->n_bad == 1)
        report_error("%s%s: %s this name", source, first, c->names.lack);
    else
        report_error("%s%s: %s this name and %u more", source, first, c->names.lack,
                     c->n_bad - 1);
}

int tree_check_names(const struct options *o, const struct plan_copy *copy,
                     const struct tree_names *names, int signal_fd, bool *ret_hung)
{
    struct name_check *c = calloc(1, sizeof(*c));
    struct bounded_calls call = {.n = 1,
                                 .run = run_call,
                                 .arg = c,
                                 .timeout_ms = options_timeout_ms(o),
                                 .moved = has_moved,
                                 .wake_fd = signal_fd,
                                 .stop = stops,
                                 .stop_ms = TREE_END_PATIENCE_MS};
    bool late;
    int status = 0;

    if (!c) {
        report_error("%s", strerror(ENOMEM));
        return 2;
    }
    c->totals = tree_totals_of(o, copy);
    c->totals.found = on_found;
    c->totals.arg = c;
    c->names = *names;
    c->signal_fd = signal_fd;
    if (!tree_counts(o) || path_probe_is_silent(copy->source)) {
        free(c);
        return 0;
    }
    if (bounded_calls_run(&call, &late) > 0) {
        *ret_hung = true;
        return c->signal ? 128 + c->signal : 0;
    }
    if (c->signal) {
        report_error("interrupted");
        status = 128 + c->signal;
    } else if (c->n_bad > 0) {
        explain(c, copy->source);
        status = 2;
    }
    free(c->bad);
    free(c);
    return status;
}
