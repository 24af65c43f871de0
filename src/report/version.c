/* version: what this program is, and what it can do here. */
#include <stdio.h>

#include "engine/engine.h"
#include "report.h"

void report_version(const char *commit)
{
    fputs("ucopy " UCOPY_VERSION, stdout);
    if (commit[0] != '\0')
        printf(" (commit %s)", commit);
    puts("\nLicence: MIT. There is no warranty.");
    for (unsigned i = 0; engine_table[i] != NULL; i++) {
        struct engine_reason why = {.text = ""};
        const char *name = engine_table[i]->name;

        if (engine_probe(engine_table[i], &why) == 0)
            printf("%-8s available\n", name);
        else
            printf("%-8s not available: %s\n", name, why.text);
    }
}
