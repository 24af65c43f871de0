/* Tests of option_table.c: every row is consistent, and an inconsistent row is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/option_find_priv.h"
#include "cli/option_message_priv.h"
#include "cli/option_table_priv.h"
#include "cli/option_values_priv.h"

static bool is_plain(const char *text)
{
    return text[0] != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* What is wrong with the name, the help and the section; NULL: nothing. */
static const char *flaw_of_text(const struct option_row *row)
{
    if (row->name == NULL && row->letter == '\0')
        return "neither a name nor a letter";
    if (row->name != NULL && (!is_plain(row->name) || strlen(row->name) < 2))
        return "an odd name";
    if (row->cp && row->name == NULL)
        return "a name of cp that is missing";
    if (row->kind != VALUE_NONE && row->name == NULL)
        return "a message about a wrong value would have no name";
    if (row->help == NULL || *row->help == '\0' || strchr(row->help, '\n') != NULL)
        return "no help";
    if (row->help[strlen(row->help) - 1] == '.')
        return "help with a period";
    if ((unsigned)row->section >= OPTION_N_SECTIONS)
        return "no such section";
    return NULL;
}

static bool has_limits(const struct option_row *row)
{
    return row->min != 0 || row->max != 0 || row->multiple != 0;
}

/* What is wrong with the description of the value. */
static const char *flaw_of_value(const struct option_row *row)
{
    bool counts = row->kind == VALUE_NUMBER || row->kind == VALUE_SECONDS;
    bool numeric = counts || row->kind == VALUE_SIZE;
    bool wordy = row->kind == VALUE_WORD || row->kind == VALUE_LIST;

    if ((row->kind != VALUE_NONE) != (row->metavar != NULL))
        return "a value without a metavariable, or the reverse";
    if (row->kind == VALUE_NONE && (row->optional || row->repeatable))
        return "no value, but a property of it";
    if (row->alone != NULL && !row->optional)
        return "a value for a missing one that cannot be missing";
    if (wordy &&
        (row->words == NULL || row->words[0].text == NULL || row->words[1].text == NULL))
        return "fewer than two words to choose from";
    if (row->words != NULL && !wordy && !counts && row->kind != VALUE_ENGINE &&
        row->kind != VALUE_HASH)
        return "words that nothing reads";
    if (row->abbreviated && !wordy)
        return "nothing to abbreviate";
    if (numeric ? row->min >= row->max : has_limits(row))
        return "odd limits";
    if (row->multiple != 0 && (row->min % row->multiple != 0 || row->max % row->multiple != 0))
        return "limits that the multiple excludes";
    return NULL;
}

/* The bytes that a member for the value may have; 0: any. */
static size_t size_of_kind(enum option_kind kind)
{
    switch (kind) {
    case VALUE_NUMBER:
    case VALUE_SECONDS:
        return sizeof(unsigned);
    case VALUE_SIZE:
        return sizeof(uint64_t);
    case VALUE_DIRECTORY:
    case VALUE_TEXT:
        return sizeof(char *);
    default:
        return 0;
    }
}

/* What is wrong with the members that the option changes. */
static const char *flaw_of_effect(const struct option_row *row)
{
    size_t size = size_of_kind(row->kind);

    if (row->take == NULL && row->stores[0].field.size == 0 && row->field.size == 0)
        return "no effect";
    if (row->kind == VALUE_NONE && row->field.size != 0)
        return "a member for a value that is missing";
    if (row->kind != VALUE_NONE && row->field.size == 0 && row->take == NULL)
        return "a value that nothing takes";
    if ((row->kind == VALUE_LIST || row->kind == VALUE_HASH || row->kind == VALUE_ENGINE) &&
        row->take == NULL)
        return "a kind that needs a function";
    if (row->field.size != 0 && size != 0 && row->field.size != size)
        return "a member of another type";
    for (int i = 0; i < OPTION_MAX_STORES; i++) {
        const struct option_store *s = &row->stores[i];

        if (s->field.size == sizeof(bool) && s->number > 1)
            return "a store that does not fit";
        if (i > 0 && s->field.size != 0 && row->stores[i - 1].field.size == 0)
            return "a store behind the last one";
    }
    return NULL;
}

