/* pax: see pax_priv.h. */
#include "pax_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupted.h"
#include "base/path_buffer.h"
#include "packed_priv.h"
#include "pax_archive_priv.h"
#include "pax_out_priv.h"
#include "shared_file_priv.h"

#define MODE_BITS       (S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO)
#define PERMISSION_BITS (S_IRWXU | S_IRWXG | S_IRWXO)

#define OP "archive"

#define READ_SIZE (256u << 10)

struct tree_pax {
    struct tree_dest_request request;
    struct target target;
    bool is_open;
    struct pax_out *out;
    struct pax_archive *archive;
    struct timespec now[2]; /* for entries whose times are not preserved */

    struct path_buffer path; /* in the archive, of the current entry */
    size_t top_len;          /* bytes of it that name the root */
    size_t dir_len;          /* and that name the current directory */
    struct packed packed;    /* attributes that came before the current record */
    struct attrs attrs;      /* of the last record that had any */

    /* The regular file whose data come. */
    bool in_file;
    struct stat st;      /* the source's */
    uint64_t size, left; /* of it, and of that what has not come */
    bool more;           /* it had more than that */
    char *buffer;        /* READ_SIZE bytes, once it was needed */

    struct failure fatal; /* err != 0: the destination has failed */
};

/* ---- reports ---- */

/* The path of the current entry for people; the caller frees it. "" without memory. */
static char *shown_path(const struct tree_pax *p)
{
    char *path;

    if (asprintf(&path, "%s%s", p->request.path, p->path.bytes + p->top_len) < 0)
        return strdup("");
    return path;
}

/* Reports a failure of the current entry: to `whom` of the request. */
static void report(const struct tree_pax *p,
                   void (*whom)(void *, const char *, const struct failure *), int err,
                   const char *message)
{
    char *path = shown_path(p);
    struct failure f;

    failure_set(&f, OP, err, FAILURE_NO_OFFSET, message);
    whom(p->request.arg, path ? path : "", &f);
    free(path);
}

static void fail_entry(const struct tree_pax *p, int err, const char *message)
{
    report(p, p->request.failed, err, message);
}

/* The stream takes nothing any more. */
static void fail_stream(struct tree_pax *p, int err)
{
    if (p->fatal.err)
        return;
    failure_set(&p->fatal, "write", err, FAILURE_NO_OFFSET, NULL);
    target_explain(&p->target, &p->fatal);
}

static void report_made(const struct tree_pax *p)
{
    char *path = p->request.made ? shown_path(p) : NULL;

    if (path)
        p->request.made(p->request.arg, path);
    free(path);
}

/* An entry that is no directory is complete. */
static void count_made(const struct tree_pax *p, uint64_t bytes)
{
    atomic_fetch_add(&p->request.view->bytes, bytes);
    atomic_fetch_add(&p->request.view->files, 1);
    report_made(p);
}

/* ---- headers ---- */

/* The mode that cp would give to a copy. */
static mode_t mode_of(const struct tree_pax *p, const struct stat *st)
{
    mode_t plain = S_ISDIR(st->st_mode) ? ACCESSPERMS : DEFFILEMODE, bits;

    if (S_ISLNK(st->st_mode))
        bits = ACCESSPERMS;
    else if (p->request.preserve.mode)
        bits = st->st_mode & MODE_BITS;
    else
        bits =
            (p->request.plain_mode ? plain : st->st_mode & PERMISSION_BITS) & ~p->request.umask;
    return (st->st_mode & S_IFMT) | bits;
}

static bool lacks_xattr(const struct attrs *a)
{
    for (unsigned i = 0; i < a->n_xattrs; i++)
        if (!pax_archive_has_xattr(a->xattrs[i].name))
            return true;
    return false;
}

