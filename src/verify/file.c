/* file: one file of a lane is opened, read past the page cache, and judged. See verify_priv.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "engine/engine.h"
#include "target/backup.h"
#include "verify_priv.h"

/* How long a wait for the engine may take before the lane looks whether it is to stop, ms. */
#define WAIT_MS 200u

/* ---- the file is opened ---- */

static bool fail_open(struct verify_check *c, int err, const char *message)
{
    struct failure f;

    failure_set(&f, "read back", err, FAILURE_NO_OFFSET, message);
    verify_fail(c, &f);
    return false;
}

/* Whether what was opened is the file that was made. */
static bool is_the_file(struct verify_check *c)
{
    const struct verify_record *r = c->record;

    return fstat(c->fd, &c->st) == 0 &&
           (r->ino == 0 || (c->st.st_dev == r->dev && c->st.st_ino == r->ino)) &&
           (S_ISREG(c->st.st_mode) || S_ISBLK(c->st.st_mode));
}

/* 0 or a negative errno; -ESTALE: another file has the name. */
static int open_named(struct verify_check *c, const char *path)
{
    c->fd = verify_open(path, O_RDONLY);
    if (c->fd < 0)
        return c->fd;
    if (is_the_file(c))
        return 0;
    (void)fd_close(&c->fd);
    return -ESTALE;
}

/* Whether the file has the name with this suffix. */
static bool open_suffixed(struct verify_check *c, const char *suffix)
{
    char *path = NULL;

    if (asprintf(&path, "%s%s", c->dest, suffix) < 0)
        return false;
    if (open_named(c, path) == 0) {
        c->backup = path;
        c->dest = path;
        return true;
    }
    free(path);
    return false;
}

/* Another source of this run may have got the name, and the file is a numbered backup now. */
static bool open_backup(struct verify_check *c)
{
    char *directory = path_directory(c->dest), *name = path_last(c->dest);
    int fd = directory && name ? verify_open(directory, O_RDONLY | O_DIRECTORY) : -ENOMEM;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    bool found = false;

    while (!found && dir && (entry = readdir(dir))) {
        verify_moved(c->lane);
        found = backup_number(entry->d_name, name) > 0 &&
                open_suffixed(c, entry->d_name + strlen(name));
    }
    if (dir)
        (void)closedir(dir);
    else if (fd >= 0)
        (void)fd_close(&fd);
    free(directory);
    free(name);
    return found;
}

static bool open_file(struct verify_check *c)
{
    int r = open_named(c, c->dest);

    return r == 0 || open_backup(c) ||
           fail_open(c, -r, r == -ESTALE ? "another file stands there now" : NULL);
}

/* ---- it is read ---- */

/* The unit at that position is at buf, or r is a negative errno. */
static void take_unit(struct verify_check *c, uint64_t at, char *buf, int64_t r)
{
    uint64_t rest = c->record->length - at;
    size_t want = rest < UNIT ? (size_t)rest : UNIT;

    verify_moved(c->lane);
    if (r < (int64_t)want) /* short, or failed: a plain read has the last word */
        r = verify_reread(c, at, buf, want);
    verify_compare(c, at, buf, r < 0 ? 0 : r > (int64_t)want ? want : (size_t)r, want);
    if (c->lane->round == 0)
        atomic_fetch_add(&c->lane->bytes, want);
}

static void read_small(struct verify_check *c)
{
    if (c->record->length > 0)
        take_unit(c, 0, c->lane->buffers,
                  verify_reread(c, 0, c->lane->buffers, (size_t)c->record->length));
}

/* What is read with an engine. */
struct reading {
    struct verify_check *c;
    struct engine *engine;
    struct engine_op ops[MAX_DEPTH];
    struct engine_batch batches[MAX_DEPTH];
    uint64_t at[MAX_DEPTH];
    bool busy[MAX_DEPTH];
    uint64_t next; /* position of the next unit */
};

/* The first engine that works here for such files; NULL: none does. Those that did not work for an
 * earlier file are not tried again. */
static struct engine *make_engine(struct verify_lane *l, const struct engine_config *config,
                                  bool direct)
{
    struct engine_reason why;
    struct engine *e = NULL;

    for (unsigned *i = &l->engine[direct]; engine_table[*i]; ++*i) {
        if (engine_table[*i]->needs_direct && !direct)
            continue;
        if (engine_create(engine_table[*i], config, &e, &why) == 0)
            return e;
    }
    return NULL;
}

/* Passes over units that are holes. */
static void skip_holes(struct reading *r)
{
    struct verify_lane *l = r->c->lane;
    uint64_t rest;

    while ((rest = r->c->record->length - r->next) > 0 && !atomic_load(&l->verify->stop)) {
        size_t n = rest < UNIT ? (size_t)rest : UNIT;

        if (!verify_is_hole(r->c, r->next, n))
            return;
        r->next += n;
        if (l->round == 0)
            atomic_fetch_add(&l->bytes, n);
    }
}

