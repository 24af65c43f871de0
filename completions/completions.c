/* completions: the tool make-completions. It writes what completes the command line of ucopy in a
 * shell, from the table of options, when ucopy is built:
 *
 *     make-completions bash|zsh|fish TEMPLATE FILE
 *
 * A line "# @options@" or "# @values@" of the template is replaced by what the table says. A
 * value whose kind is VALUE_TEXT and whose metavar is FILE is the name of a file. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_table_priv.h"
#include "engine/engine.h"

enum action { NOTHING, WORDS, LIST, HASH, FILES, DIRECTORIES };

static enum action action_of(const struct option_row *row)
{
    switch (row->kind) {
    case VALUE_NUMBER:
    case VALUE_SECONDS:
    case VALUE_SIZE:
    case VALUE_WORD:
    case VALUE_ENGINE:
        return row->words != NULL ? WORDS : NOTHING;
    case VALUE_LIST:
        return LIST;
    case VALUE_HASH:
        return HASH;
    case VALUE_DIRECTORY:
        return DIRECTORIES;
    case VALUE_TEXT:
        return strcmp(row->metavar, "FILE") == 0 ? FILES : NOTHING;
    case VALUE_NONE:
        break;
    }
    return NOTHING;
}

static bool needs_value(const struct option_row *row)
{
    return row->kind != VALUE_NONE && !row->optional;
}

static void write_words(const struct option_row *row)
{
    const char *gap = "";

    for (const struct option_word *w = row->words; w->text != NULL; w++, gap = " ")
        printf("%s%s", gap, w->text);
    for (size_t i = 0; row->kind == VALUE_ENGINE && engine_table[i] != NULL; i++)
        printf("%s%s", gap, engine_table[i]->name);
}

/* Writes text with a backslash before each of the characters in special, inside single quotes
 * where a quote itself is written as `quote`. */
static void write_escaped(const char *text, const char *special, const char *quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs(quote, stdout);
            continue;
        }
        if (strchr(special, *text) != NULL)
            putchar('\\');
        putchar(*text);
    }
}

/* ---- bash ---- */

static void bash_option(const struct option_row *row)
{
    if (row->letter != '\0')
        printf("    '-%c'\n", row->letter);
    if (row->name != NULL && !needs_value(row))
        printf("    --%s\n", row->name);
    if (row->name != NULL && row->kind != VALUE_NONE)
        printf("    --%s=\n", row->name);
}

static void bash_value(const struct option_row *row)
{
    static const char *const kinds[] = {
        [NOTHING] = "nothing", [WORDS] = "words", [LIST] = "list",
        [HASH] = "hash",       [FILES] = "files", [DIRECTORIES] = "directories",
    };

    if (row->kind == VALUE_NONE)
        return;
    fputs("    ", stdout);
    if (row->letter != '\0')
        printf("-%c%s", row->letter, row->name != NULL ? " | " : "");
    if (row->name != NULL)
        printf("--%s", row->name);
    printf(") needed=%s kind=%s words='", row->optional ? "" : "yes", kinds[action_of(row)]);
    if (row->words != NULL)
        write_words(row);
    puts("' ;;");
}

/* ---- zsh ---- */

static void zsh_value(const struct option_row *row)
{
    printf(":%s", row->optional ? ":" : "");
    write_escaped(row->metavar, ":\\", "'\\''");
    putchar(':');
    switch (action_of(row)) {
    case NOTHING:
        putchar(' ');
        break;
    case WORDS:
        putchar('(');
        write_words(row);
        putchar(')');
        break;
    case LIST:
        fputs("_sequence compadd - ", stdout);
        write_words(row);
        break;
    case HASH: /* a space in front: it is called as it stands */
        fputs(" compadd -S \\: - ", stdout);
        write_words(row);
        break;
    case FILES:
        fputs("_files", stdout);
        break;
    case DIRECTORIES:
        fputs("_files -/", stdout);
        break;
    }
}

