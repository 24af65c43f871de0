/* Tests of report*.c and text.c: what stands on stderr and stdout, byte for byte where it
 * matters. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "engine/engine.h"
#include "report/report.h"

#define MAX_OUTPUT 16384

/* Two engines, one of which works here. */
static const struct engine_ops works = {.name = "works"};
static const struct engine_ops fails = {.name = "fails"};
const struct engine_ops *const engine_table[] = {&works, &fails, NULL};

int engine_probe(const struct engine_ops *ops, struct engine_reason *why)
{
    if (ops == &works)
        return 0;
    strcpy(why->text, "io_uring_setup: Operation not permitted");
    return -EPERM;
}

/* ---- capturing stdout and stderr ---- */

static struct {
    int saved[3]; /* by descriptor */
    int file[3];
    int terminal; /* the other side of stderr's terminal, or -1 */
    char out[MAX_OUTPUT];
    char err[MAX_OUTPUT];
} capture;

static int temporary(void)
{
    char name[] = "/tmp/ucopy-test-XXXXXX";
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    assert_int_equal(unlink(name), 0);
    return fd;
}

static void capture_fd(int fd, int to)
{
    capture.saved[fd] = dup(fd);
    assert_true(capture.saved[fd] >= 0);
    capture.file[fd] = to;
    assert_int_equal(dup2(to, fd), fd);
}

static void capture_begin(void)
{
    fflush(stdout);
    fflush(stderr);
    capture.terminal = -1;
    capture_fd(STDOUT_FILENO, temporary());
    capture_fd(STDERR_FILENO, temporary());
}

/* As capture_begin(), but stderr is a terminal of that size. */
static void capture_begin_terminal(unsigned short columns, unsigned short rows)
{
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    struct termios modes;
    int terminal;

    fflush(stdout);
    fflush(stderr);
    assert_int_equal(openpty(&capture.terminal, &terminal, NULL, NULL, &size), 0);
    assert_int_equal(tcgetattr(terminal, &modes), 0);
    cfmakeraw(&modes);
    assert_int_equal(tcsetattr(terminal, TCSANOW, &modes), 0);
    assert_int_equal(fcntl(capture.terminal, F_SETFL, O_NONBLOCK), 0);
    capture_fd(STDOUT_FILENO, temporary());
    capture_fd(STDERR_FILENO, terminal);
}

static void release_fd(int fd, char *text)
{
    size_t len = 0;
    ssize_t n = 0;

    if (fd == STDERR_FILENO && capture.terminal >= 0) {
        while ((n = read(capture.terminal, text + len, MAX_OUTPUT - 1 - len)) > 0)
            len += (size_t)n;
        close(capture.terminal);
    } else {
        n = pread(capture.file[fd], text, MAX_OUTPUT - 1, 0);
        assert_true(n >= 0);
        len = (size_t)n;
    }
    text[len] = '\0';
    assert_int_equal(dup2(capture.saved[fd], fd), fd);
    close(capture.saved[fd]);
    close(capture.file[fd]);
}

/* Fills capture.out and capture.err; what report_close() said. */
static int capture_end(void)
{
    int r = report_close();

    release_fd(STDOUT_FILENO, capture.out);
    release_fd(STDERR_FILENO, capture.err);
    return r;
}

/* ---- a copy to three destinations ---- */

static struct dest_status dests[3];
static struct copy_status copy;
static struct options options;

static void set_dest(unsigned d, enum dest_state state, uint64_t bytes)
{
    dests[d].state = state;
    dests[d].bytes = bytes;
}

static void fail_dest(unsigned d, const char *op, int err, uint64_t offset, const char *message)
{
    dests[d].state = DEST_FAILED;
    (void)failure_set(&dests[d].failure, op, err, offset, message);
}

static int setup(void **state)
{
    (void)state;
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    options = (struct options){.engine = "auto"};
    memset(dests, 0, sizeof(dests));
    dests[0].path = "/a/one";
    dests[1].path = "/b/two";
    dests[2].path = "/c/three";
    copy = (struct copy_status){
        .source = "src",
        .size = 1000000,
        .size_known = true,
        .engine = "works",
        .workers = 2,
        .chunk_size = 65536,
        .queue_depth = 8,
        .dests = dests,
        .n_dests = 3,
    };
    return 0;
}

