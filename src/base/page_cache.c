#include "page_cache.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

#define SAMPLES      64u
#define SAMPLE_PAGES 4u

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

bool page_cache_lacks(int fd, uint64_t offset, uint64_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), window = SAMPLE_PAGES * page;
    uint64_t start = offset / page * page;
    size_t size = (size_t)(offset + length - start), cached = 0, seen = 0;
    unsigned char *at;

    if (length < (uint64_t)SAMPLES * window)
        return false;
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
