/* main: the order of events, from the arguments to the exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/descriptors.h"
#include "base/path.h"
#include "base/path_probe.h"
#include "base/signals.h"
#include "base/supervisor.h"
#include "base/temporary.h"
#include "check/check.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "mhl/mhl.h"
#include "plan/choice.h"
#include "plan/list_place.h"
#include "plan/plan.h"
#include "report/manifest.h"
#include "report/report.h"
#include "session/session.h"
#include "target/held.h"
#include "target/made.h"
#include "tree/tree.h"
#include "verify/verify.h"

#define EXIT_USAGE 2

/* Reports why a copy is not made. Returns its exit status. */
static int leave_out(const struct plan_copy *c)
{
    if (*c->left_out)
        report_error("%s", c->left_out);
    return c->is_failure ? 1 : 0;
}

static int dry_run_all(const struct plan *p, const struct options *o, int signal_fd,
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

/* The statuses of several copies. */
struct statuses {
    int worst;
    bool any_began;
    bool any_refused; /* with EXIT_USAGE: it has touched nothing */
};

static void add_status(struct statuses *s, int status)
{
    s->any_refused |= status == EXIT_USAGE;
    s->any_began |= status != EXIT_USAGE;
    if (status != EXIT_USAGE)
        s->worst = session_worse(s->worst, status);
}

/* EXIT_USAGE says that nothing was touched: all copies must have said so. */
static int sum_up(const struct statuses *s)
{
    if (!s->any_refused)
        return s->worst;
    return s->any_began ? session_worse(s->worst, 1) : EXIT_USAGE;
}

/* A destination that did not respond to copy i will not respond to the next ones. With several
 * copies the destinations of the same number are in the same directory. */
static void pass_on_silence(const struct plan *p, unsigned i)
{
    const struct plan_copy *c = &p->copies[i];

    for (unsigned d = 0; d < c->n_dests; d++) {
        if (!path_probe_is_silent(c->dests[d]))
            continue;
        for (unsigned k = i + 1; k < p->n_copies; k++)
            if (d < p->copies[k].n_dests)
                path_probe_add_silent(p->copies[k].dests[d]);
    }
}

/* What all copies of a run share. */
struct run {
    const struct plan *plan;
    const struct options *o;
    struct tree_links *links;
    struct made *made;
    struct held *held;        /* block devices */
    struct manifest *list;    /* NULL: none is written */
    char *place;              /* its path without symlinks; NULL: it is no regular file */
    struct verify *verify;    /* NULL: nothing is verified */
    struct session_end *ends; /* of each copy, with verify */
    int *exit_statuses;       /* of each copy that was begun */
    unsigned begun;
    int signal_fd;
    bool hung;    /* threads are left that hang in the kernel */
    bool stopped; /* before all copies were made */
};

/* False without memory. */
static bool run_init(struct run *r, const struct plan *p, const struct options *o,
                     int signal_fd)
{
    const struct verify_config config = {.n_dests = plan_most_dests(p),
                                         .dests = o->verify & VERIFY_DEST,
                                         .source = o->verify & VERIFY_SOURCE,
                                         .medium = o->verify & VERIFY_MEDIUM,
                                         .flushed = o->fsync,
                                         .n_copies = p->n_copies,
                                         .max_request = options_max_request(o),
                                         .bwlimit = o->bwlimit,
                                         .memory = options_memory(o),
                                         .repairs = o->repair};

    *r = (struct run){.plan = p, .o = o, .signal_fd = signal_fd};
    r->links = tree_links_new(plan_most_dests(p), options_follow_operand(o));
    r->made = made_new(o->backup.kind == BACKUP_NUMBERED);
    r->held = held_new();
    r->ends = calloc(p->n_copies, sizeof(*r->ends));
    r->exit_statuses = calloc(p->n_copies, sizeof(*r->exit_statuses));
    return r->links && r->made && r->held && r->ends && r->exit_statuses &&
           (!o->verify || verify_create(&config, &r->verify) == 0);
}

static bool list_has(unsigned algorithm, const char *below, mode_t type)
{
    return !S_ISREG(type) || manifest_carries(algorithm, below);
}

/* Whether the list can have all names of the copy, and is not one of its files. Else explains it,
 * and returns an exit status. */
static int check_listed(struct run *r, const struct plan_copy *c, unsigned algorithm)
{
    const struct options *o = r->o;
    const struct tree_names names = {list_has, algorithm, "the list cannot carry"};

    if (list_place_is_taken(c, o, r->place)) {
        report_error("--manifest=%s would replace what is copied", o->manifest);
        return EXIT_USAGE;
    }
    if (!manifest_carries(algorithm, c->listed)) {
        report_error("%s: %s this name", c->source, names.lack);
        return EXIT_USAGE;
    }
    if (!c->tree || manifest_carries(algorithm, "\n"))
        return 0;
    return tree_check_names(o, c, &names, r->signal_fd, &r->hung);
}

/* --manifest: begins the list, and makes sure that it can be written. 0 or an exit status, which
 * was explained. */
static int begin_list(struct run *r)
{
    unsigned algorithm = (unsigned)__builtin_ctz(r->o->hashes);
    const struct manifest_wish wish = {.path = r->o->manifest,
                                       .algorithm = algorithm,
                                       .durable = r->o->fsync,
                                       .repeats = r->o->backup.kind != BACKUP_NONE &&
                                                  r->plan->n_copies > 1};
    char *error = NULL;
    struct stat st;
    int status = 0;

    if (strcmp(wish.path, "-") != 0 &&
        (path_probe_stat(wish.path, &st) < 0 || S_ISREG(st.st_mode)))
        r->place = path_probe_resolve(wish.path);
    if (manifest_begin(&r->list, &wish, &error) < 0) {
        report_error("%s", error ? error : strerror(ENOMEM));
        free(error);
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < r->plan->n_copies && status == 0; i++)
        if (!r->plan->copies[i].left_out)
            status = check_listed(r, &r->plan->copies[i], algorithm);
    if (status == 0 && !list_place_has_directory(r->plan, r->o)) {
        report_error("--manifest=%s: its directory does not exist", r->o->manifest);
        status = EXIT_USAGE;
    }
    path_probe_forget(); /* the copies will change the files */
    return status;
}

static bool mhl_has(unsigned algorithm, const char *below, mode_t type)
{
    (void)algorithm;
    return (!S_ISDIR(type) && !S_ISREG(type)) || mhl_name_fits(below);
}

/* --mhl: whether the manifests can have all names. Else explains it, and returns an exit status. */
static int check_mhl_names(struct run *r)
{
    static const struct tree_names names = {mhl_has, 0, "--mhl: XML cannot hold"};
    int status = 0;

    for (unsigned i = 0; i < r->plan->n_copies && status == 0; i++)
        if (!r->plan->copies[i].left_out)
            status =
                tree_check_names(r->o, &r->plan->copies[i], &names, r->signal_fd, &r->hung);
    return status;
}

/* Writes the list when the copies are made. Returns the exit status. */
static int end_list(struct run *r, int status)
{
    struct manifest_end end;
    int written;

    if (!r->list)
        return status;
    if (r->stopped) {
        report_error("%s: the list is not written: the copy was stopped", r->o->manifest);
        return status;
    }
    written =
        manifest_write(r->list, status != 0, options_timeout_ms(r->o), r->signal_fd, &end);
    if (end.hung)
        r->list = NULL; /* the thread has it */
    r->hung |= end.hung;
    if (end.signal)
        return session_worse(status, 128 + end.signal);
    return written < 0 && status == 0 ? 1 : status;
}

/* For how long calls on devices may go on after a signal. */
#define END_PATIENCE_MS 450

static void note_old_table(const char *path, int err)
{
    report_error("%s: the kernel has not read its partition table again: %s", path,
                 strerror(err));
}

/* A signal that comes when all has been reported: nobody waits for devices any more. */
static bool is_too_late(void *arg)
{
    const int *signal_fd = arg;
    int signal = 0;

    return signals_end(*signal_fd, &signal);
}

/* Ends the devices. in_use: threads that hang may use them. Whether threads are left that hang. */
static bool end_devices(struct held *held, const struct options *o, int signal_fd, bool in_use)
{
    return held_end(held, &(struct held_end){.timeout_ms = options_timeout_ms(o),
                                             .wake_fd = signal_fd,
                                             .stop = is_too_late,
                                             .arg = &signal_fd,
                                             .stop_ms = END_PATIENCE_MS,
                                             .in_use = in_use,
                                             .note = note_old_table});
}

/* *ret_hung becomes true if threads are left that hang in the kernel. */
static void run_free(struct run *r, bool *ret_hung)
{
    manifest_free(r->list);
    free(r->place);
    free(r->ends);
    free(r->exit_statuses);
    r->hung |= end_devices(r->held, r->o, r->signal_fd, r->hung);
    *ret_hung |= r->hung;
    if (r->hung) /* a thread that hangs may still use the rest */
        return;
    tree_links_free(r->links);
    made_free(r->made);
    verify_free(r->verify);
}

/* Makes copy i. Whether the next one may begin. */
static bool make_copy(struct run *r, unsigned i)
{
    struct plan_copy *c = &r->plan->copies[i];
    struct session_result result = {.exit_status = 0};

    c->made = r->made;
    c->held = r->held;
    c->list = r->list;
    c->verify = r->verify;
    c->number = i;
    if (c->left_out)
        result.exit_status = leave_out(c);
    else if (c->tree)
        tree_run(r->o, c, r->links, r->signal_fd, &result);
    else
        session_run(r->o, c, r->signal_fd, &result);
    r->exit_statuses[i] = result.exit_status;
    r->ends[i] = result.end;
    r->begun = i + 1;
    r->hung |= result.abandoned;
    r->stopped |= result.ended;
    return !result.ended;
}

/* Verifies what was copied. */
static void verify_all(struct run *r)
{
    for (unsigned i = 0; i < r->begun; i++)
        r->ends[i].exit_status = r->exit_statuses[i];
    session_verify(r->o, r->verify, r->ends, r->begun, r->signal_fd, &r->hung);
    for (unsigned i = 0; i < r->begun; i++)
        r->exit_statuses[i] = r->ends[i].exit_status;
}

/* Makes, verifies and lists all copies. Returns the exit status. */
static int copy_all(struct run *r)
{
    struct tree_whole *whole = tree_whole_begin(r->o, r->plan);
    struct statuses all = {.worst = 0};

    for (unsigned i = 0; i < r->plan->n_copies && make_copy(r, i); i++)
        pass_on_silence(r->plan, i);
    r->hung |= !tree_whole_end(whole);
    if (r->verify)
        verify_all(r);
    for (unsigned i = 0; i < r->begun; i++)
        add_status(&all, r->exit_statuses[i]);
    return end_list(r, sum_up(&all));
}

/* Copies, or with --dry-run only looks. *ret_hung becomes true if threads are left that hang in the
 * kernel. */
static int check_and_copy(const struct plan *p, const struct options *o, int signal_fd,
                          bool *ret_hung)
{
    struct run r;
    int status;

    if (!run_init(&r, p, o, signal_fd)) {
        report_error("%s", strerror(ENOMEM));
        return EXIT_USAGE;
    }
    status = o->manifest ? begin_list(&r) : 0;
    if (status == 0 && o->mhl)
        status = check_mhl_names(&r);
    if (status == 0)
        status = o->dry_run ? dry_run_all(p, o, signal_fd, &r.hung) : copy_all(&r);
    run_free(&r, ret_hung);
    return status;
}

/* The first signal that ends the program while the plan is made. */
struct early_end {
    int fd, signal;
};

static bool is_ended(void *arg)
{
    struct early_end *e = arg;

    return signals_end(e->fd, &e->signal);
}

/* --verify=medium: whether all destinations can be read so. Else explains it, and returns an exit
 * status. */
static int check_media(const struct plan *p, const struct options *o, int signal_fd,
                       bool *ret_hung)
{
    int status = 0;

    for (unsigned i = 0; i < p->n_copies && status == 0 && o->verify & VERIFY_MEDIUM; i++) {
        const struct plan_copy *c = &p->copies[i];

        if (!c->left_out)
            status = session_check_media(o, (const char *const *)c->dests, c->n_dests,
                                         signal_fd, ret_hung);
    }
    return status;
}

/* The devices that are going to be overwritten: shows them, and asks. Whether it may go on. */
static bool confirm_devices(const struct plan *p, const struct options *o, int signal_fd,
                            struct early_end *end)
{
    bool terminal = isatty(STDIN_FILENO) && report_on_terminal();
    bool asks = !o->yes && !o->dry_run;
    const struct plan_copy *c = &p->copies[0]; /* one source */
    unsigned n = 0;

    for (unsigned d = 0; c->disks && d < c->n_dests; d++)
        n += c->disks[d].dev != 0;
    if (n == 0)
        return true;
    if (asks && !terminal) {
        report_error("--device needs --yes where nobody can be asked on a terminal");
        return false;
    }
    if (asks || (!o->quiet && (o->dry_run || o->verbose || terminal)))
        report_devices(c->dests, c->disks, c->n_dests, asks);
    if (!asks || prompt_yes(signal_fd, is_ended, end))
        return true;
    if (!end->signal)
        report_error("nothing was written, as answered");
    return false;
}

static void warn_of_sources(const struct plan *p)
{
    for (unsigned i = 0; i < p->n_copies; i++)
        if (p->copies[i].source_note)
            report_error("warning: %s %s", p->copies[i].source, p->copies[i].source_note);
}

/* The last questions before anything is written. 0 or an exit status. */
static int make_sure(const struct plan *p, const struct options *o, int signal_fd,
                     struct early_end *end, bool *ret_hung)
{
    int status;

    warn_of_sources(p);
    status = check_media(p, o, signal_fd, ret_hung);
    if (status == 0 && !confirm_devices(p, o, signal_fd, end))
        status = EXIT_USAGE;
    return status;
}

/* --ublk. *ret_hung: as in copy_all(). */
static int fan_out(const struct plan *p, const struct options *o, int signal_fd, bool *ret_hung)
{
    struct plan_copy *c = &p->copies[0];
    int status;

    c->held = held_new();
    if (!c->held) {
        report_error("%s", strerror(ENOMEM));
        return EXIT_USAGE;
    }
    status = session_fan_out(o, c, signal_fd, ret_hung);
    *ret_hung |= end_devices(c->held, o, signal_fd, *ret_hung);
    return status;
}

/* *ret_hung: as in copy_all(). */
static int plan_and_copy(const struct options *o, int signal_fd, bool *ret_hung)
{
    struct early_end end = {.fd = signal_fd};
    struct plan plan;
    char *error = NULL;
    int status = 0, r;

    path_probe_begin(options_timeout_ms(o), signal_fd, is_ended, &end);
    temporary_begin(options_timeout_ms(o));
    r = plan_make(&plan, o, &error);
    *ret_hung = path_probe_left();
    if (r == 0 && !end.signal)
        status = make_sure(&plan, o, signal_fd, &end, ret_hung);
    if (end.signal) {
        report_error("interrupted");
        status = 128 + end.signal;
    } else if (r < 0) {
        report_error("%s", error ? error : strerror(ENOMEM));
        status = EXIT_USAGE;
    } else if (status == 0) {
        status = o->ublk ? fan_out(&plan, o, signal_fd, ret_hung)
                         : check_and_copy(&plan, o, signal_fd, ret_hung);
    }
    free(error);
    if (r == 0 && !*ret_hung)
        plan_free(&plan);
    return status;
}

/* --compare: the destinations are all operands but the first. */
static int compare(const struct options *o, int signal_fd, bool *ret_hung)
{
    int status = 0;

    if (o->verify & VERIFY_MEDIUM)
        status = session_check_media(o, (const char *const *)o->operands + 1, o->n_operands - 1,
                                     signal_fd, ret_hung);
    return status ? status : check_compare(o, signal_fd, ret_hung);
}

/* With --cp every failure has status 1, as with cp. */
static int exit_status(const struct options *o, int status)
{
    return o->cp && status > 1 && status < 128 ? 1 : status;
}

/* Reads the files that choose what is copied: before there is a second process, because standard
 * input may be one of them, and a signal ends the program as long as nothing has been done. */
static int read_lists(struct options *o)
{
    char *error = NULL;
    int r = plan_read_choice(o, &error);

    if (r < 0)
        report_error("%s", error ? error : strerror(-r));
    free(error);
    return r;
}

static int work(struct options *o)
{
    bool hung = false;
    int signal_fd, status, r;

    if (read_lists(o) < 0)
        return EXIT_USAGE;
    r = supervisor_start(&signal_fd, o->ublk);
    if (r < 0) {
        report_error("signalfd: %s", strerror(-r));
        return EXIT_USAGE;
    }
    if (o->check)
        status = check_list(o, signal_fd, &hung);
    else if (o->compare)
        status = compare(o, signal_fd, &hung);
    else if (session_can_run(o))
        status = plan_and_copy(o, signal_fd, &hung);
    else
        return EXIT_USAGE;
    command_kill_all();
    /* Threads that hang still use the memory, and exit() would wait for them. */
    if (hung || temporary_left()) {
        (void)report_close();
        supervisor_leave(signal_fd, exit_status(o, status));
    }
    return status;
}

static int act(struct options *o)
{
    switch (o->action) {
    case OPTIONS_HELP:
        help_print(o, stdout);
        return 0;
    case OPTIONS_USAGE:
        help_print_usage(o, stdout);
        return 0;
    case OPTIONS_VERSION:
        report_version(UCOPY_COMMIT);
        return 0;
    case OPTIONS_COPY:
        break;
    }
    return work(o);
}

int main(int argc, char **argv)
{
    struct options o;
    char *error = NULL;
    int status, r;

    descriptors_occupy_standard();
    descriptors_raise_limit();
    r = options_parse(&o, argc, (const char **)argv, &error);
    if (r < 0 && argc < 2 && !o.cp) {
        help_print_short(stderr);
        free(error);
        return EXIT_USAGE;
    }
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
