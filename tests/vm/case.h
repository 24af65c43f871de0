/* case: what the programs of this directory share that run each of their cases in a child process and print
 * TAP. Define CASE_FILE, the name of the program's source, before. */
#ifndef UCOPY_TESTS_VM_CASE_H
#define UCOPY_TESTS_VM_CASE_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S   300u /* for one case; an emulated guest is slow */
#define EXIT_SKIP 77

static char where[160]; /* what the case is doing, for messages */

/* ---- reporting out of a case ---- */

static void fail_at(int line, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

static void fail_at(int line, const char *format, ...)
{
    va_list args;

    printf("# %s:%d: %s: ", CASE_FILE, line, where);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    _exit(1);
}

#define CHECK(cond)                                                                            \
    do {                                                                                       \
        if (!(cond))                                                                           \
            fail_at(__LINE__, "%s (errno: %m)", #cond);                                        \
    } while (0)

static void skip(const char *why) __attribute__((noreturn));

static void skip(const char *why)
{
    printf("# skipped: %s\n", why);
    fflush(stdout);
    _exit(EXIT_SKIP);
}

/* ---- running cases ---- */

/* Waits for the child that runs a case. Returns its status, 1 if it was killed. */
static int case_status(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    if (WIFSIGNALED(status)) {
        printf("# killed by signal %d%s\n", WTERMSIG(status),
               WTERMSIG(status) == SIGALRM ? ": it took too long" : "");
        return 1;
    }
    return WEXITSTATUS(status);
}

/* Whether a list from the command line has that name. */
static bool listed(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = list; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, name, len) == 0 && (p[len] == '\0' || p[len] == ','))
            return true;
    }
    return false;
}

/* Prints the line of a case that has ended with that status. Whether it has failed. */
static bool report_case(unsigned number, const char *name, const char *mode_name, int status)
{
    bool good = status == 0 || status == EXIT_SKIP;

    printf("%s %u - %s, %s%s\n", good ? "ok" : "not ok", number, name, mode_name,
           status == EXIT_SKIP ? " # SKIP" : "");
    return !good;
}

#endif
