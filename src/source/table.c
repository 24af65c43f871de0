/* table: which kinds of sources there are. */
#include <stddef.h>

#include "kind_priv.h"

const struct source_ops *const source_table[] = {&source_file_ops, &source_device_ops,
                                                 &source_stream_ops, &source_command_ops, NULL};
