/* Families of SentencePiece files, as transformers 4.57 converts them (convert_slow_tokenizer.py): not as the
 * sentencepiece library itself reads them. See spm_family.h. */
#include "core/tokenizer/loader/spm_family.h"

#include "core/base/text.h"
#include "core/tokenizer/loader/names.h"

#define SPACE "\xe2\x96\x81" /* ▁ */

/* ---- vocabularies ---- */

static bool add_all(struct lexicon *out, const char *const *list, struct err *err)
{
    for (; *list; list++)
        if (!lexicon_add(out, str_of(*list), 0, err))
            return false;
    return true;
}

static bool add_pieces(struct lexicon *out, const struct sentencepiece *model, size_t from, struct err *err)
{
    for (size_t i = from; i < model->pieces.n; i++)
        if (!lexicon_add(out, model->pieces.strings[i], model->pieces.scores[i], err))
            return false;
    return true;
}

/* A string that is written here, with a copy in the arena. */
static bool add_printed(struct lexicon *out, double score, struct err *err, const char *format, size_t number)
{
    struct buf text = {0};
    struct str kept;
    buf_printf(&text, "%s%zu>", format, number);
    bool ok = buf_ok(&text, err) && arena_str(out->arena, buf_view(&text), &kept, err) && lexicon_add(out, kept, score, err);
    buf_free(&text);
    return ok;
}

static bool list_plain(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                       struct err *err)
{
    (void)unknown, (void)folder;
    return add_pieces(out, model, 0, err);
}

static bool list_barthez(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                         struct err *err)
{
    *unknown = 3;
    return list_plain(out, unknown, folder, model, err);
}

