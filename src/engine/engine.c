/* engine: checks with assertions that engine and caller keep the contract of engine.h. A bug of
 * either one stops the program here, and cannot lead to a corrupt copy. */
#include "engine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* The largest errno that the kernel returns. */
#define MAX_ERRNO 4095

/* The result of an operation that has none yet; no engine may return it. */
#define NO_RESULT INT32_MIN

/* How long the probe waits for its NOPs. */
#define PROBE_TIMEOUT_MS 2000u

int engine_reason_set(struct engine_reason *why, const char *call, int err)
{
    errno = err; /* %m, because strerror() is not safe in threads */
    snprintf(why->text, sizeof why->text, "%s: %m", call);
    return -err;
}

int32_t engine_run_blocking(const struct engine *e, const struct engine_op *op)
{
    int fd = op->kind == ENGINE_NOP ? -1 : e->config->fds[op->file];
    bool stream = op->offset == ENGINE_STREAM;
    ssize_t r = 0;

    switch (op->kind) {
    case ENGINE_NOP:
        break;
    case ENGINE_READ:
        r = stream ? read(fd, op->buf, op->len)
                   : pread(fd, op->buf, op->len, (off_t)op->offset);
        break;
    case ENGINE_WRITE:
        r = stream ? write(fd, op->buf, op->len)
                   : pwrite(fd, op->buf, op->len, (off_t)op->offset);
        break;
    case ENGINE_FSYNC:
        r = fsync(fd);
        break;
    }
    return r < 0 ? -errno : (int32_t)r;
}

int engine_create(const struct engine_ops *ops, const struct engine_config *config,
                  struct engine **ret_engine, struct engine_reason *why)
{
    struct engine_config *own = malloc(sizeof *own);
    struct engine *e = NULL;
    int r;

    assert(config->max_batches >= 1 && config->max_ops >= 1);
    assert(config->max_batches <= UINT_MAX / config->max_ops);
    assert((config->pool == NULL) == (config->pool_len == 0));
    if (!own)
        return engine_reason_set(why, "malloc", ENOMEM);
    *own = *config;
    r = ops->create(own, &e, why);
    assert(r <= 0 && (r == 0) == (e != NULL));
    if (r < 0) {
        free(own);
        return r;
    }
    e->ops = ops;
    e->config = own;
    e->in_flight = 0;
    *ret_engine = e;
    return 0;
}

static bool inside_pool(const struct engine_config *c, const struct engine_op *op)
{
    uintptr_t pool = (uintptr_t)c->pool, buf = (uintptr_t)op->buf;

    return buf >= pool && buf - pool <= c->pool_len && op->len <= c->pool_len - (buf - pool);
}

static bool op_is_sound(const struct engine_config *c, const struct engine_op *op)
{
    switch (op->kind) {
    case ENGINE_NOP:
        return op->len == 0;
    case ENGINE_FSYNC:
        return op->len == 0 && op->file < c->n_fds;
    case ENGINE_READ:
    case ENGINE_WRITE:
        return op->len <= INT32_MAX && op->file < c->n_fds && inside_pool(c, op);
    }
    return false;
}

int engine_submit(struct engine *e, struct engine_batch *b)
{
    int r;

    assert(e->in_flight < e->config->max_batches);
    assert(b->n_ops >= 1 && b->n_ops <= e->config->max_ops);
    assert(b->ops[0].kind != ENGINE_FSYNC || b->n_ops == 1);
    for (unsigned i = 0; i < b->n_ops; i++) {
        assert(op_is_sound(e->config, &b->ops[i]));
        b->ops[i].result = NO_RESULT;
        b->ops[i].batch = b;
        b->ops[i].waits = false;
    }
    b->left = b->n_ops;
    r = e->ops->submit(e, b);
    assert(r <= 0);
    if (r == 0)
        e->in_flight++;
    return r;
}

/* Whether the contract allows the result. NOP and FSYNC have len 0, so a positive result is
 * never allowed for them. */
static bool result_is_sound(const struct engine_op *op)
{
    const struct engine_op *leader = op->batch->ops;

    if (op->result < -MAX_ERRNO || (op->result > 0 && (uint32_t)op->result > op->len))
        return false;
    return op == leader || engine_op_full(leader) ||
           (leader->result != NO_RESULT && op->result == -ECANCELED);
}

int engine_wait(struct engine *e, unsigned slow, unsigned timeout_ms,
                struct engine_op **ret_done)
{
    int r = e->ops->wait(e, slow, timeout_ms, ret_done);

    assert(r <= 0);
    if (r < 0)
        return r;
    for (struct engine_op *op = *ret_done; op; op = op->next) {
        assert(result_is_sound(op));
        assert(op->batch->left > 0 && e->in_flight > 0);
        if (--op->batch->left == 0)
            e->in_flight--;
    }
    return 0;
}

void engine_cancel(struct engine *e, struct engine_op *op)
{
    assert(e->in_flight > 0 && op->batch->left > 0);
    if (e->ops->cancel)
        e->ops->cancel(e, op);
}

void engine_leave(struct engine *e)
{
    atomic_store(&e->left, true);
}

void engine_destroy(struct engine *e)
{
    const struct engine_config *own;

    if (!e)
        return;
    own = e->config;
    e->ops->destroy(e);
    free((void *)own);
}

/* Runs one batch of NOPs; every engine must be able to do that. */
static int probe_run(struct engine *e, struct engine_reason *why)
{
    struct engine_op ops[3] = {
        {.kind = ENGINE_NOP}, {.kind = ENGINE_NOP}, {.kind = ENGINE_NOP}};
    struct engine_batch batch = {.ops = ops, .n_ops = 3};
    struct engine_op *done;
    uint64_t end = clock_running_ms() + PROBE_TIMEOUT_MS;
    int r = engine_submit(e, &batch);

    if (r < 0)
        return engine_reason_set(why, "submission", -r);
    while (r == 0 && batch.left > 0 && clock_running_ms() < end)
        r = engine_wait(e, 0, PROBE_TIMEOUT_MS, &done);
    if (r < 0 || batch.left > 0)
        return engine_reason_set(why, "wait", r < 0 ? -r : ETIMEDOUT);
    for (unsigned i = 0; i < batch.n_ops; i++)
        if (ops[i].result != 0)
            return engine_reason_set(why, "NOP", -ops[i].result);
    return 0;
}

int engine_probe(const struct engine_ops *ops, struct engine_reason *why)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct engine_config config = {.n_fds = 2, .max_batches = 1, .max_ops = 3};
    struct engine *e;
    int fds[2]; /* of a pipe, because a pipe can be made everywhere, also without /dev */
    int r;

    config.fds = fds;
    config.pool_len = page;
    config.pool = aligned_alloc(page, page);
    if (!config.pool)
        return engine_reason_set(why, "malloc", ENOMEM);
    if (pipe2(fds, O_CLOEXEC) < 0) {
        r = engine_reason_set(why, "pipe", errno);
        goto err_after_pool;
    }
    r = engine_create(ops, &config, &e, why);
    if (r == 0) {
        r = probe_run(e, why);
        engine_destroy(e);
    }
    close(fds[0]);
    close(fds[1]);
err_after_pool:
    free(config.pool);
    return r;
}