static void all_done(void)
{
    for (unsigned d = 0; d < 3; d++)
        set_dest(d, DEST_DONE, copy.size);
    copy.read_bytes = copy.size;
    copy.seconds = 2;
}

/* Two complete, the one in the middle not. */
static void one_failed(void)
{
    all_done();
    copy.exit_status = 3;
    dests[1].bytes = 4096;
    fail_dest(1, "write", ENOSPC, 4096, NULL);
}

/* ---- JSON ---- */

/* Line number n of what was written to stdout; the caller frees it. NULL if there is none. */
static json_t *json_line(unsigned n)
{
    const char *start = capture.out, *end;
    json_error_t error;
    json_t *event;

    for (; n > 0; n--) {
        start = strchr(start, '\n');
        if (start == NULL)
            return NULL;
        start++;
    }
    end = strchr(start, '\n');
    if (end == NULL)
        return NULL;
    event = json_loadb(start, (size_t)(end - start), 0, &error);
    if (event == NULL)
        fail_msg("%s: %s", error.text, start);
    return event;
}

static const char *text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value))
        fail_msg("%s is no string", key);
    return json_string_value(value);
}

static json_int_t number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_integer(value))
        fail_msg("%s is no integer", key);
    return json_integer_value(value);
}

static const json_t *dest_of(const json_t *event, size_t d)
{
    return json_array_get(json_object_get(event, "destinations"), d);
}

/* ---- tests ---- */

static void test_messages(void **state)
{
    static const struct failure plain = {
        .op = "open", .err = ENOENT, FAILURE_NO_OFFSET, "", false};
    static const struct failure full = {"write", EIO, 12, "short write", false};
    static const struct failure no_op = {NULL, EINTR, FAILURE_NO_OFFSET, "interrupted", false};

    (void)state;
    capture_begin();
    report_init(&options);
    report_error("%s: number %d", "na\nme\033[2J", 7);
    report_verbose("not said");
    report_failure(NULL, "x\ty", &plain);
    report_failure(NULL, "z", &full);
    report_failure(NULL, "z", &no_op);
    options.verbose = true;
    report_verbose("said");
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "ucopy: na\\nme\\033[2J: number 7\n"
                                     "ucopy: x\\011y: open: No such file or directory\n"
                                     "ucopy: z: write at 12: Input/output error (short write)\n"
                                     "ucopy: z: interrupted\n"
                                     "ucopy: said\n");
    assert_string_equal(capture.out, "");
}

static void test_escapes(void **state)
{
    static const struct {
        const char *name, *shown;
    } cases[] = {
        {"plain name's \"x\"", "plain name's \"x\""},
        {"a\\n", "a\\\\n"}, /* is not a newline */
        {"\xe2\x80\xae"
         "gpj.exe",
         "\\342\\200\\256gpj.exe"},          /* right-to-left override */
        {"\xe2\x81\xa6", "\\342\\201\\246"}, /* left-to-right isolate */
        {"\xd8\x9c", "\\330\\234"},          /* Arabic letter mark */
        {"\xe2\x80\xa8", "\\342\\200\\250"}, /* line separator */
        {"\xe2\x80\x90", "\xe2\x80\x90"},    /* a hyphen is none of these */
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\x7f\x01\r", "\\177\\001\\015"},
        {"\xc2\x9b"
         "31m",
         "\\302\\23331m"},                            /* C1: CSI */
        {"\xc2\xa0", "\xc2\xa0"},                     /* the first behind C1 */
        {"\xff\xfe", "\\377\\376"},                   /* never in UTF-8 */
        {"\xc3", "\\303"},                            /* cut short */
        {"\xc3(", "\\303("},                          /* no continuation */
        {"\xe2\x82", "\\342\\202"},                   /* cut short */
        {"\xc0\xaf", "\\300\\257"},                   /* overlong */
        {"\xe0\x80\xaf", "\\340\\200\\257"},          /* overlong */
        {"\xed\xa0\x80", "\\355\\240\\200"},          /* surrogate */
        {"\xf4\x90\x80\x80", "\\364\\220\\200\\200"}, /* beyond U+10FFFF */
        {"\x80"
         "a",
         "\\200a"}, /* lone continuation */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[128];

        capture_begin();
        report_init(&options);
        report_error("%s", cases[i].name);
        assert_int_equal(capture_end(), 0);
        snprintf(want, sizeof(want), "ucopy: %s\n", cases[i].shown);
        assert_string_equal(capture.err, want);
    }
}

