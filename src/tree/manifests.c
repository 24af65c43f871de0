/* manifests: --mhl: a generation in every destination that is complete. See main_priv.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bounded_call.h"
#include "base/fd.h"
#include "main_priv.h"
#include "mhl/mhl.h"

/* Findings of one kind are named up to this number, and counted beyond it. */
#define NAMED 100u

#define HOST_SIZE 256

/* Whether a file that was not copied may be another one than that of the source. */
static bool may_differ(const struct options *o)
{
    return o->standing.update != UPDATE_ALL || o->standing.ask;
}

static unsigned formats_of(const struct options *o)
{
    unsigned hashes = options_mhl_hashes(o), set = 0;

    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++)
        if (hashes & 1u << i)
            set |= 1u << mhl_format_find(digest_table[i].name);
    return set;
}

struct named_file {
    enum mhl_finding what;
    char *path;
};

/* One destination. */
struct manifest {
    const char *path; /* of the destination */
    struct named_file *findings;
    unsigned n, n_unnamed;
    bool differs; /* something is not what a history or the source says */
    struct failure failure;
    struct mhl_extension e;
    struct manifests *all;
};

/* What the threads use. It stays if one of them hangs. */
struct manifests {
    struct tree_main *m; /* only the main thread looks at it */
    atomic_bool stop;
    _Atomic uint64_t steps;
    uint64_t steps_before; /* at the last look; the main thread's */
    char host[HOST_SIZE];
    bool *wanted, *late;
    unsigned n;
    struct manifest dests[];
};

static void note_finding(void *arg, enum mhl_finding what, const char *path)
{
    struct manifest *d = arg;
    struct named_file *more;

    d->differs |= what != MHL_RELISTED && what != MHL_STRAY;
    more = d->n < NAMED ? realloc(d->findings, (d->n + 1) * sizeof(*more)) : NULL;
    if (!more) {
        d->n_unnamed++;
        return;
    }
    d->findings = more;
    more[d->n].what = what;
    more[d->n].path = strdup(path);
    if (more[d->n].path)
        d->n++;
    else
        d->n_unnamed++;
}

static bool is_stopped(void *arg)
{
    struct manifest *d = arg;

    atomic_fetch_add(&d->all->steps, 1);
    return atomic_load(&d->all->stop);
}

/* The name that the directory really has. */
static void name_of(int fd, char name[PATH_MAX])
{
    char link[64], target[PATH_MAX];
    ssize_t n;
    const char *slash;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    slash = strrchr(target, '/');
    (void)snprintf(name, PATH_MAX, "%s", slash ? slash + 1 : "");
}

static void make_generation(void *arg, unsigned i)
{
    struct manifest *d = &((struct manifests *)arg)->dests[i];
    char name[PATH_MAX];
    int fd = UNINTERRUPTED(open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (fd < 0) {
        (void)failure_set(&d->failure, "open", errno, FAILURE_NO_OFFSET, NULL);
        return;
    }
    name_of(fd, name);
    (void)mhl_extend(&d->e, fd, name, &d->failure);
    (void)close(fd);
}

static bool manifests_move(void *arg)
{
    struct manifests *all = arg;
    uint64_t before = all->steps_before;

    all->steps_before = atomic_load(&all->steps);
    return all->steps_before != before;
}

static bool manifests_stop(void *arg)
{
    struct manifests *all = arg;

    tree_main_take_signals(all->m);
    if (all->m->signal)
        atomic_store(&all->stop, true);
    return all->m->signal != 0;
}

static void free_manifests(struct manifests *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        for (unsigned k = 0; k < all->dests[i].n; k++)
            free(all->dests[i].findings[k].path);
        free(all->dests[i].findings);
    }
    free(all->wanted);
    free(all->late);
    free(all);
}

/* NULL without memory. */
static struct manifests *make_manifests(struct tree_main *m)
{
    unsigned n = m->status.n_dests;
    struct manifests *all = calloc(1, sizeof(*all) + n * sizeof(all->dests[0]));