/* What is wrong with the words. */
static const char *flaw_of_words(const struct option_row *row)
{
    for (const struct option_word *w = row->words; w != NULL && w->text != NULL; w++) {
        if (option_find_word(row, w->text, strlen(w->text)) != w)
            return "a word that is hidden by another one";
        if (*w->text == '\0' || strpbrk(w->text, ",= ") != NULL)
            return "an odd word";
    }
    return NULL;
}

static const char *flaw_of_row(const struct option_row *row)
{
    const char *flaw = flaw_of_text(row);

    if (flaw == NULL)
        flaw = flaw_of_value(row);
    if (flaw == NULL)
        flaw = flaw_of_effect(row);
    return flaw != NULL ? flaw : flaw_of_words(row);
}

/* What is wrong with a table. *ret_row: the wrong row. */
static const char *flaw_of_table(const struct option_row *rows, size_t n, size_t *ret_row)
{
    for (size_t i = 0; i < n; i++) {
        const char *flaw = flaw_of_row(&rows[i]);

        *ret_row = i;
        if (flaw != NULL)
            return flaw;
        for (size_t k = 0; k < i; k++) {
            if (rows[i].letter != '\0' && rows[i].letter == rows[k].letter)
                return "a letter twice";
            if (rows[i].name != NULL && rows[k].name != NULL &&
                strcmp(rows[i].name, rows[k].name) == 0)
                return "a name twice";
        }
    }
    return NULL;
}

static void test_rows_are_consistent(void **state)
{
    size_t row = 0;
    const char *flaw = flaw_of_table(option_rows, option_n_rows, &row);

    (void)state;
    assert_true(option_n_rows > 50);
    if (flaw != NULL)
        fail_msg("row %zu (--%s): %s", row, option_rows[row].name ? option_rows[row].name : "-",
                 flaw);
    for (size_t s = 0; s < OPTION_N_SECTIONS; s++)
        assert_non_null(option_section_titles[s]);
}

static const struct option_word two_words[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};
static const struct option_word same_words[] = {{"yes", 1}, {"yes", 0}, {NULL, 0}};
static const struct option_word one_word[] = {{"yes", 1}, {NULL, 0}};
static const struct option_word blank_words[] = {{"yes", 1}, {"n o", 0}, {NULL, 0}};

/* A row that every case changes in one thing. */
#define GOOD_FLAG                                                                              \
    .name = "flag", .letter = 'f', .help = "a flag", .stores[0] = {OPTION_FIELD(fsync), true}
#define GOOD_WORD                                                                              \
    .name = "word", .help = "a word", .kind = VALUE_WORD, .metavar = "WORD",                   \
    .words = two_words, .field = OPTION_FIELD(slow)
#define GOOD_SIZE                                                                              \
    .name = "size", .help = "a size", .kind = VALUE_SIZE, .metavar = "SIZE", .max = 100,       \
    .field = OPTION_FIELD(memory)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
    const char *flaw;
    struct option_row row;
} bad_rows[] = {
    {"neither a name", {GOOD_FLAG, .name = NULL, .letter = '\0'}},
    {"an odd name", {GOOD_FLAG, .name = "Flag"}},
    {"a name of cp", {GOOD_FLAG, .name = NULL, .cp = true}},
    {"would have no name", {GOOD_SIZE, .name = NULL, .letter = 'x'}},
    {"no help", {GOOD_FLAG, .help = NULL}},
    {"no help", {GOOD_FLAG, .help = ""}},
    {"period", {GOOD_FLAG, .help = "a flag."}},
    {"no such section", {GOOD_FLAG, .section = OPTION_N_SECTIONS}},
    {"metavariable", {GOOD_FLAG, .metavar = "N"}},
    {"metavariable", {GOOD_SIZE, .metavar = NULL}},
    {"a property of it", {GOOD_FLAG, .optional = true}},
    {"cannot be missing", {GOOD_WORD, .alone = "yes"}},
    {"fewer than two words", {GOOD_WORD, .words = NULL}},
    {"fewer than two words", {GOOD_WORD, .words = one_word}},
    {"words that nothing reads", {GOOD_SIZE, .words = two_words}},
    {"nothing to abbreviate", {GOOD_SIZE, .abbreviated = true}},
    {"odd limits", {GOOD_SIZE, .min = 100}},
    {"odd limits", {GOOD_WORD, .max = 1}},
    {"multiple", {GOOD_SIZE, .min = 7, .multiple = 4}},
    {"no effect", {GOOD_FLAG, .stores[0] = {{0}, 0}}},
    {"a value that is missing", {GOOD_FLAG, .field = OPTION_FIELD(json)}},
    {"nothing takes", {GOOD_SIZE, .stores[0] = {OPTION_FIELD(json), 1}, .field = {0}}},
    {"needs a function", {GOOD_WORD, .kind = VALUE_LIST}},
    {"another type", {GOOD_SIZE, .field = OPTION_FIELD(workers)}},
    {"does not fit", {GOOD_FLAG, .stores[1] = {OPTION_FIELD(json), 2}}},
    {"behind the last", {GOOD_FLAG, .stores[2] = {OPTION_FIELD(json), 1}}},
    {"hidden", {GOOD_WORD, .words = same_words}},
    {"an odd word", {GOOD_WORD, .words = blank_words}},
};
#pragma GCC diagnostic pop

