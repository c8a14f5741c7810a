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

/* Special tokens that the list lacks are added behind it, in the order of the roles, each once. */
int32_t document_role_id(const struct folder *folder, const struct word_list *list, int role)
{
    struct str content = folder_role(folder, role);
    int32_t id = vocab_find(&list->vocab, content), next = (int32_t)list->vocab.n;
    for (int before = 0; id < 0 && before < role; before++) {
        struct str other = folder_role(folder, before);
        bool again = !other.n || vocab_find(&list->vocab, other) >= 0;
        for (int k = 0; k < before; k++)
            again = again || str_eq(folder_role(folder, k), other);
        if (str_eq(other, content) && other.n)
            return document_role_id(folder, list, before);
        next += !again;
    }
    return id >= 0 ? id : next;
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

static void put_special(struct buf *out, struct str token, int type)
{
    buf_puts(out, "{\"SpecialToken\":{\"id\":");
    json_quote(out, token);
    buf_printf(out, ",\"type_id\":%d}}", type);
}

static void put_text(struct buf *out, const char *name, int type)
{
    buf_printf(out, "{\"Sequence\":{\"id\":\"%s\",\"type_id\":%d}}", name, type);
}

static void put_token(struct buf *out, struct str token, int32_t id)
{
    json_quote(out, token);
    buf_puts(out, ":{\"id\":");
    json_quote(out, token);
    buf_printf(out, ",\"ids\":[%d],\"tokens\":[", id);
    json_quote(out, token);
    buf_puts(out, "]}");
}

/* [CLS] A [SEP] and [CLS] A [SEP] B [SEP]; MPNet has the middle one twice. */
static void put_template(struct buf *out, struct str cls, int32_t cls_id, struct str sep, int32_t sep_id, bool twice)
{
    buf_puts(out, ",\"post_processor\":{\"type\":\"TemplateProcessing\"");
    for (int pair = 0; pair < 2; pair++) {
        buf_puts(out, pair ? ",\"pair\":[" : ",\"single\":[");
        put_special(out, cls, 0);
        buf_char(out, ',');
        put_text(out, "A", 0);
        buf_char(out, ',');
        put_special(out, sep, 0);
        if (pair) {
            buf_char(out, ',');
            if (twice) {
                put_special(out, sep, 0);
                buf_char(out, ',');
            }
            put_text(out, "B", 1);
            buf_char(out, ',');
            put_special(out, sep, 1);
        }
        buf_char(out, ']');
    }
    buf_puts(out, ",\"special_tokens\":{");
    put_token(out, cls, cls_id);
    if (!str_eq(cls, sep)) {
        buf_char(out, ',');
        put_token(out, sep, sep_id);
    }
    buf_puts(out, "}}");
}

static void put_pair(struct buf *out, const char *key, struct str token, int32_t id)
{
    buf_printf(out, ",\"%s\":[", key);
    json_quote(out, token);
    buf_printf(out, ",%d]", id);
}

static void bert_pair(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    put_template(out, folder_role(folder, ROLE_CLS), document_role_id(folder, list, ROLE_CLS), folder_role(folder, ROLE_SEP),
                 document_role_id(folder, list, ROLE_SEP), false);
}

static void mpnet_pair(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    put_template(out, folder_role(folder, ROLE_CLS), document_role_id(folder, list, ROLE_CLS), folder_role(folder, ROLE_SEP),
                 document_role_id(folder, list, ROLE_SEP), true);
}

/* The converter names these two literally. */
static void deberta_pair(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    (void)folder;
    int32_t cls = vocab_find(&list->vocab, STR("[CLS]")), sep = vocab_find(&list->vocab, STR("[SEP]"));
    put_template(out, STR("[CLS]"), cls >= 0 ? cls : document_role_id(folder, list, ROLE_CLS), STR("[SEP]"),
                 sep >= 0 ? sep : document_role_id(folder, list, ROLE_SEP), false);
}

static void roberta_pair(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    buf_puts(out, ",\"post_processor\":{\"type\":\"RobertaProcessing\",\"trim_offsets\":true");
    put_pair(out, "sep", folder_role(folder, ROLE_SEP), document_role_id(folder, list, ROLE_SEP));
    put_pair(out, "cls", folder_role(folder, ROLE_CLS), document_role_id(folder, list, ROLE_CLS));
    buf_char(out, '}');
}

static void gpt2_pair(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    struct str bos = folder_role(folder, ROLE_BOS);
    if (!folder_flag(folder, "add_bos_token", false)) {
        buf_puts(out, ",\"post_processor\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":false}");
        return;
    }
    buf_puts(out, ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[");
    put_special(out, bos, 0);
    buf_char(out, ',');
    put_text(out, "A", 0);
    buf_puts(out, "],\"pair\":[");
    put_special(out, bos, 0);
    buf_char(out, ',');
    put_text(out, "A", 0);
    buf_char(out, ',');
    put_text(out, "B", 1);
    buf_puts(out, "],\"special_tokens\":{");
    put_token(out, bos, document_role_id(folder, list, ROLE_BOS));
    buf_puts(out, "}}");
}

void document_postprocessor(struct buf *out, const struct folder *folder, const struct word_list *list)
{
    static const struct {
        const char *name;
        void (*put)(struct buf *, const struct folder *, const struct word_list *);
    } rows[] = {
        {"bert", bert_pair}, {"mpnet", mpnet_pair}, {"deberta", deberta_pair}, {"roberta", roberta_pair}, {"gpt2", gpt2_pair}};
    for (size_t i = 0; folder->class && i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(rows[i].name, folder->class->pair))
            rows[i].put(out, folder, list);
}

bool document_build(struct tokenizer *tokenizer, const struct folder *folder, const char *path, struct str text,
                    const struct lexicon *lexicon, struct err *err)
{
    struct overrides over = folder_overrides(folder);
    struct json *document = json_parse(text, path, 0, err);
    bool ok = document && tokenizer_assemble(tokenizer, path, document, lexicon, &over, err) &&
              folder_add_tokens(folder, tokenizer, err);
    json_free(document);
    return ok;
}