    if (!all)
        return NULL;
    all->m = m;
    all->n = n;
    all->wanted = calloc(n, sizeof(*all->wanted));
    all->late = calloc(n, sizeof(*all->late));
    if (!all->wanted || !all->late) {
        free_manifests(all);
        return NULL;
    }
    if (gethostname(all->host, sizeof all->host - 1) < 0 || !*all->host ||
        !mhl_name_fits(all->host))
        (void)snprintf(all->host, sizeof all->host, "localhost");
    for (unsigned i = 0; i < n; i++) {
        struct manifest *d = &all->dests[i];

        all->wanted[i] =
            m->status.dests[i].state == DEST_DONE && plan_is_path(m->tree->copy, i);
        d->path = m->tree->copy->dests[i];
        d->all = all;
        d->e = (struct mhl_extension){
            .formats = formats_of(m->tree->o),
            .process = "transfer",
            .host = all->host,
            .now = time(NULL) - (time_t)((clock_now_ms() - m->began_ms) / 1000),
            .fsync = m->tree->o->fsync,
            .given = may_differ(m->tree->o) ? NULL : m->given,
            .found = note_finding,
            .stopped = is_stopped,
            .arg = d,
        };
    }
    return all;
}

static void report_findings(const struct manifest *d)
{
    static const char *const texts[] = {
        [MHL_FAILED] = "its hash is another one than in its ASC MHL history",
        [MHL_MISSING] = "its ASC MHL history has it, the copy has not",
        [MHL_CHANGED] = "it is not what was read from SOURCE",
        [MHL_RELISTED] = "this ASC MHL generation was missing in its chain, and is listed now",
        [MHL_STRAY] =
            "this ASC MHL generation is not in the chain there: it is of another history",
    };

    for (unsigned k = 0; k < d->n; k++)
        report_error("%s/%s: %s", d->path, d->findings[k].path, texts[d->findings[k].what]);
    if (d->n_unnamed > 0)
        report_error("%s: %u more files differ from the ASC MHL history", d->path,
                     d->n_unnamed);
}

static void take_result(struct tree_main *m, struct manifests *all, unsigned i)
{
    struct manifest *d = &all->dests[i];
    struct failure f;

    if (all->late[i]) {
        if (m->signal)
            (void)failure_set(&f, NULL, EINTR, FAILURE_NO_OFFSET, "interrupted");
        else
            (void)failure_set(&f, "write ASC MHL history", ETIMEDOUT, FAILURE_NO_OFFSET,
                              "it does not answer");
        tree_main_fail_dest(m, i, &f);
        return;
    }
    report_findings(d);
    m->differs |= d->differs || d->failure.err == EBADMSG;
    if (d->failure.err)
        tree_main_fail_dest(m, i, &d->failure);
}

/* Whether something of the source is in no copy. */
static bool is_unread(const struct tree_main *m)
{
    return m->status.source_failure.err || m->status.bad;
}

/* Names the destinations that get no generation. */
static void report_left_out(const struct tree_main *m)
{
    const char *why = m->stopping    ? "the copy was stopped"
                      : is_unread(m) ? "SOURCE could not be read as it is"
                                     : "the copy is not complete and right";

    for (unsigned d = 0; d < m->status.n_dests; d++)
        if (m->stopping || is_unread(m) || m->status.dests[d].state != DEST_DONE)
            report_error("%s: it gets no ASC MHL generation: %s", m->status.dests[d].path, why);
}

void tree_main_write_manifests(struct tree_main *m)
{
    struct tree *t = m->tree;
    struct manifests *all;

    if (!t->o->mhl || m->unavailable)
        return;
    report_left_out(m);
    if (m->stopping || is_unread(m))
        return;
    all = make_manifests(m);
    if (!all) {
        report_error("--mhl: %s", strerror(ENOMEM));
        m->differs = true; /* nothing is known */
        return;
    }
    if (bounded_calls_run(&(struct bounded_calls){.n = all->n,
                                                  .wanted = all->wanted,
                                                  .run = make_generation,
                                                  .arg = all,
                                                  .timeout_ms = options_timeout_ms(t->o),
                                                  .moved = manifests_move,
                                                  .wake_fd = m->signal_fd,
                                                  .stop = manifests_stop,
                                                  .stop_ms = TREE_END_PATIENCE_MS},
                          all->late) > 0)
        m->abandoned = true;
    for (unsigned i = 0; i < all->n; i++)
        if (all->wanted[i])
            take_result(m, all, i);
    if (!m->abandoned)
        free_manifests(all);
}

int tree_main_mhl_status(const struct tree_main *m)
{
    return m->given && m->signal ? 128 + m->signal : m->differs ? 4 : 0;
}