static void test_success_is_silent(void **state)
{
    (void)state;
    capture_begin();
    report_init(&options);
    assert_int_equal(report_progress_interval_ms(), -1);
    report_start(&copy);
    all_done();
    report_progress(&copy, false);
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "");
    assert_string_equal(capture.out, "");
}

static void test_failures_come_last_and_once(void **state)
{
    (void)state;
    capture_begin();
    options.stats = true;
    report_init(&options);
    report_start(&copy);
    one_failed();
    report_dest_failed(&copy, 1);
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "source:       src\n"
                                     "bytes:        1000000 (976.6 KiB)\n"
                                     "read:         1000000\n"
                                     "seconds:      2.000000\n"
                                     "rate:         488.3 KiB/s to each destination\n"
                                     "engine:       works\n"
                                     "workers:      2\n"
                                     "chunk size:   65536\n"
                                     "queue depth:  8\n"
                                     "destination:  /a/one: 1000000 bytes, 0 written, done\n"
                                     "destination:  /b/two: 4096 bytes, 0 written, failed\n"
                                     "destination:  /c/three: 1000000 bytes, 0 written, done\n"
                                     "ucopy: 2 of 3 destinations are complete\n"
                                     "ucopy: /b/two: write at 4096: No space left on device\n");
}

static void test_quiet(void **state)
{
    (void)state;
    capture_begin();
    options.quiet = true;
    options.stats = true;
    report_init(&options);
    report_start(&copy);
    one_failed();
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "ucopy: /b/two: write at 4096: No space left on device\n");
}

static void test_verbose(void **state)
{
    (void)state;
    capture_begin();
    options.verbose = true;
    copy.n_dests = 1;
    report_init(&options);
    report_start(&copy);
    fail_dest(0, "open", EACCES, FAILURE_NO_OFFSET, NULL);
    report_dest_failed(&copy, 0);
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "'src' -> '/a/one'\n"
                                     "ucopy: /a/one: open: Permission denied\n");
}

static void test_source_failure(void **state)
{
    (void)state;
    capture_begin();
    options.verbose = true;
    report_init(&options);
    (void)failure_set(&copy.source_failure, "read", EIO, 0, NULL);
    fail_dest(0, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped");
    dests[0].by_source = true;
    fail_dest(1, "write", EFBIG, 9, NULL);
    fail_dest(2, NULL, ECANCELED, FAILURE_NO_OFFSET, "stopped");
    dests[2].by_source = true;
    report_dest_failed(&copy, 0);
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "ucopy: src: read at 0: Input/output error\n"
                                     "ucopy: /b/two: write at 9: File too large\n");
}

static void test_plain_progress(void **state)
{
    (void)state;
    capture_begin();
    options.progress = WHEN_ALWAYS;
    copy.n_dests = 2;
    report_init(&options);
    assert_int_equal(report_progress_interval_ms(), 5000);
    report_start(&copy);
    set_dest(0, DEST_COPYING, 250000);
    copy.seconds = 1;
    report_progress(&copy, false);
    set_dest(0, DEST_COPYING, 500000);
    set_dest(1, DEST_FLUSHING, 1000000);
    copy.seconds = 5;
    report_progress(&copy, false);
    set_dest(0, DEST_DONE, 1000000);
    fail_dest(1, "fsync", EIO, FAILURE_NO_OFFSET, NULL);
    copy.seconds = 10;
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(
        capture.err,
        "ucopy: /a/one: 50%, 488.3 KiB of 976.6 KiB, 97.7 KiB/s, ETA 0:05, copying\n"
        "ucopy: /b/two: 100%, 976.6 KiB of 976.6 KiB, 195.3 KiB/s, flushing\n"
        "ucopy: /a/one: 100%, 976.6 KiB of 976.6 KiB, 97.7 KiB/s, done\n"
        "ucopy: /b/two: 100%, 976.6 KiB of 976.6 KiB, failed: Input/output error\n"
        "ucopy: 1 of 2 destinations are complete\n"
        "ucopy: /b/two: fsync: Input/output error\n");
}

