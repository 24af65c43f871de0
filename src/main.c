/* ucopy: copies one source to many destinations at once. From the arguments to the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/path_probe.h"
#include "base/signals.h"
#include "base/supervisor.h"
#include "cli/help.h"
#include "cli/options.h"
#include "engine/engine.h"
#include "plan/plan.h"
#include "report/report.h"
#include "session/session.h"
#include "target/attrs.h"
#include "tree/tree.h"

#define EXIT_USAGE 2

/* Up to two descriptors and a directory per destination: as many as we may have. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Were one of the standard descriptors closed, the first file opened would take its number, and
 * messages or JSON would go into a copy. */
static void occupy_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* An engine asked for by name has to be there before anything is touched. */
static int check_engine(const struct options *o)
{
    const struct engine_ops *ops = engine_find(o->engine);
    struct engine_reason why;

    if (!ops || engine_probe(ops, &why) == 0)
        return 0;
    report_error("engine %s is not available here: %s", ops->name, why.text);
    return EXIT_USAGE;
}

/* So has what is to be preserved. -Z asks for what a policy says, which is not looked up here.
 */
static int check_context(const struct options *o)
{
    if (o->context != CONTEXT_AS_IS && attrs_context_available()) {
        report_error("-Z and --context are not supported; --preserve=context is");
        return EXIT_USAGE;
    }
    if (o->context == CONTEXT_GIVEN)
        report_error("warning: ignoring --context; it requires an SELinux-enabled kernel");
    if (o->preserve.context != ATTRS_REQUIRED || attrs_context_available())
        return 0;
    report_error("--preserve=context: this kernel has no SELinux");
    return EXIT_USAGE;
}

/* Says why a copy is not made. The exit status that this is. */
static int leave_out(const struct plan_copy *c)
{
    report_error("%s", c->left_out);
    return c->is_failure ? 1 : 0;
}

static int look_at_all(const struct plan *p, const struct options *o, int signal_fd,
                       bool *ret_hung)
{
    int status = 0;

    for (unsigned i = 0; i < p->n_copies && status < 128; i++)
        if (p->copies[i].left_out)
            status = session_worse(status, leave_out(&p->copies[i]));
        else if (p->copies[i].tree)
            status = session_worse(status, tree_dry_run(o, &p->copies[i], signal_fd, ret_hung));
        else
            status = session_worse(status, session_dry_run(o, &p->copies[i], ret_hung));
    return status;
}

/* Those of all copies that are made are as many. */
static unsigned count_dests(const struct plan *p)
{
    unsigned n = 1;

    for (unsigned i = 0; i < p->n_copies; i++)
        if (p->copies[i].n_dests > n)
            n = p->copies[i].n_dests;
    return n;
}

/* *ret_hung: threads are left that hang in the kernel. */
static int copy_all(const struct plan *p, const struct options *o, int signal_fd,
                    bool *ret_hung)
{
    struct tree_links *links = tree_links_new(count_dests(p), options_follow_operand(o));
    int status = 0;

    if (!links) {
        report_error("%s", strerror(ENOMEM));
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < p->n_copies; i++) {
        struct session_result result = {.exit_status = 0};

        if (p->copies[i].left_out)
            result.exit_status = leave_out(&p->copies[i]);
        else if (p->copies[i].tree)
            tree_run(o, &p->copies[i], links, signal_fd, &result);
        else
            session_run(o, &p->copies[i], signal_fd, &result);
        status = session_worse(status, result.exit_status);
        *ret_hung |= result.abandoned;
        if (result.ended)
            break;
    }
    if (!*ret_hung) /* else what hangs may still look at them */
        tree_links_free(links);
    return status;
}

/* The first signal that asks for the end while the plan is made. */
struct early_end {
    int fd, signal;
};

static bool is_ended(void *arg)
{
    struct early_end *e = arg;

    return signals_end(e->fd, &e->signal);
}

/* *ret_hung: as in copy_all(). */
static int plan_and_copy(const struct options *o, int signal_fd, bool *ret_hung)
{
    struct early_end end = {.fd = signal_fd};
    struct plan plan;
    char *error = NULL;
    int status, r;

    path_probe_begin(options_timeout_ms(o), signal_fd, is_ended, &end);
    r = plan_make(&plan, o, &error);
    *ret_hung = path_probe_left();
    if (end.signal) {
        report_error("interrupted");
        status = 128 + end.signal;
    } else if (r < 0) {
        report_error("%s", error ? error : strerror(ENOMEM));
        status = EXIT_USAGE;
    } else {
        status = o->dry_run ? look_at_all(&plan, o, signal_fd, ret_hung)
                            : copy_all(&plan, o, signal_fd, ret_hung);
    }
    free(error);
    if (r == 0 && !*ret_hung)
        plan_free(&plan);
    return status;
}

/* cp knows one status for every failure. */
static int exit_status(const struct options *o, int status)
{
    return o->cp && status > 1 && status < 128 ? 1 : status;
}

static int copy(const struct options *o)
{
    bool hung = false;
    int signal_fd, status, r = supervisor_start(&signal_fd);

    if (r < 0) {
        report_error("signalfd: %s", strerror(-r));
        return EXIT_USAGE;
    }
    status = check_engine(o);
    if (status == 0)
        status = check_context(o);
    if (status != 0)
        return status;
    status = plan_and_copy(o, signal_fd, &hung);
    if (hung) { /* what would be freed is in use, and exit() not be the end */
        (void)report_close();
        supervisor_leave(signal_fd, exit_status(o, status));
    }
    return status;
}

static int act(const struct options *o)
{
    switch (o->action) {
    case OPTIONS_HELP:
        help_print(o, stdout);
        return 0;
    case OPTIONS_USAGE:
        help_print_usage(o, stdout);
        return 0;
    case OPTIONS_VERSION:
        report_version();
        return 0;
    case OPTIONS_COPY:
        break;
    }
    return copy(o);
}

int main(int argc, char **argv)
{
    struct options o;
    char *error = NULL;
    int status, r;

    occupy_standard_descriptors();
    raise_file_limit();
    r = options_parse(&o, argc, (const char **)argv, &error);
    if (r < 0) {
        report_init(&o);
        report_error("%s", error ? error : strerror(-r));
        report_error("Try '%s --help' for more information.", o.cp ? "cp" : "ucopy");
        free(error);
        return exit_status(&o, EXIT_USAGE);
    }
    report_init(&o);
    status = act(&o);
    r = report_close();
    if (r < 0) {
        report_error("standard output: %s", strerror(-r));
        status = status ? status : 1;
    }
    status = exit_status(&o, status);
    options_free(&o);
    return status;
}
