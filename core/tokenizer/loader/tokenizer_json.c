/* tokenizer.json: everything in one file. */
#include "core/tokenizer/loader/loader.h"

#include <stdlib.h>

#include "core/base/source.h"
#include "core/tokenizer/loader/document.h"

/* The text without the list of pieces, which the lexicon has; its lines stay, so that messages count right. */
static void put_rest(struct buf *out, struct str text, struct str list)
{
    const char *behind = list.s + list.n;
    buf_add(out, text.s, (size_t)(list.s - text.s));
    buf_puts(out, "[]");
    for (const char *at = list.s; at < behind; at++)
        if (*at == '\n')
            buf_char(out, '\n');
    buf_add(out, behind, (size_t)(text.s + text.n - behind));
}

static bool load(struct tokenizer *tokenizer, const struct folder *folder, struct err *err)
{
    struct source *file = NULL;
    struct lexicon lexicon;
    struct buf rest = {0};
    struct str list;
    lexicon_init(&lexicon, tokenizer->arena);
    char *path = path_join(folder->path, "tokenizer.json", err);
    bool ok = path && (file = source_open(path, CONTENT_TEXT, "a tokenizer", err)) && source_read(file, SIZE_MAX, 0, err);
    if (ok) {
        struct str text = {(const char *)file->data, file->size};
        ok = lexicon_read_json(&lexicon, text, &list, err);
        if (ok && list.n)
            put_rest(&rest, text, list);
        ok = ok && buf_ok(&rest, err) && document_build(tokenizer, folder, path, list.n ? buf_view(&rest) : text, &lexicon, err);
    }
    buf_free(&rest);
    lexicon_free(&lexicon);
    source_free(file);
    free(path);
    return ok;
}

static const char *const files[] = {"tokenizer.json", NULL};
const struct loader loader_tokenizer_json = {
    .name = "tokenizer.json",
    .summary = "the tokenizers library's own format",
    .files = files,
    .load = load,
};
