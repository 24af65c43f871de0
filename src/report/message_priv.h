/* message_priv: messages and frames on stderr. The text of a message is collected first and
 * written in one call, because other processes may write to stderr, too.
 *
 * A frame is a message that is not permanent: the last lines on the terminal. The next message
 * erases the frame, and the next frame overwrites it. */
#ifndef UCOPY_REPORT_MESSAGE_PRIV_H
#define UCOPY_REPORT_MESSAGE_PRIV_H

#include <stdio.h>

struct message {
    FILE *f; /* write the text to this stream; it is stderr if there is no memory */
    char *text;
    size_t len; /* bytes */
};

/* Starts a message, which erases the frame on the screen. */
void report_message_begin(struct message *m);

/* Writes the message to stderr and frees its memory. */
void report_message_end(struct message *m);

/* Starts a frame, which overwrites the one on the screen. Each of its lines has to erase the
 * rest of the terminal's line. */
void report_message_begin_frame(struct message *m);

/* Writes a frame of so many lines, each with a newline, and frees its memory. Erases the
 * remaining lines if the frame before was longer. */
void report_message_end_frame(struct message *m, unsigned lines);

/* Makes the frame on the screen permanent. */
void report_message_leave_frame(void);

/* Writes text_escaped(text) to any stream. */
void report_message_escaped(FILE *f, const char *text);

#endif
