/* A SentencePiece model file: the parts of its ModelProto that a tokenizer needs. */
#ifndef GAZE_CORE_TOKENIZER_SENTENCEPIECE_H
#define GAZE_CORE_TOKENIZER_SENTENCEPIECE_H

#include "core/tokenizer/lexicon.h"

enum piece_type { PIECE_NORMAL = 1, PIECE_UNKNOWN, PIECE_CONTROL, PIECE_USER_DEFINED, PIECE_UNUSED, PIECE_BYTE };
enum sentencepiece_model { SENTENCEPIECE_UNIGRAM = 1, SENTENCEPIECE_BPE, SENTENCEPIECE_WORD, SENTENCEPIECE_CHAR };

struct sentencepiece {
    struct lexicon pieces; /* strings lie in the file's bytes */
    unsigned char *types;  /* [pieces.n], enum piece_type */
    size_t types_capacity;
    int model;      /* enum sentencepiece_model */
    size_t unknown; /* trainer_spec.unk_id */
    struct str unknown_piece;
    bool byte_fallback;
    struct str charsmap; /* normalizer_spec.precompiled_charsmap; n 0: none */
};

/* Read the file's bytes, which must outlive what is read. An absent field has the default of the .proto file
 * (sentencepiece 0.2, src/sentencepiece_model.proto), unknown fields are passed over. ERR_FORMAT, naming the byte,
 * for what is not well formed. The caller calls sentencepiece_free, after a failure too. */
NODISCARD bool sentencepiece_read(struct sentencepiece *model, struct str bytes, const char *path, struct err *err);
void sentencepiece_free(struct sentencepiece *model);

#endif
