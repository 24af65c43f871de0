/* failalloc: preloaded, it lets one allocation of each process fail: number FAILALLOC, counted
 * from 1 after the process has started its first thread. When that happens, the file
 * FAILALLOC_MARK comes into being. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own names of its functions. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t align, size_t n);

static atomic_bool counting;
static atomic_ulong count;

static bool fails(void)
{
    const char *number, *mark;
    int fd;

    if (!counting)
        return false;
    number = getenv("FAILALLOC");
    mark = getenv("FAILALLOC_MARK");
    if (!number || !mark || ++count != strtoul(number, NULL, 10))
        return false;
    fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    errno = ENOMEM;
    return true;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                   void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    counting = true;
    return real(thread, attr, run, arg);
}

void *malloc(size_t n)
{
    return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return fails() ? NULL : __libc_realloc(old, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    return fails() ? NULL : __libc_memalign(align, n);
}
