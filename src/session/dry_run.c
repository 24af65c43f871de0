/* dry_run: --dry-run of a single file. */
#include "session_priv.h"

/* Reports what a copy to destination d would do. Whether it would succeed, as far as can be
 * seen. */
static bool dry_run_dest(struct session *s, unsigned d)
{
    const struct session_dest *dest = &s->dests[d];
    const char *source = s->copy->source, *path = s->copy->dests[d];
    struct failure f = dest->failure;

    if (dest->existing.verdict == EXISTING_SKIP) {
        report_dry_run(source, path, NULL);
        return true;
    }
    if (dest->existing.verdict == EXISTING_REFUSE)
        (void)existing_refused(&f);
    if (f.err != 0 || session_check_space(s, d, &f) < 0) {
        report_failure(source, path, &f);
        return false;
    }
    report_dry_run(source, path,
                   dest->existing.verdict == EXISTING_ASK ? "if you say yes" : dest->probe.how);
    return true;
}

int session_dry_run_all(struct session *s)
{
    unsigned good = 0;

    if (session_open_source(s, true) < 0) {
        report_source_failure(s->copy->source, &s->status.source_failure);
        return s->unavailable ? 2 : 5;
    }
    session_close_source(s);
    session_look_at_dests(s, false);
    for (unsigned d = 0; d < s->copy->n_dests; d++)
        good += !s->dests[d].late && dry_run_dest(s, d);
    return session_policy_status(s->o, s->copy->n_dests, good, good);
}
