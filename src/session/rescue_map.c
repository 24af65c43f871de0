#include "rescue_map_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "target/whole_file.h"

#define HOLDS "# ucopy: holds "
#define SHIFT "# ucopy: shift "

void rescue_map_free(struct rescue_map *m)
{
    ranges_free(&m->done);
    ranges_free(&m->rough);
    ranges_free(&m->bad);
    for (unsigned i = 0; i < m->n_dests; i++)
        free(m->dests[i]);
    free(m->dests);
    *m = (struct rescue_map){.n_dests = 0};
}

int rescue_map_add_dest(struct rescue_map *m, const char *path)
{
    char **all = reallocarray(m->dests, m->n_dests + 1, sizeof(*all));

    if (!all)
        return -ENOMEM;
    m->dests = all;
    all[m->n_dests] = strdup(path);
    return all[m->n_dests] && ++m->n_dests ? 0 : -ENOMEM;
}

/* ---- reading ---- */

/* "POS SIZE STATUS". */
static int take_line(struct rescue_map *m, const char *line)
{
    long long pos, size;
    char status, rest;
    struct ranges *to;

    if (sscanf(line, "%lli %lli %c %c", &pos, &size, &status, &rest) != 3 || pos < 0 ||
        size < 0 || pos > INT64_MAX - size || !strchr("?*/-+", status))
        return -EINVAL;
    if (status == '?')
        return 0;
    to = status == '+' ? &m->done : status == '-' ? &m->bad : &m->rough;
    return ranges_add(to, (uint64_t)pos, (uint64_t)(pos + size));
}

/* "POS STATUS" or "POS STATUS PASS": the first line, of where ddrescue is. */
static int take_head(const char *line)
{
    long long pos, pass;
    char status;

    return sscanf(line, "%lli %c %lli", &pos, &status, &pass) >= 2 && strchr("?*/-FG+", status)
               ? 0
               : -EINVAL;
}

int rescue_map_read(struct rescue_map *m, const char *path)
{
    FILE *f = fopen(path, "re");
    bool head = false;
    char *line = NULL;
    size_t room = 0;
    int r = f ? 0 : -errno;

    while (r == 0 && getline(&line, &room, f) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, HOLDS, strlen(HOLDS)) == 0)
            r = rescue_map_add_dest(m, line + strlen(HOLDS));
        if (strncmp(line, SHIFT, strlen(SHIFT)) == 0)
            m->shift = strtoll(line + strlen(SHIFT), NULL, 10);
        if (line[0] == '#' || line[0] == '\0')
            continue;
        r = head ? take_line(m, line) : take_head(line);
        head = true;
    }
    if (r == 0 && (ferror(f) || !head))
        r = -EINVAL;
    free(line);
    if (f)
        (void)fclose(f);
    return r;
}

/* ---- writing ---- */

/* The status of the bytes at pos; *until becomes less if that changes before. */
static char status_at(const struct rescue_map *m, uint64_t pos, uint64_t *until)
{
    const struct {
        const struct ranges *set;
        char status;
    } sets[] = {{&m->bad, '-'}, {&m->done, '+'}, {&m->rough, '*'}};
    char found = '?';

    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        if (ranges_have(sets[i].set, pos, until) && found == '?')
            found = sets[i].status;
    return found;
}

static void put_line(FILE *f, uint64_t from, uint64_t end, char status)
{
    if (end > from)
        fprintf(f, "0x%08llX  0x%08llX  %c\n", (unsigned long long)from,
                (unsigned long long)(end - from), status);
}

static void put_lines(FILE *f, const struct rescue_map *m)
{
    uint64_t from = m->all.start, at = from, until;
    char status = '?';

    /* Before the range, ddrescue wants to know nothing. */
    put_line(f, 0, from, '?');
    while (at < m->all.end) {
        char now;

        until = m->all.end;
        now = status_at(m, at, &until);
        if (now != status) {
            put_line(f, from, at, status);
            from = at;
            status = now;
        }
        at = until;
    }
    put_line(f, from, at, status);
}

static void put_map(FILE *f, const struct rescue_map *m)
{
    bool whole = ranges_total(&m->done) + ranges_total(&m->bad) == m->all.end - m->all.start;

    fputs("# Mapfile. Created by ucopy, in the format of GNU ddrescue\n", f);
    for (unsigned i = 0; i < m->n_dests; i++)
        if (!strchr(m->dests[i], '\n'))
            fprintf(f, HOLDS "%s\n", m->dests[i]);
    if (m->shift != 0)
        fprintf(f, SHIFT "%lld\n", (long long)m->shift);
    fputs("# current_pos  current_status  current_pass\n", f);
    fprintf(f, "0x%08llX     %c               1\n#      pos        size  status\n",
            (unsigned long long)m->all.start, whole ? '+' : '?');
    put_lines(f, m);
}

/* whole_file.fill */
static int fill(void *arg, int fd)
{
    const struct rescue_map *m = arg;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), r = 0;
    FILE *f = copy < 0 ? NULL : fdopen(copy, "w");

    if (!f) {
        r = -errno;
        (void)fd_close(&copy);
        return r;
    }
    put_map(f, m);
    if (fflush(f) != 0)
        r = -errno;
    (void)fclose(f);
    return r;
}

int rescue_map_write(const struct rescue_map *m, const char *path)
{
    return whole_file_write_path(
        path, &(struct whole_file){.replace = true,
                                   .durable = true,
                                   .fill = fill,
                                   .arg = (struct rescue_map *)(uintptr_t)m});
}
