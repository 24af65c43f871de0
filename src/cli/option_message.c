#include "option_message_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

/* "auto, always or never", with the conjunction between the last two. */
static void write_words(FILE *f, const struct option_word *words, const char *conjunction)
{
    for (const struct option_word *w = words; w->text != NULL; w++) {
        const char *gap = w[1].text == NULL ? "" : w[2].text == NULL ? conjunction : ", ";

        fprintf(f, "%s%s", w->text, gap);
    }
}

static void write_size(FILE *f, uint64_t bytes)
{
    if (bytes % MIB == 0)
        fprintf(f, "%" PRIu64 "M", bytes / MIB);
    else if (bytes % KIB == 0)
        fprintf(f, "%" PRIu64 "K", bytes / KIB);
    else
        fprintf(f, "%" PRIu64, bytes);
}

static void write_number_expected(FILE *f, const struct option_row *row)
{
    if (row->words != NULL) {
        write_words(f, row->words, " or ");
        fputs(" or ", f);
    }
    fprintf(f, "a number%s from %" PRIu64, row->kind == VALUE_SECONDS ? " of seconds" : "",
            row->min);
    if (row->max == UINT32_MAX)
        fputs(" up", f);
    else
        fprintf(f, " to %" PRIu64, row->max);
}

static void write_size_expected(FILE *f, const struct option_row *row)
{
    if (row->min == 0) {
        fputs("a SIZE of less than 8 EiB, e.g. 4096, 64K, 1GiB", f);
        return;
    }
    fputs(row->max == INT64_MAX ? "a SIZE of at least " : "a SIZE from ", f);
    write_size(f, row->min);
    if (row->max != INT64_MAX) {
        fputs(" to ", f);
        write_size(f, row->max);
    }
    if (row->multiple != 0) {
        fputs(" that is a multiple of ", f);
        write_size(f, row->multiple);
    }
}

static void write_expected(FILE *f, const struct option_row *row)
{
    switch (row->kind) {
    case VALUE_NUMBER:
    case VALUE_SECONDS:
        write_number_expected(f, row);
        break;
    case VALUE_SIZE:
        write_size_expected(f, row);
        break;
    case VALUE_WORD:
        write_words(f, row->words, " or ");
        if (row->abbreviated)
            fputs(", or the beginning of one", f);
        break;
    case VALUE_LIST:
        fputs("words out of ", f);
        write_words(f, row->words, " and ");
        fputs(", with commas between them", f);
        break;
    case VALUE_HASH:
        write_words(f, row->words, " or ");
        fputs(", a colon, and a whole hash of that kind", f);
        break;
    case VALUE_ENGINE:
        write_words(f, row->words, " or ");
        fputs(" or an engine that 'ucopy --version' lists", f);
        break;
    case VALUE_NONE:
    case VALUE_DIRECTORY:
    case VALUE_TEXT:
        break; /* no value is wrong */
    }
}

int option_refuse_value(char **ret_text, const struct option_row *row, const char *variable,
                        const char *value)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    bool failed;

    if (f == NULL)
        return -ENOMEM;
    fprintf(f, "%s%s=%s: expected ", variable != NULL ? "" : "--",
            variable != NULL ? variable : row->name, value);
    write_expected(f, row);
    failed = ferror(f) != 0;
    if (fclose(f) != 0 || failed) {
        free(text);
        return -ENOMEM;
    }
    *ret_text = text;
    return -EINVAL;
}
