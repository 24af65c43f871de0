/* tree: copies a directory tree, or a special file, to all destinations: from open to report.
 * The source is read once, as a sequence of records (record_priv.h); each destination makes its
 * copy from them.
 *
 * What it never does: it does not decide what is copied where (plan), does not move the bytes
 * of big files itself (session, with the engines), and does not speak with the user except from
 * the main thread (report, cli/prompt.h).
 *
 * Threads, and where each of them may block:
 *
 *   main     supervises (supervise.c). It never touches the source or a destination: it blocks
 *            only in poll(2), in a question to the user, and in session_run_file(), which has
 *            time-outs of its own. So it can give up any thread that hangs in the kernel.
 *   reader   reads the source into the stream (reader.c, source.c). It blocks in system calls
 *            on the source, for room in the stream, and while the engines copy a file for it.
 *            There is one at first, and one more each time that destinations become too slow
 *            for the others (stream_priv.h).
 *   writer   makes one destination (writer.c, dest.c). It blocks in system calls on its
 *            destination, for the next record, and for an answer of the user.
 *   ahead    walks through the source ahead of the first reader, so that this need not wait for the
 *            device (ahead.c). It blocks in system calls on the source, and until the reader is near.
 *   totals   counts the source for the progress report (totals_thread.c). It blocks in system
 *            calls on the source.
 *   deletion removes from one destination what the source does not have, when the copy has ended
 *            (deletes.c, dest_delete.c). It blocks in system calls on its destination.
 *
 * Who owns what: struct tree (tree_priv.h) is fixed when the threads start, except the parts
 * that have a lock of their own or are atomic. struct tree_reader and struct tree_writer are
 * their threads'. struct tree_main (main_priv.h) is the main thread's alone: counts, verdicts,
 * status. A thread leaves its result in its own struct; the main thread takes it over when the
 * thread is over. Failures come as messages through a queue.
 *
 * A thread that hangs is left behind: then struct tree is never freed, and the result says
 * `abandoned`. */
#ifndef UCOPY_TREE_TREE_H
#define UCOPY_TREE_TREE_H

#include "session/session.h"

/* What trees that are copied into the same directories know of files with several names. */
struct tree_links;

/* What several copies have together. */
struct tree_whole;

/* Makes an empty one for trees with up to n_dests destinations; follow: symlinks are followed,
 * so that a file may have more names than its count of links says. NULL without memory. */
struct tree_links *tree_links_new(unsigned n_dests, bool follow);

/* Frees it, when no thread of a tree is left. */
void tree_links_free(struct tree_links *l);

/* As session_run(), for a plan_copy that is a tree. links: the caller's, who passes the same
 * ones for all trees of the run. */
void tree_run(const struct options *o, const struct plan_copy *copy, struct tree_links *links,
              int signal_fd, struct session_result *ret);

/* The copies of the plan are about to be made. If there are several, they get one progress; while it
 * is shown, a thread counts all sources. NULL: each has its own. */
struct tree_whole *tree_whole_begin(const struct options *o, const struct plan *plan);

/* They have been made. Frees *w. False: the thread hangs, and still uses the options and the
 * plan. */
bool tree_whole_end(struct tree_whole *w);

/* What a list needs of names. */
struct tree_names {
    /* Whether it can have the entry of that type (st_mode); below: its path, from the root on. */
    bool (*fit)(unsigned algorithm, const char *below, mode_t type);
    unsigned algorithm;
    const char *lack; /* "the list cannot carry", for a message */
};

/* Looks at the names in the tree before it is copied, as far as it can be looked through at once. 0; or
 * an exit status, which was explained. Sets *ret_hung as tree_dry_run() does. */
int tree_check_names(const struct options *o, const struct plan_copy *copy,
                     const struct tree_names *names, int signal_fd, bool *ret_hung);

/* As session_dry_run(): counts the files of the source, and checks whether the roots can be
 * made. Nothing is changed. */
int tree_dry_run(const struct options *o, const struct plan_copy *copy, int signal_fd,
                 bool *ret_hung);

#endif
