/* verdict: the exit status of a copy. */
#include "session_priv.h"

int session_policy_status(const struct options *o, unsigned n_dests, unsigned done,
                          unsigned kept)
{
    unsigned required = o->require;

    if (required == OPTIONS_REQUIRE_ALL)
        required = n_dests;
    if (done >= required)
        return kept >= required ? 0 : 6;
    return done == 0 ? 1 : 3;
}

int session_exit_status(const struct options *o, const struct copy_status *s, bool unavailable,
                        int signal)
{
    unsigned done = 0, kept = 0;
    bool differs = s->source_differs || (s->source_verified && s->source_verified->n_left > 0);

    for (unsigned d = 0; d < s->n_dests; d++) {
        const struct dest_status *ds = &s->dests[d];

        differs |= ds->differs || (ds->verified && ds->verified->n_left > 0);
        done += ds->state == DEST_DONE;
        kept += ds->state == DEST_DONE && ds->n_attribute_failures == 0;
    }
    if (unavailable)
        return 2;
    if (signal)
        return 128 + signal;
    if (differs)
        return 4;
    if (s->source_failure.err || s->bad)
        return 5;
    return session_policy_status(o, s->n_dests, done, kept);
}

int session_worse(int a, int b)
{
    /* Usage, then the signal, then 4, 5, 1, 3, 6: see the manual page. */
    static const int order[] = {0, 6, 3, 1, 5, 4};
    int rank[2] = {100, 100};
    int status[2] = {a, b};

    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
            if (status[i] == order[k])
                rank[i] = (int)k;
        if (status[i] == 2)
            rank[i] = 200;
    }
    return rank[0] >= rank[1] ? a : b;
}
