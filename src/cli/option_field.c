#include "option_field_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t option_field_get(const struct options *o, const struct option_field *field)
{
    const void *member = (const char *)o + field->offset;

    switch (field->size) {
    case sizeof(bool):
        return *(const bool *)member;
    case sizeof(unsigned): /* enumerations, too */
        return *(const unsigned *)member;
    default:
        assert(field->size == sizeof(uint64_t));
        return *(const uint64_t *)member;
    }
}

void option_field_set(struct options *o, const struct option_field *field, uint64_t number)
{
    void *member = (char *)o + field->offset;

    switch (field->size) {
    case sizeof(bool):
        *(bool *)member = number != 0;
        break;
    case sizeof(unsigned): /* enumerations, too */
        *(unsigned *)member = (unsigned)number;
        break;
    default:
        assert(field->size == sizeof(uint64_t));
        *(uint64_t *)member = number;
    }
}

int option_field_set_text(struct options *o, const struct option_field *field, const char *text)
{
    char **member = (char **)(void *)((char *)o + field->offset);
    char *copy = strdup(text);

    assert(field->size == sizeof(*member));
    if (copy == NULL)
        return -ENOMEM;
    free(*member);
    *member = copy;
    return 0;
}