/* Reports what of its attributes the archive cannot have. */
static void check_attrs(const struct tree_pax *p, const struct stat *st)
{
    const struct attrs_wanted *wanted = &p->request.preserve;

    if (wanted->times && st->st_mtim.tv_sec < 0 && st->st_mtim.tv_nsec != 0)
        report(p, p->request.attrs_failed, ERANGE, "times before 1970 are whole seconds there");
    if (!lacks_xattr(&p->attrs))
        return;
    if (wanted->xattrs == ATTRS_TRY)
        atomic_store(&p->request.view->attrs_lost, true);
    else
        report(p, p->request.attrs_failed, EOPNOTSUPP,
               "it has no extended attributes with such names");
}

/* Puts the header of the current entry into the stream. False: the archive does not have it. */
static bool put_header(struct tree_pax *p, const struct record *r, const char *hard_link,
                       uint64_t size)
{
    const struct attrs_wanted *wanted = &p->request.preserve;
    const struct timespec times[2] = {r->st.st_atim, r->st.st_mtim};
    const struct pax_entry e = {
        .path = p->path.bytes,
        .hard_link = hard_link,
        .text = r->kind == RECORD_SYMLINK ? record_text(r) : NULL,
        .mode = mode_of(p, &r->st),
        .uid = wanted->owner ? r->st.st_uid : geteuid(),
        .gid = wanted->owner ? r->st.st_gid : getegid(),
        .rdev = r->st.st_rdev,
        .size = size,
        .times = wanted->times ? times : p->now,
        .attrs = &p->attrs,
    };
    int error = pax_archive_begin(p->archive, &e);

    if (error == -EINVAL)
        fail_entry(p, EINVAL, "a pax archive cannot have it");
    else if (error < 0)
        fail_stream(p, -error);
    if (error == 0 && !hard_link)
        check_attrs(p, &r->st);
    return error == 0;
}

/* Reads the attributes of the record. */
static void take_attrs(struct tree_pax *p, const struct record *r)
{
    if (r->bare && r->shared && record_is_further(r))
        attrs_read(&p->attrs, r->shared->fd, false, &r->st);
    else if (packed_take(&p->packed, r, &p->attrs) < 0)
        report(p, p->request.attrs_failed, ENOMEM, NULL);
}

/* ---- files with several names ---- */

/* The entry is in the archive under this path: further names become links to it. */
static void note_link(struct tree_pax *p, const struct record *r)
{
    const struct made_id id = {.ino = 1}; /* any: nothing else can have the path */

    if ((r->nth == RECORD_FIRST_NAME || r->nth == RECORD_FURTHER_NAME) &&
        dest_links_made(p->request.links, &r->st, "", p->path.bytes, &id) < 0)
        report(p, p->request.attrs_failed, ENOMEM, "hard links to it become files");
}

/* Puts a further name of an entry that the archive has. False: it has none. */
static bool put_link(struct tree_pax *p, const struct record *r)
{
    struct made_id id;
    const char *to =
        record_is_further(r) ? dest_links_where(p->request.links, &r->st, "", &id) : NULL;

    if (!to)
        return false;
    if (put_header(p, r, to, 0))
        count_made(p, 0);
    if (r->nth == RECORD_LAST_NAME)
        dest_links_forget(p->request.links, &r->st);
    return true;
}

/* ---- regular files ---- */

/* Puts the header of a regular file of so many bytes. */
static void begin_file(struct tree_pax *p, const struct record *r, uint64_t size)
{
    p->in_file = put_header(p, r, NULL, size);
    p->st = r->st;
    p->size = p->left = size;
    p->more = false;
    if (p->in_file)
        note_link(p, r);
}

/* Data of the file. What it has more than its header says is left out: it has grown. */
static void put_data(struct tree_pax *p, const void *data, size_t n)
{
    size_t part = n < p->left ? n : (size_t)p->left;
    int error = p->in_file ? pax_archive_data(p->archive, data, part) : 0;

    if (error < 0)
        fail_stream(p, -error);
    p->more |= n > part;
    p->left -= part;
}

static void put_zeros(struct tree_pax *p, uint64_t n)
{
    static const char zeros[1 << 16];

    for (uint64_t part; n > 0 && !p->fatal.err; n -= part) {
        part = n < sizeof(zeros) ? n : sizeof(zeros);
        put_data(p, zeros, (size_t)part);
    }
}

