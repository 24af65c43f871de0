/* link: a batch is a chain of linked SQEs, a read and its writes one after the other, in
 * one submission. For kernels without SQE groups.
 *
 * The read carries IOSQE_IO_LINK: if it fails or falls short, all that follows is cancelled,
 * and no write sees stale bytes. The writes carry IOSQE_IO_HARDLINK, which goes on behind a
 * failing or short request: so a bad destination does not cost the next one its data. (A
 * failing request without HARDLINK cancels its whole chain, also the hard-linked part:
 * io_uring_enter(2), IOSQE_IO_HARDLINK.) When order between batches is asked for, everything is
 * linked plainly instead, and whatever faults cancels everything behind it, in this batch and
 * in the next. */
#include "uring_chain_priv.h"

static void link_tie(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered,
                     bool chained)
{
    bool last = i + 1 == n;

    if (last ? chained : (i == 0 || ordered))
        sqe->flags |= IOSQE_IO_LINK;
    else if (!last)
        sqe->flags |= IOSQE_IO_HARDLINK;
}

static const struct chain_style link_style = {
    .tie = link_tie,
};

static int link_create(const struct engine_config *config, struct engine **ret_engine,
                       struct engine_reason *why)
{
    int r = uring_chain_create(config, &link_style, ret_engine, why);

    if (r == 0) {
        (*ret_engine)->chain_breaks = true;
        (*ret_engine)->serial = true;
    }
    return r;
}

const struct engine_ops engine_link_ops = {
    .name = "link",
    .create = link_create,
    .submit = uring_chain_submit,
    .wait = uring_chain_wait,
    .cancel = uring_chain_cancel,
    .destroy = uring_chain_destroy,
};
