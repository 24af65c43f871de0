#include "option_values_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "engine/engine.h"
#include "number_priv.h"
#include "preserve_priv.h"

const struct option_word *option_find_word(const struct option_row *row, const char *text,
                                           size_t length)
{
    const struct option_word *found = NULL;

    for (const struct option_word *w = row->words; w != NULL && w->text != NULL; w++) {
        if (strncmp(w->text, text, length) != 0)
            continue;
        if (w->text[length] == '\0')
            return w;
        if (!row->abbreviated)
            continue;
        if (found != NULL)
            return NULL;
        found = w;
    }
    return found;
}

static int take_word(struct options *o, const struct option_row *row, const char *value)
{
    const struct option_word *word = option_find_word(row, value, strlen(value));

    if (word == NULL)
        return -EINVAL;
    option_field_set(o, &row->field, word->number);
    return 0;
}

static int take_number(struct options *o, const struct option_row *row, const char *value)
{
    const char *end;
    uint64_t number;

    if (take_word(o, row, value) == 0)
        return 0;
    if (options_parse_digits(value, &number, &end) < 0 || *end != '\0' || number < row->min ||
        number > row->max)
        return -EINVAL;
    option_field_set(o, &row->field, number);
    return 0;
}

static int take_size(struct options *o, const struct option_row *row, const char *value)
{
    uint64_t bytes;

    if (options_parse_size(value, &bytes) < 0 || bytes < row->min || bytes > row->max)
        return -EINVAL;
    if (row->multiple != 0 && bytes % row->multiple != 0)
        return -EINVAL;
    option_field_set(o, &row->field, bytes);
    return 0;
}

static int take_value(struct options *o, const struct option_row *row, const char *value)
{
    switch (row->kind) {
    case VALUE_NUMBER:
    case VALUE_SECONDS:
        return take_number(o, row, value);
    case VALUE_SIZE:
        return take_size(o, row, value);
    case VALUE_WORD:
        return take_word(o, row, value);
    case VALUE_DIRECTORY:
    case VALUE_TEXT:
        return option_field_set_text(o, &row->field, value);
    case VALUE_NONE:
    case VALUE_LIST:
    case VALUE_HASH:
    case VALUE_ENGINE:
        break; /* such rows have a function, or no value */
    }
    return 0;
}

int option_apply(struct options *o, const struct option_row *row, const char *value)
{
    for (int i = 0; i < OPTION_MAX_STORES && row->stores[i].field.size != 0; i++)
        option_field_set(o, &row->stores[i].field, row->stores[i].number);
    if (value == NULL || (row->optional && *value == '\0'))
        value = row->alone;
    if (row->take != NULL)
        return row->take(o, row, value);
    return value != NULL ? take_value(o, row, value) : 0;
}

int option_take_archive(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    (void)value;
    options_preserve_all(o, ATTRS_TRY);
    return 0;
}

int option_take_backup(struct options *o, const struct option_row *row, const char *value)
{
    if (value == NULL)
        return 0;
    o->has_backup_kind = true;
    return take_word(o, row, value);
}

int option_take_context(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    o->context = value != NULL ? CONTEXT_GIVEN : CONTEXT_DEFAULT;
    return 0;
}

int option_take_engine(struct options *o, const struct option_row *row, const char *value)
{
    const struct option_word *word = option_find_word(row, value, strlen(value));
    const struct engine_ops *engine = engine_find(value);

    if (word == NULL && engine == NULL)
        return -EINVAL;
    o->engine = word != NULL ? word->text : engine->name;
    return 0;
}

/* Switches on, or off, what each word of the list names. The words before a wrong one take
 * effect. */
static int take_attributes(struct options *o, const struct option_row *row, const char *list,
                           bool on)
{
    for (;;) {
        size_t length = strcspn(list, ",");
        const struct option_word *word = option_find_word(row, list, length);

        if (word == NULL)
            return -EINVAL;
        options_preserve(o, (enum preserve_word)word->number, on);
        if (list[length] == '\0')
            return 0;
        list += length + 1;
    }
}

int option_take_preserve(struct options *o, const struct option_row *row, const char *value)
{
    return take_attributes(o, row, value, true);
}

int option_take_no_preserve(struct options *o, const struct option_row *row, const char *value)
{
    return take_attributes(o, row, value, false);
}

int option_take_hash(struct options *o, const struct option_row *row, const char *value)
{
    for (;;) {
        size_t length = strcspn(value, ",");
        const struct option_word *word = option_find_word(row, value, length);

        if (word == NULL)
            return -EINVAL;
        o->hashes |= 1u << word->number;
        if (value[length] == '\0')
            return 0;
        value += length + 1;
    }
}

int option_take_expect_hash(struct options *o, const struct option_row *row, const char *value)
{
    size_t length = strcspn(value, ":");
    const struct option_word *word = option_find_word(row, value, length);
    const struct option_field field = OPTION_FIELD(expected_hash);

    if (word == NULL || value[length] == '\0' ||
        !digest_is_text(&digest_table[word->number], value + length + 1))
        return -EINVAL;
    o->expects = 1u << word->number;
    return option_field_set_text(o, &field, value + length + 1);
}

int option_take_verify(struct options *o, const struct option_row *row, const char *list)
{
    unsigned verify = VERIFY_NONE;

    for (;;) {
        size_t length = strcspn(list, ",");
        const struct option_word *word = option_find_word(row, list, length);

        if (word == NULL)
            return -EINVAL;
        verify |= word->number;
        if (list[length] == '\0')
            break;
        list += length + 1;
    }
    o->verify = verify;
    return 0;
}

static int add_filter(struct options *o, const char *text, bool include, bool is_file)
{
    struct option_filter *all = reallocarray(o->filters, o->n_filters + 1, sizeof(*all));

    if (all == NULL)
        return -ENOMEM;
    o->filters = all;
    all[o->n_filters] =
        (struct option_filter){.text = strdup(text), .include = include, .is_file = is_file};
    if (all[o->n_filters].text == NULL)
        return -ENOMEM;
    o->n_filters++;
    return 0;
}

int option_take_exclude(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    return add_filter(o, value, false, false);
}

int option_take_include(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    return add_filter(o, value, true, false);
}

int option_take_exclude_from(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    return add_filter(o, value, false, true);
}

int option_take_include_from(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    return add_filter(o, value, true, true);
}

/* Appends a copy of the text to the list. 0 or -ENOMEM. */
static int append_text(char ***list, unsigned *n, const char *text)
{
    char **longer = reallocarray(*list, *n + 1, sizeof(*longer));

    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    longer[*n] = strdup(text);
    if (longer[*n] == NULL)
        return -ENOMEM;
    (*n)++;
    return 0;
}

int option_take_target_directory(struct options *o, const struct option_row *row,
                                 const char *value)
{
    (void)row;
    return append_text(&o->target_directories, &o->n_target_directories, value);
}

int option_take_to_command(struct options *o, const struct option_row *row, const char *value)
{
    (void)row;
    return append_text(&o->to_commands, &o->n_to_commands, value);
}

unsigned options_mhl_hashes(const struct options *o)
{
    static const char *const formats[] = {"c4", "md5", "sha1", "xxh128", "xxh3", "xxh64"};
    unsigned set = 0;

    for (size_t i = 0; o->mhl && i < sizeof(formats) / sizeof(*formats); i++)
        set |= 1u << (digest_find(formats[i], strlen(formats[i])) - digest_table);
    return o->hashes & set;
}
