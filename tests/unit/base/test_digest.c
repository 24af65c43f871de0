/* digest: values that others have published, and that other programs compute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

struct vector {
    const char *name;
    const char *text; /* what is hashed */
    const char *value;
};

/* XXH: xxhsum and the specification; MD5: RFC 1321; SHA: FIPS 180-4; C4: SMPTE ST 2114. */
static const struct vector vectors[] = {
    {"xxh64", "", "ef46db3751d8e999"},
    {"xxh64", "abc", "44bc2cf5ad770999"},
    {"xxh3", "", "2d06800538d394c2"},
    {"xxh3", "abc", "78af5f94892f3950"},
    {"xxh128", "", "99aa06d3014798d86001c324468d497f"},
    {"xxh128", "abc", "06b05ab6733a618578af5f94892f3950"},
    {"md5", "", "d41d8cd98f00b204e9800998ecf8427e"},
    {"md5", "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"sha1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha512", "",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"sha512", "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"c4", "",
     "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sF"
     "T"},
};

#define N_VECTORS (sizeof vectors / sizeof vectors[0])

static void digest_text(const struct digest_algorithm *a, const char *bytes, size_t n,
                        size_t piece, char text[DIGEST_TEXT_SIZE])
{
    struct digest *d = digest_new(a);

    assert_non_null(d);
    for (size_t done = 0; done < n; done += piece)
        digest_update(d, bytes + done, n - done < piece ? n - done : piece);
    assert_int_equal(digest_final(d, text), 0);
    digest_free(d);
}

static void test_known_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++) {
        const struct vector *v = &vectors[i];
        char text[DIGEST_TEXT_SIZE];

        digest_text(digest_find(v->name), v->text, strlen(v->text), 1, text);
        assert_string_equal(text, v->value);
    }
}

/* One byte after another makes what all at once makes, and zeros need no buffer. */
static void test_pieces(void **state)
{
    enum { SIZE = 200003 };
    char *bytes = calloc(1, SIZE);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < DIGEST_ALGORITHMS; i++) {
        const struct digest_algorithm *a = &digest_algorithms[i];
        char once[DIGEST_TEXT_SIZE], pieces[DIGEST_TEXT_SIZE], zeros[DIGEST_TEXT_SIZE];
        struct digest *d = digest_new(a);

        digest_text(a, bytes, SIZE, SIZE, once);
        digest_text(a, bytes, SIZE, 1021, pieces);
        assert_string_equal(once, pieces);
        digest_update_zeros(d, SIZE);
        digest_update_zeros(d, 0);
        assert_int_equal(digest_final(d, zeros), 0);
        assert_string_equal(once, zeros);
        digest_free(d);
    }
    free(bytes);
}

static void test_table(void **state)
{
    (void)state;
    assert_null(digest_find("crc32"));
    assert_null(digest_find("SHA256"));
    assert_null(digest_find(""));
    for (size_t i = 0; i < DIGEST_ALGORITHMS; i++) {
        const struct digest_algorithm *a = &digest_algorithms[i];
        char text[DIGEST_TEXT_SIZE];

        assert_ptr_equal(digest_find(a->name), a);
        digest_text(a, "x", 1, 1, text);
        assert_int_equal(strlen(text), a->text_len);
        assert_true(digest_is_text(a, text));
        assert_true(digest_same_text(a, text, text));
        text[a->text_len - 1] = '\0';
        assert_false(digest_is_text(a, text));
    }
}

static void test_texts(void **state)
{
    const struct digest_algorithm *a = digest_find("xxh64"), *c4 = digest_find("c4");
    char id[DIGEST_TEXT_SIZE];

    (void)state;
    assert_true(digest_is_text(a, "0123456789ABCDef"));
    assert_false(digest_is_text(a, "0123456789abcdeg"));
    assert_false(digest_is_text(a, "0123456789abcdef0"));
    assert_true(digest_same_text(a, "0123456789ABCDEF", "0123456789abcdef"));
    assert_false(digest_same_text(a, "0123456789abcdef", "0123456789abcdee"));
    digest_text(c4, "", 0, 1, id);
    id[5] = '0'; /* no digit of C4 */
    assert_false(digest_is_text(c4, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
