/* vocab.txt: a WordPiece vocabulary, one token a line, as BERT's first release has it. */
#include "core/tokenizer/loader/document.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/base/text.h"

/* Lines end in \n, \r\n or \r; the last one may end without. A token that comes twice has its last line's number. */
static bool read_lines(struct word_list *list, const struct source *file, struct err *err)
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
        if (!vocab_add(&list->vocab, (struct str){text.s + at, end - at}, (int32_t)number, err))
            return false;
        at = end + (end < text.n) + (end + 1 < text.n && text.s[end] == '\r' && text.s[end + 1] == '\n');
    }
    return number || err_set(err, ERR_FORMAT, "%s: the vocabulary is empty", file->path);
}

static void put_normalizer(struct buf *out, const struct folder *folder)
{
    const struct json *strip = json_get(folder->config, "strip_accents");
    bool basic = folder_flag(folder, "do_basic_tokenize", true);
    buf_printf(out, "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":%s,",
               basic && folder_flag(folder, "tokenize_chinese_chars", true) ? "true" : "false");
    buf_printf(out, "\"strip_accents\":%s,\"lowercase\":%s}",
               !basic                ? "false"
               : json_is_bool(strip) ? (json_bool(strip, false) ? "true" : "false")
                                     : "null",
               basic && folder_flag(folder, "do_lower_case", true) ? "true" : "false");
}

static bool load(struct tokenizer *tokenizer, const struct folder *given, struct err *err)
{
    struct folder folder = *given;
    folder.older = true;
    if (!folder.class && !folder.class_name.n && !folder.model_type.n) /* nothing says what it is: vocab.txt is BERT's */
        folder.class = class_of(STR("BertTokenizer"), (struct str){0});
    if (!folder.class || !folder.class->bert)
        return class_refused(&folder, "vocab.txt", &loader_wordpiece_files, err);
    struct word_list list = {0};
    struct source *file = NULL;
    struct buf text = {0};
    char *path = path_join(folder.path, "vocab.txt", err);
    bool ok = path && (file = source_open(path, CONTENT_TEXT, "a vocabulary", err)) && source_read(file, SIZE_MAX, 0, err) &&
              word_list_new(&list, err) && read_lines(&list, file, err);
    if (ok) {
        buf_char(&text, '{');
        put_normalizer(&text, &folder);
        buf_puts(&text, ",\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}");
        buf_puts(&text, ",\"model\":{\"type\":\"WordPiece\",\"unk_token\":");
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
const struct loader loader_wordpiece_files = {
    .name = "vocab.txt",
    .summary = "BERT's WordPiece vocabulary",
    .files = files,
    .load = load,
};