/* The test can fail: it finds every flaw. */
static void test_flaws_are_found(void **state)
{
    static const struct option_row good[] = {{GOOD_FLAG}, {GOOD_WORD}, {GOOD_SIZE}};
    static const struct option_row names[] = {{GOOD_WORD}, {GOOD_FLAG}, {GOOD_WORD}};
    struct option_row letters[2] = {{GOOD_FLAG}, {GOOD_FLAG}};
    size_t row;

    (void)state;
    assert_null(flaw_of_table(good, 3, &row));
    for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
        const char *flaw = flaw_of_table(&bad_rows[i].row, 1, &row);

        if (flaw == NULL || strstr(flaw, bad_rows[i].flaw) == NULL)
            fail_msg("\"%s\" instead of \"%s\"", flaw, bad_rows[i].flaw);
    }
    assert_string_equal(flaw_of_table(names, 3, &row), "a name twice");
    assert_int_equal(row, 2);
    letters[1].name = "other";
    assert_string_equal(flaw_of_table(letters, 2, &row), "a letter twice");
}

/* Each row takes its words and its limits, and no value if that may be missing. */
static void test_values_of_rows_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_n_rows; i++) {
        const struct option_row *row = &option_rows[i];
        struct options o = {0};
        char text[32];

        for (const struct option_word *w = row->words; w != NULL && w->text != NULL; w++)
            assert_int_equal(row->kind == VALUE_HASH ? 0 : option_apply(&o, row, w->text), 0);
        if (row->optional || row->kind == VALUE_NONE)
            assert_int_equal(option_apply(&o, row, NULL), 0);
        if (row->max != 0) {
            snprintf(text, sizeof(text), "%llu", (unsigned long long)row->min);
            assert_int_equal(option_apply(&o, row, text), 0);
            snprintf(text, sizeof(text), "%llu", (unsigned long long)row->max);
            assert_int_equal(option_apply(&o, row, text), 0);
            snprintf(text, sizeof(text), "%llu", (unsigned long long)row->max + 1);
            assert_int_not_equal(option_apply(&o, row, text), 0);
        }
        options_free(&o);
    }
}

/* A message about a wrong value lists all words. */
static void test_messages_list_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_n_rows; i++) {
        const struct option_row *row = &option_rows[i];
        char *text = NULL;

        if (row->kind == VALUE_NONE || row->kind == VALUE_TEXT || row->kind == VALUE_DIRECTORY)
            continue;
        assert_true(option_refuse_value(&text, row, NULL, "x") < 0);
        assert_ptr_equal(strstr(text, "--"), text);
        assert_true(strlen(strstr(text, "expected ")) > strlen("expected "));
        for (const struct option_word *w = row->words; w != NULL && w->text != NULL; w++)
            assert_non_null(strstr(text, w->text));
        free(text);
    }
}

static void test_find(void **state)
{
    const struct option_row *update = option_find("update", 6);

    (void)state;
    assert_non_null(update);
    assert_string_equal(update->name, "update");
    assert_null(option_find("update", 5));
    assert_null(option_find("", 0));
    assert_ptr_equal(option_find_abbreviated("up", 2), update);
    assert_ptr_equal(option_find_abbreviated("up=x", 2), update);
    assert_null(option_find_abbreviated("no-", 3));  /* several */
    assert_null(option_find_abbreviated("inpl", 4)); /* none of cp */
    assert_null(option_find_abbreviated("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_consistent),
        cmocka_unit_test(test_flaws_are_found),
        cmocka_unit_test(test_values_of_rows_are_taken),
        cmocka_unit_test(test_messages_list_words),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
