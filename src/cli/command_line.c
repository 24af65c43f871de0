#include "command_line_priv.h"

#include <errno.h>
#include <popt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "option_find_priv.h"
#include "usage_error.h"

struct command_line {
    poptContext context;
    struct poptOption *tables; /* for the context */
    const char **argv;         /* the words as the context reads them; the line owns them */
    int given_argc;
    const char **given_argv; /* the words as the user wrote them; not owned */
};

/* The row of an option as popt wants it. popt returns `val`, the row's position plus 1. */
static struct poptOption popt_option(size_t position)
{
    const struct option_row *row = &option_rows[position];
    unsigned value = row->kind == VALUE_NONE ? POPT_ARG_NONE : POPT_ARG_STRING;

    return (struct poptOption){
        .longName = row->name,
        .shortName = row->letter,
        .argInfo = value | (row->optional ? POPT_ARGFLAG_OPTIONAL : 0),
        .val = (int)position + 1,
        .descrip = row->help,
        .argDescrip = row->metavar,
    };
}

/* A table that includes one table for each section, all in one array. An empty element is the
 * end of a table. NULL without memory. */
static struct poptOption *make_tables(void)
{
    size_t n = OPTION_N_SECTIONS + 1;
    struct poptOption *tables;

    tables = calloc(n + option_n_rows + OPTION_N_SECTIONS, sizeof(*tables));
    if (tables == NULL)
        return NULL;
    for (unsigned section = 0; section < OPTION_N_SECTIONS; section++) {
        tables[section] = (struct poptOption){
            .argInfo = POPT_ARG_INCLUDE_TABLE,
            .arg = &tables[n],
            .descrip = option_section_titles[section],
        };
        for (size_t i = 0; i < option_n_rows; i++)
            if (option_rows[i].section == section)
                tables[n++] = popt_option(i);
        n++;
    }
    return tables;
}

/* Copies a word for popt; NULL without memory. The full name replaces the abbreviation of a
 * long option. An empty value is added to an option whose value is optional: popt takes the
 * next word otherwise. */
static char *prepare_word(const char *word, bool cp)
{
    const struct option_row *row;
    const char *value;
    char *full;

    if (strncmp(word, "--", 2) != 0)
        return strdup(word);
    value = word + strcspn(word, "=");
    row = option_find(word + 2, (size_t)(value - word) - 2);
    if (row == NULL && cp)
        row = option_find_abbreviated(word + 2, (size_t)(value - word) - 2);
    if (row == NULL)
        return strdup(word);
    if (row->optional && *value == '\0')
        value = "=";
    return asprintf(&full, "--%s%s", row->name, value) < 0 ? NULL : full;
}

/* 0 or -ENOMEM. */
static int prepare_words(struct command_line *line, int argc, const char **argv, bool cp)
{
    bool options = true;

    line->argv = calloc(argc > 0 ? (size_t)argc + 1 : 2, sizeof(*line->argv));
    if (line->argv == NULL)
        return -ENOMEM;
    line->argv[0] = strdup("ucopy"); /* popt prints it in the usage line */
    if (line->argv[0] == NULL)
        return -ENOMEM;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            options = false;
        line->argv[i] = options ? prepare_word(argv[i], cp) : strdup(argv[i]);
        if (line->argv[i] == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* popt replaces "!#:+" inside a value by the next word, which is meant for alias files, on the
 * command line, too. The user's words would be in wrong places. */
static int refuse_placeholder(int argc, const char **argv, char **ret_error)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strstr(argv[i], "!#:+") != NULL)
            return usage_error(ret_error,
                               "'%s': '!#:+' is possible in operands after '--' only", argv[i]);
    }
    return 0;
}

