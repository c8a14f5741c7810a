/* The tokenizer of a GGUF file, made into the document of a tokenizer.json. See gguf.h.
 *
 * tokenizer.ggml.model says which: "llama" SentencePiece's BPE by scores, "gpt2" byte-level BPE with merges (tokenizer.ggml.pre
 * says what comes before them), "bert" WordPiece, whose "##x" is stored as "x" and every other piece as "▁x", "t5" Unigram. */
#include "core/gguf/gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/gguf/splitting.h"
#include "core/tokenizer/load.h"

#define KEY(name) "tokenizer.ggml." name
#define SPACE     "\xe2\x96\x81" /* ▁ */

enum piece { PIECE_NORMAL = 1, PIECE_UNKNOWN, PIECE_CONTROL, PIECE_USER };

/* The token list while a document is written. */
struct tokens {
    const struct gguf *gguf;
    struct str *strings; /* [n] borrowed from the file */
    size_t n;
    const struct gguf_value *types, *scores; /* [n], or NULL */
};

/* ---- the lists of the metadata ---- */

static const struct gguf_value *numbers_at(const struct tokens *t, const char *key, struct err *err, bool *ok)
{
    const struct gguf_value *value = gguf_find(t->gguf, key);
    if (value && (!value->array || value->n != t->n || value->type == GGUF_STRING || value->type == GGUF_ARRAY))
        *ok = err_set(err, ERR_FORMAT, "%s: %s is no list of %zu numbers, one a token", t->gguf->path, key, t->n);
    return value;
}

static bool is_texts(const struct gguf_value *value)
{
    return value && value->array && value->type == GGUF_STRING;
}

static bool read_tokens(struct tokens *t, struct err *err)
{
    const struct gguf_value *list = gguf_find(t->gguf, KEY("tokens"));
    if (!is_texts(list) || !list->n)
        return err_set(err, ERR_FORMAT, "%s: %s is no list of texts", t->gguf->path, KEY("tokens"));
    if (list->n >= TOKEN_ID_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: %zu tokens, at most %d are read", t->gguf->path, list->n, TOKEN_ID_LIMIT);
    t->n = list->n;
    t->strings = mem_new(t->n, sizeof *t->strings, "a vocabulary", err);
    const unsigned char *at = list->at;
    for (size_t i = 0; t->strings && i < t->n; i++) {
        t->strings[i] = gguf_next_text(&at);
        if (utf8_invalid_at(t->strings[i]) < t->strings[i].n)
            return err_set(err, ERR_FORMAT, "%s: token %zu is not UTF-8", t->gguf->path, i);
    }
    bool ok = t->strings != NULL;
    t->types = numbers_at(t, KEY("token_type"), err, &ok);
    t->scores = numbers_at(t, KEY("scores"), err, &ok);
    return ok;
}

static int type_of(const struct tokens *t, size_t i)
{
    return t->types ? (int)gguf_item(t->types, i) : PIECE_NORMAL;
}

/* The id that a key gives, n where there is none. */
static size_t id_at(const struct tokens *t, const char *key)
{
    double id = gguf_number(t->gguf, key, -1);
    return id >= 0 && id < (double)t->n ? (size_t)id : t->n;
}

/* The first token that is so spelled, n where there is none. */
static size_t id_of(const struct tokens *t, const char *token)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_is(t->strings[i], token))
            return i;
    return t->n;
}

/* A role's id; the converter once wrote "seperator". */
static size_t role_id(const struct tokens *t, const char *role)
{
    char key[64];
    snprintf(key, sizeof key, KEY("%s_token_id"), role);
    size_t id = id_at(t, key);
    return id == t->n && strcmp(role, "separator") == 0 ? id_at(t, KEY("seperator_token_id")) : id;
}

/* The same, of a file without roles by the token that plays it. */
static size_t role_or(const struct tokens *t, const char *role, const char *token)
{
    size_t id = role_id(t, role);
    return id < t->n ? id : id_of(t, token);
}

