#include "display_priv.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "message_priv.h"
#include "meter_priv.h"
#include "status_priv.h"

#define REDRAW_MS 200
#define PLAIN_MS  5000

#define SHORT_COPY_SECONDS 0.5 /* the progress of shorter copies is not shown */

enum display_kind { DISPLAY_OFF, DISPLAY_PLAIN, DISPLAY_TERMINAL };

static struct display {
    enum display_kind kind;
    bool always; /* show the progress of short copies, too */
    bool colour;
    bool utf8; /* the locale's encoding is UTF-8 */

    bool shown; /* the progress of the present copy has been shown at least once */
    double
        plain_at; /* when plain lines were written last; seconds since the start of the copy */
} display;

/* ---- as plain lines --------------------------------------------------------------------- */

/* Writes a plain line for one destination. */
static void write_plain_line(const struct copy_status *s, unsigned d)
{
    struct meter_text t;
    struct message m;
    char size[16];

    report_meter_text(&t, s, d);
    report_message_begin(&m);
    fputs("ucopy: ", m.f);
    report_message_escaped(m.f, s->dests[d].path);
    fprintf(m.f, ": %s, %s", t.percent, t.bytes);
    if (s->size_known) {
        text_human(size, sizeof(size), (double)s->size);
        fprintf(m.f, " of %s", size);
    }
    if (t.rate[0] != '\0')
        fprintf(m.f, ", %s", t.rate);
    if (t.files[0] != '\0')
        fprintf(m.f, ", %s", t.files);
    if (t.eta[0] != '\0')
        fprintf(m.f, ", %s", t.eta);
    fprintf(m.f, ", %s\n", t.state);
    report_message_end(&m);
}

static void write_plain_lines(const struct copy_status *s)
{
    for (unsigned i = 0; i < s->n_dests; i++)
        write_plain_line(s, i);
}

/* ---- as a frame ------------------------------------------------------------------------- */

static const char *ellipsis(void)
{
    return display.utf8 ? "\xe2\x80\xa6" : "...";
}

/* How much a line shows beside the path: bytes, rate and ETA, and for a tree the number of
 * files. On a narrow terminal these are left out one by one; the number of files is the
 * last. */
enum detail { DETAIL_ALL, DETAIL_LESS, DETAIL_LEAST, DETAIL_PERCENT };

#define STATE_COLUMNS 8 /* of the longest state but a failure */

/* The layout that all lines of a frame share, so that their columns are aligned. */
struct layout {
    unsigned columns; /* of a line; the last column of the terminal stays empty, because some
                         terminals wrap when it is filled */
    unsigned rows;    /* for lines; the cursor is in the row below them */
    unsigned path;    /* columns of the path */
    size_t tail;      /* common_tail() */
    enum detail detail;
};

/* One line of the display. It is clipped at the terminal's width. */
struct line {
    FILE *f;
    unsigned left; /* free columns */
};

static void put_clipped(struct line *l, const char *text)
{
    unsigned columns;

    while (*text != '\0') {
        size_t len = text_first_char(text, display.utf8, &columns);

        if (columns > l->left) {
            l->left = 0;
            return;
        }
        fwrite(text, 1, len, l->f);
        l->left -= columns;
        text += len;
    }
}

/* Writes two spaces and the text, right-aligned in its columns. */
static void put_field(struct line *l, const char *text, unsigned columns)
{
    char field[64];

    snprintf(field, sizeof(field), "  %*s", (int)columns, text);
    put_clipped(l, field);
}

/* The number of bytes at the end of the paths that are the same for all destinations, from a
 * slash on. Often this is the file name; the part before it distinguishes the destinations. */
static size_t common_tail(const struct copy_status *s)
{
    const char *first = s->dests[0].path;
    size_t len = strlen(first), tail = s->n_dests > 1 ? len : 0;

    for (unsigned i = 1; i < s->n_dests; i++) {
        const char *other = s->dests[i].path;
        size_t other_len = strlen(other), same = 0;

        while (same < tail && same < other_len &&
               other[other_len - 1 - same] == first[len - 1 - same])
            same++;
        tail = same;
    }
    while (tail > 0 && first[len - tail] != '/')
        tail--;
    return tail;
}