int command_line_new(int argc, const char **argv, bool cp, struct command_line **ret_line,
                     char **ret_error)
{
    struct command_line *line;
    int r = refuse_placeholder(argc, argv, ret_error);

    if (r < 0)
        return r;
    line = calloc(1, sizeof(*line));
    if (line == NULL)
        return -ENOMEM;
    line->given_argc = argc;
    line->given_argv = argv;
    line->tables = make_tables();
    if (line->tables == NULL || prepare_words(line, argc, argv, cp) < 0)
        goto err_after_line;
    line->context = poptGetContext("ucopy", argc > 0 ? argc : 1, line->argv, line->tables,
                                   POPT_CONTEXT_NO_EXEC);
    if (line->context == NULL)
        goto err_after_line;
    /* An alias file that cannot be read defines no aliases: an alias of it is an unknown
     * option. */
    (void)poptReadDefaultConfig(line->context, 0);
    *ret_line = line;
    return 0;

err_after_line:
    command_line_free(line);
    return -ENOMEM;
}

/* popt names the whole word. Of a group of letters the first that is no option is named, too,
 * unless it begins a character of several bytes. */
static int refuse_unknown(const char *option, char **ret_error)
{
    const char *letter = option + 1;

    if (option[0] != '-' || option[1] == '-' || strlen(option) <= 2)
        return usage_error(ret_error, "unknown option '%s'", option);
    while (*letter && option_has_letter(*letter))
        letter++;
    if (*letter <= ' ' || *letter > '~' || *letter == '-')
        return usage_error(ret_error, "unknown option '%s'", option);
    return usage_error(ret_error, "unknown option '-%c' in '%s'", *letter, option);
}

/* Translates an error of popt into a message. */
static int refuse_popt(poptContext context, int code, char **ret_error)
{
    const char *option = poptBadOption(context, POPT_BADOPTION_NOALIAS);

    switch (code) {
    case POPT_ERROR_BADOPT:
        return refuse_unknown(option, ret_error);
    case POPT_ERROR_NOARG:
        return usage_error(ret_error, "option '%s' needs a value", option);
    case POPT_ERROR_UNWANTEDARG:
        return usage_error(ret_error, "option '%s' takes no value", option);
    case POPT_ERROR_MALLOC:
        return -ENOMEM;
    default:
        return usage_error(ret_error, "option '%s': %s", option, poptStrerror(code));
    }
}

int command_line_next(struct command_line *line, const struct option_row **ret_row,
                      char **ret_value, char **ret_error)
{
    int val = poptGetNextOpt(line->context);

    if (val < -1)
        return refuse_popt(line->context, val, ret_error);
    if (val <= 0)
        return 0;
    *ret_row = &option_rows[val - 1];
    *ret_value = poptGetOptArg(line->context);
    return 1;
}

int command_line_operands(const struct command_line *line, const char ***ret_operands,
                          unsigned *ret_n)
{
    const char **args = poptGetArgs(line->context), **operands;
    unsigned n = 0;

    while (args != NULL && args[n] != NULL)
        n++;
    operands = calloc((size_t)n + 1, sizeof(*operands));
    if (operands == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        operands[i] = args[i];
        /* With POSIXLY_CORRECT a word after the first operand is an operand even if it looks
         * like an option. The user's word counts then, not that of prepare_word(). */
        if (n < (unsigned)line->given_argc) {
            unsigned position = (unsigned)line->given_argc - n + i;

            if (strcmp(args[i], line->argv[position]) == 0)
                operands[i] = line->given_argv[position];
        }
    }
    *ret_operands = operands;
    *ret_n = n;
    return 0;
}

void command_line_print_help(const struct command_line *line, const char *synopsis, FILE *f)
{
    poptSetOtherOptionHelp(line->context, synopsis);
    poptPrintHelp(line->context, f, 0);
}

void command_line_print_usage(const struct command_line *line, const char *synopsis, FILE *f)
{
    poptSetOtherOptionHelp(line->context, synopsis);
    poptPrintUsage(line->context, f, 0);
}

void command_line_free(struct command_line *line)
{
    if (line == NULL)
        return;
    poptFreeContext(line->context);
    for (int i = 0; line->argv != NULL && line->argv[i] != NULL; i++)
        free((char *)(uintptr_t)line->argv[i]);
    free(line->argv);
    free(line->tables);
    free(line);
}
