/* tokenizer.json: everything in one file. */
#include "core/tokenizer/loader/loader.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/tokenizer/loader/document.h"

/* Put the text up to a list, and the list empty: its lines stay, so that messages count right. Gives what comes behind. */
static const char *put_without(struct buf *out, const char *from, struct str list)
{
    buf_add(out, from, (size_t)(list.s - from));
    buf_char(out, list.s[0]);
    for (const char *at = list.s, *end = list.s + list.n; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        buf_char(out, '\n');
    buf_char(out, list.s[list.n - 1]);
    return list.s + list.n;
}

/* The text without the lists that the lexicon has. */
static void put_rest(struct buf *out, struct str text, struct str first, struct str second)
{
    const char *from = text.s;
    if (first.n && second.n && second.s < first.s) {
        struct str swapped = first;
        first = second;
        second = swapped;
    }
    if (first.n)
        from = put_without(out, from, first);
    if (second.n)
        from = put_without(out, from, second);
    buf_add(out, from, (size_t)(text.s + text.n - from));
}

/* Read the lists, and build from them and what is left of the text. */
static bool build(struct tokenizer *tokenizer, const struct folder *folder, const char *path, struct str text, struct buf *rest,
                  struct lexicon *lexicon, struct err *err)
{
    struct lists *lists = &lexicon->lists;
    struct str pieces;
    if (!lexicon_read_json(lexicon, text, &pieces, err) || (!pieces.n && !lists_read_json(lists, text, tokenizer->arena, err)))
        return false;
    put_rest(rest, text, pieces.n ? pieces : lists->words_text, lists->merges_text);
    return buf_ok(rest, err) && document_build(tokenizer, folder, path, buf_view(rest), lexicon, err);
}

static bool load(struct tokenizer *tokenizer, const struct folder *folder, struct err *err)
{
    struct source *file = NULL;
    struct lexicon lexicon;
    struct buf rest = {0};
    lexicon_init(&lexicon, tokenizer->arena);
    char *path = path_join(folder->path, "tokenizer.json", err);
    bool ok = path && (file = source_open(path, CONTENT_TEXT, "a tokenizer", err)) && source_read(file, SIZE_MAX, 0, err);
    ok = ok && build(tokenizer, folder, path, (struct str){(const char *)file->data, file->size}, &rest, &lexicon, err);
    buf_free(&rest);
    lexicon_free(&lexicon);
    source_free(file);
    free(path);
    return ok;
}

bool loader_of_text(struct tokenizer *tokenizer, const char *path, struct str text, struct lexicon *lexicon, struct json *config,
                    struct err *err)
{
    struct folder folder = {.path = path, .config = config};
    struct buf rest = {0};
    struct lexicon own;
    if (lexicon)
        return document_build(tokenizer, &folder, path, text, lexicon, err);
    lexicon_init(&own, tokenizer->arena);
    bool ok = build(tokenizer, &folder, path, text, &rest, &own, err);
    buf_free(&rest);
    lexicon_free(&own);
    return ok;
}

static const char *const files[] = {"tokenizer.json", NULL};
const struct loader loader_tokenizer_json = {
    .name = "tokenizer.json",
    .summary = "the tokenizers library's own format",
    .files = files,
    .load = load,
};
