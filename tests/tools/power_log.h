/* power_log: what power_record writes and power_disks reads: the writes and flushes that
 * reached a disk, in their order. */
#ifndef POWER_LOG_H
#define POWER_LOG_H

#include <stdint.h>

enum power_kind {
    POWER_WRITE,
    POWER_FLUSH, /* len 0: what was written before is on the medium */
    POWER_MARK,  /* what was called durable: a path, or as power_blocks says it */
};

struct power_record {
    uint32_t kind;
    uint32_t len;    /* bytes that follow: what was written, or the mark */
    uint64_t offset; /* bytes into the disk; WRITE only */
};

#endif
