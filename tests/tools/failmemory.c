/* failmemory: preloaded, it lets allocations of memory fail, of those that the program itself
 * asks for (not its libraries).
 *
 *     FAILMEMORY=N     the N-th one, from 1 on
 *     FAILMEMORY=N+    that one and all that come after it
 *
 * Where there is a file of the name FAILMEMORY_LOG, a line is added to it when one has failed. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static uintptr_t text_start, text_end; /* of the program */
static unsigned long wanted;
static bool and_all_after;
static atomic_ulong asked;

static int note_program(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        text_start = info->dlpi_addr + p->p_vaddr;
        text_end = text_start + p->p_memsz;
    }
    return 1; /* the program is the first object */
}

__attribute__((constructor)) static void set_up(void)
{
    const char *which = getenv("FAILMEMORY");
    char *end = NULL;

    (void)dl_iterate_phdr(note_program, NULL);
    wanted = which ? strtoul(which, &end, 10) : 0;
    and_all_after = end && *end == '+';
}

static void note_failure(void)
{
    const char *log = getenv("FAILMEMORY_LOG");
    int fd = log ? open(log, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)!write(fd, "x\n", 2);
        close(fd);
    }
}

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    unsigned long n;

    if (wanted == 0 || at < text_start || at >= text_end)
        return false;
    n = atomic_fetch_add(&asked, 1) + 1;
    if (n != wanted && !(and_all_after && n > wanted))
        return false;
    note_failure();
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, all);
}
