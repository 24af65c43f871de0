/* table: the list of engines. */
#include "engine.h"

#include <string.h>

/* The order of "auto": engines that write to destinations concurrently with few system calls
 * come first. fanout and link are about equal if all destinations are equally fast
 * (bench/RESULTS.md, cached and cold-durable, N=3). If one is slow, a chain of links waits for
 * it, and fanout does not (bench/SLOW.md). aio and sync are for machines without io_uring. */
const struct engine_ops *const engine_table[] = {
    &engine_group_ops, &engine_fanout_ops, &engine_link_ops,
    &engine_aio_ops,   &engine_sync_ops,   NULL,
};

const struct engine_ops *engine_find(const char *name)
{
    for (size_t i = 0; engine_table[i]; i++)
        if (strcmp(engine_table[i]->name, name) == 0)
            return engine_table[i];
    return NULL;
}