/* One form of the option: its letter or its name. */
static void zsh_form(const struct option_row *row, bool by_name)
{
    fputs("    '", stdout);
    if (row->repeatable)
        putchar('*');
    else if (row->letter != '\0' && row->name != NULL)
        printf("(-%c --%s)", row->letter, row->name);
    if (by_name)
        printf("--%s%s", row->name, row->kind == VALUE_NONE ? "" : row->optional ? "=-" : "=");
    else
        printf("-%c%s", row->letter, row->kind == VALUE_NONE ? "" : row->optional ? "-" : "+");
    putchar('[');
    write_escaped(row->help, "[]\\", "'\\''");
    putchar(']');
    if (row->kind != VALUE_NONE)
        zsh_value(row);
    puts("'");
}

static void zsh_option(const struct option_row *row)
{
    if (row->letter != '\0')
        zsh_form(row, false);
    if (row->name != NULL)
        zsh_form(row, true);
}

/* ---- fish ---- */

static void fish_value(const struct option_row *row)
{
    fputs(row->optional ? " -f" : " -x", stdout);
    switch (action_of(row)) {
    case NOTHING:
        break;
    case WORDS:
        fputs(" -a '", stdout);
        write_words(row);
        putchar('\'');
        break;
    case LIST:
        fputs(" -a '(__ucopy_list ", stdout);
        write_words(row);
        fputs(")'", stdout);
        break;
    case HASH:
        fputs(" -a '(printf \"%s:\\n\" ", stdout);
        write_words(row);
        fputs(")'", stdout);
        break;
    case FILES:
        fputs(" -a '(__ucopy_files)'", stdout);
        break;
    case DIRECTORIES:
        fputs(" -a '(__ucopy_directories)'", stdout);
        break;
    }
}

static void fish_option(const struct option_row *row)
{
    fputs("complete -c ucopy", stdout);
    if (row->letter != '\0')
        printf(" -s '%c'", row->letter);
    if (row->name != NULL)
        printf(" -l %s", row->name);
    if (row->kind != VALUE_NONE)
        fish_value(row);
    fputs(" -d '", stdout);
    write_escaped(row->help, "\\", "\\'");
    puts("'");
}

/* ---- the tool ---- */

struct shell {
    const char *name;
    void (*option)(const struct option_row *row);
    void (*value)(const struct option_row *row); /* NULL: the options have it with them */
};

static const struct shell shells[] = {
    {"bash", bash_option, bash_value},
    {"zsh", zsh_option, NULL},
    {"fish", fish_option, NULL},
};

static const struct shell *find_shell(const char *name)
{
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        if (strcmp(shells[i].name, name) == 0)
            return &shells[i];
    return NULL;
}

static void write_rows(void (*write)(const struct option_row *row))
{
    for (size_t i = 0; i < option_n_rows; i++)
        write(&option_rows[i]);
}

static void fill_template(const struct shell *shell)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) >= 0) {
        if (strcmp(line, "# @options@\n") == 0)
            write_rows(shell->option);
        else if (shell->value != NULL && strcmp(line, "# @values@\n") == 0)
            write_rows(shell->value);
        else
            fputs(line, stdout);
    }
    free(line);
}

int main(int argc, char **argv)
{
    const struct shell *shell = argc == 4 ? find_shell(argv[1]) : NULL;

    if (shell == NULL) {
        fputs("usage: make-completions bash|zsh|fish TEMPLATE FILE\n", stderr);
        return 2;
    }
    if (freopen(argv[2], "r", stdin) == NULL || freopen(argv[3], "w", stdout) == NULL) {
        perror("make-completions");
        return 1;
    }
    fill_template(shell);
    if (ferror(stdin) || ferror(stdout) || fclose(stdout) != 0) {
        perror("make-completions");
        return 1;
    }
    return 0;
}
