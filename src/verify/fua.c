#include "fua.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sysfs.h"

/* How long a command may take: as long as the kernel gives a read of a SCSI disk. */
#define TIMEOUT_MS 30000u

/* A command that reads more has no advantage. */
#define MOST (1u << 20)

/* Sectors in sysfs, whatever the disk has. */
#define SECTOR 512u

/* The kernel maps the buffer page by page, and splits no such command (blk_rq_append_bio(),
 * block/blk-map.c, 6.12). */
#define PAGE 4096u

/* ---- SCSI ---- */

#define READ_10 0x28
#define READ_16 0x88
#define FUA_BIT 0x08 /* of byte 1 */

/* A command that tells of an event, as of a reset, is to be repeated. */
#define TRIES 5u

#define KEY_RECOVERED       0x1
#define KEY_NOT_READY       0x2
#define KEY_MEDIUM_ERROR    0x3
#define KEY_ILLEGAL_REQUEST 0x5
#define KEY_UNIT_ATTENTION  0x6

#define CODE_OUT_OF_RANGE 0x21 /* of an illegal request: there is no such block */

#define HOST_NO_CONNECT 0x1
#define HOST_TIME_OUT   0x3

/* Puts the number there, the highest byte first. */
static void put_number(unsigned char *at, unsigned bytes, uint64_t number)
{
    for (unsigned i = bytes; i > 0; i--) {
        at[i - 1] = (unsigned char)number;
        number >>= 8;
    }
}

/* The sense key and the additional sense code, in either format; 0: there is none. */
static void read_sense(const unsigned char *sense, unsigned n, unsigned *ret_key,
                       unsigned *ret_code)
{
    unsigned format = n > 0 ? sense[0] & 0x7f : 0;
    bool described = format == 0x72 || format == 0x73;
    unsigned key_at = described ? 1 : 2, code_at = described ? 2 : 12;

    if (!described && format != 0x70 && format != 0x71)
        n = 0;
    *ret_key = n > key_at ? sense[key_at] & 0xf : 0;
    *ret_code = n > code_at ? sense[code_at] : 0;
}

/* 0, -EAGAIN: the command is to be repeated, or what is wrong. */
static int scsi_error(const struct sg_io_hdr *h)
{
    unsigned key, code;

    if ((h->info & SG_INFO_OK_MASK) == SG_INFO_OK)
        return 0;
    if (h->host_status == HOST_NO_CONNECT)
        return -ENODEV;
    if (h->host_status == HOST_TIME_OUT)
        return -ETIMEDOUT;
    read_sense(h->sbp, h->sb_len_wr, &key, &code);
    switch (key) {
    case KEY_RECOVERED:
        return 0;
    case KEY_UNIT_ATTENTION:
        return -EAGAIN;
    case KEY_MEDIUM_ERROR:
        return -ENODATA; /* as of a plain read */
    case KEY_ILLEGAL_REQUEST:
        return code == CODE_OUT_OF_RANGE ? -EIO : -EOPNOTSUPP;
    case KEY_NOT_READY:
        return -ENODEV;
    default:
        return -EIO;
    }
}

/* Reads n bytes at that position of the disk. Their number, or a negative errno. */
static int64_t read_scsi(const struct fua *f, void *buffer, uint32_t n, uint64_t at)
{
    unsigned char command[16] = {f->read16 ? READ_16 : READ_10, FUA_BIT}, sense[64];
    struct sg_io_hdr h;
    int r = -EAGAIN;

    put_number(command + 2, f->read16 ? 8 : 4, at / f->block);
    put_number(command + (f->read16 ? 10 : 7), f->read16 ? 4 : 2, n / f->block);
    for (unsigned i = 0; i < TRIES && r == -EAGAIN; i++) {
        h = (struct sg_io_hdr){.interface_id = 'S',
                               .dxfer_direction = SG_DXFER_FROM_DEV,
                               .cmd_len = f->read16 ? 16 : 10,
                               .mx_sb_len = sizeof(sense),
                               .dxfer_len = n,
                               .dxferp = buffer,
                               .cmdp = command,
                               .sbp = sense,
                               .timeout = TIMEOUT_MS};
        r = ioctl(f->fd, SG_IO, &h) < 0 ? -errno : scsi_error(&h);
    }
    if (r < 0)
        return r == -EAGAIN ? -EIO : r;
    return h.resid > 0 && (uint32_t)h.resid <= n ? n - (uint32_t)h.resid : n;
}

/* ---- NVMe ---- */

#define NVME_READ 0x02
#define NVME_FUA  (1u << 30) /* of dword 12 */

/* A status is the type and the code (NVMe Base Specification, "Status Field"). */
#define NVME_INVALID_OPCODE 0x001
#define NVME_INVALID_FIELD  0x002
#define NVME_UNREAD_ERROR   0x281 /* unrecovered read error */

/* As read_scsi(). */
static int64_t read_nvme(const struct fua *f, void *buffer, uint32_t n, uint64_t at)
{
    uint64_t first = at / f->block;
    struct nvme_passthru_cmd64 c = {.opcode = NVME_READ,
                                    .nsid = f->nsid,
                                    .addr = (uintptr_t)buffer,
                                    .data_len = n,
                                    .cdw10 = (uint32_t)first,
                                    .cdw11 = (uint32_t)(first >> 32),
                                    .cdw12 = (n / f->block - 1) | NVME_FUA,
                                    .timeout_ms = TIMEOUT_MS};
    int status = ioctl(f->fd, NVME_IOCTL_IO64_CMD, &c);

    if (status < 0)
        return -errno;
    switch (status & 0x7ff) { /* above it are flags */
    case 0:
        return n;
    case NVME_INVALID_OPCODE:
    case NVME_INVALID_FIELD:
        return -EOPNOTSUPP;
    case NVME_UNREAD_ERROR:
        return -ENODATA;
    default:
        return -EIO;
    }
}