/* SIGUSR1 is answered whatever the options say. */
static void test_asked(void **state)
{
    (void)state;
    capture_begin();
    options.quiet = true;
    options.progress = WHEN_NEVER;
    copy.n_dests = 1;
    copy.size_known = false;
    report_init(&options);
    report_start(&copy);
    copy.seconds = 1;
    set_dest(0, DEST_COPYING, 100);
    report_progress(&copy, true);
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.err, "ucopy: /a/one: ?, 100 B, 100 B/s, ETA -:--, copying\n");
}

static void test_rate_is_recent(void **state)
{
    (void)state;
    capture_begin();
    copy.n_dests = 1;
    report_init(&options);
    report_start(&copy);
    set_dest(0, DEST_COPYING, 900000);
    for (unsigned t = 1; t <= 20; t++) {
        copy.seconds = t;
        report_progress(&copy, false);
    }
    report_progress(&copy, true);
    assert_int_equal(capture_end(), 0);
    assert_non_null(strstr(capture.err, " 0 B/s, ETA -:--, copying"));
}

/* Reads one frame: every line ends in erase-to-end and fits; returns the number of lines. */
static unsigned check_frame(const char **at, unsigned columns)
{
    const char *p = *at;
    unsigned lines = 0, used = 0;

    while (strncmp(p, "\033[J", 3) != 0) {
        if (strncmp(p, "\033[K\n", 4) == 0) {
            assert_true(used < columns);
            lines++;
            used = 0;
            p += 4;
        } else if (*p == '\033') {
            p += strcspn(p, "m") + 1;
        } else {
            assert_true(*p != '\0' && *p != '\n');
            used += (*p++ & 0xc0) != 0x80;
        }
    }
    *at = p + 3;
    return lines;
}

static void test_terminal(void **state)
{
    static const unsigned short widths[] = {1, 2, 10, 20, 40, 60, 80, 200};

    (void)state;
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        const char *p = capture.err;

        setup(NULL);
        capture_begin_terminal(widths[i], 24);
        report_init(&options);
        assert_int_equal(report_progress_interval_ms(), 200);
        report_start(&copy);
        dests[2].path = "/a/long/way/to/a/file/with/\xc3\xa4\xc3\xb6\xc3\xbc/and/\xff/in/it";
        report_progress(&copy, false); /* too early */
        copy.seconds = 1;
        set_dest(0, DEST_COPYING, 10);
        report_progress(&copy, false);
        one_failed();
        report_progress(&copy, false);
        report_summary(&copy);
        assert_int_equal(capture_end(), 0);

        assert_int_equal(check_frame(&p, widths[i]), 3);
        assert_int_equal(strncmp(p, "\033[3A\r", 5), 0);
        p += 5;
        assert_int_equal(check_frame(&p, widths[i]), 3);
        assert_int_equal(strncmp(p, "\033[3A\r", 5), 0);
        p += 5;
        assert_int_equal(check_frame(&p, widths[i]), 3);
        assert_string_equal(p, "ucopy: 2 of 3 destinations are complete\n"
                               "ucopy: /b/two: write at 4096: No space left on device\n");
    }
}

static void test_terminal_with_few_rows(void **state)
{
    const char *p = capture.err;

    (void)state;
    capture_begin_terminal(80, 3);
    report_init(&options);
    report_start(&copy);
    copy.seconds = 1;
    report_progress(&copy, false);
    report_error("between");
    report_progress(&copy, false);
    assert_int_equal(capture_end(), 0);
    assert_int_equal(check_frame(&p, 80), 2);
    assert_non_null(strstr(capture.err, "\n\xe2\x80\xa6 and 2 more\033[K\n"));
    assert_int_equal(strncmp(p, "\033[2A\r\033[Jucopy: between\n", 23), 0);
    p += 23;
    assert_int_equal(check_frame(&p, 80), 2);
    assert_string_equal(p, "");
}