/* Begins a read in every free slot. A negative errno: the engine is broken. */
static int submit(struct reading *r)
{
    const struct verify_record *record = r->c->record;

    for (unsigned i = 0; i < r->c->lane->verify->depth; i++) {
        uint64_t rest;
        uint32_t len;
        int error;

        if (r->busy[i])
            continue;
        skip_holes(r);
        rest = record->length - r->next;
        if (rest == 0 || atomic_load(&r->c->lane->verify->stop))
            return 0;
        len = rest < UNIT ? (uint32_t)rest : UNIT;
        r->ops[i] = (struct engine_op){.kind = ENGINE_READ,
                                       .file = 0,
                                       .offset = record->offset + r->next,
                                       .buf = r->c->lane->buffers + i * (size_t)UNIT,
                                       .len = (uint32_t)verify_request(r->c, len)};
        r->batches[i] = (struct engine_batch){.ops = &r->ops[i], .n_ops = 1};
        error = engine_submit(r->engine, &r->batches[i]);
        if (error < 0)
            return error;
        r->busy[i] = true;
        r->at[i] = r->next;
        r->next += rest < UNIT ? rest : UNIT;
    }
    return 0;
}

static bool any_busy(const struct reading *r)
{
    bool any = false;

    for (unsigned i = 0; i < MAX_DEPTH; i++)
        any |= r->busy[i];
    return any;
}

/* False: the engine is broken. */
static bool run(struct reading *r)
{
    for (;;) {
        struct engine_op *done = NULL;

        if (submit(r) < 0)
            return false;
        if (!any_busy(r))
            return true;
        if (engine_wait(r->engine, 0, WAIT_MS, &done) < 0)
            return false;
        while (done) {
            size_t i = (size_t)(done - r->ops);

            done = done->next;
            r->busy[i] = false;
            take_unit(r->c, r->at[i], r->c->lane->buffers + i * (size_t)UNIT, r->ops[i].result);
        }
    }
}

/* Reads the rest, one unit after the other. */
static void read_plainly(struct verify_check *c, uint64_t at)
{
    for (; at < c->record->length && !atomic_load(&c->lane->verify->stop); at += UNIT) {
        uint64_t rest = c->record->length - at;

        take_unit(c, at, c->lane->buffers,
                  verify_reread(c, at, c->lane->buffers, rest < UNIT ? (size_t)rest : UNIT));
    }
}

static void read_large(struct verify_check *c)
{
    const struct engine_config config = {
        .fds = &c->fd,
        .n_fds = 1,
        .pool = c->lane->buffers,
        .pool_len = c->lane->verify->depth * (size_t)UNIT,
        .max_batches = c->lane->verify->depth,
        .max_ops = 1,
    };
    struct reading r = {.c = c};
    bool ran;

    r.engine = make_engine(c->lane, &config, c->file.direct);
    ran = r.engine && run(&r);
    engine_destroy(r.engine);
    c->file.buffered |= !c->file.direct;
    if (!ran)
        read_plainly(c, 0);
}

/* The file ends now where the copy does, even if somebody has written to it meanwhile. */
static void check_end(struct verify_check *c)
{
    uint64_t end = c->record->offset + c->record->length, size;
    struct stat now;

    if (verify_is_source(c->lane))
        return;
    if (!S_ISREG(c->st.st_mode)) /* its reads have told */
        return;
    if (fstat(c->fd, &now) < 0) {
        fail_open(c, errno, NULL);
        return;
    }
    size = (uint64_t)now.st_size;
    if (c->record->whole && size > end)
        verify_note_range(c, end, size - end);
    if (size < end && c->record->length > 0)
        verify_note_range(c, size > c->record->offset ? size : c->record->offset,
                          size > c->record->offset ? end - size : c->record->length);
}

static void close_all(struct verify_check *c)
{
    (void)fd_close(&c->fd);
    (void)fd_close(&c->fd_source);
    free(c->ranges);
    free(c->backup);
}

/* Reads the file that is open, to its end. */
static void check_open_file(struct verify_check *c)
{
    if (c->record->length <= UNIT)
        read_small(c);
    else if (c->file.past_disk || c->lane->verify->config.bwlimit ||
             c->lane->verify->config.max_request < c->lane->verify->depth * (uint64_t)UNIT)
        read_plainly(c, 0);
    else
        read_large(c);
    check_end(c);
    verify_judge_way(c);
}

static bool may_repair(const struct verify_check *c)
{
    return c->n_ranges > 0 && !verify_is_source(c->lane) &&
           c->lane->round < c->lane->verify->config.repairs &&
           !atomic_load(&c->lane->verify->stop);
}

/* Opens, reads and judges the file. */
static void check_file(struct verify_check *c)
{
    uint64_t unread = c->result->unread;
    bool is_known = c->record->known != VERIFY_KNOWS_NOTHING;

    if (open_file(c)) {
        if (!is_known)
            c->result->unread += verify_count_data(c, 0, c->record->length);
        else if (verify_pass_cache(c))
            check_open_file(c);
    }
    verify_take_ranges(c);
    if (may_repair(c))
        verify_repair(c);
    if (c->lane->round == 0) {
        c->result->files += is_known;
        c->result->bytes += is_known ? c->record->length - (c->result->unread - unread) : 0;
        atomic_fetch_add(&c->lane->files, 1);
    }
}

void verify_check_file(struct verify_check *c)
{
    c->fd = c->fd_source = -1;
    if (c->record->is_link)
        (void)open_file(c);
    else
        check_file(c);
    verify_moved(c->lane);
    close_all(c);
}
