/* prompt: the user's answer to a question, from standard input. For the main thread, which does
 * nothing else meanwhile but look for signals. */
#ifndef UCOPY_CLI_PROMPT_H
#define UCOPY_CLI_PROMPT_H

#include <stdbool.h>

/* Waits for a line, and returns whether it begins with y or Y. The end of the input is a no. So
 * is stop(arg), which is asked whenever wake_fd becomes readable. */
bool prompt_yes(int wake_fd, bool (*stop)(void *arg), void *arg);

#endif
