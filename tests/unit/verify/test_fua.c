/* Tests of verify/fua.c: the commands that reach a disk, and what becomes of its answers. */
#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "verify/fua.h"

#define DISK_FD 12345
#define MOST    16

/* The commands that came. */
struct command {
    bool nvme, fua;
    unsigned bytes; /* of a SCSI command */
    uint64_t block, blocks;
    uint32_t length;
};

static struct command commands[MOST];
static unsigned n_commands;

/* What the disk answers to the command of that number: a sense key and code, or a status of NVMe. */
static unsigned answers[MOST], codes[MOST];
static unsigned short host_statuses[MOST];
static int error_of_ioctl, short_by;

static char directory[] = "/tmp/ucopy-test-XXXXXX";
static char buffer[1 << 20];

int __wrap_ioctl(int fd, unsigned long request, ...);

static uint64_t number_at(const unsigned char *at, unsigned bytes)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

static void take_scsi(struct sg_io_hdr *h)
{
    const unsigned char *c = h->cmdp;
    bool is16 = c[0] == 0x88;
    unsigned n = n_commands++;

    assert_true(n < MOST);
    assert_int_equal(h->interface_id, 'S');
    assert_int_equal(h->dxfer_direction, SG_DXFER_FROM_DEV);
    assert_true(is16 || c[0] == 0x28);
    assert_int_equal(h->cmd_len, is16 ? 16 : 10);
    commands[n] = (struct command){.fua = c[1] == 0x08,
                                   .bytes = h->cmd_len,
                                   .block = number_at(c + 2, is16 ? 8 : 4),
                                   .blocks = number_at(c + (is16 ? 10 : 7), is16 ? 4 : 2),
                                   .length = h->dxfer_len};
    memset(h->dxferp, 'a' + (int)n, h->dxfer_len);
    h->resid = n > 0 ? short_by : 0;
    h->host_status = host_statuses[n];
    if (answers[n] || host_statuses[n])
        h->info |= SG_INFO_CHECK;
    if (!answers[n])
        return;
    h->sb_len_wr = 18;
    memset(h->sbp, 0, 18);
    if (n % 2) { /* both formats */
        h->sbp[0] = 0x72;
        h->sbp[1] = (unsigned char)answers[n];
        h->sbp[2] = (unsigned char)codes[n];
    } else {
        h->sbp[0] = 0x70;
        h->sbp[2] = (unsigned char)answers[n];
        h->sbp[12] = (unsigned char)codes[n];
    }
}

static int take_nvme(const struct nvme_passthru_cmd64 *c)
{
    unsigned n = n_commands++;

    assert_true(n < MOST);
    assert_int_equal(c->opcode, 2);
    assert_int_equal(c->nsid, 7);
    commands[n] = (struct command){.nvme = true,
                                   .fua = c->cdw12 >> 16 == 0x4000,
                                   .block = c->cdw10 | (uint64_t)c->cdw11 << 32,
                                   .blocks = (c->cdw12 & 0xffff) + 1,
                                   .length = c->data_len};
    memset((void *)(uintptr_t)c->addr, 'a' + (int)n, c->data_len);
    return (int)answers[n];
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    assert_int_equal(fd, DISK_FD);
    if (error_of_ioctl) {
        errno = error_of_ioctl;
        return -1;
    }
    if (request == NVME_IOCTL_ID)
        return 7;
    if (request == NVME_IOCTL_IO64_CMD)
        return take_nvme(arg);
    assert_int_equal(request, SG_IO);
    take_scsi(arg);
    return 0;
}

/* ---- a directory as in sysfs ---- */

