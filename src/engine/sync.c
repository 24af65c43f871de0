/* sync: blocking system calls in threads. Works everywhere, also where io_uring and aio are
 * forbidden.
 *
 * Each file has one thread. It starts with the first operation on the file, and runs the file's
 * operations in the order in which they were started. So a destination that hangs blocks only
 * its own thread. If a thread cannot be started (RLIMIT_NPROC, a container's pids limit), the
 * thread that owns the engine runs the operations of that file in reap(). This is slower, but
 * the copy goes on.
 *
 * With engine_config.writers the owner runs reads and writes at positions itself: only CPUs work then, and
 * more threads would only cost switches. It writes a chunk everywhere before it reads the next
 * one, while the chunk is in the CPU's cache. A file whose writes take much longer than those to
 * another one, or than reads, gets its thread. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sequencer_priv.h"

/* A thread needs little stack: it calls nothing deeper than pwrite(2). Sanitizers need some,
 * too. */
#define THREAD_STACK (256u * 1024u)

enum thread_state { THREAD_NONE, THREAD_RUNNING, THREAD_FAILED };

/* What the owner has moved itself, and the time it took. */
struct spent {
    uint64_t ns, bytes;
};

struct sync_file {
    struct sync *engine;
    enum thread_state state; /* used by the engine's owner only, as is the next one */
    struct spent written;
    pthread_t thread;
    pthread_cond_t work; /* todo is not empty, or quit is set */
    struct op_list todo; /* protected by engine->lock */
};

struct sync {
    struct sequencer seq;
    /* NOPs, and operations without a thread; used by the owner only. */
    struct op_list leaders, members;
    struct spent read; /* of the owner, too */

    pthread_mutex_t lock;  /* protects the members up to quit, and the files' todo */
    pthread_cond_t enough; /* n_done has reached want; on CLOCK_MONOTONIC */
    struct op_list done;
    unsigned n_done;
    unsigned want; /* results that reap() waits for; 0: it does not wait */
    bool quit;

    unsigned n_files;
    struct sync_file files[]; /* by file index */
};

/* Bytes of one write(2) to a stream: a reader that takes no more than that in a while is seen to
 * move. */
#define STREAM_PIECE 16384u

static struct sync *sync_of(struct sequencer *s)
{
    return (struct sync *)s;
}

static int32_t write_stream(const struct engine *e, const struct engine_op *op)
{
    uint64_t end = clock_now_ms() + ENGINE_STREAM_MS;
    uint32_t moved = 0;

    do {
        struct engine_op part = *op;
        int32_t r;

        part.buf = (char *)op->buf + moved;
        part.len = op->len - moved < STREAM_PIECE ? op->len - moved : STREAM_PIECE;
        r = engine_run_blocking(e, &part);
        if (r <= 0)
            return moved > 0 ? (int32_t)moved : r;
        moved += (uint32_t)r;
    } while (moved < op->len && clock_now_ms() < end);
    return (int32_t)moved;
}

static int32_t run(const struct engine *e, const struct engine_op *op)
{
    if (atomic_load(&e->left))
        return -ECANCELED;
    return op->kind == ENGINE_WRITE && op->offset == ENGINE_STREAM ? write_stream(e, op)
                                                                   : engine_run_blocking(e, op);
}

/* The thread of one file. */
static void *file_thread(void *arg)
{
    struct sync_file *f = arg;
    struct sync *y = f->engine;

    pthread_mutex_lock(&y->lock);
    while (!y->quit) {
        struct engine_op *op = f->todo.first;

        if (!op) {
            pthread_cond_wait(&f->work, &y->lock);
            continue;
        }
        op_list_drop_first(&f->todo);
        pthread_mutex_unlock(&y->lock);
        op->result = run(&y->seq.base, op);
        pthread_mutex_lock(&y->lock);
        op_list_append(&y->done, op);
        y->n_done++;
        if (y->want > 0 && y->n_done >= y->want)
            pthread_cond_signal(&y->enough);
    }
    pthread_mutex_unlock(&y->lock);
    return NULL;
}

