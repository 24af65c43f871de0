#include "existing.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "times_priv.h"

/* The existing file, and where it is. */
struct existing_file {
    const struct stat *st;
    int dir_fd;
    const char *name;
};

/* Whether the existing file has the type, the size and the modification time of the source. */
static bool is_copy(const struct existing_file *there, const struct stat *source)
{
    return S_ISREG(there->st->st_mode) && S_ISREG(source->st_mode) &&
           there->st->st_size == source->st_size &&
           times_compare(there->st, source, there->dir_fd, there->name) == 0;
}

/* Whether the existing file is older than the source. keeps_times: the copy would get the
 * source's time, as exactly as the file system can store it. */
static bool is_older(const struct existing_file *there, const struct stat *source,
                     bool keeps_times)
{
    return (keeps_times ? times_compare(there->st, source, there->dir_fd, there->name)
                        : clock_compare(&there->st->st_mtim, &source->st_mtim)) < 0;
}

/* Whether the existing file may have the data of the source. It is no copy if it is the source. */
static bool may_be_equal(const struct existing_file *there, const struct stat *source)
{
    return S_ISREG(there->st->st_mode) && S_ISREG(source->st_mode) &&
           there->st->st_size == source->st_size && !fd_same_file(there->st, source);
}

static enum existing_verdict verdict_on(const struct existing_policy *p,
                                        const struct stat *source,
                                        const struct existing_file *there)
{
    if (!there->st)
        return EXISTING_REPLACE;
    if (p->update == UPDATE_NONE)
        return EXISTING_SKIP;
    if (p->update == UPDATE_NONE_FAIL)
        return EXISTING_REFUSE;
    if (p->resume && p->keeps_times && !p->checksum && is_copy(there, source))
        return EXISTING_HAS;
    if (p->update == UPDATE_OLDER && !is_older(there, source, p->keeps_times))
        return EXISTING_SKIP;
    if (p->checksum && may_be_equal(there, source))
        return EXISTING_COMPARE;
    return p->ask ? EXISTING_ASK : EXISTING_REPLACE;
}

/* Whether the existing file would get the attributes of the source. If it is another name of a file
 * of this run, it has those of another source. If that was written to in place, its age and size,
 * too, are those of another one. */
static bool would_keep(enum existing_verdict v)
{
    return v == EXISTING_HAS || v == EXISTING_COMPARE;
}

struct existing_case existing_judge(const struct existing_policy *p, struct made *made,
                                    const struct stat *source, const struct stat *there,
                                    int dir_fd, const char *name)
{
    const struct existing_file file = {.st = there, .dir_fd = dir_fd, .name = name};
    struct existing_case c = {.verdict = verdict_on(p, source, &file)};

    if (there && !existing_keeps_all(p)) {
        enum made_verdict v = made_look(made, dir_fd, name, there);

        if (v == MADE_HERE)
            c.verdict = EXISTING_MADE;
        else if (v == MADE_CHANGED || (v == MADE_OTHER_NAME && would_keep(c.verdict)))
            c.verdict = p->ask ? EXISTING_ASK : EXISTING_REPLACE;
        else if (c.verdict == EXISTING_SKIP)
            made_add(made, there->st_dev, there->st_ino);
    }
    if (c.verdict == EXISTING_ASK) {
        c.mode = there->st_mode;
        c.writable = S_ISLNK(there->st_mode) || faccessat(dir_fd, name, W_OK, AT_EACCESS) == 0;
    }
    return c;
}

struct existing_case existing_judge_other(const struct existing_policy *p, struct made *made,
                                          const struct stat *source, const struct stat *there,
                                          int dir_fd, const char *name)
{
    const struct existing_policy other = {.ask = p->ask, .keeps_times = p->keeps_times};

    return existing_judge(&other, made, source, there, dir_fd, name);
}

int existing_refused(struct failure *f)
{
    return failure_set(f, NULL, EEXIST, FAILURE_NO_OFFSET, "not replaced: it exists");
}

int existing_made(struct failure *f)
{
    return failure_set(f, NULL, EEXIST, FAILURE_NO_OFFSET, "not replaced: " MADE_HINT);
}

int existing_declined(struct failure *f)
{
    return failure_set(f, NULL, ECANCELED, FAILURE_NO_OFFSET, "not replaced, as answered");
}
