#include "option_find_priv.h"

#include <string.h>

const struct option_row *option_find(const char *name, size_t length)
{
    for (size_t i = 0; i < option_n_rows; i++) {
        const char *row_name = option_rows[i].name;

        if (row_name != NULL && strlen(row_name) == length &&
            memcmp(row_name, name, length) == 0)
            return &option_rows[i];
    }
    return NULL;
}

bool option_has_letter(char letter)
{
    for (size_t i = 0; i < option_n_rows; i++)
        if (option_rows[i].letter == letter)
            return true;
    return false;
}

const struct option_row *option_find_abbreviated(const char *name, size_t length)
{
    const struct option_row *found = NULL;

    if (length == 0)
        return NULL;
    for (size_t i = 0; i < option_n_rows; i++) {
        const struct option_row *row = &option_rows[i];

        if (!row->cp || row->name == NULL || strncmp(row->name, name, length) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = row;
    }
    return found;
}
