/* message_priv: what stands on stderr. A message is put together first and written at once,
 * because other processes write there, too.
 *
 * A frame is a message that does not stay: lines of a terminal, at the end of what is on it,
 * that the next message takes away and the next frame is written over. */
#ifndef UCOPY_REPORT_MESSAGE_PRIV_H
#define UCOPY_REPORT_MESSAGE_PRIV_H

#include <stdio.h>

struct message {
    FILE *f; /* the text goes here; stderr itself without memory */
    char *text;
    size_t len; /* bytes */
};

/* Begins a message, which takes away the frame that is on the screen. */
void report_message_begin(struct message *m);

/* Writes the message to stderr and frees what it holds. */
void report_message_end(struct message *m);

/* Begins a frame over the one that is on the screen. Each of its lines has to erase what stands
 * behind it. */
void report_message_begin_frame(struct message *m);

/* Writes a frame of so many lines, each ended by a newline, and frees what it holds. What is
 * left of a longer frame before is erased. */
void report_message_end_frame(struct message *m, unsigned lines);

/* Lets the frame that is on the screen stay there for good. */
void report_message_leave_frame(void);

/* Writes text_escaped(text) to f, which need not be a message's. */
void report_message_escaped(FILE *f, const char *text);

#endif
