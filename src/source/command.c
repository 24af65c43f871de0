/* command: a source that is what a command writes to its standard output. It is good only if the
 * command ends with status 0. */
#include "base/command.h"

#include <sys/stat.h>

#include "by_name_priv.h"
#include "kind_priv.h"
#include "stream_priv.h"

/* What a command has left between SIGTERM and SIGKILL, when nobody reads it any more. It has lost
 * nothing: what it wrote is in no file. */
#define GRACE_MS 250u

static int begin(struct source *s, struct failure *f)
{
    int r = stream_source_begin(s, f);

    s->st.st_mode = S_IFIFO;
    s->can.attributes = false;
    return r;
}

static int check_unchanged(const struct source *s, struct failure *f)
{
    return s->partly ? 0 : command_wait(s->command, f);
}

/* The pipe is closed first: a command that writes to it is told by SIGPIPE or EPIPE. */
static void close_command(struct source *s)
{
    by_name_close(s);
    command_end(s->command, GRACE_MS);
    command_free(s->command);
    s->command = NULL;
}

const struct source_ops source_command_ops = {
    .begin = begin,
    .open_direct = stream_source_open_direct,
    .allocated = stream_source_allocated,
    .check_unchanged = check_unchanged,
    .origin = stream_source_origin,
    .close = close_command,
};
