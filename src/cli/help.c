#include "help.h"

#include "command_line_priv.h"

void help_print(const struct options *o, FILE *f)
{
    command_line_print_help(o->command_line,
                            "[OPTION]... SOURCE DEST [DEST]...\n"
                            "  or:  ucopy [OPTION]... -t DIR [-t DIR]... SOURCE...\n"
                            "  or:  ucopy [OPTION]... --check[=FILE] DIR...\n"
                            "  or:  ucopy [OPTION]... --compare SOURCE DEST...\n"
                            "Copy SOURCE to every DEST at once, reading it only once.",
                            f);
    fputs("\n"
          "WHEN is auto, always or never; --direct and --progress alone mean always.\n"
          "LIST is one or more of mode, ownership, timestamps, links, context, xattr, all,\n"
          "separated by commas; as with cp. That of --hash is one or more names of hashes.\n"
          "SIZE is a number of bytes, or one with K, M, G, T, P (powers of 1024) or\n"
          "KB, MB, GB, TB, PB (powers of 1000) behind it.\n"
          "Exit codes, examples and everything else: man ucopy.\n",
          f);
}

void help_print_short(FILE *f)
{
    fputs("Usage: ucopy [OPTION]... SOURCE DEST [DEST]...\n"
          "  or:  ucopy [OPTION]... -t DIR [-t DIR]... SOURCE...\n"
          "Copy SOURCE to every DEST at once, reading it only once.\n"
          "Options: ucopy --help. Examples, exit codes and everything else: man ucopy.\n",
          f);
}

void help_print_usage(const struct options *o, FILE *f)
{
    command_line_print_usage(o->command_line, "SOURCE DEST [DEST]...", f);
}
