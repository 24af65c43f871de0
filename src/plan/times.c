#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file_system.h"
#include "times_priv.h"

#define SECOND   INT64_C(1000000000)
#define MAX_ZONE (14 * 3600) /* seconds: FAT keeps local times */
#define ZONE     (15 * 60)   /* seconds: all zones are multiples of it */
#define FAT_1980 INT64_C(315532800)
#define FAT_2107 INT64_C(4354819200) /* the end of it */

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

/* The time, cut off to the resolution. */
static struct timespec cut(struct timespec t, int64_t resolution)
{
    t.tv_nsec = resolution >= SECOND ? 0 : t.tv_nsec - t.tv_nsec % (long)resolution;
    if (resolution == 2 * SECOND && t.tv_sec % 2 != 0)
        t.tv_sec--;
    return t;
}

/* ---- times that can stand for others ---- */

static bool is_local_midnight(int64_t t, int64_t utc)
{
    return t >= utc - MAX_ZONE && t <= utc + MAX_ZONE && (t - utc) % ZONE == 0;
}

/* Whether t is the first time of a file system. */
static bool is_first(int64_t t)
{
    return is_local_midnight(t, FAT_1980) || t == 0 || t == INT32_MIN;
}

/* Whether t is the last time of a file system: FAT (in steps of 1 or 2 s), 32 bits, ext4, XFS. */
static bool is_last(int64_t t)
{
    return is_local_midnight(t + 1, FAT_2107) || is_local_midnight(t + 2, FAT_2107) ||
           t == INT32_MAX || t == UINT32_MAX || t == (INT64_C(1) << 34) - 1 + INT32_MIN ||
           t == INT64_C(16299260424);
}

/* Whether the time is what is left of the source's when it is cut off to so many nanoseconds. The
 * file system did the same with the time of access then. */
static bool is_cut(const struct stat *there, const struct timespec *source, int64_t resolution)
{
    struct timespec t = cut(*source, resolution), access = cut(there->st_atim, resolution);

    return clock_same(&there->st_mtim, &t) && clock_same(&there->st_atim, &access);
}

/* Whether the file system, or its server, may keep some times of a file finer than others. The
 * file systems of Linux cut off all of them alike (timestamp_truncate(), Linux 6.18), so the time of
 * the last change of status tells what the others can be; those of FAT were different until 5.19. */
static bool has_unlike_times(int dir_fd, const char *name)
{
    static const unsigned long unlike[] = {
        MSDOS_SUPER_MAGIC,
        EXFAT_SUPER_MAGIC,
        FUSE_SUPER_MAGIC,
        CIFS_SUPER_MAGIC,
        SMB2_SUPER_MAGIC,
        V9FS_MAGIC,
        0,
    };
    int fd = UNINTERRUPTED(openat(dir_fd, name, O_PATH | O_CLOEXEC));
    bool has = fd >= 0 && file_system_is(fd, unlike) == 1;

    (void)fd_close(&fd);
    return has;
}

static bool may_stand_for(const struct stat *there, const struct timespec *source, int dir_fd,
                          const char *name)
{
    int64_t t = there->st_mtim.tv_sec;

    if ((source->tv_sec < t && is_first(t)) || (source->tv_sec > t && is_last(t)))
        return true;
    return (is_cut(there, source, SECOND) || is_cut(there, source, 2 * SECOND)) &&
           has_unlike_times(dir_fd, name);
}

/* Whether the source has not been changed since the existing file was created; where that time
 * is not known, since its status was changed last. A source from a machine that did not know the
 * time shows nothing. */
static bool is_unchanged_since(const struct stat *there, const struct stat *source, int dir_fd,
                               const char *name)
{
    struct timespec made = there->st_ctim;
    struct statx stx;

    if (statx(dir_fd, name, 0, STATX_BTIME, &stx) == 0 && stx.stx_mask & STATX_BTIME)
        made =
            (struct timespec){.tv_sec = stx.stx_btime.tv_sec, .tv_nsec = stx.stx_btime.tv_nsec};
    return source->st_ctim.tv_sec > FAT_1980 + MAX_ZONE &&
           clock_compare(&source->st_ctim, &made) < 0;
}

int times_compare(const struct stat *there, const struct stat *source, int dir_fd,
                  const char *name)
{
    struct timespec t = cut(source->st_mtim, resolution(there));
    int r = clock_compare(&there->st_mtim, &t);

    /* Nothing else than a file can have been copied to one. */
    if (r == 0 || !S_ISREG(there->st_mode) || !S_ISREG(source->st_mode) ||
        !may_stand_for(there, &source->st_mtim, dir_fd, name))
        return r;
    return there->st_size == source->st_size && is_unchanged_since(there, source, dir_fd, name)
               ? 0
               : -1;
}
