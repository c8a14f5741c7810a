/* A tokenizer as its files describe it: text in, ids with their place in the text out.
 *
 * The order of work is that of a tokenizer.json: added tokens that are not normalised are cut from the
 * raw text, the normalizer runs, added tokens that are normalised are cut, the pre-tokenizer splits, the
 * model turns each piece into ids, the post-processor puts special tokens around one text or two.
 * Every normalised byte carries its range in the text, so offsets need no search afterwards. */
#ifndef GAZE_CORE_TOKENIZER_TOKENIZER_H
#define GAZE_CORE_TOKENIZER_TOKENIZER_H

#include <stdint.h>
#include "core/base/mem.h"

struct tokenizer;

/* One token of an encoding. Offsets are half-open, within the text that the token comes from; [0,0) for
 * tokens that the post-processor put in. A character split over several tokens gives each its whole range. */
struct token {
    int32_t id;
    int32_t type;        /* token type id as the tokenizer gives it */
    int32_t text;        /* 0 first text, 1 second, -1 put in by the post-processor */
    bool special;        /* put in by the post-processor (a special token typed in the text: false) */
    bool special_id;     /* the id is that of a special token, typed or put in */
    size_t begin, end;   /* bytes */
    size_t cbegin, cend; /* code points */
    int32_t word;        /* number of the pre-tokenised word within its text, -1 where there is none */
    struct str string;   /* the vocabulary's string of the id; owned by the encoding's arena */
};

struct encoding {
    size_t n;
    struct token *tokens;
    struct arena *arena; /* owns tokens and strings */
    struct str texts[2]; /* copies of the texts, owned by the arena; n 0 and s NULL where there is none */
};

/* Load the tokenizer of a folder: tokenizer.json where it is, else the older files by tokenizer_class and
 * by what is there. ERR_NOT_FOUND where the folder holds no tokenizer file at all; ERR_UNSUPPORTED, naming
 * the file and the formats that are read, where it holds only one that is not read yet. */
NODISCARD struct tokenizer *tokenizer_load(const char *folder, struct err *err);
void tokenizer_free(struct tokenizer *tokenizer);

enum { TOKENIZE_NO_SPECIAL = 1 }; /* leave the post-processor's special tokens out */

/* Encode one text or a pair (second NULL: one). Text must be UTF-8: ERR_FORMAT with the byte's number
 * otherwise. The caller frees the encoding. */
NODISCARD bool tokenizer_encode(const struct tokenizer *tokenizer, struct str first, const struct str *second, unsigned flags,
                                struct encoding *out, struct err *err);
/* An encoding of bare ids, past the tokenizer (which may be NULL: strings are then "#ID"). types may be NULL. */
NODISCARD bool encoding_of_ids(const struct tokenizer *tokenizer, const int32_t *ids, const int32_t *types, size_t n,
                               struct encoding *out, struct err *err);
void encoding_free(struct encoding *encoding); /* a zeroed struct is fine */

size_t tokenizer_vocab_size(const struct tokenizer *tokenizer); /* highest id + 1, added tokens included */
/* The vocabulary's string of an id; n = 0 and s NULL where no such id is. Borrowed. */
struct str tokenizer_string(const struct tokenizer *tokenizer, int32_t id);
int32_t tokenizer_id(const struct tokenizer *tokenizer, struct str string); /* -1 where unknown */
bool tokenizer_is_special(const struct tokenizer *tokenizer, int32_t id);
/* The id of a role as the files name it, or -1. Roles: "mask", "cls", "sep", "pad", "unk", "bos", "eos". */
int32_t tokenizer_role(const struct tokenizer *tokenizer, const char *role);

/* What a person reads for a token: without Ġ, ##, ▁ (replaced by nothing), byte-level letters turned back
 * into the bytes they stand for. Appends to out; the text is not escaped. */
void tokenizer_display(const struct tokenizer *tokenizer, int32_t id, struct buf *out);

/* One line for `info`: "BertNormalizer / BertPreTokenizer / WordPiece / TemplateProcessing, 30522 ids". */
void tokenizer_describe(const struct tokenizer *tokenizer, struct buf *out);
const char *tokenizer_path(const struct tokenizer *tokenizer); /* the file it was read from */

#endif
