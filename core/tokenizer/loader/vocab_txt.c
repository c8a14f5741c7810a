/* vocab.txt: one token a line, as BERT's first release has its WordPiece vocabulary and ESM its letters. */
#include "core/tokenizer/loader/family.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/base/text.h"

static struct str strip(struct str token)
{
    while (token.n && (token.s[0] == ' ' || token.s[0] == '\t'))
        token.s++, token.n--;
    while (token.n && (token.s[token.n - 1] == ' ' || token.s[token.n - 1] == '\t'))
        token.n--;
    return token;
}

/* Lines end in \n, \r\n or \r; the last one may end without. A token that comes twice has its last line's number. */
static bool read_lines(struct word_list *list, const struct source *file, bool stripped, struct err *err)
{
    struct str text = {(const char *)file->data, file->size};
    size_t bad = utf8_invalid_at(text), number = 0;
    if (bad < text.n)
        return err_set(err, ERR_FORMAT, "%s: not UTF-8 at byte %zu", file->path, bad);
    for (size_t at = 0; at < text.n; number++) {
        size_t end = at;
        while (end < text.n && text.s[end] != '\n' && text.s[end] != '\r')
            end++;
        if (number >= TOKEN_ID_LIMIT)
            return err_set(err, ERR_LIMIT, "%s: more than %d lines", file->path, TOKEN_ID_LIMIT);
        struct str token = {text.s + at, end - at};
        if (!vocab_add(&list->vocab, stripped ? strip(token) : token, (int32_t)number, err))
            return false;
        at = end + (end < text.n) + (end + 1 < text.n && text.s[end] == '\r' && text.s[end + 1] == '\n');
    }
    return number || err_set(err, ERR_FORMAT, "%s: the vocabulary is empty", file->path);
}

/* WordPiece behind BERT's own splitting. */
static void put_bert(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    const struct json *accents = json_get(folder->config, "strip_accents");
    bool basic = folder_flag(folder, "do_basic_tokenize", true);
    (void)list;
    buf_printf(out, "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":%s,",
               basic && folder_flag(folder, "tokenize_chinese_chars", true) ? "true" : "false");
    buf_printf(out, "\"strip_accents\":%s,\"lowercase\":%s},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}",
               !basic                  ? "false"
               : json_is_bool(accents) ? (json_bool(accents, false) ? "true" : "false")
                                       : "null",
               basic && folder_flag(folder, "do_lower_case", true) ? "true" : "false");
    buf_puts(out, ",\"model\":{\"type\":\"WordPiece\"");
}

/* Every token of the file is cut out wherever it stands; what is left between blanks is unknown. */
static void put_esm(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    (void)folder;
    buf_puts(out, "\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"added_tokens\":[");
    for (size_t i = 0; i < list->vocab.n; i++) {
        buf_printf(out, "%s{\"id\":%d,\"content\":", i ? "," : "", list->vocab.entries[i].id);
        json_quote(out, list->vocab.entries[i].string);
        buf_puts(out, ",\"normalized\":false}");
    }
    buf_puts(out, "],\"model\":{\"type\":\"WordLevel\"");
}

const struct line_family lines_bert = {.put = put_bert};
const struct line_family lines_esm = {.put = put_esm, .stripped = true};

static bool load(struct tokenizer *tokenizer, const struct folder *given, struct err *err)
{
    struct folder folder = *given;
    folder.older = true;
    if (!folder.class && !folder.class_name.n && !folder.model_type.n) /* nothing says what it is: vocab.txt is BERT's */
        folder.class = class_of(STR("BertTokenizer"), (struct str){0});
    if (!folder.class || !folder.class->lines)
        return class_refused(&folder, "vocab.txt", &loader_vocab_txt, err);
    struct word_list list = {0};
    struct source *file = NULL;
    struct buf text = {0};
    char *path = path_join(folder.path, "vocab.txt", err);
    bool ok = path && (file = source_open(path, CONTENT_TEXT, "a vocabulary", err)) && source_read(file, SIZE_MAX, 0, err) &&
              word_list_new(&list, err) && read_lines(&list, file, folder.class->lines->stripped, err);
    if (ok) {
        buf_char(&text, '{');
        folder.class->lines->put(&text, &folder, &list);
        buf_puts(&text, ",\"unk_token\":");
        json_quote(&text, folder_role(&folder, ROLE_UNK));
        document_vocab(&text, &list);
        buf_puts(&text, "}}");
        ok = buf_ok(&text, err) && document_build(tokenizer, &folder, path, buf_view(&text), NULL, err);
    }
    buf_free(&text);
    word_list_free(&list);
    source_free(file);
    free(path);
    return ok;
}

static const char *const files[] = {"vocab.txt", NULL};
const struct loader loader_vocab_txt = {
    .name = "vocab.txt",
    .summary = "one token a line: BERT's WordPiece, ESM's letters",
    .files = files,
    .load = load,
};
