#include "page_cache.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file_system.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

#define CGROUP_ROOT "/sys/fs/cgroup"

#define SAMPLES      64u
#define SAMPLE_PAGES 4u

/* mincore(2) is asked for so many pages at a time. */
#define PART_PAGES 16384u

/* ---- how much it can hold ---- */

/* The number at the start of the file; UINT64_MAX if the file is missing or starts with a word.
 */
static uint64_t number_in(const char *path)
{
    char text[32];
    FILE *f = fopen(path, "re");
    uint64_t n = UINT64_MAX;

    if (!f)
        return n;
    if (fgets(text, sizeof(text), f) && text[0] >= '0' && text[0] <= '9')
        n = strtoull(text, NULL, 10);
    (void)fclose(f);
    return n;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The smallest limit of a control group and all groups above it. group: its path below root;
 * overwritten. file: the name of the file with the limit. */
static uint64_t limit_of(const char *root, char *group, const char *file)
{
    uint64_t limit = UINT64_MAX;

    for (;;) {
        char path[PATH_MAX];
        char *slash = strrchr(group, '/');
        int n = snprintf(path, sizeof(path), "%s%s/%s", root, group, file);

        if (n > 0 && (size_t)n < sizeof(path))
            limit = smaller(limit, number_in(path));
        if (!slash)
            return limit;
        *slash = '\0';
    }
}

/* The limit that control groups set. In a container the path of the group may not exist; the
 * limit of the root counts there. */
static uint64_t group_limit(void)
{
    char line[PATH_MAX];
    FILE *f = fopen("/proc/self/cgroup", "re");
    uint64_t limit = UINT64_MAX;

    while (f && fgets(line, sizeof(line), f)) {
        char *controllers = strchr(line, ':'), *group;

        line[strcspn(line, "\n")] = '\0';
        group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (strcmp(controllers + 1, "memory") == 0)
            limit =
                smaller(limit, limit_of(CGROUP_ROOT "/memory", group, "memory.limit_in_bytes"));
        else if (controllers[1] == '\0')
            limit = smaller(limit, limit_of(CGROUP_ROOT, group, "memory.max"));
    }
    if (f)
        (void)fclose(f);
    return limit;
}

/* MemAvailable in bytes; UINT64_MAX if it is not known. */
static uint64_t available(void)
{
    char line[128];
    FILE *f = fopen("/proc/meminfo", "re");
    uint64_t kib = 0;
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        found = strncmp(line, "MemAvailable:", strlen("MemAvailable:")) == 0;
        if (found)
            kib = strtoull(line + strlen("MemAvailable:"), NULL, 10);
    }
    if (f)
        (void)fclose(f);
    return found ? kib * 1024 : UINT64_MAX;
}

uint64_t page_cache_room(void)
{
    return smaller(available(), group_limit());
}

/* ---- what it holds ---- */

/* As the kernel defines them (include/uapi/linux/mman.h, 6.5). */
struct pages_asked {
    uint64_t off;
    uint64_t len;
};

struct pages_found {
    uint64_t cache;
    uint64_t dirty;
    uint64_t writeback;
    uint64_t evicted;
    uint64_t recently_evicted;
};

/* UINT64_MAX: mincore(2) has to say it. */
static uint64_t count_by_cachestat(int fd, uint64_t offset, uint64_t length)
{
    static const unsigned long overlays[] = {OVERLAYFS_SUPER_MAGIC, 0};
    struct pages_asked asked = {.off = offset, .len = length};
    struct pages_found found;

    if (file_system_is(fd, overlays) != 0 || syscall(SYS_cachestat, fd, &asked, &found, 0) < 0)
        return UINT64_MAX;
    return found.cache;
}

/* The pages of a part that begins with a page. */
static uint64_t count_part(int fd, uint64_t start, size_t size, size_t page)
{
    unsigned char in[PART_PAGES];
    size_t n = (size + page - 1) / page;
    uint64_t cached = 0;
    void *at = mmap(NULL, size, PROT_NONE, MAP_SHARED, fd, (off_t)start);
    bool known = at != MAP_FAILED && mincore(at, size, in) == 0;

    for (size_t i = 0; known && i < n; i++)
        cached += in[i] & 1;
    if (at != MAP_FAILED)
        (void)munmap(at, size);
    return known ? cached : UINT64_MAX;
}

uint64_t page_cache_count(int fd, uint64_t offset, uint64_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t start = offset / page * page, end = offset + length;
    uint64_t cached = length ? count_by_cachestat(fd, offset, length) : 0;

    if (cached != UINT64_MAX)
        return cached;
    for (cached = 0; start < end; start += PART_PAGES * page) {
        uint64_t rest = end - start, part = PART_PAGES * page, n;

        n = count_part(fd, start, rest < part ? rest : part, page);
        if (n == UINT64_MAX)
            return n;
        cached += n;
    }
    return cached;
}

bool page_cache_lacks(int fd, uint64_t offset, uint64_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), window = SAMPLE_PAGES * page;
    uint64_t start = offset / page * page;
    size_t size = (size_t)(offset + length - start), cached = 0, seen = 0;
    unsigned char *at;

    if (length < (uint64_t)SAMPLES * window)
        return page_cache_count(fd, offset, length) < (size + 2 * page - 1) / page / 2;
    /* For mincore(2) only: no page is accessed. */
    at = mmap(NULL, size, PROT_NONE, MAP_SHARED, fd, (off_t)start);
    if (at == MAP_FAILED)
        return false;
    for (size_t i = 0; i < SAMPLES; i++) {
        unsigned char in[SAMPLE_PAGES];
        size_t pos = (size - window) / SAMPLES * i / page * page;

        if (mincore(at + pos, window, in) < 0)
            break;
        for (unsigned p = 0; p < SAMPLE_PAGES; p++)
            cached += in[p] & 1;
        seen += SAMPLE_PAGES;
    }
    (void)munmap(at, size);
    return seen == SAMPLES * SAMPLE_PAGES && cached < seen / 2;
}

void page_cache_drop(int fd, uint64_t offset, uint64_t length)
{
    (void)posix_fadvise(fd, (off_t)offset, (off_t)length, POSIX_FADV_DONTNEED);
}
