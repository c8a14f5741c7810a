/* The pipeline of a tokenizer: text in, tokens with their places out.
 *
 *   raw text ─► added tokens (raw) ─► normalizer ─► added tokens (normalised) ─► pre-tokenizer
 *            ─► model, piece by piece ─► post-processor, over one text or two ─► encoding
 *
 * Format: tokenizer.json of Hugging Face's tokenizers 0.22; its Rust library decides where behaviour is in doubt.
 * Every member of a family (normalizer/, pretokenizer/, model/, postprocessor/, loader/) is a file and a row in
 * that family's list.h. What is special about the offsets: a normalised byte carries its range of the raw text
 * (normalized.h), so a token's range is that of its first byte to that of its last; offsets count code points in
 * the reference, and bytes are those translated, so a split character gives each of its tokens its whole range.
 * `truncation`, `padding` and `decoder` of the file are not read. */
#include "core/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "core/tokenizer/assembly.h"

void tokenizer_free(struct tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    normalizer_free(&tokenizer->normalizer);
    normalizer_free(&tokenizer->filed);
    pretokenizer_free(&tokenizer->pretokenizer);
    token_model_free(&tokenizer->model);
    added_free(&tokenizer->added);
    arena_free(tokenizer->arena);
    free(tokenizer);
}

/* ---- one text ------------------------------------------------------------------------------------- */

/* Byte offsets of a text as code points and back. */
struct places {
    uint32_t *of_byte;      /* [n]: the character that a byte is part of */
    uint32_t *of_character; /* [characters + 1]: where it begins */
    size_t n, characters;
};

static bool places_of(struct places *places, struct str text, struct err *err)
{
    *places = (struct places){.n = text.n};
    places->of_byte = mem_new(text.n + 1, sizeof *places->of_byte, "offsets", err);
    places->of_character = mem_new(text.n + 1, sizeof *places->of_character, "offsets", err);
    if (!places->of_byte || !places->of_character)
        return false;
    for (size_t at = 0; at < text.n; places->characters++) {
        int32_t cp;
        size_t n = utf8_decode(text.s + at, text.n - at, &cp);
        for (size_t k = 0; k < n; k++)
            places->of_byte[at + k] = (uint32_t)places->characters;
        places->of_character[places->characters] = (uint32_t)at;
        at += n;
    }
    places->of_character[places->characters] = (uint32_t)text.n;
    return true;
}

static void places_free(struct places *places)
{
    free(places->of_byte);
    free(places->of_character);
}

/* Bytes to code points as the reference does it, which leaves alone what begins behind the text. */
static void to_characters(const struct places *places, size_t begin, size_t end, struct token *token)
{
    token->cbegin = begin;
    token->cend = end;
    if (begin >= places->n)
        return;
    token->cbegin = places->of_byte[begin];
    if (end < places->n)
        token->cend = places->of_byte[end];
    else if (end >= 1 && end - 1 < places->n)
        token->cend = places->of_byte[end - 1] + 1;
    else
        token->cend = token->cbegin + 2;
}

/* The range of the raw text that [begin, end) of a piece stands for. */
static void raw_range(const struct pieces *pieces, const struct piece *piece, size_t begin, size_t end, size_t *raw_begin,
                      size_t *raw_end)
{
    *raw_begin = begin;
    *raw_end = end;
    if (begin < end && end <= piece->n) {
        *raw_begin = pieces->from[piece->at + begin].begin;
        *raw_end = pieces->from[piece->at + end - 1].end;
    }
}

/* The memory that a text passes through; values of items point into it. */
struct work {
    struct pieces pieces;
    struct model_work model;
    struct places places;
};

static void work_free(struct work *work)
{
    pieces_free(&work->pieces);
    model_work_free(&work->model);
    places_free(&work->places);
}

static bool normalize_piece(const void *context, struct normalized *text, struct err *err)
{
    return normalizer_apply(context, text, err);
}

static bool cut(const struct tokenizer *tokenizer, struct str text, struct pieces *pieces, struct err *err)
{
    return pieces_start(pieces, text, err) && added_split(&tokenizer->added, false, pieces, err) &&
           (!tokenizer->normalizer.kind || pieces_change(pieces, normalize_piece, &tokenizer->normalizer, err)) &&
           added_split(&tokenizer->added, true, pieces, err) && pretokenizer_apply(&tokenizer->pretokenizer, pieces, err);
}

