#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/filter.h"
#include "base/name_list.h"
#include "command_line_priv.h"
#include "option_find_priv.h"
#include "option_message_priv.h"
#include "option_values_priv.h"
#include "options_check_priv.h"

/* Takes every option of the line, in its order, but stops at one that is an action. 0 or an
 * error. */
static int take_options(struct options *o, char **ret_error)
{
    while (o->action == OPTIONS_COPY) {
        const struct option_row *row;
        char *value;
        int r = command_line_next(o->command_line, &row, &value, ret_error);

        if (r <= 0)
            return r;
        if (!row->checks && o->only_copies == NULL)
            o->only_copies = row;
        if (!row->ublk && o->no_ublk == NULL)
            o->no_ublk = row;
        r = option_apply(o, row, value);
        if (r == -EINVAL)
            r = option_refuse_value(ret_error, row, NULL, value);
        free(value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_operands(struct options *o)
{
    const char **operands;
    unsigned n;
    int r = command_line_operands(o->command_line, &operands, &n);

    if (r < 0)
        return r;
    o->operands = calloc((size_t)n + 1, sizeof(*o->operands));
    for (unsigned i = 0; o->operands != NULL && i < n; i++) {
        o->operands[i] = strdup(operands[i]);
        if (o->operands[i] == NULL)
            break;
        o->n_operands++;
    }
    free(operands);
    return o->operands != NULL && o->n_operands == n ? 0 : -ENOMEM;
}

/* Sets what several options determine together. */
static void combine_options(struct options *o)
{
    o->inplace |= o->cp;
    if (o->no_clobber)
        o->standing.update = UPDATE_NONE;
    o->standing.keeps_times = o->preserve.times;
    if (o->mhl && !options_mhl_hashes(o))
        o->hashes |= 1u << (digest_find("xxh64", 5) - digest_table);
    if (o->manifest && !o->hashes)
        o->hashes = 1u << (digest_find("sha256", 6) - digest_table);
    /* As in cp: a link to a symlink is a link to the target of the symlink. */
    if (o->link && o->follow == FOLLOW_AUTO)
        o->follow = FOLLOW_ALWAYS;
}

/* Completes the options about backups by the environment. 0 or an error. */
static int complete_backup(struct options *o, char **ret_error)
{
    const char *control = getenv("VERSION_CONTROL");
    const char *suffix = o->suffix != NULL ? o->suffix : getenv("SIMPLE_BACKUP_SUFFIX");

    if (!o->backs_up)
        return 0;
    if (!o->has_backup_kind && (control == NULL || *control == '\0')) {
        o->backup.kind = BACKUP_EXISTING;
    } else if (!o->has_backup_kind) {
        const struct option_row *row = option_find("backup", strlen("backup"));

        if (option_apply(o, row, control) < 0)
            return option_refuse_value(ret_error, row, "VERSION_CONTROL", control);
    }
    if (suffix == NULL || *suffix == '\0' || strchr(suffix, '/') != NULL)
        suffix = "~";
    o->backup.suffix = suffix;
    return 0;
}

/* Whether the program is to behave as cp. Messages about the rest of the line depend on it. */
static bool is_cp(int argc, const char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

    if (argc > 0 && strcmp(slash ? slash + 1 : argv[0], "cp") == 0)
        return true;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--cp") == 0)
            return true;
    return false;
}

/* Parses the line as it is. 0 or an error. */
static int parse(struct options *o, int argc, const char **argv, char **ret_error)
{
    int r = command_line_new(argc, argv, o->cp, &o->command_line, ret_error);

    if (r == 0)
        r = take_options(o, ret_error);
    if (r < 0 || o->action != OPTIONS_COPY)
        return r;
    combine_options(o);
    r = options_check_replacing(o, ret_error);
    if (r == 0)
        r = complete_backup(o, ret_error);
    if (r == 0)
        r = take_operands(o);
    if (r == 0)
        r = options_check(o, ret_error);
    return r;
}

int options_parse(struct options *o, int argc, const char **argv, char **ret_error)
{
    bool cp = is_cp(argc, argv);
    int r;

    *o = (struct options){.engine = "auto", .length = OPTIONS_TO_THE_END, .cp = cp};
    r = parse(o, argc, argv, ret_error);
    if (r < 0) {
        options_free(o);
        o->cp = cp;
    }
    return r;
}

bool options_follow_operand(const struct options *o)
{
    return o->follow == FOLLOW_AUTO ? !o->recursive : o->follow != FOLLOW_NEVER;
}

void options_free(struct options *o)
{
    for (unsigned i = 0; i < o->n_to_commands; i++)
        free(o->to_commands[i]);
    free(o->to_commands);
    free(o->from_command);
    for (unsigned i = 0; i < o->n_target_directories; i++)
        free(o->target_directories[i]);
    free(o->target_directories);
    for (unsigned i = 0; i < o->n_filters; i++)
        free(o->filters[i].text);
    free(o->filters);
    free(o->files_from);
    filter_free(o->filter);
    name_list_free(o->names);
    for (unsigned i = 0; i < o->n_operands; i++)
        free(o->operands[i]);
    free(o->operands);
    free(o->suffix);
    free(o->expected_hash);
    free(o->manifest);
    free(o->map);
    free(o->check_list);
    free(o->bmap_path);
    command_line_free(o->command_line);
    *o = (struct options){0};
}