/* Destinations often differ at the beginning only. */
static void test_terminal_tells_paths_apart(void **state)
{
    (void)state;
    capture_begin_terminal(40, 24);
    report_init(&options);
    dests[0].path = "/mnt/disk-a/some/long/way/file";
    dests[1].path = "/mnt/disk-b/some/long/way/file";
    dests[2].path = "/mnt/disk-c/else/some/long/way/file";
    report_start(&copy);
    copy.seconds = 1;
    report_progress(&copy, false);
    assert_int_equal(capture_end(), 0);
    assert_non_null(strstr(capture.err, "disk-a\xe2\x80\xa6 "));
    assert_non_null(strstr(capture.err, "disk-b\xe2\x80\xa6 "));
    assert_non_null(strstr(capture.err, "c/else\xe2\x80\xa6 "));
}

static void test_terminal_choices(void **state)
{
    (void)state;
    setenv("TERM", "dumb", 1);
    capture_begin_terminal(80, 24);
    report_init(&options);
    assert_int_equal(report_progress_interval_ms(), 5000);
    options.quiet = true;
    report_init(&options);
    assert_int_equal(report_progress_interval_ms(), -1);
    options.quiet = false;
    options.progress = WHEN_NEVER;
    report_init(&options);
    assert_int_equal(report_progress_interval_ms(), -1);

    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    options.progress = WHEN_ALWAYS;
    report_init(&options);
    all_done();
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_non_null(strstr(capture.err, "  done\033[K\n"));
}

static void test_json_events(void **state)
{
    json_t *event;

    (void)state;
    capture_begin();
    options.json = true;
    report_init(&options);
    assert_int_equal(report_progress_interval_ms(), 1000);
    report_start(&copy);
    copy.seconds = 0.5;
    report_progress(&copy, false); /* not due */
    copy.seconds = 1.23456789;
    set_dest(2, DEST_FLUSHING, 1000000);
    report_progress(&copy, false);
    one_failed();
    dests[0].durable = true;
    report_dest_failed(&copy, 1);
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_null(json_line(4));

    event = json_line(0);
    assert_string_equal(text_of(event, "event"), "start");
    assert_string_equal(text_of(event, "source"), "src");
    assert_int_equal(number_of(event, "bytes"), 1000000);
    assert_string_equal(text_of(dest_of(event, 2), "path"), "/c/three");
    json_decref(event);

    event = json_line(1);
    assert_string_equal(text_of(event, "event"), "progress");
    assert_non_null(strstr(capture.out, "\"seconds\":1.234568,"));
    assert_string_equal(text_of(dest_of(event, 0), "state"), "copying");
    assert_string_equal(text_of(dest_of(event, 2), "state"), "flushing");
    json_decref(event);

    event = json_line(2);
    assert_string_equal(text_of(event, "event"), "dest_failed");
    assert_string_equal(text_of(event, "path"), "/b/two");
    assert_string_equal(text_of(event, "errno"), "ENOSPC");
    assert_string_equal(text_of(event, "error"), "write at 4096: No space left on device");
    json_decref(event);
}

static void test_json_summary(void **state)
{
    json_t *event;

    (void)state;
    capture_begin();
    options.json = true;
    report_init(&options);
    one_failed();
    dests[0].durable = true;
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    event = json_line(0);
    assert_string_equal(text_of(event, "event"), "summary");
    assert_string_equal(text_of(event, "engine"), "works");
    assert_int_equal(number_of(event, "bytes"), 1000000);
    assert_int_equal(number_of(event, "read_bytes"), 1000000);
    assert_int_equal(number_of(event, "exit"), 3);
    assert_int_equal(number_of(event, "workers"), 2);
    assert_int_equal(number_of(event, "chunk_size"), 65536);
    assert_int_equal(number_of(event, "queue_depth"), 8);
    assert_true(json_real_value(json_object_get(event, "seconds")) == 2.0);
    assert_true(json_is_null(json_object_get(event, "source_error")));
    assert_string_equal(text_of(dest_of(event, 0), "state"), "done");
    assert_true(json_is_true(json_object_get(dest_of(event, 0), "durable")));
    assert_true(json_is_null(json_object_get(dest_of(event, 0), "error")));
    assert_true(json_is_null(json_object_get(dest_of(event, 0), "errno")));
    assert_string_equal(text_of(dest_of(event, 1), "state"), "failed");
    assert_string_equal(text_of(dest_of(event, 1), "errno"), "ENOSPC");
    assert_int_equal(number_of(dest_of(event, 1), "bytes"), 4096);
    assert_true(json_is_false(json_object_get(dest_of(event, 1), "durable")));
    json_decref(event);
}

