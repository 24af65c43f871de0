/* option_table_priv: all options of the command line as data. The parser, the checks of values,
 * the messages about wrong values, --help and --usage read this table, and nothing else knows
 * an option by its name. A new option is one row, and a member of struct options for its value.
 * A combination of options that contradicts itself is a row in options_check.c. */
#ifndef UCOPY_CLI_OPTION_TABLE_PRIV_H
#define UCOPY_CLI_OPTION_TABLE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "option_field_priv.h"
#include "options.h"

/* The sections of --help, in its order. */
enum option_section {
    SECTION_COPYING,
    SECTION_CHOOSING,
    SECTION_TRUST,
    SECTION_TUNING,
    SECTION_OUTPUT,
    SECTION_HELP,
    OPTION_N_SECTIONS,
};

/* The kinds of values. */
enum option_kind {
    VALUE_NONE,
    VALUE_NUMBER,    /* decimal digits, from min to max; or one of words */
    VALUE_SECONDS,   /* likewise */
    VALUE_SIZE,      /* bytes, from min to max, as options_parse_size() reads them */
    VALUE_WORD,      /* one of words */
    VALUE_LIST,      /* some of words, with commas between them */
    VALUE_HASH,      /* one of words, a colon, and a hash by that algorithm */
    VALUE_ENGINE,    /* one of words, or the name of an engine in engine_table */
    VALUE_DIRECTORY, /* a path */
    VALUE_TEXT,      /* any text */
};

/* A word that is a value, and the number that it stands for. */
struct option_word {
    const char *text; /* NULL: end of the words */
    unsigned number;
};

/* A number that the option stores in a member, whatever its value is. */
struct option_store {
    struct option_field field; /* size 0: end of the stores */
    uint64_t number;
};

#define OPTION_MAX_STORES 4

struct option_row {
    const char *name; /* after "--"; NULL: there is only a letter */
    char letter;      /* after "-"; '\0': there is only a name */
    bool cp;          /* cp has an option of this name, and abbreviates it */
    bool checks;      /* --check and --compare can have it, too */
    bool ublk;        /* so can --ublk */
    enum option_section section;
    const char *help; /* for --help, without a period */

    enum option_kind kind;
    const char *metavar;             /* for the value in --help; NULL with VALUE_NONE */
    bool optional;                   /* the value may be missing, or empty */
    bool repeatable;                 /* each further value is one more, not a replacement */
    const char *alone;               /* the value that stands for a missing one; may be NULL */
    const struct option_word *words; /* NULL: none */
    bool abbreviated;                /* the beginning of a word is enough if it is unique */
    uint64_t min, max;
    uint64_t multiple; /* the number must be a multiple of this; 0: any number */

    struct option_store stores[OPTION_MAX_STORES];
    struct option_field field; /* the member for the value */

    /* Takes the value instead of `field`. The value is NULL if there is none, and `alone` is
     * NULL, too. 0, -EINVAL for a wrong value, or -ENOMEM. */
    int (*take)(struct options *o, const struct option_row *row, const char *value);
};

/* The options, in the order of --help. */
extern const struct option_row option_rows[];
extern const size_t option_n_rows;

/* The titles of the sections. */
extern const char *const option_section_titles[OPTION_N_SECTIONS];

#endif