/* All of the file has come. good: it is what was read. */
static void end_file(struct tree_pax *p, bool good)
{
    if (!p->in_file)
        return;
    p->in_file = false;
    if (p->left > 0)
        fail_entry(p, EIO, "it could not be read to its end, which is zeros in the archive");
    else if (p->more)
        fail_entry(p, EFBIG, "it has more bytes than its size said: the archive lacks them");
    else if (!good)
        fail_entry(p, ESTALE, "what the archive has is not one state of it");
    else
        count_made(p, p->size);
}

/* Puts a file whose data the reader has not put into the stream. */
static void put_shared(struct tree_pax *p, const struct record *r)
{
    struct stat now;
    uint64_t at = 0;

    if (!p->buffer)
        p->buffer = malloc(READ_SIZE);
    if (!r->shared || !p->buffer) {
        fail_entry(p, r->shared ? ENOMEM : ESTALE, NULL);
        return;
    }
    begin_file(p, r, (uint64_t)r->st.st_size);
    while (p->in_file && p->left > 0 && !p->fatal.err) {
        ssize_t n = UNINTERRUPTED(pread(r->shared->fd, p->buffer, READ_SIZE, (off_t)at));

        if (n <= 0)
            break;
        p->request.read(p->request.arg, (uint64_t)n);
        put_data(p, p->buffer, (size_t)n);
        at += (uint64_t)n;
    }
    if (fstat(r->shared->fd, &now) < 0 || !shared_file_unchanged(&r->st, &now)) {
        atomic_store(&r->shared->changed, true);
        end_file(p, p->request.allow_changed);
    } else {
        end_file(p, true);
    }
}

static void apply_file(struct tree_pax *p, const struct record *r, const void *data)
{
    take_attrs(p, r);
    if (put_link(p, r))
        return;
    if (r->bare) {
        put_shared(p, r);
        return;
    }
    if (!r->whole && r->st.st_size == 0) {
        fail_entry(p, EINVAL,
                   "its size is not known before it is read, which a pax archive needs");
        return;
    }
    begin_file(p, r, r->whole ? r->data_len : (uint64_t)r->st.st_size);
    put_data(p, data, r->data_len);
    if (r->whole)
        end_file(p, true);
}

/* ---- other entries ---- */

static void apply_directory(struct tree_pax *p, const struct record *r)
{
    take_attrs(p, r);
    p->dir_len = p->path.len;
    if (put_header(p, r, NULL, 0))
        report_made(p);
}

/* Access control lists and extended attributes come last. */
static void apply_leave(struct tree_pax *p, const struct record *r)
{
    const char *slash;

    (void)path_buffer_enter(&p->path, p->dir_len, "");
    take_attrs(p, r);
    if (p->attrs.access_acl.size || p->attrs.default_acl.size || p->attrs.n_xattrs)
        (void)put_header(p, r, NULL, 0);
    slash = strrchr(p->path.bytes + p->top_len, '/');
    if (slash)
        p->dir_len = (size_t)(slash - p->path.bytes);
}

/* A symlink or node. */
static void apply_entry(struct tree_pax *p, const struct record *r)
{
    take_attrs(p, r);
    if (S_ISSOCK(r->st.st_mode)) {
        report(p, p->request.attrs_failed, EOPNOTSUPP,
               "a pax archive has no sockets: left out");
        return;
    }
    if (put_link(p, r) || !put_header(p, r, NULL, 0))
        return;
    note_link(p, r);
    count_made(p, 0);
}

/* ---- records ---- */

/* Makes p->path that of the record's entry. */
static bool enter_name(struct tree_pax *p, const struct record *r)
{
    if (r->name_len == 0)
        return true;
    if (path_buffer_enter(&p->path, p->dir_len, record_name(r)) == 0)
        return true;
    fail_stream(p, ENOMEM);
    return false;
}

