/* Protocol buffers, as much as a SentencePiece model needs. See sentencepiece.h.
 *
 *   message:  field*            field:  varint key = number << 3 | wire type, then
 *   wire type 0: varint         1: eight bytes         2: varint length, bytes         5: four bytes
 *
 *   ModelProto      1 pieces*  2 trainer_spec  3 normalizer_spec
 *   SentencePiece   1 piece (bytes)  2 score (float)  3 type (enum)
 *   TrainerSpec     3 model_type  35 byte_fallback  40 unk_id  45 unk_piece
 *   NormalizerSpec  2 precompiled_charsmap
 *
 * Groups (wire types 3 and 4) are no part of this format. A scalar that comes twice has its last value; a message
 * that comes twice is merged field by field. */
#include "core/tokenizer/sentencepiece.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

struct message {
    const char *at, *end;
    const char *begin; /* of the file */
    const char *path;
};

struct field {
    uint64_t number, value; /* varint, or the bytes of a fixed one */
    unsigned wire;
    struct message body; /* of wire type 2 */
};

static bool broken(const struct message *message, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: not a SentencePiece model: %s at byte %zu", message->path, what,
                   (size_t)(message->at - message->begin));
}

static bool read_varint(struct message *message, uint64_t *out, struct err *err)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (message->at >= message->end)
            return broken(message, "the message ends within a number", err);
        uint64_t byte = (unsigned char)*message->at++;
        *out |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return shift < 63 || byte < 2 || broken(message, "a number of more than 64 bits", err);
    }
    return broken(message, "a number of more than ten bytes", err);
}

static bool read_fixed(struct message *message, size_t n, uint64_t *out, struct err *err)
{
    if ((size_t)(message->end - message->at) < n)
        return broken(message, "the message ends within a value", err);
    *out = 0;
    for (size_t i = 0; i < n; i++)
        *out |= (uint64_t)(unsigned char)message->at[i] << 8 * i;
    message->at += n;
    return true;
}

/* The next field; the caller asks while at < end. */
static bool read_field(struct message *message, struct field *field, struct err *err)
{
    uint64_t key;
    if (!read_varint(message, &key, err))
        return false;
    *field = (struct field){.number = key >> 3, .wire = key & 7};
    if (!field->number || field->number >= 1 << 29)
        return broken(message, "a field with an impossible number", err);
    switch (field->wire) {
    case 0: return read_varint(message, &field->value, err);
    case 1: return read_fixed(message, 8, &field->value, err);
    case 5: return read_fixed(message, 4, &field->value, err);
    case 2: {
        uint64_t n;
        if (!read_varint(message, &n, err))
            return false;
        if (n > (uint64_t)(message->end - message->at))
            return broken(message, "a field that is longer than its message", err);
        field->body = *message;
        field->body.end = message->at + n;
        message->at += n;
        return true;
    }
    default: return broken(message, "a field of an unknown kind", err);
    }
}

static bool is_field(const struct field *field, uint64_t number, unsigned wire)
{
    return field->number == number && field->wire == wire;
}

static struct str text_of(const struct field *field)
{
    return (struct str){field->body.at, (size_t)(field->body.end - field->body.at)};
}

static bool read_piece(struct sentencepiece *model, struct message message, struct err *err)
{
    struct field field;
    struct str string = {0};
    const struct message whole = message;
    float score = 0;
    unsigned char type = PIECE_NORMAL;
    while (message.at < message.end) {
        if (!read_field(&message, &field, err))
            return false;
        if (is_field(&field, 1, 2))
            string = text_of(&field);
        if (is_field(&field, 2, 5)) {
            uint32_t bits = (uint32_t)field.value;
            memcpy(&score, &bits, sizeof score);
        }
        if (is_field(&field, 3, 0) && field.value >= PIECE_NORMAL && field.value <= PIECE_BYTE)
            type = (unsigned char)field.value;
    }
    if (!string.n || utf8_invalid_at(string) < string.n)
        return broken(&whole, string.n ? "a piece that is not UTF-8" : "a piece without letters", err);
    if (!isfinite(score))
        return broken(&whole, "a score that is not finite", err);
    size_t n = model->pieces.n;
    if (!lexicon_add(&model->pieces, string, (double)score, err) ||
        !mem_grow((void **)&model->types, &model->types_capacity, n + 1, 1, "pieces", err))
        return false;
    model->types[n] = type;
    return true;
}

static bool read_trainer(struct sentencepiece *model, struct message message, struct err *err)
{
    struct field field;
    while (message.at < message.end) {
        if (!read_field(&message, &field, err))
            return false;
        if (is_field(&field, 3, 0) && field.value >= SENTENCEPIECE_UNIGRAM && field.value <= SENTENCEPIECE_CHAR)
            model->model = (int)field.value;
        if (is_field(&field, 35, 0))
            model->byte_fallback = field.value;
        if (is_field(&field, 40, 0))
            model->unknown = (size_t)field.value;
        if (is_field(&field, 45, 2))
            model->unknown_piece = text_of(&field);
    }
    return true;
}

static bool read_normalizer(struct sentencepiece *model, struct message message, struct err *err)
{
    struct field field;
    while (message.at < message.end) {
        if (!read_field(&message, &field, err))
            return false;
        if (is_field(&field, 2, 2))
            model->charsmap = text_of(&field);
    }
    return true;
}

bool sentencepiece_read(struct sentencepiece *model, struct str bytes, const char *path, struct err *err)
{
    struct message message = {bytes.s, bytes.s + bytes.n, bytes.s, path};
    struct field field;
    *model = (struct sentencepiece){.model = SENTENCEPIECE_UNIGRAM, .unknown_piece = STR("<unk>")};
    while (message.at < message.end) {
        bool ok = read_field(&message, &field, err);
        if (ok && is_field(&field, 1, 2))
            ok = read_piece(model, field.body, err);
        else if (ok && is_field(&field, 2, 2))
            ok = read_trainer(model, field.body, err);
        else if (ok && is_field(&field, 3, 2))
            ok = read_normalizer(model, field.body, err);
        if (!ok)
            return false;
    }
    size_t unknown = 0;
    for (size_t i = 0; i < model->pieces.n; i++)
        unknown += model->types[i] == PIECE_UNKNOWN;
    if (unknown == 1 && utf8_invalid_at(model->unknown_piece) == model->unknown_piece.n)
        return true;
    return err_set(err, ERR_FORMAT, "%s: not a SentencePiece model: %zu pieces, %zu of them for what is unknown (expected 1)",
                   path, model->pieces.n, unknown);
}

void sentencepiece_free(struct sentencepiece *model)
{
    lexicon_free(&model->pieces);
    free(model->types);
    memset(model, 0, sizeof *model);
}
