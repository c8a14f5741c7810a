/* A tokenizer as its files describe it: text in, ids with their place in the text out.
 *
 * The order of work is that of a tokenizer.json: added tokens that are not normalised are cut from the
 * raw text, the normalizer runs, added tokens that are normalised are cut, the pre-tokenizer splits, the
 * model turns each piece into ids, the post-processor puts special tokens around one text or two.
 * Every normalised byte carries its range in the text, so offsets need no search afterwards. */
#ifndef GAZE_CORE_TOKENIZER_TOKENIZER_H
#define GAZE_CORE_TOKENIZER_TOKENIZER_H

#include "core/tokenizer/encoding.h"

struct tokenizer; /* load.h makes one */
void tokenizer_free(struct tokenizer *tokenizer);

enum { TOKENIZE_NO_SPECIAL = 1 }; /* leave the post-processor's special tokens out */

/* Encode one text or a pair (second NULL: one). Text must be UTF-8: ERR_FORMAT with the byte's number
 * otherwise. The caller frees the encoding. */
NODISCARD bool tokenizer_encode(const struct tokenizer *tokenizer, struct str first, const struct str *second, unsigned flags,
                                struct encoding *out, struct err *err);
/* What a decoder is given of a target: id `start`, then the encoding's tokens without the end token that the tokenizer put
 * behind them (labels shifted right, as the reference does). In place. */
NODISCARD bool encoding_shift_right(const struct tokenizer *tokenizer, struct encoding *encoding, int32_t start, struct err *err);
/* An encoding of bare ids, past the tokenizer (which may be NULL: strings are then "#ID"). types may be NULL. */
NODISCARD bool encoding_of_ids(const struct tokenizer *tokenizer, const int32_t *ids, const int32_t *types, size_t n,
                               struct encoding *out, struct err *err);
/* Put the token `id` in at `at`, as one that no text wrote: of the type of the token before it, 0 in front of all. */
NODISCARD bool encoding_put(const struct tokenizer *tokenizer, int32_t id, size_t at, struct encoding *encoding, struct err *err);

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
/* The same as a part of a text: with the space that stands before it (of the first token only where bytes are spelled), special
 * tokens left out. A character may be spread over several tokens. */
void tokenizer_spell(const struct tokenizer *tokenizer, int32_t id, bool first, struct buf *out);

/* One line for `info`: "BertNormalizer / BertPreTokenizer / WordPiece / TemplateProcessing, 30522 ids". */
void tokenizer_describe(const struct tokenizer *tokenizer, struct buf *out);
const char *tokenizer_path(const struct tokenizer *tokenizer); /* the file it was read from */

#endif