static size_t unknown_id(const struct tokens *t)
{
    size_t id = role_id(t, "unknown");
    for (size_t i = 0; id == t->n && t->types && i < t->n; i++)
        if (type_of(t, i) == PIECE_UNKNOWN)
            return i;
    return id;
}

/* ---- parts of a document ---- */

/* A token as the document spells it: of WordPiece the pieces within words begin with "##". */
static void put_token(struct buf *out, const struct tokens *t, size_t i, bool wordpiece)
{
    struct str s = t->strings[i];
    struct buf spelled = {0};
    bool bracketed = s.n > 2 && s.s[0] == '[' && s.s[s.n - 1] == ']';
    bool plain = !wordpiece || bracketed || type_of(t, i) == PIECE_CONTROL || type_of(t, i) == PIECE_UNKNOWN;
    if (!plain && str_starts(s, STR(SPACE)))
        s = (struct str){s.s + 3, s.n - 3};
    else if (!plain)
        buf_puts(&spelled, "##");
    buf_str(&spelled, s);
    json_quote(out, buf_view(&spelled));
    out->failed = out->failed || spelled.failed;
    buf_free(&spelled);
}

/* Which added tokens take the blanks beside them, which the file does not say: masks of RoBERTa and its kin those before, of Phi
 * 3 all but three those behind. */
enum blanks { BLANKS_STAY, BLANKS_BEFORE_MASKS, BLANKS_BEHIND };

static bool takes_behind(struct str token)
{
    return !str_is(token, "<unk>") && !str_is(token, "<s>") && !str_is(token, "<|endoftext|>");
}

static void put_added(struct buf *out, const struct tokens *t, bool wordpiece, enum blanks blanks)
{
    const char *between = "";
    size_t mask = blanks == BLANKS_BEFORE_MASKS ? role_or(t, "mask", "<mask>") : t->n;
    buf_puts(out, ",\"added_tokens\":[");
    for (size_t i = 0; i < t->n; i++) {
        int type = type_of(t, i);
        if (type != PIECE_CONTROL && type != PIECE_USER && type != PIECE_UNKNOWN)
            continue;
        buf_printf(out, "%s{\"id\":%zu,\"content\":", between, i);
        put_token(out, t, i, wordpiece);
        buf_printf(out, ",\"normalized\":false,\"special\":%s", type == PIECE_USER ? "false" : "true");
        if (i == mask)
            buf_puts(out, ",\"lstrip\":true");
        if (blanks == BLANKS_BEHIND && takes_behind(t->strings[i]))
            buf_puts(out, ",\"rstrip\":true");
        buf_char(out, '}');
        between = ",";
    }
    buf_char(out, ']');
}

static void put_vocab(struct buf *out, const struct tokens *t, bool wordpiece)
{
    buf_puts(out, ",\"vocab\":{");
    for (size_t i = 0; i < t->n; i++) {
        buf_puts(out, i ? "," : "");
        put_token(out, t, i, wordpiece);
        buf_printf(out, ":%zu", i);
    }
    buf_char(out, '}');
}

static void put_unknown(struct buf *out, const struct tokens *t)
{
    size_t id = unknown_id(t);
    buf_puts(out, ",\"unk_token\":");
    if (id < t->n)
        json_quote(out, t->strings[id]);
    else
        buf_puts(out, "null");
}

/* "merges": the file has each as two tokens with a space between. */
static bool put_merges(struct buf *out, const struct tokens *t, struct err *err)
{
    const struct gguf_value *merges = gguf_find(t->gguf, KEY("merges"));
    if (!is_texts(merges))
        return err_set(err, ERR_FORMAT, "%s: %s is no list of texts", t->gguf->path, KEY("merges"));
    const unsigned char *at = merges->at;
    buf_puts(out, ",\"merges\":[");
    for (size_t i = 0; i < merges->n; i++) {
        buf_puts(out, i ? "," : "");
        json_quote(out, gguf_next_text(&at));
    }
    buf_char(out, ']');
    return true;
}

