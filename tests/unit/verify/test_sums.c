/* Tests of sums.c: every form of a line, what is refused, and random lists. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify/sums.h"

#define H16  "0123456789abcdef"
#define H32  H16 H16
#define H40  H32 "01234567"
#define H64  H32 H32
#define H128 H64 H64

/* Parses a copy of the text; 0 or the error, whose text is thrown away. */
static int parse(struct sums *ret, const char *text, size_t size, const char *file)
{
    char *copy = malloc(size + 1), *error = NULL;
    int r;

    memcpy(copy, text, size);
    copy[size] = '\0';
    r = sums_parse(ret, copy, size, file, &error);
    assert_int_equal(error != NULL, r == -EINVAL);
    free(error);
    return r;
}

/* The text is a list of one line with that name and algorithm. */
static void assert_line(const char *text, const char *file, const char *algorithm,
                        const char *name)
{
    struct sums s;

    assert_int_equal(parse(&s, text, strlen(text), file), 0);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.sums[0].name, name);
    assert_string_equal(s.sums[0].algorithm, algorithm);
    assert_int_equal(strspn(s.sums[0].hex, "0123456789abcdef"), strlen(s.sums[0].hex));
    assert_true(sums_has(&s, name));
    assert_false(sums_has(&s, "another"));
    sums_free(&s);
}

static void assert_refused(const char *text, const char *file)
{
    struct sums s;

    assert_int_equal(parse(&s, text, strlen(text), file), -EINVAL);
}

static void test_algorithms(void **state)
{
    (void)state;
    assert_line(H16 "  x\n", "list", "xxh64", "x");
    assert_line("XXH3_" H16 "  x\n", "list", "xxh3", "x");
    assert_line(H40 "  x\n", "list", "sha1", "x");
    assert_line(H64 "  x\n", "list", "sha256", "x");
    assert_line(H128 "  x\n", "list", "sha512", "x");
    assert_line(H32 "  x\n", "d/MD5SUMS", "md5", "x");
    assert_line(H32 "  x\n", "xxh/x.xxh128", "xxh128", "x");
    assert_line(H64 "  x\n", "blake2-and-SHA256SUMS", "sha256", "x");
    assert_line("MD5 (x) = " H32 "\n", "list", "md5", "x");
    assert_line("SHA1 (x) = " H40 "\n", "list", "sha1", "x");
    assert_line("SHA256 (x) = " H64 "\n", "MD5SUMS", "sha256", "x");
    assert_line("SHA512 (x) = " H128 "\n", "list", "sha512", "x");
    assert_line("XXH64 (x) = " H16 "\n", "list", "xxh64", "x");
    assert_line("XXH3 (x) = " H16 "\n", "list", "xxh3", "x");
    assert_line("XXH128 (x) = " H32 "\n", "MD5SUMS", "xxh128", "x");
    assert_refused(H32 "  x\n", "list");
    assert_refused(H32 "  x\n", "md5/list");
    assert_refused(H32 "  x\n", "md5-xxh");
    assert_refused(H64 "  x\n", "B2SUM-x.b2sum");
    assert_refused(H16 "0  x\n", "list");
    assert_refused("XXH3_" H32 "  x\n", "list");
    assert_refused("MD5 (x) = " H40 "\n", "list");
}

static void test_names(void **state)
{
    (void)state;
    assert_line(H64 "  ./a//b/./c/\n", "list", "sha256", "a/b/c");
    assert_line(H64 " *x\n", "list", "sha256", "x");
    assert_line(H64 "  *x\n", "list", "sha256", "*x");
    assert_line(H64 "   x \r\n", "list", "sha256", " x ");
    assert_line(H64 "  x\r\r\n", "list", "sha256", "x\r");
    assert_line(H64 "  a\\n\n", "list", "sha256", "a\\n");
    assert_line("\\" H64 "  a\\n\\r\\\\n\n", "list", "sha256", "a\n\r\\n");
    assert_line("\\SHA256 (a\\nb) = " H64 "\n", "list", "sha256", "a\nb");
    assert_line("SHA256 (a) = (b) = " H64, "list", "sha256", "a) = (b");
    assert_line("SHA256 (\\) = " H64 "\r\n", "list", "sha256", "\\");
    assert_line("# x\n\n\r\n" H64 "  ..x\n", "list", "sha256", "..x");
    assert_refused(H64 "  /x\n", "list");
    assert_refused(H64 "  ../x\n", "list");
    assert_refused(H64 "  x/..\n", "list");
    assert_refused(H64 "  .\n", "list");
    assert_refused(H64 "  \n", "list");
    assert_refused("\\" H64 "  x\\\n", "list");
    assert_refused("\\" H64 "  ..\\\\\\x\n", "list");
    assert_refused("\\SHA256 (/x) = " H64 "\n", "list");
}

static void test_lists(void **state)
{
    static const char zero[] = H64 "  b\n\\n\0" H64 "  a\r";
    struct sums s;

    (void)state;
    assert_refused("", "list");
    assert_refused("\n# x\n", "list");
    assert_refused(H64 "  x\n" H64, "list");
    assert_refused(H64 "  x\nx", "list");
    assert_int_equal(parse(&s, zero, sizeof(zero) - 1, "list"), 0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.sums[0].name, "a\r");
    assert_string_equal(s.sums[1].name, "b\n\\n");
    sums_free(&s);
}

/* Whatever is in a list, it is refused, or every name stays below the directory. */
static void test_random(void **state)
{
    static const char *const pieces[] = {
        H16, H32,  H64, " ",     "  ",       " *",    "\n",   "\r", "\\", "/",
        ".", "..", "n", "XXH3_", "XXH128 (", "MD5 (", ") = ", ")",  "#",  "x",
    };
    struct sums s;

    (void)state;
    srand(1);
    for (unsigned i = 0; i < 200000; i++) {
        char text[2048] = "";
        size_t size;

        for (int k = rand() % 12; k >= 0; k--)
            (void)strcat(text, pieces[(size_t)rand() % (sizeof(pieces) / sizeof(*pieces))]);
        size = strlen(text);
        if (rand() % 4 == 0)
            text[(size_t)rand() % size] = '\0';
        if (parse(&s, text, size, "xxh") < 0)
            continue;
        assert_true(s.n > 0);
        for (size_t k = 0; k < s.n; k++) {
            const char *name = s.sums[k].name;
            size_t end = strlen(name);

            assert_true(end > 0 && name[0] != '/' && name[end - 1] != '/');
            assert_true(strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0);
            assert_null(strstr(name, "/../"));
            assert_true(end < 3 || strcmp(name + end - 3, "/..") != 0);
        }
        sums_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
