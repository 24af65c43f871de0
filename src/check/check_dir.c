#include "check_dir_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fd.h"
#include "inspection_priv.h"
#include "verify/open_beneath.h"
#include "verify/scan.h"

/* Lines about one file that are verified in one read. More of them take another read. */
#define MAX_LINES 8u

struct check_work {
    struct inspector *member;
    struct check_jobs *jobs;
    const struct sums *sums;
    const struct mhl_known *known; /* NULL: the sums are those of the list */
    bool *right;                   /* with `known`: of each line, whether the file is right */
    struct mhl_known_dirs *dirs;   /* with `known`, during the scan */
    int root;
    void *buffer;
};

/* One file, and its lines in the list. */
struct check_file {
    const struct sum *sums;
    unsigned n;
    struct digest *digests[MAX_LINES];
};

/* Reads the file into the digests. False: it could not be read, which has been reported, or the
 * thread has to end. */
static bool read_into_digests(struct check_work *w, struct check_file *file, int fd)
{
    struct read_file f;
    ssize_t n;

    read_file_begin(&f, fd, inspector_flushing, w->member);
    do {
        if (inspector_step(w->member))
            return false;
        n = read_file_next(&f, w->buffer, w->member->inspection->buffer);
        for (unsigned i = 0; n > 0 && i < file->n; i++)
            digest_update(file->digests[i], w->buffer, (size_t)n);
        if (n > 0)
            atomic_fetch_add(&w->member->bytes, (uint64_t)n);
    } while (n > 0);
    if (n < 0)
        inspector_fail(w->member, file->sums->name, "read", (int)n, f.offset);
    inspector_note_how(w->member, read_file_how(&f));
    return n == 0;
}

/* Compares with the lines of the list. */
static bool judge(struct check_work *w, struct check_file *file)
{
    const char *name = file->sums->name;

    for (unsigned i = 0; i < file->n; i++) {
        char text[DIGEST_TEXT_SIZE];
        struct failure f;
        int r = digest_final(file->digests[i], text);

        if (r < 0) {
            inspector_fail(w->member, name, "hash", r, FAILURE_NO_OFFSET);
            return false;
        }
        if (strcmp(text, file->sums[i].hex) == 0)
            continue;
        if (file->sums[i].or_else)
            atomic_store(&w->jobs->or_else, file->sums[i].or_else);
        (void)failure_format(&f, NULL, EBADMSG, "%s is %s, in %s %s", file->sums[i].algorithm,
                             text, w->known ? "its ASC MHL history" : "the list",
                             file->sums[i].hex);
        inspector_find(w->member, FINDING_DIFFERS, name, &f, NULL);
        return false;
    }
    atomic_store(&w->jobs->any_right, true);
    return true;
}

/* Whether it is right; else this has been reported. */
static bool check_open_file(struct check_work *w, struct check_file *file, int fd)
{
    bool ready = true, right = false;

    if (!file->sums->hex) {
        struct failure f;

        (void)failure_format(&f, NULL, EBADMSG, "%s", file->sums->algorithm);
        inspector_find(w->member, FINDING_DIFFERS, file->sums->name, &f, NULL);
        return false;
    }
    for (unsigned i = 0; i < file->n; i++) {
        const char *name = file->sums[i].algorithm;

        file->digests[i] = digest_new(digest_find(name, strlen(name)));
        ready &= file->digests[i] != NULL;
    }
    if (!ready) /* no memory, or libcrypto refuses the algorithm */
        inspector_fail(w->member, file->sums->name, "hash", -EOPNOTSUPP, FAILURE_NO_OFFSET);
    else if (read_into_digests(w, file, fd))
        right = judge(w, file);
    for (unsigned i = 0; i < file->n; i++)
        digest_free(file->digests[i]);
    return right;
}

/* The file could not be opened. */
static void report_open(struct check_work *w, const char *name, int r)
{
    struct failure f;

    if (r == -ENOENT || r == -ENOTDIR) {
        inspector_find(w->member, FINDING_MISSING, name, NULL, NULL);
    } else if (r == -EXDEV) {
        (void)failure_set(&f, "open", EXDEV, FAILURE_NO_OFFSET,
                          "a symbolic link leads out of the directory");
        inspector_find(w->member, FINDING_UNREADABLE, name, &f, NULL);
    } else {
        inspector_fail(w->member, name, "open", r, FAILURE_NO_OFFSET);
    }
}