/* The tokens of one piece as items of the part. */
static bool add_piece(const struct tokenizer *tokenizer, struct work *work, size_t number, int32_t text, struct section *part,
                      struct err *err)
{
    const struct piece *piece = &work->pieces.list[number];
    struct str string = {work->pieces.text + piece->at, piece->n};
    work->model.n = 0;
    bool ok = piece->added >= 0 ? model_emit(&work->model, piece->added, 0, piece->n, string, err)
                                : model_tokenize(&tokenizer->model, string, &work->model, err);
    for (size_t i = 0; ok && i < work->model.n; i++) {
        const struct model_token *found = &work->model.tokens[i];
        struct item item = {.token = {.id = found->id, .type = text, .text = text, .word = (int32_t)number},
                            .value = found->value};
        size_t begin, end;
        raw_range(&work->pieces, piece, found->begin, found->end, &begin, &end);
        to_characters(&work->places, begin, end, &item.token);
        ok = part_add(part, &item, 1, err);
    }
    return ok;
}

/* A text showed what is wrong with the file: let the message name it. */
static void name_file(const struct tokenizer *tokenizer, struct err *err)
{
    bool is_file = err && (err->code == ERR_FORMAT || err->code == ERR_UNSUPPORTED || err->code == ERR_LIMIT);
    if (is_file && !strstr(err->message, tokenizer->path))
        err_prefix(err, "%s: ", tokenizer->path);
}

static bool tokenize(const struct tokenizer *tokenizer, struct str text, int32_t number, struct work *work, struct section *part,
                     struct err *err)
{
    size_t bad = utf8_invalid_at(text);
    if (bad < text.n)
        return err_set(err, ERR_FORMAT, "the text is not UTF-8 at byte %zu (0x%02x)", bad, (unsigned char)text.s[bad]);
    if (text.n >= INT32_MAX)
        return err_set(err, ERR_LIMIT, "the text is too long: %zu bytes", text.n);
    bool ok = places_of(&work->places, text, err) && cut(tokenizer, text, &work->pieces, err);
    for (size_t i = 0; ok && i < work->pieces.count; i++)
        ok = add_piece(tokenizer, work, i, number, part, err);
    if (!ok)
        name_file(tokenizer, err);
    return ok;
}

/* ---- encodings ------------------------------------------------------------------------------------ */

static size_t byte_of(const struct places *places, size_t character)
{
    return character < places->characters ? places->of_character[character] : places->n;
}

/* Give every token its string, all in one block of the encoding's arena. */
static bool add_strings(const struct tokenizer *tokenizer, struct encoding *encoding, struct err *err)
{
    size_t total = 1;
    struct buf number = {0};
    for (size_t i = 0; i < encoding->n; i++)
        total += tokenizer_string(tokenizer, encoding->tokens[i].id).n + 12;
    char *block = arena_alloc(encoding->arena, total, 1, "tokens", err);
    for (size_t i = 0; block && i < encoding->n; i++) {
        struct token *token = &encoding->tokens[i];
        struct str string = tokenizer_string(tokenizer, token->id);
        if (!cancel_check(i, err)) {
            buf_free(&number);
            return false;
        }
        if (!string.s) {
            number.n = 0;
            buf_printf(&number, "#%d", token->id);
            string = buf_view(&number);
        }
        if (string.n)
            memcpy(block, string.s, string.n);
        token->string = (struct str){block, string.n};
        token->special_id = tokenizer && tokenizer_is_special(tokenizer, token->id);
        block += string.n;
    }
    bool ok = block && buf_ok(&number, err);
    buf_free(&number);
    return ok;
}

static bool finish(const struct tokenizer *tokenizer, const struct sections *parts, const struct work work[2],
                   const struct str *texts[2], struct encoding *out, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < parts->n; i++)
        n += parts->at[i].n;
    if (!encoding_new(out, n, err))
        return false;
    struct token *token = out->tokens;
    for (size_t i = 0; i < parts->n; i++)
        for (size_t k = 0; k < parts->at[i].n; k++, token++) {
            if (!cancel_check(k, err)) {
                encoding_free(out);
                return false;
            }
            *token = parts->at[i].items[k].token;
            if (token->text < 0)
                continue;
            token->begin = byte_of(&work[token->text].places, token->cbegin);
            token->end = byte_of(&work[token->text].places, token->cend);
        }
    bool ok = add_strings(tokenizer, out, err);
    for (int i = 0; ok && i < 2; i++)
        ok = !texts[i] || arena_str(out->arena, *texts[i], &out->texts[i], err);
    if (!ok)
        encoding_free(out);
    return ok;
}

