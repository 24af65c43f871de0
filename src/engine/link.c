/* link: a batch is a chain of linked SQEs in one submission: a read, and then its writes one
 * after the other. For kernels without SQE groups.
 *
 * The read has IOSQE_IO_LINK: if it fails or is short, the kernel cancels the rest of the
 * chain, and no write sees old bytes. The writes have IOSQE_IO_HARDLINK: if one fails or is
 * short, the chain goes on, and the next destination still gets its data. (A request without
 * HARDLINK that fails cancels its whole chain, also the hard-linked part: io_uring_enter(2),
 * IOSQE_IO_HARDLINK.) In ordered batches all SQEs have IOSQE_IO_LINK instead: an operation that
 * fails or is short cancels everything behind it, in this batch and in the next ones. */
#include "uring_chain_priv.h"

/* chain_style.set_flags */
static void link_set_flags(struct io_uring_sqe *sqe, unsigned i, unsigned n, bool ordered,
                           bool chained)
{
    bool last = i + 1 == n;

    if (last ? chained : (i == 0 || ordered))
        sqe->flags |= IOSQE_IO_LINK;
    else if (!last)
        sqe->flags |= IOSQE_IO_HARDLINK;
}

static const struct chain_style link_style = {
    .set_flags = link_set_flags,
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
    .shares_queues = true,
    .polls = true,
    .create = link_create,
    .submit = uring_chain_submit,
    .wait = uring_chain_wait,
    .cancel = uring_chain_cancel,
    .destroy = uring_chain_destroy,
};