static void make(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    assert_non_null(f);
    assert_true(fprintf(f, "%s\n", text) > 0);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
    (void)state;
    n_commands = 0;
    error_of_ioctl = short_by = 0;
    memset(answers, 0, sizeof(answers));
    memset(codes, 0, sizeof(codes));
    memset(host_statuses, 0, sizeof(host_statuses));
    (void)snprintf(directory, sizeof(directory), "/tmp/ucopy-test-XXXXXX");
    if (!mkdtemp(directory) || chdir(directory) < 0 || mkdir("queue", 0700) < 0 ||
        mkdir("device", 0700) < 0 || mkdir("part", 0700) < 0)
        return -1;
    if (symlink("../../../../bus/scsi", "device/subsystem") < 0)
        return -1;
    make("size", "2048");
    make("queue/logical_block_size", "512");
    make("queue/max_hw_sectors_kb", "64");
    make("queue/max_segments", "128");
    make("part/partition", "1");
    make("part/start", "1024");
    make("part/size", "512");
    return 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void set_bus(const char *link)
{
    assert_int_equal(unlink("device/subsystem"), 0);
    assert_int_equal(symlink(link, "device/subsystem"), 0);
}

static void assert_command(unsigned n, unsigned bytes, uint64_t block, uint64_t blocks,
                           uint32_t length)
{
    assert_true(n < n_commands);
    assert_true(commands[n].fua);
    assert_int_equal(commands[n].bytes, bytes);
    assert_int_equal(commands[n].block, block);
    assert_int_equal(commands[n].blocks, blocks);
    assert_int_equal(commands[n].length, length);
}

/* ---- the tests ---- */

/* Pieces as large as a command may be, and not behind the end. */
static void test_scsi(void **state)
{
    struct fua f;

    (void)state;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    assert_command(0, 10, 0, 1, 512);
    assert_int_equal(fua_read(&f, buffer, 100 << 10, 8192), 100 << 10);
    assert_command(1, 10, 16, 128, 64 << 10);
    assert_command(2, 10, 144, 72, 36 << 10);
    assert_int_equal(buffer[(64 << 10) - 1], 'b');
    assert_int_equal(buffer[64 << 10], 'c');
    assert_int_equal(fua_read(&f, buffer, 4096, (1 << 20) - 512), 512);
    assert_command(3, 10, 2047, 1, 512);
    assert_int_equal(fua_read(&f, buffer, 4096, 1 << 20), 0);
    assert_int_equal(n_commands, 4);
}

static void test_partition(void **state)
{
    struct fua f;

    (void)state;
    make("queue/logical_block_size", "4096");
    assert_int_equal(fua_open_described(&f, DISK_FD, "part"), 0);
    assert_command(0, 10, 128, 1, 4096);
    assert_int_equal(fua_read(&f, buffer, 16384, 256 << 10), 0);
    assert_int_equal(fua_read(&f, buffer, 16384, (256 << 10) - 8192), 8192);
    assert_command(1, 10, 190, 2, 8192);
    /* It begins within a block: nobody can read it so. */
    make("part/start", "1023");
    assert_int_equal(fua_open_described(&f, DISK_FD, "part"), -EOPNOTSUPP);
}

/* The pages of a buffer may lie anywhere. */
static void test_segments(void **state)
{
    struct fua f;

    (void)state;
    make("queue/max_segments", "2");
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    assert_int_equal(fua_read(&f, buffer, 12288, 0), 12288);
    assert_command(1, 10, 0, 16, 8192);
    assert_command(2, 10, 16, 8, 4096);
    make("queue/max_hw_sectors_kb", "10000000");
    make("queue/max_segments", "65535");
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    assert_int_equal(f.most, 1 << 20);
    make("queue/max_segments", "");
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -EOPNOTSUPP);
}

static void test_large_disk(void **state)
{
    struct fua f;

    (void)state;
    make("size", "6000000000");
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    assert_int_equal(fua_read(&f, buffer, 1024, UINT64_C(5999999999) * 512), 512);
    assert_command(0, 16, 0, 1, 512);
    assert_command(1, 16, UINT64_C(5999999999), 1, 512);
}

/* READ(10) is not known, or neither is. */
static void test_refused(void **state)
{
    struct fua f;

    (void)state;
    answers[0] = 5;
    codes[0] = 0x20;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    assert_int_equal(fua_read(&f, buffer, 512, 512), 512);
    assert_command(0, 10, 0, 1, 512);
    assert_command(1, 16, 0, 1, 512);
    assert_command(2, 16, 1, 1, 512);
    answers[3] = answers[4] = 5;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -EOPNOTSUPP);
    assert_int_equal(n_commands, 5);
    error_of_ioctl = EPERM;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -EPERM);
    error_of_ioctl = ENOTTY;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -ENOTTY);
}

