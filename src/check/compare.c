/* compare: --compare. Makes the threads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "check.h"
#include "compare_priv.h"

#define EXIT_USAGE 2

static void abandon(void *arg, unsigned i)
{
    struct compare *c = arg;

    if (i > 0)
        feed_abandon(c->feed, i - 1);
}

/* Member 0 is the source. */
static int run(const struct options *o, struct compare *c, struct inspection *inspection,
               bool *ret_hung)
{
    inspection->gave_up = abandon;
    inspection->arg = c;
    for (unsigned i = 0; i < o->n_operands; i++) {
        inspection->members[i].path = o->operands[i];
        inspection->members[i].run = i == 0 ? compare_source : compare_dest;
        inspection->members[i].arg = c;
    }
    return inspection_run(inspection, ret_hung);
}

int check_compare(const struct options *o, int signal_fd, bool *ret_hung)
{
    struct compare *c = calloc(1, sizeof(*c));
    struct inspection *inspection = NULL;
    int status = EXIT_USAGE, r = c ? 0 : -ENOMEM;
    bool hung = false;

    if (r == 0)
        c->base = path_last(o->operands[0]);
    if (r == 0 && !c->base)
        r = -ENOMEM;
    if (r == 0)
        r = inspection_new(o, o->operands[0], o->n_operands, 1, signal_fd, &inspection);
    if (r == 0)
        r = feed_new(inspection, o->n_operands - 1, &c->feed);
    if (r == 0) {
        status = run(o, c, inspection, &hung);
    } else {
        report_error("%s", strerror(-r));
        inspection_free(inspection);
    }
    *ret_hung |= hung;
    if (hung)
        return status;
    if (c && c->feed)
        feed_free(c->feed);
    if (c)
        free(c->base);
    free(c);
    return status;
}
