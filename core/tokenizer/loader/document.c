/* Documents in the format of tokenizer.json from older files. See document.h. */
#include "core/tokenizer/loader/document.h"

#include <string.h>

bool word_list_new(struct word_list *list, struct err *err)
{
    list->arena = arena_new(err);
    vocab_init(&list->vocab, list->arena);
    return list->arena;
}

void word_list_free(struct word_list *list)
{
    vocab_free(&list->vocab);
    arena_free(list->arena);
}

void document_vocab(struct buf *out, const struct word_list *list)
{
    buf_puts(out, ",\"vocab\":{");
    for (size_t i = 0; i < list->vocab.n; i++) {
        buf_puts(out, i ? "," : "");
        json_quote(out, list->vocab.entries[i].string);
        buf_printf(out, ":%d", list->vocab.entries[i].id);
    }
    buf_char(out, '}');
}

bool document_build(struct tokenizer *tokenizer, const struct folder *folder, const char *path, struct str text,
                    const struct lexicon *lexicon, struct err *err)
{
    struct overrides over = folder_overrides(folder);
    struct json *document = json_parse(text, path, 0, err);
    bool ok =
        document && tokenizer_assemble(tokenizer, path, document, lexicon, &over, err) && folder_finish(folder, tokenizer, err);
    json_free(document);
    return ok;
}
