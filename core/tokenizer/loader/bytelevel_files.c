/* vocab.json and merges.txt: a byte-level BPE as GPT-2's release has it (RoBERTa, BART, DeBERTa v1 …).
 *
 * merges.txt: the first line is a comment, then one merge a line, two strings with a space between. */
#include "core/tokenizer/loader/document.h"

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

/* "merges":[[…]]; a pair that comes again keeps its first rank. */
static bool put_merges(struct buf *out, const struct source *file, struct err *err)
{
    struct str text = {(const char *)file->data, file->size};
    struct word_list seen = {0};
    size_t bad = utf8_invalid_at(text), line = 1;
    const char *at = text.n ? memchr(text.s, '\n', text.n) : NULL, *end = text.s + text.n;
    if (bad < text.n)
        return err_set(err, ERR_FORMAT, "%s: not UTF-8 at byte %zu", file->path, bad);
    if (!word_list_new(&seen, err))
        return false;
    struct buf pair = {0};
    bool ok = true, first = true;
    buf_puts(out, ",\"merges\":[");
    for (at = at ? at + 1 : end; ok && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct str words[3];
        line++;
        if (!stop) /* the reference drops what follows the last end of line */
            break;
        if (words_of((struct str){at, (size_t)(stop - at)}, words) != 2) {
            ok = err_set(err, ERR_FORMAT, "%s: line %zu: expected two strings with a space between", file->path, line);
            break;
        }
        at = stop + 1;
        pair.n = 0;
        buf_str(&pair, words[0]);
        buf_char(&pair, ' ');
        buf_str(&pair, words[1]);
        if (!buf_ok(&pair, err) || vocab_find(&seen.vocab, buf_view(&pair)) >= 0) {
            ok = !pair.failed;
            continue;
        }
        if (seen.vocab.n >= TOKEN_ID_LIMIT)
            ok = err_set(err, ERR_LIMIT, "%s: more than %d merges", file->path, TOKEN_ID_LIMIT);
        ok = ok && vocab_add(&seen.vocab, buf_view(&pair), (int32_t)seen.vocab.n, err);
        buf_puts(out, first ? "[" : ",[");
        json_quote(out, words[0]);
        buf_char(out, ',');
        json_quote(out, words[1]);
        buf_char(out, ']');
        first = false;
    }
    buf_char(out, ']');
    buf_free(&pair);
    word_list_free(&seen);
    return ok;
}

static bool load(struct tokenizer *tokenizer, const struct folder *given, struct err *err)
{
    struct folder folder = *given;
    folder.older = true;
    if (!folder.class && !folder.class_name.n && !folder.model_type.n) /* nothing says what it is: these are GPT-2's */
        folder.class = class_of(STR("GPT2Tokenizer"), (struct str){0});
    if (!folder.class || folder.class->reads != &loader_bytelevel_files)
        return class_refused(&folder, "vocab.json", &loader_bytelevel_files, err);
    struct word_list list = {0};
    struct source *file = NULL;
    struct buf text = {0};
    char *vocab = path_join(folder.path, "vocab.json", err), *merges = path_join(folder.path, "merges.txt", err);
    bool ok = vocab && merges && word_list_new(&list, err) && read_vocab(&list, vocab, err) &&
              (file = source_open(merges, CONTENT_TEXT, "a list of merges", err)) && source_read(file, SIZE_MAX, 0, err);
    if (ok) {
        buf_puts(&text, "{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}");
        buf_puts(&text, ",\"model\":{\"type\":\"BPE\"");
        document_vocab(&text, &list);
        ok = put_merges(&text, file, err);
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

static const char *const files[] = {"vocab.json", "merges.txt", NULL};
const struct loader loader_bytelevel_files = {
    .name = "vocab.json",
    .summary = "GPT-2's byte-level BPE",
    .files = files,
    .load = load,
};
