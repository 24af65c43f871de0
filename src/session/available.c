/* available: what the user asked for by name has to be available here, before anything is
 * changed. */
#include "base/digest.h"
#include "blockdev/blockdev.h"
#include "engine/engine.h"
#include "report/report.h"
#include "session.h"
#include "target/attrs.h"

static bool has_engine(const struct options *o)
{
    const struct engine_ops *ops = engine_find(o->engine);
    struct engine_reason why;

    if (!ops || engine_probe(ops, &why) == 0)
        return true;
    report_error("engine %s is not available here: %s", ops->name, why.text);
    return false;
}

/* -Z asks for the context that a policy says. ucopy does not look that up. */
static bool has_context(const struct options *o)
{
    if (o->context != CONTEXT_AS_IS && attrs_context_available()) {
        report_error("-Z and --context are not supported; --preserve=context is");
        return false;
    }
    if (o->context == CONTEXT_GIVEN)
        report_error("warning: ignoring --context; it requires an SELinux-enabled kernel");
    if (o->preserve.context != ATTRS_REQUIRED || attrs_context_available())
        return true;
    report_error("--preserve=context: this kernel has no SELinux");
    return false;
}

static bool has_hashes(const struct options *o)
{
    for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
        struct digest *d = NULL;
        bool wanted = options_hashes(o) & 1u << i;

        if (wanted && !(d = digest_new(&digest_table[i]))) {
            report_error("hashes by %s are not available here", digest_table[i].name);
            return false;
        }
        digest_free(d);
    }
    return true;
}

/* --ublk: the kernel has to have such devices. */
static bool has_block_devices(const struct options *o)
{
    struct failure f;

    if (!o->ublk || blockdev_probe(&f) == 0)
        return true;
    report_failure(NULL, "--ublk", &f);
    return false;
}

bool session_can_run(const struct options *o)
{
    return has_block_devices(o) && has_engine(o) && has_context(o) && has_hashes(o);
}