bool tokenizer_encode(const struct tokenizer *tokenizer, struct str first, const struct str *second, unsigned flags,
                      struct encoding *out, struct err *err)
{
    const struct str *texts[2] = {&first, second};
    struct work work[2] = {0};
    struct sections parts = {0};
    bool ok = true;
    *out = (struct encoding){0};
    for (int32_t i = 0; ok && i < (second ? 2 : 1); i++) {
        struct section *part;
        ok = parts_add(&parts, &part, err) && tokenize(tokenizer, *texts[i], i, &work[i], part, err);
    }
    if (ok && !postprocessor_apply(&tokenizer->postprocessor, &parts, !(flags & TOKENIZE_NO_SPECIAL), err)) {
        name_file(tokenizer, err);
        ok = false;
    }
    ok = ok && finish(tokenizer, &parts, work, texts, out, err);
    parts_free(&parts);
    work_free(&work[0]);
    work_free(&work[1]);
    return ok;
}

bool encoding_shift_right(const struct tokenizer *tokenizer, struct encoding *encoding, int32_t start, struct err *err)
{
    size_t n = encoding->n;
    struct encoding first;
    if (!encoding_of_ids(tokenizer, &start, NULL, 1, &first, err))
        return false;
    if (n && encoding->tokens[n - 1].special)
        n--;
    struct token *tokens = arena_alloc(encoding->arena, n + 1, sizeof *tokens, "a target", err);
    bool ok = tokens != NULL;
    if (ok) {
        memcpy(tokens + 1, encoding->tokens, n * sizeof *tokens);
        tokens[0] = first.tokens[0];
        tokens[0].special = true;
        ok = arena_str(encoding->arena, first.tokens[0].string, &tokens[0].string, err);
        encoding->tokens = tokens;
        encoding->n = n + 1;
    }
    encoding_free(&first);
    return ok;
}

bool encoding_of_ids(const struct tokenizer *tokenizer, const int32_t *ids, const int32_t *types, size_t n, struct encoding *out,
                     struct err *err)
{
    if (!encoding_new(out, n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        out->tokens[i] = (struct token){.id = ids[i], .type = types ? types[i] : 0, .text = -1, .word = -1};
    if (add_strings(tokenizer, out, err))
        return true;
    encoding_free(out);
    return false;
}

bool encoding_put(const struct tokenizer *tokenizer, int32_t id, size_t at, struct encoding *encoding, struct err *err)
{
    struct token *tokens = arena_alloc(encoding->arena, encoding->n + 1, sizeof *tokens, "tokens", err);
    if (!tokens)
        return false;
    if (at)
        memcpy(tokens, encoding->tokens, at * sizeof *tokens);
    if (at < encoding->n)
        memcpy(tokens + at + 1, encoding->tokens + at, (encoding->n - at) * sizeof *tokens);
    tokens[at] = (struct token){.id = id,
                                .type = at ? tokens[at - 1].type : 0,
                                .text = -1,
                                .special = true,
                                .special_id = tokenizer_is_special(tokenizer, id),
                                .word = -1,
                                .string = tokenizer_string(tokenizer, id)};
    encoding->tokens = tokens;
    encoding->n++;
    return true;
}

/* ---- questions ------------------------------------------------------------------------------------ */

size_t tokenizer_vocab_size(const struct tokenizer *tokenizer)
{
    size_t model = tokenizer->model.vocab.ids, added = tokenizer->added.vocab.ids;
    return model > added ? model : added;
}

struct str tokenizer_string(const struct tokenizer *tokenizer, int32_t id)
{
    if (!tokenizer)
        return (struct str){0};
    struct str added = vocab_string(&tokenizer->added.vocab, id);
    return added.s ? added : vocab_string(&tokenizer->model.vocab, id);
}

int32_t tokenizer_id(const struct tokenizer *tokenizer, struct str string)
{
    int32_t id = vocab_find(&tokenizer->added.vocab, string);
    return id >= 0 ? id : vocab_find(&tokenizer->model.vocab, string);
}

bool tokenizer_is_special(const struct tokenizer *tokenizer, int32_t id)
{
    for (int i = 0; i < ROLES; i++)
        if (id >= 0 && tokenizer->roles[i] == id)
            return true;
    return added_is_special(&tokenizer->added, id);
}

int32_t tokenizer_role(const struct tokenizer *tokenizer, const char *role)
{
    for (int i = 0; i < ROLES; i++)
        if (!strcmp(role, role_names[i]))
            return tokenizer->roles[i];
    return -1;
}

const char *tokenizer_path(const struct tokenizer *tokenizer)
{
    return tokenizer->path;
}

void tokenizer_describe(const struct tokenizer *tokenizer, struct buf *out)
{
    normalizer_describe(&tokenizer->normalizer, out);
    buf_puts(out, " / ");
    pretokenizer_describe(&tokenizer->pretokenizer, out);
    buf_printf(out, " / %s / ", tokenizer->model.kind->type);
    postprocessor_describe(&tokenizer->postprocessor, out);
    buf_printf(out, ", %zu ids", tokenizer_vocab_size(tokenizer));
}
