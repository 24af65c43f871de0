#include "options_check_priv.h"

#include "usage_error.h"

#define MAX_OFFSET ((uint64_t)INT64_MAX) /* off_t's */

static int check_operands(const struct options *o, char **ret_error)
{
    bool into_directories = o->n_target_directories > 0;
    unsigned n_dests;

    if (o->n_operands == 0)
        return usage_error(ret_error, "missing file operand");
    if (o->n_operands == 1 && !into_directories)
        return usage_error(ret_error, "missing destination operand after '%s'", o->operands[0]);
    if (o->cp && o->n_target_directories > 1)
        return usage_error(ret_error, "multiple target directories specified");
    if (o->cp && o->no_target_directory && o->n_operands > 2)
        return usage_error(ret_error, "extra operand '%s'", o->operands[2]);
    n_dests = o->cp ? 1 : into_directories ? o->n_target_directories : o->n_operands - 1;
    if (o->require != OPTIONS_REQUIRE_ALL && o->require > n_dests)
        return usage_error(ret_error, "--require=%u: there %s only %u destination%s",
                           o->require, n_dests == 1 ? "is" : "are", n_dests,
                           n_dests == 1 ? "" : "s");
    return 0;
}

/* Links have no data of their own. */
static int check_links(const struct options *o, char **ret_error)
{
    const char *which = o->attributes_only                ? "attributes-only"
                        : o->offset                       ? "offset"
                        : o->length != OPTIONS_TO_THE_END ? "length"
                        : o->has_dest_offset              ? "dest-offset"
                        : o->resume                       ? "resume"
                        : o->partial                      ? "partial"
                        : o->reflink == WHEN_ALWAYS       ? "reflink=always"
                                                          : NULL;

    if (o->link && o->symbolic_link)
        return usage_error(ret_error, "--link and --symbolic-link contradict each other");
    if ((o->link || o->symbolic_link) && which)
        return usage_error(ret_error, "--%s makes no copies: it contradicts --%s",
                           o->link ? "link" : "symbolic-link", which);
    return 0;
}

static int check_combinations(const struct options *o, char **ret_error)
{
    uint64_t furthest = o->offset > o->dest_offset ? o->offset : o->dest_offset;

    if (o->no_target_directory && o->n_target_directories > 0)
        return usage_error(
            ret_error, "--target-directory and --no-target-directory contradict each other");
    if (o->no_target_directory && o->parents)
        return usage_error(ret_error,
                           "--parents needs directories to copy into: it contradicts "
                           "--no-target-directory");
    if (o->reflink == WHEN_ALWAYS && o->sparse != WHEN_AUTO)
        return usage_error(ret_error,
                           "--reflink=always can be used only with --sparse=auto: a clone "
                           "has the holes that SOURCE has");
    if (o->has_dest_offset && !o->inplace)
        return usage_error(ret_error,
                           "--dest-offset needs --inplace: a new file that is renamed to "
                           "the destination would lose the rest of it");
    if (o->context != CONTEXT_AS_IS && o->preserve.context == ATTRS_REQUIRED)
        return usage_error(ret_error, "a context can be set or preserved, not both");
    if (o->attributes_only &&
        (o->offset > 0 || o->length != OPTIONS_TO_THE_END || o->has_dest_offset))
        return usage_error(ret_error,
                           "--attributes-only copies no data: it contradicts --offset, "
                           "--length and --dest-offset");
    if (o->partial && o->inplace)
        return usage_error(
            ret_error,
            "--%s and --inplace contradict each other: what is incomplete is kept "
            "beside the destination, not in it",
            o->resume ? "resume" : "partial");
    if (o->max_lag > 0 && o->slow == SLOW_WAIT)
        return usage_error(ret_error,
                           "--max-lag is about --slow=detach; with --slow=wait no DEST "
                           "runs ahead by more than the buffers");
    if (o->in_order && (o->slow == SLOW_DETACH || o->max_lag > 0))
        return usage_error(ret_error,
                           "--in-order and --%s contradict each other: in order all go "
                           "at the pace of the slowest",
                           o->max_lag > 0 ? "max-lag" : "slow=detach");
    if (o->quiet && o->progress == WHEN_ALWAYS)
        return usage_error(ret_error, "--quiet and --progress=always contradict each other");
    if (o->length != OPTIONS_TO_THE_END && o->length > MAX_OFFSET - furthest)
        return usage_error(ret_error,
                           "--length=%llu: the range would end beyond the largest file offset",
                           (unsigned long long)o->length);
    if (o->chunk_size > (o->memory ? o->memory : OPTIONS_DEFAULT_MEMORY))
        return usage_error(
            ret_error, "--chunk-size=%llu: does not fit into --memory=%llu",
            (unsigned long long)o->chunk_size,
            (unsigned long long)(o->memory ? o->memory : OPTIONS_DEFAULT_MEMORY));
    return 0;
}

int options_check(const struct options *o, char **ret_error)
{
    int r = check_combinations(o, ret_error);

    if (r == 0)
        r = check_links(o, ret_error);
    if (r == 0)
        r = check_operands(o, ret_error);
    return r;
}