/* Attributes that are missing somewhere: named on stderr and in the JSON, which tells kept ones
 * from those that nobody asked for. */
static void test_attributes(void **state)
{
    struct failure failures[2];
    json_t *event, *list;

    (void)state;
    failure_set(&failures[0], "preserve owner", EPERM, FAILURE_NO_OFFSET, NULL);
    failure_set(&failures[1], "preserve extended attribute", EOPNOTSUPP, FAILURE_NO_OFFSET,
                "user.\n");
    capture_begin();
    options.json = options.stats = true;
    report_init(&options);
    all_done();
    dests[0].attributes = dests[1].attributes = true;
    dests[1].attribute_failures = failures;
    dests[1].n_attribute_failures = 2;
    copy.exit_status = 6;
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    assert_non_null(
        strstr(capture.err, "/b/two: 1000000 bytes, 0 written, done, attributes missing\n"));
    assert_non_null(strstr(capture.err,
                           "ucopy: /b/two: preserve owner: Operation not permitted\n"
                           "ucopy: /b/two: preserve extended attribute: "
                           "Operation not supported (user.\\n)\n"));
    event = json_line(0);
    assert_string_equal(text_of(dest_of(event, 0), "attributes"), "kept");
    assert_int_equal(json_array_size(json_object_get(dest_of(event, 0), "attribute_failures")),
                     0);
    assert_string_equal(text_of(dest_of(event, 1), "attributes"), "failed");
    assert_string_equal(text_of(dest_of(event, 1), "state"), "done");
    list = json_object_get(dest_of(event, 1), "attribute_failures");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(text_of(json_array_get(list, 0), "errno"), "EPERM");
    assert_string_equal(text_of(json_array_get(list, 0), "error"),
                        "preserve owner: Operation not permitted");
    assert_string_equal(text_of(json_array_get(list, 1), "errno"), "EOPNOTSUPP");
    assert_true(json_is_null(json_object_get(dest_of(event, 2), "attributes")));
    json_decref(event);
}

/* A message may hold bytes that are not UTF-8, such as the name of an extended attribute. */
static void test_json_messages(void **state)
{
    struct failure attribute = {"preserve extended attribute", EIO, FAILURE_NO_OFFSET,
                                "user.\xff", false};
    json_t *event, *list;

    (void)state;
    capture_begin();
    options.json = true;
    dests[0].attributes = true;
    dests[0].attribute_failures = &attribute;
    dests[0].n_attribute_failures = 1;
    report_init(&options);
    all_done();
    report_summary(&copy);
    assert_int_equal(capture_end(), 0);
    event = json_line(0);
    list = json_object_get(dest_of(event, 0), "attribute_failures");
    assert_string_equal(text_of(json_array_get(list, 0), "error"),
                        "preserve extended attribute: Input/output error (user.\xef\xbf\xbd)");
    json_decref(event);
}

static void test_json_names(void **state)
{
    json_t *event;

    (void)state;
    capture_begin();
    options.json = true;
    copy.source = "s\xff";
    copy.engine = NULL;
    dests[0].path = "\xc3\xa4\n\"";
    dests[1].path = "a\xc3(";
    dests[2].path = "\xed\xa0\x80";
    report_init(&options);
    all_done();
    report_summary(&copy);
    report_dry_run("a", "\x80", "sync");
    assert_int_equal(capture_end(), 0);
    event = json_line(0);
    assert_string_equal(text_of(event, "source"), "s\xef\xbf\xbd");
    assert_string_equal(text_of(event, "source_base64"), "c/8=");
    assert_true(json_is_null(json_object_get(event, "engine")));
    assert_string_equal(text_of(dest_of(event, 0), "path"), "\xc3\xa4\n\"");
    assert_null(json_object_get(dest_of(event, 0), "path_base64"));
    assert_string_equal(text_of(dest_of(event, 1), "path"), "a\xef\xbf\xbd(");
    assert_string_equal(text_of(dest_of(event, 1), "path_base64"), "YcMo");
    assert_string_equal(text_of(dest_of(event, 2), "path_base64"), "7aCA");
    json_decref(event);
    event = json_line(1);
    assert_string_equal(text_of(event, "event"), "dry_run");
    assert_string_equal(text_of(event, "path_base64"), "gA==");
    json_decref(event);
}

