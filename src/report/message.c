#include "message_priv.h"

#include <stdlib.h>

#include "base/text.h"

static unsigned frame_lines; /* of the frame on the screen; the cursor is below it */

void report_message_begin_frame(struct message *m)
{
    m->text = NULL;
    m->f = open_memstream(&m->text, &m->len);
    if (m->f == NULL)
        m->f = stderr;
    if (frame_lines > 0)
        fprintf(m->f, "\033[%uA\r", frame_lines);
}

void report_message_begin(struct message *m)
{
    report_message_begin_frame(m);
    if (frame_lines > 0)
        fputs("\033[J", m->f);
    frame_lines = 0;
}

void report_message_end(struct message *m)
{
    if (m->f == stderr)
        return;
    if (fclose(m->f) == 0)
        fwrite(m->text, 1, m->len, stderr);
    free(m->text);
}

void report_message_end_frame(struct message *m, unsigned lines)
{
    fputs("\033[J", m->f);
    report_message_end(m);
    frame_lines = lines;
}

void report_message_leave_frame(void)
{
    frame_lines = 0;
}

void report_message_escaped(FILE *f, const char *text)
{
    char *copy = text_escaped(text);

    fputs(copy != NULL ? copy : "?", f);
    free(copy);
}
