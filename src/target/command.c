/* command: a destination that is the standard input of a shell command. It holds the copy when it
 * has taken all bytes, and the command has ended with status 0. */
#include "base/command.h"

#include <errno.h>

#include "base/fd.h"
#include "target_priv.h"

/* What a command has left between SIGTERM and SIGKILL: it may have something to undo at the other
 * end of a network. Less than a session waits for destinations to clean up after a signal. */
#define GRACE_MS 1000u

/* How long a command that has closed its input is waited for, to learn why. */
#define EXPLAIN_MS 100u

static int command_look(const struct target_request *q, struct target_view *ret,
                        struct failure *f)
{
    (void)q;
    (void)f;
    *ret = (struct target_view){.how = "written to the command"};
    return 0;
}

static int command_open(struct target *t, struct failure *f)
{
    struct command *c;
    int r;

    if (t->request.need_direct)
        return failure_set(f, "open", EINVAL, FAILURE_NO_OFFSET,
                           "O_DIRECT is for regular files only");
    r = command_start(t->request.command, COMMAND_READS, t->request.quiet, &c, &t->fd, f);
    if (r < 0)
        return r;
    t->own = c;
    t->sequential = true;
    return 0;
}

static void forget(struct target *t)
{
    command_free(t->own);
    t->own = NULL;
}

static int command_commit(struct target *t, struct failure *f)
{
    int r;

    (void)fd_close(&t->fd);
    r = command_wait(t->own, f);
    forget(t);
    return r;
}

/* The end of its input would tell the command that it has got everything. So it is ended first. */
static void command_abort(struct target *t, bool keep)
{
    (void)keep;
    command_end(t->own, GRACE_MS);
    forget(t);
    (void)fd_close(&t->fd);
}

static void command_abandon(struct target *t, bool keep)
{
    (void)keep;
    command_end(t->own, GRACE_MS);
}

/* One that does not read any more has ended, or is about to. */
static void command_explain(struct target *t, struct failure *f)
{
    struct failure end;

    if (f->err != EPIPE || !command_ends(t->own, EXPLAIN_MS))
        return;
    if (command_wait(t->own, &end) < 0)
        (void)failure_set(f, f->op, f->err, f->offset, end.message);
    else
        (void)failure_set(f, f->op, f->err, f->offset,
                          "the command ended before it had read everything");
}

const struct target_ops target_command = {
    .name = "command",
    .end = TARGET_COMMAND,
    .look = command_look,
    .open = command_open,
    .commit = command_commit,
    .abort = command_abort,
    .explain = command_explain,
    .abandon = command_abandon,
};