static void put_base64(struct buf *out, const struct gguf_value *bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes->n; at += 3) {
        unsigned bits = 0;
        size_t have = bytes->n - at < 3 ? bytes->n - at : 3;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < have ? bytes->at[at + i] : 0);
        for (size_t i = 0; i < 4; i++)
            buf_char(out, i <= have ? letters[bits >> (18 - 6 * i) & 63] : '=');
    }
}

/* ---- what stands around a text ---- */

/* The tokens before and behind a text, n: none; between two texts there may be one more. */
struct frame {
    size_t before, behind, between;
    bool types, pair_before; /* the second text is of type 1; begins as the first does */
};

static void put_special(struct buf *out, const struct tokens *t, size_t id, int type, const char **comma)
{
    if (id >= t->n)
        return;
    buf_printf(out, "%s{\"SpecialToken\":{\"id\":", *comma);
    json_quote(out, t->strings[id]);
    buf_printf(out, ",\"type_id\":%d}}", type);
    *comma = ",";
}

static void put_text(struct buf *out, const struct tokens *t, const struct frame *frame, char name, bool second)
{
    const char *comma = second ? "," : "";
    int type = second && frame->types;
    if (second)
        put_special(out, t, frame->between, type, &comma);
    if (!second || frame->pair_before)
        put_special(out, t, frame->before, type, &comma);
    buf_printf(out, "%s{\"Sequence\":{\"id\":\"%c\",\"type_id\":%d}}", comma, name, type);
    comma = ",";
    put_special(out, t, frame->behind, type, &comma);
}

