#include "existing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"

#define SECOND INT64_C(1000000000)

/* An upper limit for the resolution of times on this file system, in nanoseconds: the largest
 * unit (2 s for FAT, 1 s, 0.1 s, ...) that divides all times of the file. The result is too
 * large only if the times are round numbers by chance. */
static int64_t resolution(const struct stat *st)
{
    const struct timespec *times[] = {&st->st_atim, &st->st_mtim, &st->st_ctim};
    int64_t r = 2 * SECOND;

    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (r == 2 * SECOND && (times[i]->tv_sec % 2 != 0 || times[i]->tv_nsec != 0))
            r = SECOND;
        while (times[i]->tv_nsec % r != 0)
            r /= 10;
    }
    return r;
}

/* The source's modification time, cut off to the resolution of the existing file's file
 * system. */
static struct timespec cut_time(const struct stat *there, const struct stat *source)
{
    struct timespec t = source->st_mtim;
    int64_t r = resolution(there);

    t.tv_nsec = r >= SECOND ? 0 : t.tv_nsec - t.tv_nsec % (long)r;
    if (r == 2 * SECOND && t.tv_sec % 2 != 0)
        t.tv_sec--;
    return t;
}

/* Whether the existing file has the type, the size and the modification time of the source. */
static bool is_copy(const struct stat *there, const struct stat *source)
{
    struct timespec t = cut_time(there, source);

    return S_ISREG(there->st_mode) && S_ISREG(source->st_mode) &&
           there->st_size == source->st_size && clock_same(&there->st_mtim, &t);
}

/* Whether the existing file is older than the source. keeps_times: the copy would get the
 * source's time, as exactly as the file system can store it. */
static bool is_older(const struct stat *there, const struct stat *source, bool keeps_times)
{
    struct timespec t = keeps_times ? cut_time(there, source) : source->st_mtim;

    if (there->st_mtim.tv_sec != t.tv_sec)
        return there->st_mtim.tv_sec < t.tv_sec;
    return there->st_mtim.tv_nsec < t.tv_nsec;
}

static enum existing_verdict verdict_on(const struct existing_policy *p,
                                        const struct stat *source, const struct stat *there)
{
    if (!there)
        return EXISTING_REPLACE;
    if (p->update == UPDATE_NONE)
        return EXISTING_SKIP;
    if (p->update == UPDATE_NONE_FAIL)
        return EXISTING_REFUSE;
    if (p->resume && p->keeps_times && is_copy(there, source))
        return EXISTING_HAS;
    if (p->update == UPDATE_OLDER && !is_older(there, source, p->keeps_times))
        return EXISTING_SKIP;
    return p->ask ? EXISTING_ASK : EXISTING_REPLACE;
}

struct existing_case existing_judge(const struct existing_policy *p, struct made *made,
                                    const struct stat *source, const struct stat *there,
                                    int dir_fd, const char *name)
{
    struct existing_case c = {.verdict = verdict_on(p, source, there)};

    if (there && !existing_keeps_all(p)) {
        enum made_verdict v = made_look(made, dir_fd, name, there);

        if (v == MADE_HERE)
            c.verdict = EXISTING_MADE;
        else if (v == MADE_CHANGED) /* its age and size are those of another source */
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