#define REST_OF_VERSION                                                                        \
    "Licence: MIT. There is no warranty.\n"                                                    \
    "works    available\n"                                                                     \
    "fails    not available: io_uring_setup: Operation not permitted\n"

static void test_version_and_dry_run(void **state)
{
    (void)state;
    capture_begin();
    report_init(&options);
    report_version("0123456789ab");
    report_version("");
    report_dry_run("a", "b\n", "fanout");
    assert_int_equal(capture_end(), 0);
    assert_string_equal(capture.out,
                        "ucopy " UCOPY_VERSION " (commit 0123456789ab)\n" REST_OF_VERSION
                        "ucopy " UCOPY_VERSION "\n" REST_OF_VERSION
                        "would copy 'a' -> 'b\\n' (fanout)\n");
    assert_string_equal(capture.err, "");
}

static unsigned allocations_left;

static void *allocate(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return malloc(size);
}

/* Whichever allocation fails: a line is there as a whole or not at all, and it is told. */
static void test_json_without_memory(void **state)
{
    unsigned n = 0;
    int r;

    (void)state;
    options.json = true;
    one_failed();
    dests[2].path = "\xff";
    json_set_alloc_funcs(allocate, free);
    do {
        allocations_left = n++;
        capture_begin();
        report_init(&options);
        report_summary(&copy);
        r = capture_end();
        assert_int_equal(r, capture.out[0] != '\0' ? 0 : -ENOMEM);
    } while (r != 0);
    json_set_alloc_funcs(malloc, free);
    assert_true(n > 50);
    json_decref(json_line(0));
    assert_null(json_line(1));
}

/* In a process of its own, because stdio remembers. */
static int close_with_stdout_on(const char *path)
{
    pid_t child;
    int status;

    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(path, O_WRONLY);

        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
            _exit(99);
        options.json = true;
        report_init(&options);
        report_summary(&copy);
        _exit(-report_close());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_stdout_that_fails(void **state)
{
    (void)state;
    assert_int_equal(close_with_stdout_on("/dev/null"), 0);
    assert_int_equal(close_with_stdout_on("/dev/full"), ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_messages, setup),
        cmocka_unit_test_setup(test_escapes, setup),
        cmocka_unit_test_setup(test_success_is_silent, setup),
        cmocka_unit_test_setup(test_failures_come_last_and_once, setup),
        cmocka_unit_test_setup(test_quiet, setup),
        cmocka_unit_test_setup(test_verbose, setup),
        cmocka_unit_test_setup(test_source_failure, setup),
        cmocka_unit_test_setup(test_plain_progress, setup),
        cmocka_unit_test_setup(test_asked, setup),
        cmocka_unit_test_setup(test_rate_is_recent, setup),
        cmocka_unit_test_setup(test_terminal, setup),
        cmocka_unit_test_setup(test_terminal_with_few_rows, setup),
        cmocka_unit_test_setup(test_terminal_tells_paths_apart, setup),
        cmocka_unit_test_setup(test_terminal_choices, setup),
        cmocka_unit_test_setup(test_json_events, setup),
        cmocka_unit_test_setup(test_json_summary, setup),
        cmocka_unit_test_setup(test_attributes, setup),
        cmocka_unit_test_setup(test_json_messages, setup),
        cmocka_unit_test_setup(test_json_names, setup),
        cmocka_unit_test_setup(test_json_without_memory, setup),
        cmocka_unit_test_setup(test_version_and_dry_run, setup),
        cmocka_unit_test_setup(test_stdout_that_fails, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