/* Writes a path in so many columns. If it is too long, the common tail is left out first, and
 * then as much of the start as necessary. */
static void put_path(struct line *l, const char *path, size_t tail, unsigned columns)
{
    unsigned dots = text_columns(ellipsis(), display.utf8), used, gone;
    char *whole = text_escaped(path), *head = NULL;
    const char *text = whole != NULL ? whole : "?";
    bool cut = text_columns(text, display.utf8) > columns && tail > 0;

    if (cut) {
        head = strndup(path, strlen(path) - tail);
        free(whole);
        whole = head != NULL ? text_escaped(head) : NULL;
        text = whole != NULL ? whole : "?";
    }
    used = text_columns(text, display.utf8) + (cut ? dots : 0);
    if (used > columns && columns > 2 * dots) {
        while (used > columns - dots && *text != '\0') {
            text += text_first_char(text, display.utf8, &gone);
            used -= gone;
        }
        put_clipped(l, ellipsis());
        used += dots;
    }
    put_clipped(l, text);
    put_clipped(l, cut ? ellipsis() : "");
    for (; used < columns; used++)
        put_clipped(l, " ");
    free(head);
    free(whole);
}

static unsigned detail_columns(enum detail detail, bool tree)
{
    static const unsigned columns[][2] = {
        [DETAIL_ALL] = {4 + 12 + 14 + 14, 4 + 12 + 15 + 22 + 14},
        [DETAIL_LESS] = {4 + 14 + 14, 4 + 22 + 14},
        [DETAIL_LEAST] = {4 + 14, 4 + 22},
        [DETAIL_PERCENT] = {4, 4},
    };

    return columns[detail][tree] + 2 + 2 + STATE_COLUMNS;
}

/* Writes the fields behind percent and bytes. A destination that failed has none of them; the
 * reason is shown there. */
static void put_speed(struct line *l, enum detail detail, bool tree, const struct meter_text *t)
{
    if (detail <= (tree ? DETAIL_ALL : DETAIL_LESS))
        put_field(l, t->rate, tree ? 13 : 12);
    if (tree && detail <= DETAIL_LEAST)
        put_field(l, t->files, 20);
    if (detail <= (tree ? DETAIL_LESS : DETAIL_LEAST))
        put_field(l, t->eta, 12);
}

static void put_dest(FILE *f, const struct layout *layout, const struct copy_status *s,
                     unsigned d)
{
    struct line l = {.f = f, .left = layout->columns};
    enum detail detail = layout->detail;
    bool coloured;
    struct meter_text t;

    report_meter_text(&t, s, d);
    put_path(&l, s->dests[d].path, layout->tail, layout->path);
    put_field(&l, t.percent, 4);
    if (detail == DETAIL_ALL)
        put_field(&l, t.bytes, 10);
    if (!t.failed)
        put_speed(&l, detail, s->tree, &t);
    put_clipped(&l, "  ");
    coloured = display.colour && (t.failed || s->dests[d].state == DEST_DONE);
    if (coloured)
        fputs(t.failed ? "\033[31m" : "\033[32m", f);
    put_clipped(&l, t.state);
    if (coloured)
        fputs("\033[m", f);
}

static unsigned columns_without_ioctl(void)
{
    const char *text = getenv("COLUMNS");
    long columns = text != NULL ? strtol(text, NULL, 10) : 0;

    return columns > 0 && columns < 10000 ? (unsigned)columns : 80;
}

