/* table: which engines there are. */
#include "engine.h"

#include <string.h>

/* The order of "auto": what starts destinations concurrently with the fewest system calls
 * first. fanout and link are about equal where all destinations are as fast (bench/RESULTS.md,
 * cached and cold-durable, N=3); where one is slow, a chain of links waits for it and fanout
 * does not (bench/SLOW.md). aio and sync are for where io_uring is not to be had. */
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
