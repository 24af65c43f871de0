/* prompt: the user's answer to a question, from standard input. Only the main thread calls
 * this. Meanwhile it handles signals and nothing else. */
#ifndef UCOPY_CLI_PROMPT_H
#define UCOPY_CLI_PROMPT_H

#include <stdbool.h>

/* Waits for a line, and returns whether it begins with y or Y: an empty line means no. The line
 * ends with the input, too. stop(arg) is called whenever wake_fd becomes readable; true ends
 * the line. */
bool prompt_yes(int wake_fd, bool (*stop)(void *arg), void *arg);

#endif