/* As check_open_file(). */
static bool check_file(struct check_work *w, struct check_file *file)
{
    int fd = open_beneath(w->root, file->sums->name);
    bool right = false;
    struct failure f;
    struct stat st;

    if (fd < 0) {
        report_open(w, file->sums->name, fd);
        return false;
    }
    if (fstat(fd, &st) < 0) {
        inspector_fail(w->member, file->sums->name, "stat", -errno, FAILURE_NO_OFFSET);
    } else if (!S_ISREG(st.st_mode)) {
        (void)failure_set(&f, NULL, EBADMSG, FAILURE_NO_OFFSET, "it is no regular file");
        inspector_find(w->member, FINDING_DIFFERS, file->sums->name, &f, NULL);
    } else {
        right = check_open_file(w, file, fd);
        atomic_fetch_add(&w->member->files, 1);
    }
    (void)fd_close(&fd);
    return right;
}

/* The number of lines from the first one on that are about the same file. */
static unsigned count_lines(const struct sums *s, size_t first)
{
    unsigned n = 1;

    while (n < MAX_LINES && first + n < s->n &&
           strcmp(s->sums[first].name, s->sums[first + n].name) == 0)
        n++;
    return n;
}

static void check_files(struct check_work *w)
{
    const struct sums *s = w->sums;

    for (size_t i = 0; i < s->n && !inspector_step(w->member);) {
        struct check_file file = {.sums = &s->sums[i], .n = count_lines(s, i)};
        bool right;

        atomic_store(&w->member->doing, file.sums->name);
        right = check_file(w, &file);
        for (unsigned k = 0; k < file.n && w->right; k++)
            w->right[i + k] = right;
        i += file.n;
    }
    atomic_store(&w->member->doing, NULL);
}

/* An entry of the directory that is no directory itself. Returns as mhl_known_dirs_file(). */
static int look_at_entry(struct check_work *w, const struct scan *scan)
{
    const char *path = scan->path.bytes;
    bool belongs = w->known
                       ? !S_ISREG(scan->st.st_mode) || mhl_known_ignores(w->known, path, false)
                       : fd_same_file(&scan->st, &w->jobs->list);

    if (!belongs && !sums_has(w->sums, path))
        inspector_find(w->member, FINDING_EXTRA, path, NULL, NULL);
    if (!w->dirs || mhl_known_ignores(w->known, path, false))
        return 0;
    return mhl_known_dirs_file(w->dirs, path);
}

static int enter_directory(struct check_work *w, struct scan *scan)
{
    int r;

    if (w->known && mhl_known_ignores(w->known, scan->path.bytes, true))
        return 0;
    r = scan_enter(scan);
    if (r == 0 && w->dirs)
        r = mhl_known_dirs_enter(w->dirs, scan->path.bytes);
    else
        return r;
    if (r < 0) { /* nothing is compared any more */
        mhl_known_dirs_free(w->dirs);
        w->dirs = NULL;
    }
    return r;
}

static int take_event(struct check_work *w, struct scan *scan, enum scan_event event)
{
    int r;

    if (event == SCAN_ENTRY)
        return S_ISDIR(scan->st.st_mode) ? enter_directory(w, scan) : look_at_entry(w, scan);
    r = event == SCAN_LEFT && w->dirs ? mhl_known_dirs_leave(w->dirs) : 0;
    return scan->error < 0 ? scan->error : r;
}

/* Names files that are not in the list. */
static void find_extra_files(struct check_work *w)
{
    struct scan scan = {0};
    enum scan_event event;
    int r = scan_begin(&scan, fcntl(w->root, F_DUPFD_CLOEXEC, 0));

    if (r < 0)
        inspector_fail(w->member, "", "read directory", r, FAILURE_NO_OFFSET);
    if (r < 0 && w->dirs)
        mhl_known_dirs_unknown(w->dirs);
    while (r == 0 && !inspector_step(w->member) && (event = scan_next(&scan)) != SCAN_END) {
        int error = take_event(w, &scan, event);

        if (error < 0)
            inspector_fail(w->member, scan.path.bytes, "read directory", error,
                           FAILURE_NO_OFFSET);
        if (error < 0 && w->dirs)
            mhl_known_dirs_unknown(w->dirs);
    }
    scan_free(&scan);
}

