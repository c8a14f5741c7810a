/* vocab.json and merges.txt: a byte-level BPE as GPT-2's release has it (RoBERTa, BART, DeBERTa v1, Qwen2, CLIP …).
 *
 * merges.txt: the first line is a comment, then one merge a line, two strings with a space between. The files say
 * nothing of what comes before the merges: the class does. */
#include "core/tokenizer/loader/family.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/base/text.h"

static bool read_vocab(struct word_list *list, const char *path, struct err *err)
{
    struct json *json = json_load(path, 0, err);
    struct build build = {.path = path, .what = "vocabulary"};
    bool ok = json && vocab_read(&list->vocab, &build, json, err);
    json_free(json);
    return ok;
}

/* The words of a line; returns how many there are, at most 3 are stored. */
static size_t words_of(struct str line, struct str words[3])
{
    size_t n = 0;
    for (size_t at = 0, length; at < line.n;) {
        int32_t cp;
        size_t end = at;
        for (; end < line.n; end += length) {
            length = utf8_decode(line.s + end, line.n - end, &cp);
            if (cp_is_whitespace(cp) || (cp >= 0x1c && cp <= 0x1f))
                break;
        }
        if (end > at) {
            if (n < 3)
                words[n] = (struct str){line.s + at, end - at};
            n++;
        }
        at = end < line.n ? end + length : end;
    }
    return n;
}

/* Where the merges begin: behind the first line, or at it where it is no comment. */
static const char *first_merge(struct str text, const struct word_family *family)
{
    const char *end = text.n ? memchr(text.s, '\n', text.n) : NULL;
    if (family->every_line && !str_starts(text, STR("#version:")))
        return text.s;
    return end ? end + 1 : text.s + text.n;
}

/* One merge; a pair that comes again keeps its first rank. */
static bool put_merge(struct buf *out, struct word_list *seen, const struct str words[2], struct buf *pair, struct err *err)
{
    pair->n = 0;
    buf_str(pair, words[0]);
    buf_char(pair, ' ');
    buf_str(pair, words[1]);
    if (!buf_ok(pair, err))
        return false;
    if (vocab_find(&seen->vocab, buf_view(pair)) >= 0)
        return true;
    buf_puts(out, seen->vocab.n ? ",[" : "[");
    json_quote(out, words[0]);
    buf_char(out, ',');
    json_quote(out, words[1]);
    buf_char(out, ']');
    return vocab_add(&seen->vocab, buf_view(pair), (int32_t)seen->vocab.n, err);
}

/* "merges":[[…]] */
static bool put_merges(struct buf *out, const struct source *file, const struct word_family *family, struct err *err)
{
    struct str text = {(const char *)file->data, file->size};
    struct word_list seen = {0};
    struct buf pair = {0};
    size_t bad = utf8_invalid_at(text), line = 0;
    const char *end = text.s + text.n;
    if (bad < text.n)
        return err_set(err, ERR_FORMAT, "%s: not UTF-8 at byte %zu", file->path, bad);
    bool ok = word_list_new(&seen, err), blank_ends = family->every_line || family->last_line;
    buf_puts(out, ",\"merges\":[");
    for (const char *at = text.s; at < first_merge(text, family); at++)
        line += *at == '\n';
    for (const char *at = first_merge(text, family), *stop; ok && at < end; at = stop < end ? stop + 1 : end) {
        struct str words[3];
        stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop && !blank_ends) /* the reference drops what follows the last end of line */
            break;
        stop = stop ? stop : end;
        size_t n = words_of((struct str){at, (size_t)(stop - at)}, words);
        line++;
        if (family->most && seen.vocab.n >= family->most)
            break;
        if (!n && blank_ends)
            continue;
        if (n != 2)
            ok = err_set(err, ERR_FORMAT, "%s: line %zu: expected two strings with a space between", file->path, line);
        else if (seen.vocab.n >= TOKEN_ID_LIMIT)
            ok = err_set(err, ERR_LIMIT, "%s: more than %d merges", file->path, TOKEN_ID_LIMIT);
        else
            ok = put_merge(out, &seen, words, &pair, err);
    }
    buf_char(out, ']');
    buf_free(&pair);
    word_list_free(&seen);
    return ok;
}

static void put_fields(struct buf *out, const struct folder *folder, const struct word_family *family)
{
    buf_printf(out, "{\"normalizer\":%s,\"pre_tokenizer\":%s,\"model\":{\"type\":\"BPE\"", family->normalizer,
               family->pretokenizer);
    if (family->suffix)
        buf_printf(out, ",\"end_of_word_suffix\":\"%s\"", family->suffix);
    if (family->unknown) {
        buf_puts(out, ",\"unk_token\":");
        json_quote(out, folder_role(folder, ROLE_UNK));
    }
}

static bool load(struct tokenizer *tokenizer, const struct folder *given, struct err *err)
{
    struct folder folder = *given;
    folder.older = true;
    if (!folder.class && !folder.class_name.n && !folder.model_type.n) /* nothing says what it is: these are GPT-2's */
        folder.class = class_of(STR("GPT2Tokenizer"), (struct str){0});
    if (!folder.class || !folder.class->words)
        return class_refused(&folder, "vocab.json", &loader_vocab_json, err);
    struct word_list list = {0};
    struct source *file = NULL;
    struct buf text = {0};
    char *vocab = path_join(folder.path, "vocab.json", err), *merges = path_join(folder.path, "merges.txt", err);
    bool ok = vocab && merges && word_list_new(&list, err) && read_vocab(&list, vocab, err) &&
              (file = source_open(merges, CONTENT_TEXT, "a list of merges", err)) && source_read(file, SIZE_MAX, 0, err);
    if (ok) {
        put_fields(&text, &folder, folder.class->words);
        document_vocab(&text, &list);
        ok = put_merges(&text, file, folder.class->words, err);
        buf_puts(&text, "}}");
        ok = ok && buf_ok(&text, err) && document_build(tokenizer, &folder, merges, buf_view(&text), NULL, err);
    }
    buf_free(&text);
    word_list_free(&list);
    source_free(file);
    free(vocab);
    free(merges);
    return ok;
}

const struct word_family words_gpt2 = {.normalizer = "null",
                                       .pretokenizer = "{\"type\":\"ByteLevel\",\"add_prefix_space\":false}"};
const struct word_family words_qwen2 = {
    .normalizer = "{\"type\":\"NFC\"}",
    .pretokenizer = "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                    "\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}| "
                    "?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},"
                    "\"behavior\":\"Isolated\",\"invert\":false},"
                    "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]}",
    .every_line = true,
};
const struct word_family words_clip = {
    .normalizer = "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Replace\",\"pattern\":{\"Regex\":"
                  "\"\\\\s+\"},\"content\":\" \"},{\"type\":\"Lowercase\"}]}",
    .pretokenizer = "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                    "\"'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+\"},"
                    "\"behavior\":\"Removed\",\"invert\":true},{\"type\":\"ByteLevel\",\"add_prefix_space\":false}]}",
    .suffix = "</w>",
    .unknown = true,
    .last_line = true,
    .most = 48894,
};

static const char *const files[] = {"vocab.json", "merges.txt", NULL};
const struct loader loader_vocab_json = {
    .name = "vocab.json",
    .summary = "byte-level BPE: GPT-2, RoBERTa, Qwen2, CLIP",
    .files = files,
    .load = load,
};