static void put_processor(struct buf *out, const struct tokens *t, const struct frame *frame)
{
    const size_t ids[] = {frame->before, frame->behind, frame->between};
    const char *comma = "";
    buf_puts(out, ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[");
    put_text(out, t, frame, 'A', false);
    buf_puts(out, "],\"pair\":[");
    put_text(out, t, frame, 'A', false);
    put_text(out, t, frame, 'B', true);
    buf_puts(out, "],\"special_tokens\":{");
    for (size_t i = 0; i < 3; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || ids[k] == ids[i];
        if (ids[i] >= t->n || again)
            continue;
        buf_puts(out, comma);
        json_quote(out, t->strings[ids[i]]);
        buf_puts(out, ":{\"id\":");
        json_quote(out, t->strings[ids[i]]);
        buf_printf(out, ",\"ids\":[%zu],\"tokens\":[", ids[i]);
        json_quote(out, t->strings[ids[i]]);
        buf_puts(out, "]}");
        comma = ",";
    }
    buf_puts(out, "}}");
}

/* Beginnings and ends as the file's flags have them. */
static struct frame frame_of(const struct tokens *t, bool bos, bool eos)
{
    struct frame frame = {.before = t->n, .behind = t->n, .between = t->n, .types = true, .pair_before = true};
    if (gguf_bool(t->gguf, KEY("add_bos_token"), bos))
        frame.before = role_id(t, "bos");
    if (gguf_bool(t->gguf, KEY("add_eos_token"), eos))
        frame.behind = role_id(t, "eos");
    return frame;
}

/* ---- the kinds ---- */

static bool put_llama(struct buf *out, const struct tokens *t, struct err *err)
{
    struct frame frame = frame_of(t, true, false);
    bool phi3 = str_is(gguf_text(t->gguf, "general.architecture"), "phi3");
    (void)err;
    buf_puts(out, "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[");
    if (gguf_bool(t->gguf, KEY("add_space_prefix"), true))
        buf_puts(out, "{\"type\":\"Prepend\",\"prepend\":\"" SPACE "\"},");
    buf_puts(out, "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" SPACE "\"}]}");
    put_added(out, t, false, phi3 ? BLANKS_BEHIND : BLANKS_STAY);
    put_processor(out, t, &frame);
    buf_puts(out, ",\"model\":{\"type\":\"BPE\"");
    put_unknown(out, t);
    buf_puts(out, ",\"fuse_unk\":true,\"byte_fallback\":true,\"vocab\":{},\"merges\":[]}}");
    return true;
}

static bool put_gpt2(struct buf *out, const struct tokens *t, struct err *err)
{
    struct str pre = gguf_text(t->gguf, KEY("pre"));
    const struct splitting *splitting = splitting_named(pre);
    if (!splitting) {
        struct buf names = {0};
        splitting_names(&names);
        err_set(err, ERR_UNSUPPORTED, "%s: %s \"%.*s\": how a text is cut before merges is not read for it; read are %s",
                t->gguf->path, KEY("pre"), STR_ARGS(pre), buf_cstr(&names));
        buf_free(&names);
        return false;
    }
    struct frame frame = frame_of(t, splitting->bos || splitting->roberta, splitting->roberta);
    if (splitting->roberta) {
        frame.between = role_id(t, "separator");
        frame.types = frame.pair_before = false;
    }
    buf_printf(out, "{\"normalizer\":%s,\"pre_tokenizer\":%s", splitting->normalizer, splitting->pretokenizer);
    put_added(out, t, false, splitting->roberta || str_is(pre, "modern-bert") ? BLANKS_BEFORE_MASKS : BLANKS_STAY);
    put_processor(out, t, &frame);
    buf_printf(out, ",\"model\":{\"type\":\"BPE\",\"ignore_merges\":%s", splitting->ignore_merges ? "true" : "false");
    put_vocab(out, t, false);
    if (!put_merges(out, t, err))
        return false;
    buf_puts(out, "}}");
    return true;
}

/* Is there a piece with a capital? Vocabularies of texts in lower case have none, and older files say nothing of it. */
static bool is_cased(const struct tokens *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct str s = t->strings[i];
        if ((s.n && s.s[0] == '[') || type_of(t, i) != PIECE_NORMAL)
            continue;
        for (size_t c = 0; c < s.n; c++)
            if (s.s[c] >= 'A' && s.s[c] <= 'Z')
                return true;
    }
    return false;
}

static bool put_bert(struct buf *out, const struct tokens *t, struct err *err)
{
    bool lower = gguf_bool(t->gguf, KEY("normalizer.lowercase"), !is_cased(t));
    bool strips = gguf_bool(t->gguf, KEY("normalizer.strip_accents"), lower);
    struct frame frame = {.before = role_id(t, "cls"), .behind = role_id(t, "separator"), .between = t->n, .types = true};
    (void)err;
    if (frame.before == t->n)
        frame.before = role_or(t, "bos", "[CLS]");
    if (frame.behind == t->n)
        frame.behind = role_or(t, "eos", "[SEP]");
    buf_printf(out,
               "{\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,"
               "\"strip_accents\":%s,\"lowercase\":%s},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}",
               strips ? "true" : "false", lower ? "true" : "false");
    put_added(out, t, true, BLANKS_STAY);
    put_processor(out, t, &frame);
    buf_puts(out, ",\"model\":{\"type\":\"WordPiece\"");
    put_unknown(out, t);
    put_vocab(out, t, true);
    buf_puts(out, "}}");
    return true;
}

static bool put_t5(struct buf *out, const struct tokens *t, struct err *err)
{
    const struct gguf_value *charsmap = gguf_find(t->gguf, KEY("precompiled_charsmap"));
    bool fairseq = str_is(t->strings[0], "<s>"); /* XLM-R's tokens begin so */
    struct frame frame = frame_of(t, fairseq, true);
    size_t unknown = unknown_id(t);
    frame.types = frame.pair_before = false;
    if (fairseq) {
        frame.before = frame.before < t->n || !gguf_bool(t->gguf, KEY("add_bos_token"), true) ? frame.before : 0;
        frame.behind = frame.behind < t->n ? frame.behind : id_of(t, "</s>");
        frame.between = frame.behind;
    }
    if (unknown == t->n)
        return err_set(err, ERR_FORMAT, "%s: no token stands for what is unknown", t->gguf->path);
    buf_puts(out, "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[");
    if (charsmap && charsmap->array && (charsmap->type == GGUF_U8 || charsmap->type == GGUF_I8) && charsmap->n) {
        buf_puts(out, "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"");
        put_base64(out, charsmap);
        buf_puts(out, "\"},");
    }
    buf_puts(out, "{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true},"
                  "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"" SPACE "\"}]},"
                  "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"" SPACE "\",\"prepend_scheme\":\"always\"}");
    put_added(out, t, false, BLANKS_BEFORE_MASKS);
    put_processor(out, t, &frame);
    buf_printf(out, ",\"model\":{\"type\":\"Unigram\",\"unk_id\":%zu,\"byte_fallback\":false,\"vocab\":[]}}", unknown);
    return true;
}

static const struct {
    const char *model;
    bool (*put)(struct buf *out, const struct tokens *t, struct err *err);
    bool scored; /* its pieces stand in the lexicon */
} kinds[] = {{"llama", put_llama, true}, {"gpt2", put_gpt2, false}, {"bert", put_bert, false}, {"t5", put_t5, true}};

/* ---- the whole ---- */

/* What a tokenizer_config.json would say. */
static struct json *config_of(const struct tokens *t, struct err *err)
{
    static const char *const roles[][2] = {{"bos", "bos"},     {"eos", "eos"}, {"unk", "unknown"}, {"sep", "separator"},
                                           {"pad", "padding"}, {"cls", "cls"}, {"mask", "mask"}};
    struct buf text = {0};
    buf_puts(&text, "{\"add_prefix_space\":false");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        size_t id = strcmp(roles[i][0], "unk") == 0 ? unknown_id(t) : role_id(t, roles[i][1]);
        if (id >= t->n)
            continue;
        buf_printf(&text, ",\"%s_token\":", roles[i][0]);
        json_quote(&text, t->strings[id]);
    }
    buf_char(&text, '}');
    struct json *config = buf_ok(&text, err) ? json_parse(buf_view(&text), t->gguf->path, 0, err) : NULL;
    buf_free(&text);
    return config;
}

static bool fill_lexicon(struct lexicon *lexicon, const struct tokens *t, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < t->n; i++)
        ok = lexicon_add(lexicon, t->strings[i], t->scores ? gguf_item(t->scores, i) : 0, err);
    return ok;
}

