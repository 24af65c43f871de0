#include "turns.h"

#include <pthread.h>
#include <stdlib.h>

struct turns {
    unsigned n;
    pthread_mutex_t files[];
};

struct turns *turns_new(unsigned n)
{
    struct turns *t = malloc(sizeof *t + n * sizeof t->files[0]);

    if (!t)
        return NULL;
    t->n = n;
    for (unsigned i = 0; i < n; i++)
        pthread_mutex_init(&t->files[i], NULL); /* cannot fail without attributes */
    return t;
}

void turns_free(struct turns *t)
{
    for (unsigned i = 0; t && i < t->n; i++)
        pthread_mutex_destroy(&t->files[i]);
    free(t);
}

bool turns_try(struct turns *t, unsigned i)
{
    return pthread_mutex_trylock(&t->files[i]) == 0;
}

void turns_take(struct turns *t, unsigned i)
{
    pthread_mutex_lock(&t->files[i]);
}

void turns_end(struct turns *t, unsigned i)
{
    pthread_mutex_unlock(&t->files[i]);
}
