#include "lacking_priv.h"

#include <pthread.h>

/* Engines that can be remembered: all of engine_table, with room to spare. */
#define MAX_LACKING 16

struct lack {
    const struct engine_ops *ops;
    struct engine_reason why;
};

static struct {
    pthread_mutex_t lock;
    struct lack v[MAX_LACKING];
    unsigned n;
} lacking = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool lacking_has(const struct engine_ops *ops, struct engine_reason *why)
{
    bool found = false;

    pthread_mutex_lock(&lacking.lock);
    for (unsigned i = 0; !found && i < lacking.n; i++) {
        found = lacking.v[i].ops == ops;
        if (found)
            *why = lacking.v[i].why;
    }
    pthread_mutex_unlock(&lacking.lock);
    return found;
}

void lacking_note(const struct engine_ops *ops, const struct engine_reason *why)
{
    pthread_mutex_lock(&lacking.lock);
    if (lacking.n < MAX_LACKING)
        lacking.v[lacking.n++] = (struct lack){.ops = ops, .why = *why};
    pthread_mutex_unlock(&lacking.lock);
}
