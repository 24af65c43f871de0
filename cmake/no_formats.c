/* no_formats: what the pax format of libarchive calls of the file that knows all formats, for the
 * static program: that file would bring them all, with the libraries that they need (ZIP and 7-Zip
 * compress, Zstandard and LZ4 among it, which need not be installed). */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

void __archive_write_entry_filetype_unsupported(struct archive *a, struct archive_entry *entry,
                                                const char *format);

/* Explains that the format cannot have an entry of that kind: its caller returns ARCHIVE_FAILED. */
void __archive_write_entry_filetype_unsupported(struct archive *a, struct archive_entry *entry,
                                                const char *format)
{
    archive_set_error(a, EINVAL, "%s: %s cannot have it", archive_entry_pathname(entry),
                      format);
}
