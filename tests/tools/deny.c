/* deny: runs a command under a seccomp filter that lets given system calls fail.
 *
 *     deny NAME=ERRNO... -- COMMAND [ARG]...
 *
 * e.g. deny io_uring_setup=EPERM io_setup=ENOSYS -- ucopy a b. Exit 77 (skip) where the kernel
 * or a container does not allow filters. */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "add this machine's AUDIT_ARCH_..."
#endif

#define MAX_RULES  32
#define EXIT_SKIP  77
#define EXIT_USAGE 2

struct named {
    const char *name;
    uint32_t value;
};

static const struct named calls[] = {
    {"io_uring_setup", __NR_io_uring_setup},
    {"io_uring_enter", __NR_io_uring_enter},
    {"io_uring_register", __NR_io_uring_register},
    {"io_setup", __NR_io_setup},
    {"io_submit", __NR_io_submit},
    {"statx", __NR_statx},
    {"cachestat", 451},
    {"mincore", __NR_mincore},
    {"fsync", __NR_fsync},
    {"renameat", __NR_renameat},
    {"renameat2", __NR_renameat2},
    {"pwrite64", __NR_pwrite64},
    {"fchmod", __NR_fchmod},
    {NULL, 0},
};

static const struct named errnos[] = {
    {"EPERM", EPERM},   {"ENOSYS", ENOSYS}, {"EAGAIN", EAGAIN}, {"ENOMEM", ENOMEM},
    {"EIO", EIO},       {"EINVAL", EINVAL}, {"ENOSPC", ENOSPC}, {"EACCES", EACCES},
    {"EMFILE", EMFILE}, {NULL, 0},
};

static uint32_t find(const struct named *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table->value;
    errx(EXIT_USAGE, "not in the table of this program: %s", name);
}

/* Appends "when it is this system call, return this errno". */
static unsigned add_rule(struct sock_filter *filter, unsigned n, char *rule)
{
    char *equals = strchr(rule, '=');

    if (!equals)
        errx(EXIT_USAGE, "expected NAME=ERRNO: %s", rule);
    *equals = '\0';
    filter[n++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, find(calls, rule), 0, 1);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                               SECCOMP_RET_ERRNO | find(errnos, equals + 1));
    return n;
}

int main(int argc, char **argv)
{
    struct sock_filter filter[5 + 2 * MAX_RULES] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    struct sock_fprog program = {.filter = filter};
    unsigned n = 4;
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (i > MAX_RULES)
            errx(EXIT_USAGE, "too many rules");
        n = add_rule(filter, n, argv[i]);
    }
    if (i + 1 >= argc)
        errx(EXIT_USAGE, "usage: deny NAME=ERRNO... -- COMMAND [ARG]...");
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program.len = (unsigned short)n;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
        warn("seccomp");
        return EXIT_SKIP;
    }
    execvp(argv[i + 1], argv + i + 1);
    err(127, "%s", argv[i + 1]);
}
