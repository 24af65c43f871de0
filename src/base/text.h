/* text: makes strings fit for people and scripts. Pure functions without output.
 *
 * A file name may contain any byte. It has to become harmless before a terminal gets it, and
 * valid UTF-8 for JSON. */
#ifndef UCOPY_BASE_TEXT_H
#define UCOPY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of the text for a terminal: control characters and bytes that are not UTF-8 are
 * written as \n or \ooo, a backslash as \\, and characters that change the direction of text
 * or its line as \ooo, so that no name looks like another one. The caller frees it; NULL without
 * memory. */
char *text_escaped(const char *text);

/* A copy of the text in which U+FFFD replaces each byte that is not UTF-8. The copy is equal to
 * the text if that is valid UTF-8. The caller frees it; NULL without memory. */
char *text_as_utf8(const char *text);

/* The bytes of the text in base64 (RFC 4648, with padding). The caller frees it; NULL without
 * memory. */
char *text_base64(const char *text);

/* The length in bytes of the first character of a text, which is not empty. *ret_columns
 * becomes the number of columns that the character takes on a terminal, or a larger number.
 * utf8: the encoding of the locale and the terminal is UTF-8; else every byte takes a
 * column. */
size_t text_first_char(const char *text, bool utf8, unsigned *ret_columns);

/* The number of columns of the whole text. */
unsigned text_columns(const char *text, bool utf8);

/* Writes a number of bytes with a binary unit, as "97.7 KiB", into text, which has room for
 * size bytes. 16 bytes are enough for every uint64_t. */
void text_human(char *text, size_t size, double bytes);

#endif
