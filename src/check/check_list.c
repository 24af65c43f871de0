/* check_list: --check. One thread per directory reads the files of the list, and then looks for
 * files that are not in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounded_call.h"
#include "base/fd.h"
#include "base/signals.h"
#include "check.h"
#include "check_dir_priv.h"
#include "inspection_priv.h"

#define EXIT_USAGE 2

/* A larger file is no list. */
#define MAX_LIST ((size_t)1 << 30)

/* The list as a file. A call that hangs may still use it: it is never freed then. */
struct list_file {
    const char *path;
    char *text; /* with a zero behind it */
    size_t size, room;
    struct stat st;
    int error; /* negative errno */
    atomic_size_t moved;
    size_t seen_moved;
    int signal_fd, signal;
};

/* Reads more. Returns as read(2). */
static ssize_t read_more(struct list_file *l, int fd)
{
    ssize_t n;

    if (l->size + 1 >= l->room) {
        size_t room = l->room ? 2 * l->room : 65536;
        char *text = room <= 2 * MAX_LIST ? realloc(l->text, room) : NULL;

        if (!text) {
            errno = l->size >= MAX_LIST ? EFBIG : ENOMEM;
            return -1;
        }
        l->text = text;
        l->room = room;
    }
    n = UNINTERRUPTED(read(fd, l->text + l->size, l->room - l->size - 1));
    if (n > 0)
        l->size += (size_t)n;
    return n;
}

static void read_list(void *arg, unsigned i)
{
    struct list_file *l = arg;
    int fd = fd_open_existing(AT_FDCWD, l->path, O_RDONLY);
    ssize_t n = 0;

    (void)i;
    if (fd < 0) {
        l->error = fd;
        return;
    }
    if (fstat(fd, &l->st) < 0)
        l->error = -errno;
    while (l->error == 0 && (n = read_more(l, fd)) > 0)
        atomic_fetch_add(&l->moved, 1);
    if (n < 0)
        l->error = -errno;
    if (l->text)
        l->text[l->size] = '\0';
    (void)fd_close(&fd);
}

static bool has_moved(void *arg)
{
    struct list_file *l = arg;
    size_t moved = atomic_load(&l->moved);
    bool has = moved != l->seen_moved;

    l->seen_moved = moved;
    return has;
}

static bool is_ended(void *arg)
{
    struct list_file *l = arg;

    return signals_end(l->signal_fd, &l->signal);
}

/* Reads and parses the list. 0, or the exit status, and the reason has been reported. */
static int take_list(const struct options *o, struct list_file *l, struct sums *ret,
                     bool *ret_hung)
{
    struct bounded_calls calls = {
        .n = 1,
        .run = read_list,
        .arg = l,
        .timeout_ms = options_timeout_ms(o),
        .moved = has_moved,
        .wake_fd = l->signal_fd,
        .stop = is_ended,
    };
    char *error = NULL;
    bool late;
    int r;

    if (bounded_calls_run(&calls, &late) > 0) {
        *ret_hung = true;
        if (l->signal)
            report_error("interrupted");
        else
            report_error("%s: it does not answer", l->path);
        return l->signal ? 128 + l->signal : EXIT_USAGE;
    }
    if (l->error < 0 || !l->text) {
        report_error("%s: %s", l->path, strerror(l->error < 0 ? -l->error : ENOMEM));
        return EXIT_USAGE;
    }
    r = sums_parse(ret, l->text, l->size, l->path, &error);
    l->text = NULL;
    if (r == 0)
        return 0;
    report_error("%s: %s", l->path, error ? error : strerror(-r));
    free(error);
    return EXIT_USAGE;
}

/* Verifies the directories. The jobs may be in use for ever if *ret_hung becomes true. */
static int check_all(const struct options *o, struct check_jobs *jobs, int signal_fd,
                     bool *ret_hung)
{
    struct inspection *inspection;
    const char *against = o->check_list ? o->check_list : "its ASC MHL history";
    int r = inspection_new(o, against, o->n_operands, 0, signal_fd, &inspection);

    if (r < 0) {
        report_error("%s", strerror(-r));
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < o->n_operands; i++) {
        inspection->members[i].path = o->operands[i];
        inspection->members[i].run = check_dir;
        inspection->members[i].arg = jobs;
    }
    return inspection_run(inspection, ret_hung);
}

/* No file has its checksum: perhaps it was not what the number of digits told. */
static void explain(const struct list_file *l, struct check_jobs *jobs)
{
    const char *or_else = atomic_load(&jobs->or_else);

    if (or_else && !atomic_load(&jobs->any_right))
        report_error("%s: no file has its checksum; these may be %s, which are not supported",
                     l->path, or_else);
}

/* The same with a list that is not read yet. */
static int check_with(const struct options *o, struct list_file *l, struct check_jobs *jobs,
                      bool *ret_hung)
{
    bool hung = false;
    int status = take_list(o, l, &jobs->sums, &hung);

    if (!hung) {
        jobs->list = l->st;
        free(l->text);
        if (status == 0)
            status = check_all(o, jobs, l->signal_fd, &hung);
        if (status == 4)
            explain(l, jobs);
        if (!hung)
            sums_free(&jobs->sums);
    }
    *ret_hung |= hung;
    return status;
}

static void free_jobs(struct check_jobs *jobs)
{
    for (unsigned i = 0; jobs && i < jobs->n; i++)
        mhl_known_free(jobs->known[i]);
    if (jobs)
        free(jobs->known);
    free(jobs);
}

/* Every directory has histories of its own. */
static int check_histories(const struct options *o, struct check_jobs *jobs, int signal_fd,
                           bool *ret_hung)
{
    jobs->known = calloc(o->n_operands, sizeof(struct mhl_known *));
    if (!jobs->known) {
        report_error("%s", strerror(ENOMEM));
        return EXIT_USAGE;
    }
    jobs->n = o->n_operands;
    return check_all(o, jobs, signal_fd, ret_hung);
}

int check_list(const struct options *o, int signal_fd, bool *ret_hung)
{
    struct list_file *l = calloc(1, sizeof(*l));
    struct check_jobs *jobs = calloc(1, sizeof(*jobs));
    int status = EXIT_USAGE;

    if (l && jobs && !o->check_list) {
        status = check_histories(o, jobs, signal_fd, ret_hung);
    } else if (l && jobs) {
        l->path = o->check_list;
        l->signal_fd = signal_fd;
        status = check_with(o, l, jobs, ret_hung);
    } else {
        report_error("%s", strerror(ENOMEM));
    }
    if (!*ret_hung) { /* else threads may still use them */
        free(l);
        free_jobs(jobs);
    }
    return status; // NOLINT: see above
}