static void layout_make(struct layout *layout, const struct copy_status *s)
{
    struct winsize w = {.ws_col = 0};
    unsigned longest = 1, wanted;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0)
        w = (struct winsize){.ws_col = 0};
    layout->columns = (w.ws_col > 0 ? w.ws_col : columns_without_ioctl()) - 1;
    layout->rows = w.ws_row > 0 ? w.ws_row : 24;
    if (layout->rows > 1)
        layout->rows--;

    layout->tail = common_tail(s);
    for (unsigned i = 0; i < s->n_dests; i++) {
        char *path = text_escaped(s->dests[i].path);
        unsigned columns = path != NULL ? text_columns(path, display.utf8) : 1;

        if (columns > longest)
            longest = columns;
        free(path);
    }
    wanted = longest < 8 ? longest : 8;
    for (layout->detail = DETAIL_ALL; layout->detail < DETAIL_PERCENT; layout->detail++) {
        if (wanted + detail_columns(layout->detail, s->tree) <= layout->columns)
            break;
    }
    layout->path = layout->columns > wanted + detail_columns(layout->detail, s->tree)
                       ? layout->columns - detail_columns(layout->detail, s->tree)
                       : wanted;
    if (layout->path > longest)
        layout->path = longest;
}

/* Draws a line per destination. The last row stays empty, so that the terminal does not scroll,
 * and the next frame can overwrite this one. */
static void draw(const struct copy_status *s)
{
    struct layout layout;
    struct message m;
    unsigned lines;

    layout_make(&layout, s);
    lines = s->n_dests <= layout.rows ? s->n_dests : layout.rows - 1;
    report_message_begin_frame(&m);
    for (unsigned i = 0; i < lines; i++) {
        put_dest(m.f, &layout, s, i);
        fputs("\033[K\n", m.f);
    }
    if (lines < s->n_dests) {
        struct line l = {.f = m.f, .left = layout.columns};
        char more[32];

        snprintf(more, sizeof(more), " and %u more", s->n_dests - lines);
        put_clipped(&l, ellipsis());
        put_clipped(&l, more);
        fputs("\033[K\n", m.f);
        lines++;
    }
    report_message_end_frame(&m, lines);
}

/* ---- when and what ---------------------------------------------------------------------- */

static void show(const struct copy_status *s)
{
    if (display.kind == DISPLAY_TERMINAL)
        draw(s);
    else
        write_plain_lines(s);
    display.shown = true;
}

static enum display_kind choose_kind(const struct options *o)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO);
    bool clever = terminal && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;

    if (o->quiet || o->progress == WHEN_NEVER ||
        (o->progress == WHEN_AUTO && (!terminal || o->cp)))
        return DISPLAY_OFF;
    return clever ? DISPLAY_TERMINAL : DISPLAY_PLAIN;
}

void report_display_init(const struct options *o)
{
    const char *no_color = getenv("NO_COLOR");

    report_meter_reset(0);
    report_message_leave_frame();
    display = (struct display){
        .kind = choose_kind(o),
        .always = o->progress == WHEN_ALWAYS,
        .colour = no_color == NULL || *no_color == '\0',
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
    };
}

void report_display_start(const struct copy_status *s)
{
    report_meter_reset(s->n_dests);
    display.shown = false;
    display.plain_at = 0;
}

int report_display_interval_ms(void)
{
    switch (display.kind) {
    case DISPLAY_TERMINAL:
        return REDRAW_MS;
    case DISPLAY_PLAIN:
        return PLAIN_MS;
    case DISPLAY_OFF:
        break;
    }
    return -1;
}

static bool is_time(const struct copy_status *s)
{
    switch (display.kind) {
    case DISPLAY_TERMINAL:
        return display.always || s->seconds >= SHORT_COPY_SECONDS;
    case DISPLAY_PLAIN:
        return report_status_is_due(s, &display.plain_at, PLAIN_MS);
    case DISPLAY_OFF:
        break;
    }
    return false;
}

void report_display_progress(const struct copy_status *s)
{
    report_meter_update(s);
    if (is_time(s))
        show(s);
}

void report_display_now(const struct copy_status *s)
{
    report_meter_update(s);
    write_plain_lines(s);
}

void report_display_finish(const struct copy_status *s)
{
    report_meter_update(s);
    if (display.kind != DISPLAY_OFF && (display.always || display.shown))
        show(s);
    report_message_leave_frame();
    report_meter_reset(0);
}
