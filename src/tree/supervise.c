/* supervise: the main thread's loop while the threads of a tree run. See main_priv.h. */
#include <poll.h>

#include "base/clock.h"
#include "base/event.h"
#include "cli/prompt.h"
#include "main_priv.h"

static bool is_stopping(void *arg)
{
    struct tree_main *m = arg;

    tree_main_take_signals(m);
    return m->stopping;
}

/* Asks the user what a writer wants to know, if there is such a question. */
static void answer_question(struct tree_main *m)
{
    struct tree *t = m->tree;
    struct existing_case about;
    const char *path;

    if (!questions_next(&t->questions, &path, &about))
        return;
    tree_main_take_messages(m); /* of entries that came before */
    if (m->stopping)
        return;
    report_question(path, about.mode, about.writable, t->o->force || options_make_anew(t->o));
    questions_answer(&t->questions, prompt_yes(m->signal_fd, is_stopping, m));
    tree_main_restart_clocks(m);
}

/* Takes over the failures of whole destinations. */
static void take_results(struct tree_main *m)
{
    for (unsigned d = 0; d < m->status.n_dests; d++) {
        const struct tree_writer *w = &m->tree->writers[d];

        if (atomic_load(&w->over) && w->failure.err != 0)
            tree_main_fail_dest(m, d, &w->failure);
    }
}

/* Whether all threads are over, or given up. */
static bool all_over(struct tree_main *m)
{
    struct tree *t = m->tree;
    bool over = true;

    pthread_mutex_lock(&t->lock); /* see tree_thread_over() */
    for (unsigned i = 0; i < t->max_readers; i++)
        over &= !t->readers[i] || atomic_load(&t->readers[i]->over) || m->abandoned;
    for (unsigned d = 0; d < m->status.n_dests; d++)
        over &= atomic_load(&t->writers[d].over) || m->dests[d].given_up;
    pthread_mutex_unlock(&t->lock);
    return over;
}

/* Waits at most so many ms until a thread or a signal has something to say. */
static void wait_for_news(struct tree_main *m, int ms)
{
    struct pollfd p[2] = {{.fd = m->tree->wake_fd, .events = POLLIN},
                          {.fd = m->signal_fd, .events = POLLIN}};

    poll(p, 2, ms);
    if (p[0].revents)
        (void)event_clear(m->tree->wake_fd);
}

/* One round of the loop: everything that may have happened. */
static void look(struct tree_main *m)
{
    answer_question(m);
    tree_main_copy_handed_over(m);
    tree_main_take_messages(m);
    tree_begin_totals(m);
    tree_main_update_status(m);
    take_results(m);
    tree_main_take_signals(m);
    tree_main_check_hangs(m);
}

/* Until when the threads may take to finish after a stop; ms, clock_running_ms(). Without a
 * signal they have the time that an answer may take. */
static uint64_t end_of_patience(const struct tree_main *m)
{
    unsigned timeout = options_timeout_ms(m->tree->o);

    if (m->signal)
        return clock_running_ms() +
               (m->late_signal ? TREE_END_IMPATIENCE_MS : TREE_END_PATIENCE_MS);
    return timeout ? clock_running_ms() + timeout : UINT64_MAX;
}

void tree_main_supervise(struct tree_main *m)
{
    int interval = report_progress_interval_ms();
    uint64_t shown = m->began_ms, deadline = UINT64_MAX;

    while (!all_over(m)) {
        bool stopping = m->stopping;
        int signal = m->signal;

        wait_for_news(m, report_wait_ms(TREE_LOOK_MS));
        look(m);
        if (m->stopping != stopping || m->signal != signal)
            deadline = end_of_patience(m);
        if (clock_running_ms() >= deadline || m->impatient) {
            m->abandoned |= !all_over(m);
            break;
        }
        if (interval >= 0 && clock_now_ms() - shown >= (uint64_t)interval) {
            report_progress(&m->status, false);
            shown = clock_now_ms();
        }
    }
    tree_main_take_messages(m);
    tree_main_update_status(m);
    take_results(m);
}