/* Python's str.isdigit: decimal digits, and those of category No that stand for a digit. */
static bool is_digit(int32_t cp)
{
    static const int32_t ranges[][2] = {{0xb2, 0xb3},       {0xb9, 0xb9},       {0x1369, 0x1371},   {0x19da, 0x19da},
                                        {0x2070, 0x2070},   {0x2074, 0x2079},   {0x2080, 0x2089},   {0x2460, 0x2468},
                                        {0x2474, 0x247c},   {0x2488, 0x2490},   {0x24ea, 0x24ea},   {0x24f5, 0x24fd},
                                        {0x24ff, 0x24ff},   {0x2776, 0x277e},   {0x2780, 0x2788},   {0x278a, 0x2792},
                                        {0x10a40, 0x10a43}, {0x10e60, 0x10e68}, {0x11052, 0x1105a}, {0x1f100, 0x1f10a}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (cp >= ranges[i][0] && cp <= ranges[i][1])
            return true;
    const char *category = cp_category(cp);
    return category[0] == 'N' && category[1] == 'd';
}

/* A piece that ends in a digit and a comma. */
static bool ends_in_digit_comma(struct str piece)
{
    if (piece.n < 2 || piece.s[piece.n - 1] != ',')
        return false;
    size_t at = piece.n - 2;
    while (at > 0 && ((unsigned char)piece.s[at] & 0xc0) == 0x80)
        at--;
    int32_t cp;
    utf8_decode(piece.s + at, piece.n - 1 - at, &cp);
    return is_digit(cp);
}

static bool list_albert(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                        struct err *err)
{
    bool ok = list_plain(out, unknown, folder, model, err);
    for (size_t i = 0; ok && i < out->n; i++)
        if (ends_in_digit_comma(out->strings[i]))
            out->scores[i] -= 100;
    return ok;
}

/* fairseq's four tokens for the file's three. */
static bool list_fairseq(struct lexicon *out, size_t *unknown, const struct sentencepiece *model, const char *const *more,
                         const char *mask, struct err *err)
{
    static const char *const head[] = {"<s>", "<pad>", "</s>", "<unk>", NULL};
    *unknown = 3;
    return add_all(out, head, err) && add_pieces(out, model, 3, err) && (!more || add_all(out, more, err)) &&
           (!mask || lexicon_add(out, str_of(mask), 0, err));
}

static bool list_xlmr(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                      struct err *err)
{
    (void)folder;
    return list_fairseq(out, unknown, model, NULL, "<mask>", err);
}

static bool list_mbart(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                       struct err *err)
{
    (void)folder;
    return list_fairseq(out, unknown, model, mbart_languages, "<mask>", err);
}

static bool list_mbart50(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                         struct err *err)
{
    (void)folder;
    return list_fairseq(out, unknown, model, mbart50_languages, "<mask>", err);
}

static bool list_nllb(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                      struct err *err)
{
    (void)folder;
    return list_fairseq(out, unknown, model, NULL, NULL, err);
}

static bool list_xglm(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                      struct err *err)
{
    (void)folder;
    bool ok = list_fairseq(out, unknown, model, NULL, NULL, err);
    for (size_t i = 0; ok && i < 7; i++)
        ok = add_printed(out, 0, err, "<madeupword", i);
    return ok;
}

static bool list_camembert(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                           struct err *err)
{
    static const char *const head[] = {"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", NULL};
    (void)folder;
    *unknown = 3;
    return add_all(out, head, err) && lexicon_add(out, STR("<unk>NOTUSED"), -100, err) && add_pieces(out, model, 1, err) &&
           lexicon_add(out, STR("<mask>"), 0, err);
}

static bool list_t5(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                    struct err *err)
{
    size_t extra = 100;
    bool ok = folder_size(folder, "extra_ids", &extra, err) && list_plain(out, unknown, folder, model, err);
    while (ok && extra)
        ok = add_printed(out, 0, err, "<extra_id_", --extra);
    return ok;
}

/* Padding, end and the two masks take the numbers from 0, then come unused ones up to "offset". */
static bool list_pegasus(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                         struct err *err)
{
    size_t offset = 103;
    struct str mask = folder_str(folder, "mask_token_sent", "<mask_1>");
    if (!folder_size(folder, "offset", &offset, err) || !lexicon_add(out, folder_role(folder, ROLE_PAD), 0, err) ||
        !lexicon_add(out, folder_role(folder, ROLE_EOS), 0, err) || (mask.n && !lexicon_add(out, mask, 0, err)) ||
        (mask.n && offset > 3 && !lexicon_add(out, folder_role(folder, ROLE_MASK), 0, err)))
        return false;
    for (size_t i = 2; i < offset; i++)
        if (!add_printed(out, -100, err, "<unk_", i))
            return false;
    *unknown += offset;
    return add_pieces(out, model, 2, err);
}

/* The first three as the configuration spells them, else as the file does. */
static bool list_llama(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                       struct err *err)
{
    static const char *const ids[] = {"0", "1", "2"};
    for (size_t i = 0; i < 3; i++) {
        struct str string = folder_decoder_string(folder, ids[i]);
        if (!string.n && i < model->pieces.n)
            string = model->pieces.strings[i];
        if (!lexicon_add(out, string, 0, err))
            return false;
    }
    *unknown = 0;
    return add_pieces(out, model, 3, err);
}

/* An older Gemma lacks a tabulator: it takes the place of its byte. */
static bool list_gemma(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                       struct err *err)
{
    static const int head[] = {ROLE_PAD, ROLE_EOS, ROLE_BOS};
    for (size_t i = 0; i < 3; i++)
        if (!lexicon_add(out, folder_role(folder, head[i]), 0, err))
            return false;
    *unknown = 3;
    if (!add_pieces(out, model, 3, err))
        return false;
    size_t byte = SIZE_MAX;
    for (size_t i = 0; i < out->n; i++) {
        if (str_is(out->strings[i], "\t"))
            return true;
        if (byte == SIZE_MAX && str_is(out->strings[i], "<0x09>"))
            byte = i;
    }
    if (byte < out->n) {
        out->strings[byte] = STR("\t");
        out->scores[byte] = 0;
    }
    return true;
}

/* ---- normalizers ---- */

static void put_spaces(struct buf *out, const char *by)
{
    buf_printf(out, "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"%s\"}", by);
}

static void put_replace(struct buf *out, const char *string, const char *by)
{
    buf_printf(out, "{\"type\":\"Replace\",\"pattern\":{\"String\":\"%s\"},\"content\":\"%s\"}", string, by);
}

static void normalize_plain(struct buf *out, const struct folder *folder, const char *charsmap)
{
    (void)folder;
    buf_printf(out, "%s{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true},", charsmap);
    put_spaces(out, SPACE);
}

static void put_letters(struct buf *out, const struct folder *folder, bool keep_accents, bool lower)
{
    if (!folder_flag(folder, "keep_accents", keep_accents))
        buf_puts(out, "{\"type\":\"NFKD\"},{\"type\":\"StripAccents\"},");
    if (folder_flag(folder, "do_lower_case", lower))
        buf_puts(out, "{\"type\":\"Lowercase\"},");
}

static void put_quotes(struct buf *out)
{
    put_replace(out, "``", "\\\"");
    buf_char(out, ',');
    put_replace(out, "''", "\\\"");
    buf_char(out, ',');
}

static void normalize_albert(struct buf *out, const struct folder *folder, const char *charsmap)
{
    put_quotes(out);
    put_letters(out, folder, false, true);
    buf_puts(out, charsmap);
    put_spaces(out, " ");
}

static void normalize_xlnet(struct buf *out, const struct folder *folder, const char *charsmap)
{
    put_quotes(out);
    put_letters(out, folder, false, false);
    buf_puts(out, charsmap);
    put_spaces(out, " ");
}

static void normalize_fnet(struct buf *out, const struct folder *folder, const char *charsmap)
{
    put_quotes(out);
    put_letters(out, folder, true, false);
    buf_puts(out, charsmap);
    put_spaces(out, " ");
}

static void normalize_rembert(struct buf *out, const struct folder *folder, const char *charsmap)
{
    put_quotes(out);
    put_spaces(out, " ");
    buf_char(out, ',');
    put_letters(out, folder, true, false);
    buf_puts(out, charsmap);
    out->n -= out->n && out->data[out->n - 1] == ',';
}

static void normalize_deberta_v2(struct buf *out, const struct folder *folder, const char *charsmap)
{
    put_letters(out, folder, true, false);
    buf_printf(out, "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true},%s", charsmap);
    put_spaces(out, " ");
}

static void normalize_llama(struct buf *out, const struct folder *folder, const char *charsmap)
{
    (void)charsmap;
    if (!folder_flag(folder, "legacy", true))
        return;
    if (folder_prefix_space(folder))
        buf_puts(out, "{\"type\":\"Prepend\",\"prepend\":\"" SPACE "\"},");
    put_replace(out, " ", SPACE);
}

static void normalize_gemma(struct buf *out, const struct folder *folder, const char *charsmap)
{
    (void)folder, (void)charsmap;
    put_replace(out, " ", SPACE);
}

/* ---- pre-tokenizers ---- */

static void put_metaspace(struct buf *out, const char *scheme, bool split)
{
    buf_printf(out, "{\"type\":\"Metaspace\",\"replacement\":\"" SPACE "\",\"prepend_scheme\":\"%s\",\"split\":%s}", scheme,
               split ? "true" : "false");
}

static void split_plain(struct buf *out, const struct folder *folder)
{
    (void)folder;
    put_metaspace(out, "always", true);
}

/* The prefix of the classes that have "add_prefix_space" and "legacy". */
static const char *scheme_of(const struct folder *folder)
{
    return !folder_prefix_space(folder) ? "never" : folder_flag(folder, "legacy", true) ? "always" : "first";
}

static void split_t5(struct buf *out, const struct folder *folder)
{
    put_metaspace(out, scheme_of(folder), true);
}

static void split_llama(struct buf *out, const struct folder *folder)
{
    if (folder_flag(folder, "legacy", true))
        buf_puts(out, "null");
    else
        put_metaspace(out, scheme_of(folder), false);
}

static void split_deberta_v2(struct buf *out, const struct folder *folder)
{
    buf_puts(out, "{\"type\":\"Sequence\",\"pretokenizers\":[");
    if (folder_flag(folder, "split_by_punct", false))
        buf_puts(out, "{\"type\":\"Punctuation\",\"behavior\":\"Isolated\"},");
    put_metaspace(out, "always", true);
    buf_puts(out, "]}");
}

static void split_pegasus(struct buf *out, const struct folder *folder)
{
    (void)folder;
    buf_puts(out, "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},");
    put_metaspace(out, "always", true);
    buf_puts(out, "]}");
}

static void split_gemma(struct buf *out, const struct folder *folder)
{
    (void)folder;
    buf_puts(out, "{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},\"behavior\":\"MergedWithPrevious\",\"invert\":false}");
}

/* ---- families ---- */

#define FAMILY(name, lists, normalizes, splits) .file = name, .list = lists, .normalizers = normalizes, .pretokenizer = splits
#define FAIRSEQ(lists)                          FAMILY("sentencepiece.bpe.model", lists, normalize_plain, split_plain)

static const char *const gemma_specials[] = {"<start_of_turn>", "<end_of_turn>", NULL};

const struct spm_family spm_plain = {FAMILY("spiece.model", list_plain, normalize_plain, split_plain)};
const struct spm_family spm_albert = {FAMILY("spiece.model", list_albert, normalize_albert, split_plain)};
const struct spm_family spm_fnet = {FAMILY("spiece.model", list_albert, normalize_fnet, split_plain)};
const struct spm_family spm_xlnet = {FAMILY("spiece.model", list_albert, normalize_xlnet, split_plain)};
const struct spm_family spm_rembert = {FAMILY("sentencepiece.model", list_plain, normalize_rembert, split_plain)};
const struct spm_family spm_t5 = {FAMILY("spiece.model", list_t5, normalize_plain, split_t5)};
const struct spm_family spm_pegasus = {FAMILY("spiece.model", list_pegasus, normalize_plain, split_pegasus)};
const struct spm_family spm_deberta_v2 = {FAMILY("spm.model", list_plain, normalize_deberta_v2, split_deberta_v2)};
const struct spm_family spm_xlmr = {FAIRSEQ(list_xlmr)};
const struct spm_family spm_camembert = {FAIRSEQ(list_camembert)};
const struct spm_family spm_barthez = {FAIRSEQ(list_barthez)};
const struct spm_family spm_mbart = {FAIRSEQ(list_mbart)};
const struct spm_family spm_mbart50 = {FAIRSEQ(list_mbart50)};
const struct spm_family spm_nllb = {FAIRSEQ(list_nllb)};
const struct spm_family spm_xglm = {FAIRSEQ(list_xglm)};
const struct spm_family spm_llama = {FAMILY("tokenizer.model", list_llama, normalize_llama, split_llama), .byte_fallback = true};
const struct spm_family spm_gemma = {FAMILY("tokenizer.model", list_gemma, normalize_gemma, split_gemma), .byte_fallback = true,
                                     .specials = gemma_specials};
