#include "devices_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "message_priv.h"

enum column { COLUMN_PATH, COLUMN_SLOT, COLUMN_MODEL, COLUMN_SERIAL, COLUMN_SIZE, N_COLUMNS };

struct row {
    const char *texts[N_COLUMNS];
    char size[16];
};

static const char *or_dash(const char *text)
{
    return text[0] ? text : "-";
}

static void fill(struct row *r, const char *path, const struct disk *disk)
{
    text_human(r->size, sizeof(r->size), (double)disk->size);
    r->texts[COLUMN_PATH] = path;
    r->texts[COLUMN_SLOT] = or_dash(disk->slot);
    r->texts[COLUMN_MODEL] = or_dash(disk->model);
    r->texts[COLUMN_SERIAL] = or_dash(disk->serial);
    r->texts[COLUMN_SIZE] = r->size;
}

/* Writes the text, and spaces up to the width. Texts with bytes that are escaped become longer. */
static void put(FILE *f, const char *text, size_t width)
{
    report_message_escaped(f, text);
    for (size_t n = strlen(text); n < width + 2; n++)
        fputc(' ', f);
}

void report_devices(char *const *paths, const struct disk *disks, unsigned n, bool ask)
{
    size_t widths[N_COLUMNS] = {0};
    struct message m;
    unsigned count = 0;
    struct row r;

    for (unsigned i = 0; i < n; i++) {
        if (!disks[i].dev)
            continue;
        fill(&r, paths[i], &disks[i]);
        count++;
        for (unsigned k = 0; k < N_COLUMNS; k++)
            if (strlen(r.texts[k]) > widths[k])
                widths[k] = strlen(r.texts[k]);
    }
    report_message_begin(&m);
    for (unsigned i = 0; i < n; i++) {
        if (!disks[i].dev)
            continue;
        fill(&r, paths[i], &disks[i]);
        for (unsigned k = 0; k < N_COLUMNS; k++)
            put(m.f, r.texts[k], widths[k]);
        report_message_escaped(m.f, disks[i].content[0] ? disks[i].content : "nothing known");
        fputc('\n', m.f);
    }
    if (ask)
        fprintf(m.f, "ucopy: overwrite %s, so that all that is on %s is lost? ",
                count == 1 ? "this device" : "these devices", count == 1 ? "it" : "them");
    report_message_end(&m);
}

bool report_on_terminal(void)
{
    return isatty(STDERR_FILENO);
}

char *report_device_name(const struct dest_status *d, const char *path)
{
    char *name;

    if (!d->disk || !d->disk->label[0])
        return strdup(path);
    return asprintf(&name, "%s [%s]", path, d->disk->label) < 0 ? NULL : name;
}

void report_devices_failed(const struct copy_status *s)
{
    struct message m;
    bool any = false;

    for (unsigned i = 0; i < s->n_dests; i++) {
        const struct disk *disk = s->dests[i].disk;

        if (s->dests[i].state != DEST_FAILED || !disk || s->dests[i].by_source ||
            s->dests[i].by_all)
            continue;
        if (!any) {
            report_message_begin(&m);
            fputs("ucopy: for these devices alone:", m.f);
        }
        any = true;
        fputc(' ', m.f);
        if (disk->by_path)
            fputs(DISK_BY_PATH "/", m.f);
        report_message_escaped(m.f, disk->by_path ? disk->slot : s->dests[i].path);
    }
    if (!any)
        return;
    fputc('\n', m.f);
    report_message_end(&m);
}
