/* stop: stopping a copy early: by a signal, or with --on-error=stop. See main_priv.h. */
#include <signal.h>

#include "base/command.h"
#include "base/signals.h"
#include "main_priv.h"

void tree_main_stop(struct tree_main *m)
{
    m->stopping = true;
    message_queue_close(m->tree->messages);
    stream_stop(m->tree->stream);
    questions_close(&m->tree->questions);
    if (plan_has_stream(m->tree->copy)) /* a writer may wait for one that does not read */
        command_terminate_all();
}

void tree_main_take_signals(struct tree_main *m)
{
    int sig;

    while ((sig = signals_next(m->signal_fd)) != 0) {
        if (sig == SIGUSR1) {
            report_progress(&m->status, true);
        } else if (m->signal) {
            m->impatient = true;
        } else {
            m->signal = sig;
            tree_main_stop(m);
        }
    }
}