/* The new thread blocks all signals; the main thread receives them. */
static void start_thread(struct sync_file *f)
{
    pthread_attr_t attr;
    sigset_t all, old;
    int err;

    f->state = THREAD_FAILED;
    if (pthread_attr_init(&attr) != 0)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    err = pthread_attr_setstacksize(&attr, THREAD_STACK);
    if (err == 0)
        err = pthread_create(&f->thread, &attr, file_thread, f);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (err == 0)
        f->state = THREAD_RUNNING;
}

/* ---- the owner's own operations ---- */

/* A file is slow when its bytes take so many times as long as those of the fastest one, or as reading
 * does, and some time more: any operation may be interrupted. */
#define SLOW_TIMES      4u
#define SLOW_TIMES_READ 16u
#define SLOW_NS         50000000u

static bool is_slower(const struct spent *p, unsigned times, const struct spent *fast)
{
    return fast->bytes > 0 && p->ns >= SLOW_NS &&
           (p->ns - SLOW_NS) / times / p->bytes > fast->ns / fast->bytes;
}

/* Whether the file makes the others wait. */
static bool is_slow(const struct sync *y, const struct sync_file *f)
{
    bool slow = is_slower(&f->written, SLOW_TIMES_READ, &y->read);

    for (unsigned i = 0; i < y->n_files && !slow; i++)
        slow = is_slower(&f->written, SLOW_TIMES, &y->files[i].written);
    return slow;
}

/* Whether the owner runs the operation. */
static bool is_own(struct sync *y, const struct engine_op *op)
{
    struct sync_file *f;

    if (op->kind == ENGINE_NOP)
        return true;
    f = &y->files[op->file];
    if (f->state == THREAD_NONE && (!y->seq.base.prompt || op->kind == ENGINE_FSYNC ||
                                    op->offset == ENGINE_STREAM || is_slow(y, f)))
        start_thread(f);
    return f->state != THREAD_RUNNING;
}

static void sync_start(struct sequencer *s, struct engine_op *op)
{
    struct sync *y = sync_of(s);
    struct sync_file *f;

    if (is_own(y, op)) {
        op_list_append(op == op->batch->ops ? &y->leaders : &y->members, op);
        return;
    }
    f = &y->files[op->file];
    pthread_mutex_lock(&y->lock);
    op_list_append(&f->todo, op);
    pthread_cond_signal(&f->work);
    pthread_mutex_unlock(&y->lock);
}

/* Who writes to the file of the operation; NULL: that does not matter. */
static struct writers *writers_of(const struct sync *y, const struct engine_op *op)
{
    return op->kind == ENGINE_WRITE ? y->seq.base.config->writers : NULL;
}

/* Removes the operation from the list that shall run next: the first one to a file to which nobody
 * writes, if there is one. */
static struct engine_op *next_own(struct sync *y, struct op_list *l)
{
    struct engine_op **link = &l->first, *op;

    while ((op = *link) && writers_of(y, op) && writers_any(writers_of(y, op), op->file))
        link = &op->next;
    if (!op) {
        link = &l->first;
        op = l->first;
    }
    *link = op->next;
    if (!*link)
        l->tail = link;
    return op;
}

/* Where the time of the owner's operation counts; NULL: nowhere. */
static struct spent *spent_on(struct sync *y, const struct engine_op *op)
{
    return op->kind == ENGINE_READ    ? &y->read
           : op->kind == ENGINE_WRITE ? &y->files[op->file].written
                                      : NULL;
}

static void run_next(struct sync *y, struct op_list *l)
{
    struct engine_op *op = next_own(y, l);
    struct spent *spent = spent_on(y, op);
    struct writers *writers = writers_of(y, op);
    uint64_t start = clock_now_ns();

    if (writers)
        writers_begin(writers, op->file);
    op->result = run(&y->seq.base, op);
    if (writers)
        writers_end(writers, op->file);
    if (spent && op->result > 0) {
        spent->ns += clock_now_ns() - start;
        spent->bytes += (uint64_t)op->result;
    }
    sequencer_complete(&y->seq, op);
}