/* The disk has answered: a bad block is no reason not to write there. */
static void test_bad_first_block(void **state)
{
    struct fua f;

    (void)state;
    answers[0] = 3;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    answers[1] = 2;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -ENODEV);
}

static void test_errors(void **state)
{
    struct fua f;

    (void)state;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    answers[1] = 3;
    assert_int_equal(fua_read(&f, buffer, 512, 0), -ENODATA);
    answers[2] = 5; /* the disk ends earlier than it says */
    codes[2] = 0x21;
    assert_int_equal(fua_read(&f, buffer, 512, 0), -EIO);
    answers[3] = 1; /* it was read after some tries */
    assert_int_equal(fua_read(&f, buffer, 512, 0), 512);
    answers[4] = answers[5] = 6; /* it was reset */
    assert_int_equal(fua_read(&f, buffer, 512, 0), 512);
    assert_int_equal(n_commands, 7);
    for (unsigned i = 7; i < 12; i++)
        answers[i] = 6;
    assert_int_equal(fua_read(&f, buffer, 512, 0), -EIO);
    assert_int_equal(n_commands, 12);
    host_statuses[12] = 1;
    assert_int_equal(fua_read(&f, buffer, 512, 0), -ENODEV);
    host_statuses[13] = 3;
    assert_int_equal(fua_read(&f, buffer, 512, 0), -ETIMEDOUT);
    answers[14] = 11;
    assert_int_equal(fua_read(&f, buffer, 512, 0), -EIO);
}

/* A disk that gives less is asked for the rest; one that gives nothing has failed. */
static void test_short(void **state)
{
    struct fua f;

    (void)state;
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
    short_by = 600;
    assert_int_equal(fua_read(&f, buffer, 2048, 0), -EIO);
    assert_command(1, 10, 0, 4, 2048);
    assert_command(2, 10, 2, 2, 1024);
    assert_int_equal(n_commands, 3);
}

static void test_nvme(void **state)
{
    struct fua f;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        n_commands = 0;
        memset(answers, 0, sizeof(answers));
        set_bus(i ? "../../../class/nvme-subsystem" : "../../../class/nvme");
        make("size", "6000000000");
        assert_int_equal(fua_open_described(&f, DISK_FD, "."), 0);
        assert_int_equal(fua_read(&f, buffer, 128 << 10, UINT64_C(5000000000) * 512),
                         128 << 10);
        assert_command(0, 0, 0, 1, 512);
        assert_command(1, 0, UINT64_C(5000000000), 128, 64 << 10);
        assert_command(2, 0, UINT64_C(5000000128), 128, 64 << 10);
        assert_true(commands[1].nvme);
        answers[3] = 0x4281; /* with the flag "do not retry" */
        assert_int_equal(fua_read(&f, buffer, 512, 0), -ENODATA);
        answers[4] = 0x4002;
        assert_int_equal(fua_read(&f, buffer, 512, 0), -EOPNOTSUPP);
        answers[5] = 0x80;
        assert_int_equal(fua_read(&f, buffer, 512, 0), -EIO);
    }
    /* Blocks that have more than data. */
    make("metadata_bytes", "8");
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -EOPNOTSUPP);
}

/* No disk is asked on which these commands would go elsewhere: a mapped one, a loop device. */
static void test_others(void **state)
{
    struct fua f;
    int fds[2];

    (void)state;
    set_bus("../../../bus/virtio");
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -EOPNOTSUPP);
    assert_int_equal(unlink("device/subsystem"), 0);
    assert_int_equal(fua_open_described(&f, DISK_FD, "."), -EOPNOTSUPP);
    assert_int_equal(fua_open_described(&f, DISK_FD, "nowhere"), -ENOENT);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fua_open(&f, fds[0]), -EOPNOTSUPP);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(n_commands, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scsi, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_partition, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_segments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_first_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nvme, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
