/* spiece.model, spm.model, sentencepiece.bpe.model, tokenizer.model: a SentencePiece model, made into the document of
 * a tokenizer.json by the rules of the class's family (spm_family.h). */
#include "core/tokenizer/loader/document.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/tokenizer/loader/spm_family.h"

static const char *const files[] = {"spiece.model",        "spm.model",       "sentencepiece.bpe.model",
                                    "sentencepiece.model", "tokenizer.model", NULL};

/* The family's own name first, then any. */
static const char *file_of(const struct folder *folder)
{
    if (folder_has(folder, folder->class->pieces->file))
        return folder->class->pieces->file;
    for (size_t i = 0; files[i]; i++)
        if (folder_has(folder, files[i]))
            return files[i];
    return folder->class->pieces->file;
}

static void put_base64(struct buf *out, struct str bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes.n; at += 3) {
        uint32_t bits = 0, have = bytes.n - at < 3 ? (uint32_t)(bytes.n - at) : 3;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < have ? (unsigned char)bytes.s[at + i] : 0);
        for (uint32_t i = 0; i < 4; i++)
            buf_char(out, i <= have ? letters[bits >> (18 - 6 * i) & 63] : '=');
    }
}

/* Control and user-defined pieces are added tokens. A document's entry of one takes more than a hundred times the piece's bytes
 * in the file; models have hundreds of them. */
enum { ADDED_LIMIT = 1 << 15 };

static bool is_added(const struct sentencepiece *model, size_t i)
{
    return model->types[i] == PIECE_CONTROL || model->types[i] == PIECE_USER_DEFINED;
}

static void put_added(struct buf *out, const struct sentencepiece *model, const struct spm_family *family)
{
    const char *between = "";
    buf_puts(out, ",\"added_tokens\":[");
    for (size_t i = 0; i < model->pieces.n; i++) {
        if (!is_added(model, i))
            continue;
        bool special = model->types[i] == PIECE_CONTROL;
        for (size_t k = 0; family->specials && family->specials[k]; k++)
            special = special || str_is(model->pieces.strings[i], family->specials[k]);
        buf_printf(out, "%s{\"id\":0,\"content\":", between);
        json_quote(out, model->pieces.strings[i]);
        buf_printf(out, ",\"normalized\":false,\"special\":%s}", special ? "true" : "false");
        between = ",";
    }
    buf_char(out, ']');
}

static void put_model(struct buf *out, const struct sentencepiece *model, const struct spm_family *family, size_t unknown)
{
    const char *bytes = family->byte_fallback ? "true" : "false";
    if (model->model == SENTENCEPIECE_UNIGRAM) {
        buf_printf(out, ",\"model\":{\"type\":\"Unigram\",\"unk_id\":%zu,\"byte_fallback\":%s,\"vocab\":[]}", unknown, bytes);
        return;
    }
    buf_puts(out, ",\"model\":{\"type\":\"BPE\",\"unk_token\":");
    json_quote(out, model->unknown_piece);
    buf_printf(out, ",\"fuse_unk\":true,\"byte_fallback\":%s,\"vocab\":{},\"merges\":[]}", bytes);
}

static void put_document(struct buf *out, const struct folder *folder, const struct sentencepiece *model, size_t unknown)
{
    const struct spm_family *family = folder->class->pieces;
    struct buf charsmap = {0};
    if (model->charsmap.n) {
        buf_puts(&charsmap, "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"");
        put_base64(&charsmap, model->charsmap);
        buf_puts(&charsmap, "\"},");
    }
    buf_puts(out, "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[");
    family->normalizers(out, folder, buf_cstr(&charsmap));
    buf_puts(out, "]},\"pre_tokenizer\":");
    family->pretokenizer(out, folder);
    put_added(out, model, family);
    put_model(out, model, family, unknown);
    buf_char(out, '}');
    out->failed = out->failed || charsmap.failed;
    buf_free(&charsmap);
}

static bool is_read(const struct sentencepiece *model, const char *path, struct err *err)
{
    static const char *const names[] = {[SENTENCEPIECE_WORD] = "word", [SENTENCEPIECE_CHAR] = "char"};
    if (model->model == SENTENCEPIECE_WORD || model->model == SENTENCEPIECE_CHAR)
        return err_set(err, ERR_UNSUPPORTED, "%s: a SentencePiece model of type \"%s\" is not read; read are unigram and bpe",
                       path, names[model->model]);
    if (model->pieces.n >= TOKEN_ID_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: more than %d pieces", path, TOKEN_ID_LIMIT);
    size_t added = 0;
    for (size_t i = 0; i < model->pieces.n; i++)
        added += is_added(model, i);
    if (added > ADDED_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: %zu control and user-defined pieces, read are at most %d", path, added, ADDED_LIMIT);
    return model->unknown < model->pieces.n ||
           err_set(err, ERR_FORMAT, "%s: unk_id is %zu, there are %zu pieces", path, model->unknown, model->pieces.n);
}

static bool load(struct tokenizer *tokenizer, const struct folder *given, struct err *err)
{
    struct folder folder = *given;
    folder.older = true;
    if (!folder.class || !folder.class->pieces) {
        const char *const *file = files;
        while (*file && !folder_has(given, *file))
            file++;
        return class_refused(given, *file ? *file : files[0], &loader_sentencepiece_model, err);
    }
    struct sentencepiece model = {0};
    struct lexicon pieces;
    struct source *file = NULL;
    struct buf text = {0};
    lexicon_init(&pieces, tokenizer->arena);
    char *path = path_join(folder.path, file_of(&folder), err);
    bool ok =
        path && (file = source_open(path, CONTENT_ANY, "a SentencePiece model", err)) && source_read(file, SIZE_MAX, 0, err) &&
        sentencepiece_read(&model, (struct str){(const char *)file->data, file->size}, path, err) && is_read(&model, path, err);
    if (ok) {
        size_t unknown = model.unknown;
        ok = folder.class->pieces->list(&pieces, &unknown, &folder, &model, err);
        put_document(&text, &folder, &model, unknown);
        ok = ok && buf_ok(&text, err) && document_build(tokenizer, &folder, path, buf_view(&text), &pieces, err);
    }
    buf_free(&text);
    lexicon_free(&pieces);
    sentencepiece_free(&model);
    source_free(file);
    free(path);
    return ok;
}

const struct loader loader_sentencepiece_model = {
    .name = "SentencePiece model",
    .summary = "a SentencePiece model: unigram or BPE",
    .files = files,
    .any_file = true,
    .load = load,
};
