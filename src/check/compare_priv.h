/* compare_priv: --compare. One thread reads SOURCE, one each destination. */
#ifndef UCOPY_CHECK_COMPARE_PRIV_H
#define UCOPY_CHECK_COMPARE_PRIV_H

#include "feed_priv.h"

/* What the threads share. */
struct compare {
    struct feed *feed;
    char *base; /* the last component of SOURCE: a file's name in a DEST that is a directory */
};

/* The number of a destination in the feed, by its member. */
static inline unsigned compare_number(const struct inspector *m)
{
    return (unsigned)(m - m->inspection->members) - m->inspection->first_dest;
}

/* The threads of members whose arg is a struct compare. */
void *compare_source(void *member);
void *compare_dest(void *member);

#endif