static void run_members(struct sync *y)
{
    while (y->members.first)
        run_next(y, &y->members);
}

/* Runs members, and one leader with its own members. Returns whether there were any. */
static bool run_own_batch(struct sync *y)
{
    bool any = y->leaders.first || y->members.first;

    run_members(y);
    if (y->leaders.first)
        run_next(y, &y->leaders);
    run_members(y);
    return any;
}

static int sync_reap(struct sequencer *s, unsigned want, unsigned timeout_ms)
{
    struct sync *y = sync_of(s);
    struct timespec deadline = clock_in_ms(timeout_ms);
    struct op_list done;
    int err = 0;

    if (run_own_batch(y))
        want = 0;
    pthread_mutex_lock(&y->lock);
    y->want = want;
    while (y->n_done < want && err == 0)
        err = pthread_cond_timedwait(&y->enough, &y->lock, &deadline);
    y->want = 0;
    y->n_done = 0;
    done = y->done;
    op_list_init(&y->done);
    pthread_mutex_unlock(&y->lock);
    sequencer_complete_list(s, &done);
    return err == ETIMEDOUT ? 0 : -err;
}

static const struct sequencer_backend sync_backend = {
    .start = sync_start,
    .reap = sync_reap,
};

static int init_locks(struct sync *y)
{
    pthread_condattr_t attr;
    int err = pthread_condattr_init(&attr);

    if (err != 0)
        return -err;
    err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (err == 0)
        err = pthread_cond_init(&y->enough, &attr);
    pthread_condattr_destroy(&attr);
    if (err == 0)
        err = pthread_mutex_init(&y->lock, NULL);
    for (unsigned i = 0; i < y->n_files && err == 0; i++)
        err = pthread_cond_init(&y->files[i].work, NULL);
    return -err; /* these pthread objects own nothing that has to be freed */
}

static int sync_create(const struct engine_config *config, struct engine **ret_engine,
                       struct engine_reason *why)
{
    struct sync *y = calloc(1, sizeof *y + config->n_fds * sizeof y->files[0]);
    int r;

    if (!y)
        return engine_reason_set(why, "malloc", ENOMEM);
    sequencer_init(&y->seq, &sync_backend);
    op_list_init(&y->leaders);
    op_list_init(&y->members);
    op_list_init(&y->done);
    y->seq.base.prompt = config->writers != NULL;
    y->n_files = config->n_fds;
    for (unsigned i = 0; i < y->n_files; i++) {
        y->files[i].engine = y;
        op_list_init(&y->files[i].todo);
    }
    r = init_locks(y);
    if (r < 0) {
        free(y);
        return engine_reason_set(why, "pthread_cond_init", -r);
    }
    *ret_engine = &y->seq.base;
    return 0;
}

/* Queued operations are not started any more. Running operations are waited for, because a
 * system call that uses a buffer cannot be cancelled. */
static void sync_destroy(struct engine *e)
{
    struct sync *y = (struct sync *)e;

    pthread_mutex_lock(&y->lock);
    y->quit = true;
    for (unsigned i = 0; i < y->n_files; i++)
        pthread_cond_signal(&y->files[i].work);
    pthread_mutex_unlock(&y->lock);
    for (unsigned i = 0; i < y->n_files; i++) {
        if (y->files[i].state == THREAD_RUNNING)
            pthread_join(y->files[i].thread, NULL);
        pthread_cond_destroy(&y->files[i].work);
    }
    pthread_cond_destroy(&y->enough);
    pthread_mutex_destroy(&y->lock);
    free(y);
}

const struct engine_ops engine_sync_ops = {
    .name = "sync",
    .prompt = true,
    .create = sync_create,
    .submit = sequencer_submit,
    .wait = sequencer_wait,
    .destroy = sync_destroy,
};