/* ---- histories ---- */

static void on_found(void *arg, enum mhl_finding what, const char *path)
{
    bool extra = what == MHL_STRAY || what == MHL_UNKNOWN;
    struct failure f;

    (void)failure_format(
        &f, NULL, EBADMSG, "%s",
        what == MHL_REARRANGED
            ? "its files are right, but not the hash of the directory: the last "
              "generation has others, or other names"
            : "this generation is not in the chain of its history");
    inspector_find(arg,
                   what == MHL_MISSING ? FINDING_MISSING
                   : extra             ? FINDING_EXTRA
                                       : FINDING_DIFFERS,
                   path, &f, NULL);
}

static bool on_step(void *arg)
{
    return inspector_step(arg);
}

/* Makes the list that the directory is verified against. False: there is none, which was
 * reported. */
static bool find_sums(struct check_work *w)
{
    const struct mhl_extension e = {.found = on_found, .stopped = on_step, .arg = w->member};
    struct mhl_known **known;
    struct failure f;
    char *where;
    int r;

    w->sums = &w->jobs->sums;
    if (!w->jobs->known)
        return true;
    known = &w->jobs->known[w->member - w->member->inspection->members];
    r = mhl_known_read(&e, w->root, known, &where, &f);
    if (r == 0) {
        w->known = *known;
        w->sums = mhl_known_sums(*known);
        w->right = calloc(w->sums->n + 1, sizeof(*w->right));
        if (!w->right) {
            inspector_fail(w->member, "", "read", -ENOMEM, FAILURE_NO_OFFSET);
            r = -ENOMEM;
        }
    } else if (r != -ECANCELED) {
        inspector_find(w->member, r == -EBADMSG ? FINDING_DIFFERS : FINDING_UNREADABLE,
                       where ? where : "", &f, NULL);
    }
    free(where);
    return r == 0;
}

/* Names files that are not in the list; with histories, directories that are not as there. */
static void look_at_tree(struct check_work *w)
{
    const struct mhl_extension e = {.found = on_found, .stopped = on_step, .arg = w->member};

    if (w->known && !inspector_step(w->member)) {
        w->dirs = mhl_known_dirs_new(w->known, w->right, &e);
        if (!w->dirs)
            inspector_fail(w->member, "", "read directory", -ENOMEM, FAILURE_NO_OFFSET);
    }
    find_extra_files(w);
    if (w->dirs && !inspector_step(w->member)) {
        if (mhl_known_dirs_leave(w->dirs) < 0)
            inspector_fail(w->member, "", "hash", -ENOMEM, FAILURE_NO_OFFSET);
        mhl_known_dirs_find_missing(w->dirs);
    }
    mhl_known_dirs_free(w->dirs);
}

void *check_dir(void *member)
{
    struct inspector *m = member;
    int root = UNINTERRUPTED(open(m->path, O_RDONLY | O_DIRECTORY | O_NOCTTY | O_CLOEXEC));
    int error = root < 0 ? -errno : 0;
    struct check_work w = {
        .member = m,
        .jobs = m->arg,
        .root = root,
        .buffer = aligned_alloc(READ_FILE_ALIGN, m->inspection->buffer),
    };

    if (error < 0) {
        inspector_fail(m, "", "open", error, FAILURE_NO_OFFSET);
    } else if (!w.buffer) {
        inspector_fail(m, "", "read", -ENOMEM, FAILURE_NO_OFFSET);
    } else if (find_sums(&w)) {
        check_files(&w);
        look_at_tree(&w);
        atomic_store(&m->complete, !inspector_step(m));
    }
    free(w.right);
    free(w.buffer);
    (void)fd_close(&w.root);
    inspector_leave(m);
    return NULL;
}
