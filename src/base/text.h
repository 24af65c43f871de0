/* text: strings as people and scripts read them. Pure functions without any output.
 *
 * A file name is any sequence of bytes. Before it is shown it has to become harmless, and where
 * only UTF-8 may stand, UTF-8. */
#ifndef UCOPY_BASE_TEXT_H
#define UCOPY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of the text with control characters and bytes that are not UTF-8 written as \n or
 * \ooo: what a terminal can be given. The caller frees it; NULL without memory. */
char *text_escaped(const char *text);

/* A copy of the text with each byte that is not UTF-8 replaced by U+FFFD; equal to the text
 * when there is none. The caller frees it; NULL without memory. */
char *text_as_utf8(const char *text);

/* The bytes of the text in base64 (RFC 4648, with padding). The caller frees it; NULL without
 * memory. */
char *text_base64(const char *text);

/* Bytes in the first character of a text that is not empty, and the columns that it takes on
 * the terminal, at least as many as it really does. utf8: the locale's encoding is UTF-8, and
 * so is the terminal's; if not, every byte takes a column. */
size_t text_first_char(const char *text, bool utf8, unsigned *ret_columns);

/* The columns of all characters of the text together. */
unsigned text_columns(const char *text, bool utf8);

/* Writes a number of bytes with a binary unit, as "97.7 KiB", into text[size]; 16 bytes are
 * enough for every uint64_t. */
void text_human(char *text, size_t size, double bytes);

#endif
