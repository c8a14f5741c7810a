/* Words of a command line: bare, "quoted with JSON's escapes" and 'raw'. The lower half of the grammar. */
#ifndef GAZE_REPL_GRAMMAR_READER_H
#define GAZE_REPL_GRAMMAR_READER_H

#include "repl/grammar/call.h"

/* Where reading stands in a line. */
struct reader {
    const char *line;
    size_t at; /* bytes from its start */
    struct arena *arena;
    struct err *err;
};

bool is_blank(char c);
void reader_skip_blanks(struct reader *reader);
/* At the end of the line, or at a comment? */
bool reader_at_end(const struct reader *reader);

/* What may stand in a bare word. */
enum word_mode {
    WORD_PLAIN,  /* > and | end it, unless they close a < in the same word (<mask>, <|end|>) */
    WORD_TOKENS, /* only blanks end it: the value of q= and k= */
};
/* Read a word or a quoted string at the reader, unescaped and NUL-terminated in the arena; its place covers the quotes.
 * A bare word may be empty. A quoted one must be followed by a blank, > or |, or by one of `also`. */
NODISCARD bool reader_word(struct reader *reader, enum word_mode mode, const char *also, struct call_word *out);

/* Append a word so that it reads back as it is: bare, or in quotes where it must. */
void word_put(struct buf *out, struct str word);

/* The place of an error: bytes [begin, begin+length) of the line. Returns false. */
bool reader_blame(const struct reader *reader, size_t begin, size_t length);

#endif
