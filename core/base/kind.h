/* What is this file? Told by its first bytes, in this one place, for every reader of texts, vectors, corpora, sets, tokenizers and
 * weights. A kind is a row of kinds. */
#ifndef GAZE_CORE_BASE_KIND_H
#define GAZE_CORE_BASE_KIND_H

#include "core/base/mem.h"

enum { KIND_LOOK = 512 }; /* first bytes that tell every kind */

enum kind_way {
    KIND_POINTER, /* stands for a file that was not fetched */
    KIND_UNREAD,  /* not read: named */
    KIND_DOCUMENT, /* not read: named; holds texts, but is none */
    KIND_ARCHIVE, /* a compression or an archive that is read through archive.h */
    KIND_DECODED, /* a compression with a decoder of its own (stream.h) */
    KIND_UTF16    /* text, but not in UTF-8 */
};
struct kind {
    const char *name; /* "a zip archive" */
    enum kind_way way;
    bool (*is)(struct str first);
};
/* The kind that the first bytes tell, NULL for a plain file of text or numbers. */
const struct kind *kind_of(struct str first);

/* A Git LFS pointer in place of the bytes is ERR_FORMAT, which names it and the size it stands for. `what` is what was looked for
 * there: "the weights". True for every other file. */
NODISCARD bool kind_not_pointer(const char *path, struct str first, const char *what, struct err *err);
/* The same, and for text in UTF-16 or UTF-32 an error that says how it becomes UTF-8. `text`: nothing but text is expected, so that
 * UTF-16 without its mark is seen too. *mark_out: bytes of a byte order mark, which is no text. */
NODISCARD bool kind_utf8(const char *path, struct str first, bool text, const char *what, size_t *mark_out, struct err *err);

#endif
