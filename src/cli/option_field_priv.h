/* option_field_priv: a member of struct options as data, so that tables can name it. */
#ifndef UCOPY_CLI_OPTION_FIELD_PRIV_H
#define UCOPY_CLI_OPTION_FIELD_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

/* A bool, an enumeration, an unsigned, a uint64_t or a string. Size 0: no member. */
struct option_field {
    size_t offset;
    size_t size; /* bytes */
};

#define OPTION_FIELD(member)                                                                   \
    {                                                                                          \
        .offset = offsetof(struct options, member),                                            \
        .size = sizeof(((struct options *)NULL)->member)                                       \
    }

/* The number in a member that is no string. */
uint64_t option_field_get(const struct options *o, const struct option_field *field);

/* Stores a number in a member that is no string. The number must fit. */
void option_field_set(struct options *o, const struct option_field *field, uint64_t number);

/* Stores a copy of text in a member that is a string, and frees the string before it. 0 or
 * -ENOMEM. */
int option_field_set_text(struct options *o, const struct option_field *field,
                          const char *text);

#endif