/* ---- what the device is ---- */

/* What stands in a file of sysfs; "" if there is no such file. */
static void read_text(int dir_fd, const char *name, char text[32])
{
    int fd = UNINTERRUPTED(openat(dir_fd, name, O_RDONLY | O_CLOEXEC));
    ssize_t n = fd < 0 ? 0 : UNINTERRUPTED(read(fd, text, 31));

    (void)fd_close(&fd);
    text[n > 0 ? n : 0] = '\0';
}

/* 0 if it does not say. */
static uint64_t read_number(int dir_fd, const char *name)
{
    char text[32];

    read_text(dir_fd, name, text);
    return strtoull(text, NULL, 10);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Blocks that carry more than data would have to be read in another way. */
static bool has_metadata(int disk)
{
    char format[32];

    read_text(disk, "integrity/format", format);
    return read_number(disk, "metadata_bytes") > 0 ||
           (*format != '\0' && strncmp(format, "none", 4) != 0);
}

/* Devices above others (device-mapper) pass such commands on to the disk as they are, with a number
 * of a block that is not theirs: only a disk itself, or its partition, is asked. disk: its
 * directory in sysfs. */
static int look_at_disk(struct fua *f, int disk)
{
    char link[256];
    ssize_t n = readlinkat(disk, "device/subsystem", link, sizeof(link) - 1);
    const char *bus;

    link[n > 0 ? n : 0] = '\0';
    bus = strrchr(link, '/');
    bus = bus ? bus + 1 : link;
    f->nvme = strncmp(bus, "nvme", 4) == 0; /* "nvme-subsystem" if it has several paths */
    f->block = (uint32_t)read_number(disk, "queue/logical_block_size");
    f->most = (uint32_t)lesser(MOST, 1024 * read_number(disk, "queue/max_hw_sectors_kb"));
    f->most = (uint32_t)lesser(f->most, PAGE * read_number(disk, "queue/max_segments"));
    if ((!f->nvme && strcmp(bus, "scsi") != 0) || f->block == 0 || has_metadata(disk))
        return -EOPNOTSUPP;
    f->most = f->most / f->block * f->block;
    f->read16 = SECTOR * read_number(disk, "size") / f->block > UINT32_MAX;
    return f->most > 0 ? 0 : -EOPNOTSUPP;
}

static int look_at_device(struct fua *f, const char *directory)
{
    int dir = UNINTERRUPTED(open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC)), disk, r;
    bool is_part;

    if (dir < 0)
        return -errno;
    is_part = faccessat(dir, "partition", F_OK, 0) == 0;
    disk = UNINTERRUPTED(openat(dir, is_part ? ".." : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    r = disk < 0 ? -errno : look_at_disk(f, disk);
    f->start = is_part ? SECTOR * read_number(dir, "start") : 0;
    f->size = SECTOR * read_number(dir, "size");
    (void)fd_close(&disk);
    (void)fd_close(&dir);
    return r == 0 && f->start % f->block != 0 ? -EOPNOTSUPP : r;
}

/* ---- reading ---- */

int64_t fua_read(const struct fua *f, void *buffer, size_t n, uint64_t offset)
{
    uint64_t rest = offset < f->size ? f->size - offset : 0;
    size_t done = 0, all = (size_t)lesser(n, rest);

    while (done < all) {
        uint32_t part = (uint32_t)lesser(all - done, f->most);
        uint64_t at = f->start + offset + done;
        char *to = (char *)buffer + done;
        int64_t r = f->nvme ? read_nvme(f, to, part, at) : read_scsi(f, to, part, at);

        if (r >= 0 && r < f->block)
            r = -EIO;
        if (r < 0)
            return r;
        done += (size_t)r / f->block * f->block;
    }
    return (int64_t)done;
}

/* A block that cannot be read is one that was asked for. */
static int probe(const struct fua *f)
{
    void *block = NULL;
    int64_t r;

    if (posix_memalign(&block, f->block > PAGE ? f->block : PAGE, f->block) != 0)
        return -ENOMEM;
    r = fua_read(f, block, f->block, 0);
    free(block);
    return r == -ENODATA ? 0 : r < 0 ? (int)r : r == 0 ? -ENODEV : 0;
}

int fua_open_described(struct fua *f, int fd, const char *directory)
{
    int r;

    *f = (struct fua){.fd = fd};
    r = look_at_device(f, directory);
    if (r < 0)
        return r;
    if (f->nvme) {
        r = ioctl(fd, NVME_IOCTL_ID);
        if (r < 0)
            return -errno;
        f->nsid = (unsigned)r;
    }
    r = probe(f);
    /* A small disk is asked for READ(10) first, as by the kernel: sticks may fail of commands that
     * they do not know. */
    if (r == -EOPNOTSUPP && !f->nvme && !f->read16) {
        f->read16 = true;
        r = probe(f);
    }
    return r;
}

int fua_open(struct fua *f, int fd)
{
    char directory[64];
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISBLK(st.st_mode))
        return -EOPNOTSUPP;
    sysfs_path(st.st_rdev, "", directory, sizeof(directory));
    return fua_open_described(f, fd, directory);
}