static struct tokenizer *of_tokens(const struct tokens *t, size_t kind, struct err *err)
{
    struct tokenizer *tokenizer = NULL;
    struct buf text = {0};
    struct lexicon lexicon;
    struct arena *arena = arena_new(err);
    lexicon_init(&lexicon, arena);
    struct json *config = arena ? config_of(t, err) : NULL;
    if (config && (!kinds[kind].scored || fill_lexicon(&lexicon, t, err)) && kinds[kind].put(&text, t, err) && buf_ok(&text, err))
        tokenizer = tokenizer_of_text(t->gguf->path, buf_view(&text), &lexicon, config, err);
    json_free(config);
    lexicon_free(&lexicon);
    arena_free(arena);
    buf_free(&text);
    return tokenizer;
}

struct tokenizer *gguf_tokenizer(const struct gguf *gguf, struct err *err)
{
    struct str model = gguf_text(gguf, KEY("model")), whole = gguf_text(gguf, "tokenizer.huggingface.json");
    struct tokens t = {.gguf = gguf};
    struct tokenizer *tokenizer = NULL;
    if (whole.n)
        return tokenizer_of_text(gguf->path, whole, NULL, NULL, err);
    if (!model.s || str_is(model, "none") || str_is(model, "no_vocab")) {
        err_set(err, ERR_NOT_FOUND, "%s: holds no tokenizer", gguf->path);
        return NULL;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(model, kinds[i].model)) {
            tokenizer = read_tokens(&t, err) ? of_tokens(&t, i, err) : NULL;
            free(t.strings);
            return tokenizer;
        }
    err_set(err, ERR_UNSUPPORTED, "%s: a tokenizer of kind \"%.*s\"; read are llama, gpt2, bert, t5", gguf->path,
            STR_ARGS(model));
    return NULL;
}
