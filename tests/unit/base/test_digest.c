/* digest: the values are those that coreutils, xxhsum and the C4 tools print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static const struct vector {
    const char *name, *bytes, *text;
} vectors[] = {
    {"xxh64", "", "ef46db3751d8e999"},
    {"xxh3", "", "2d06800538d394c2"},
    {"xxh128", "", "99aa06d3014798d86001c324468d497f"},
    {"md5", "", "d41d8cd98f00b204e9800998ecf8427e"},
    {"sha1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha512", "",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"c4", "",
     "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sF"
     "T"},
    {"xxh64", "abc", "44bc2cf5ad770999"},
    {"xxh3", "abc", "78af5f94892f3950"},
    {"xxh128", "abc", "06b05ab6733a618578af5f94892f3950"},
    {"md5", "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha512", "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static const struct digest_algorithm *find(const char *name)
{
    const struct digest_algorithm *a = digest_find(name, strlen(name));

    assert_non_null(a);
    return a;
}

static void test_known_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        const struct digest_algorithm *a = find(v->name);
        struct digest *d = digest_new(a);
        char text[DIGEST_TEXT_SIZE];

        assert_non_null(d);
        for (const char *p = v->bytes; *p; p++)
            digest_update(d, p, 1);
        assert_int_equal(digest_final(d, text), 0);
        assert_string_equal(text, v->text);
        assert_int_equal(strlen(text), a->text_len);
        assert_true(digest_is_text(a, text));
        digest_free(d);
    }
    digest_free(NULL);
}

/* Zeros need no buffer. */
static void test_zeros(void **state)
{
    enum { SIZE = 200003 };
    char *bytes = calloc(1, SIZE);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < DIGEST_ALGORITHMS; i++) {
        struct digest *once = digest_new(&digest_table[i]),
                      *zeros = digest_new(&digest_table[i]);
        char text[2][DIGEST_TEXT_SIZE];

        digest_update(once, bytes, SIZE);
        digest_update_zeros(zeros, SIZE);
        digest_update_zeros(zeros, 0);
        assert_int_equal(digest_final(once, text[0]), 0);
        assert_int_equal(digest_final(zeros, text[1]), 0);
        assert_string_equal(text[0], text[1]);
        digest_free(once);
        digest_free(zeros);
    }
    free(bytes);
}

static void test_names(void **state)
{
    (void)state;
    assert_null(digest_find("sha", 3));
    assert_null(digest_find("", 0));
    assert_null(digest_find("SHA256", 6));
    assert_ptr_equal(digest_find("md5,sha1", 3), find("md5"));
    for (size_t i = 0; i < DIGEST_ALGORITHMS; i++)
        assert_ptr_equal(find(digest_table[i].name), &digest_table[i]);
}

/* Hex has no case; base 58 has. */
static void test_texts(void **state)
{
    const struct digest_algorithm *xxh3 = find("xxh3"), *c4 = find("c4");
    char c4_text[] = "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDun"
                     "i4Hirj75GEmTc1sFT";

    (void)state;
    assert_true(digest_is_text(xxh3, "2D06800538d394c2"));
    assert_true(digest_text_equal(xxh3, "2D06800538d394c2", "2d06800538D394c2"));
    assert_false(digest_text_equal(xxh3, "2d06800538d394c2", "2d06800538d394c3"));
    assert_false(digest_is_text(xxh3, "2d06800538d394c"));
    assert_false(digest_is_text(xxh3, "2d06800538d394c22"));
    assert_false(digest_is_text(xxh3, "2d06800538d394cg"));
    assert_false(digest_is_text(xxh3, ""));
    assert_true(digest_is_text(c4, c4_text));
    c4_text[5] = '0';
    assert_false(digest_is_text(c4, c4_text));
    c4_text[5] = 'S';
    assert_true(digest_is_text(c4, c4_text));
    assert_false(digest_text_equal(c4, c4_text, vectors[7].text));
    c4_text[1] = '5';
    assert_false(digest_is_text(c4, c4_text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