/* Applies a record that begins an entry. */
static void apply_named(struct tree_pax *p, const struct record *r, const void *data)
{
    if (!enter_name(p, r))
        return;
    if (r->nth == RECORD_FIRST_NAME) /* an older entry would be of another file */
        dest_links_forget(p->request.links, &r->st);
    if (r->kind == RECORD_DIRECTORY)
        apply_directory(p, r);
    else if (r->kind == RECORD_FILE)
        apply_file(p, r, data);
    else
        apply_entry(p, r);
}

static void apply(struct tree_pax *p, const struct record *r, const void *data)
{
    switch (r->kind) {
    case RECORD_OFFER: /* nothing exists in a stream */
        p->request.wanted(p->request.arg, r->offer);
        break;
    case RECORD_FILES_END:
        break;
    case RECORD_LEAVE:
        apply_leave(p, r);
        break;
    case RECORD_DATA:
        put_data(p, data, r->data_len);
        break;
    case RECORD_HOLE:
        put_zeros(p, r->hole);
        break;
    case RECORD_FILE_END:
        end_file(p, r->good);
        break;
    default:
        apply_named(p, r, data);
    }
}

int tree_pax_apply(struct tree_pax *p, const struct record *r, const void *data,
                   struct failure *f)
{
    if (r->kind == RECORD_ATTRS) {
        packed_keep(&p->packed, r);
        return 0;
    }
    apply(p, r, data);
    packed_forget(&p->packed);
    if (p->fatal.err == 0)
        return 0;
    *f = p->fatal;
    return -f->err;
}

/* ---- begin and end ---- */

/* What can fail without the stream. False: it did. */
static bool make_parts(struct tree_pax *p, const char *top)
{
    p->out = malloc(sizeof(*p->out));
    if (!p->out || path_buffer_put(&p->path, 0, top) < 0)
        return false;
    *p->out = (struct pax_out){
        .fd = -1, .max_write = p->request.max_write, .written = &p->request.view->written};
    p->top_len = p->dir_len = p->path.len;
    attrs_init(&p->attrs, &p->request.preserve);
    return pax_archive_new(&p->archive, pax_out_put, p->out) == 0;
}

/* Standard output may be a file in the tree: that is not read. */
static void note_file(const struct tree_pax *p)
{
    struct tree_dest_view *v = p->request.view;
    struct stat st;

    if (fstat(p->target.fd, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    v->root_dev = st.st_dev;
    v->root_ino = st.st_ino;
    atomic_store(&v->has_root, true);
}

int tree_pax_open(struct tree_pax **ret, const struct tree_dest_request *request,
                  const struct target_request *end, const char *top, struct failure *f)
{
    struct tree_pax *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    p->request = *request;
    (void)clock_gettime(CLOCK_REALTIME, &p->now[0]);
    p->now[1] = p->now[0];
    r = make_parts(p, top) ? target_open(&p->target, end, f)
                           : failure_set(f, "open", ENOMEM, FAILURE_NO_OFFSET, NULL);
    p->is_open = r == 0;
    if (r < 0) {
        tree_pax_close(p);
        return r;
    }
    p->out->fd = p->target.fd;
    note_file(p);
    *ret = p;
    return 0;
}

/* Writes the end of the archive. 0 or a negative errno. */
static int put_end(struct tree_pax *p)
{
    int r = pax_archive_end(p->archive);

    if (r == 0)
        r = pax_out_flush(p->out);
    if (r == 0 && p->request.durable && p->target.can_fsync && fsync(p->target.fd) < 0)
        r = -errno;
    return r;
}

int tree_pax_end(struct tree_pax *p, bool complete, struct failure *f)
{
    int r = complete ? put_end(p) : 0;

    if (r < 0) {
        fail_stream(p, -r);
        *f = p->fatal;
        return r;
    }
    if (!complete)
        return 0;
    p->is_open = false;
    return target_commit(&p->target, f);
}

void tree_pax_close(struct tree_pax *p)
{
    if (p->is_open)
        target_abort(&p->target, false);
    pax_archive_free(p->archive);
    free(p->out);
    attrs_free(&p->attrs);
    path_buffer_free(&p->path);
    free(p->packed.bytes);
    free(p->buffer);
    free(p);
}
