/* command: a shell command whose standard input or output is a pipe to this process.
 *
 * It gets a session and thus a process group of its own, without a terminal: a signal of the
 * terminal reaches it by us only, and a question for a password fails instead of stopping it. It
 * blocks no signal, SIGPIPE and SIGXFSZ do what they do by default, and it inherits no descriptor
 * but the standard ones.
 *
 * A list of all commands that run lets them be ended at any time, whatever becomes of the thread
 * that waits for one. Any thread may call the functions; each command belongs to one thread at a
 * time. */
#ifndef UCOPY_BASE_COMMAND_H
#define UCOPY_BASE_COMMAND_H

#include <stdbool.h>

#include "failure.h"

struct command;

enum command_pipe {
    COMMAND_READS,  /* its standard input is the pipe; the caller gets the end to write to */
    COMMAND_WRITES, /* its standard output is the pipe, its standard input /dev/null */
};

/* Starts `sh -c TEXT`. quiet: with COMMAND_READS its standard output is our standard error. The
 * command and the descriptor *ret_fd are the caller's. 0, or a negative errno with *f filled. */
int command_start(const char *text, enum command_pipe what, bool quiet,
                  struct command **ret_command, int *ret_fd, struct failure *f);

/* Waits until the shell has ended, for ever. 0 if its status is 0, otherwise a negative errno with
 * *f filled. May be called again. */
int command_wait(struct command *c, struct failure *f);

/* Whether the shell ends within ms milliseconds. */
bool command_ends(struct command *c, unsigned ms);

/* Ends the command, if it runs: SIGTERM to its process group, and SIGKILL after grace_ms
 * milliseconds. Waits for its end. */
void command_end(struct command *c, unsigned grace_ms);

/* Frees what command_start() made. The command must have ended: command_wait() or command_end().
 * NULL is fine. */
void command_free(struct command *c);

/* Sends SIGTERM to all commands that run. Does not wait. */
void command_terminate_all(void);

/* The process is about to leave: ends all commands that run, by SIGKILL after a moment. */
void command_kill_all(void);

#endif
