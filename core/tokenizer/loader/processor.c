/* Post-processors of classes, as JSON of the tokenizer.json format. See processor.h. */
#include "core/tokenizer/loader/processor.h"

#include <string.h>

#include "core/tokenizer/tokenizer.h"

/* A word of a template: a text, or a special token's string. */
struct word {
    struct str string;
    int type;
};

/* The next word of a template, its ":N" cut off. */
static bool next_word(const char **template, const struct processor *processor, const struct folder *folder,
                      const struct tokenizer *tokenizer, struct word *out)
{
    *template += strspn(*template, " ");
    size_t n = strcspn(*template, " ");
    struct str word = {*template, n};
    if (!n)
        return false;
    *template += n;
    out->type = 0;
    if (n > 2 && word.s[n - 2] == ':' && word.s[n - 1] >= '0' && word.s[n - 1] <= '9') {
        out->type = word.s[n - 1] - '0';
        word.n -= 2;
    }
    out->string = word;
    if (str_is(word, "{lang}")) {
        out->string = folder_str(folder, "src_lang", processor->language);
        if (tokenizer_id(tokenizer, out->string) < 0)
            out->string = folder_role(folder, ROLE_UNK);
    }
    for (int role = 0; word.s[0] == '{' && role < ROLES; role++)
        if (str_eq((struct str){word.s + 1, word.n - 2}, str_of(role_names[role])))
            out->string = folder_role(folder, role);
    return true;
}

static bool is_text(struct str word)
{
    return str_is(word, "$A") || str_is(word, "$B");
}

static void put_items(struct buf *out, const char *template, const struct processor *processor, const struct folder *folder,
                      const struct tokenizer *tokenizer)
{
    struct word word;
    const char *between = "[";
    while (next_word(&template, processor, folder, tokenizer, &word)) {
        buf_puts(out, between);
        between = ",";
        if (is_text(word.string)) {
            buf_printf(out, "{\"Sequence\":{\"id\":\"%c\",\"type_id\":%d}}", word.string.s[1], word.type);
        } else {
            buf_puts(out, "{\"SpecialToken\":{\"id\":");
            json_quote(out, word.string);
            buf_printf(out, ",\"type_id\":%d}}", word.type);
        }
    }
    buf_puts(out, between[0] == '[' ? "[]" : "]");
}

/* "special_tokens": each word of the template that is no text; one that comes again says the same again. */
static bool put_ids(struct buf *out, const char *template, const struct processor *processor, const struct folder *folder,
                    const struct tokenizer *tokenizer, struct err *err)
{
    struct word word;
    const char *between = "{";
    while (next_word(&template, processor, folder, tokenizer, &word)) {
        if (is_text(word.string))
            continue;
        int32_t id = tokenizer_id(tokenizer, word.string);
        if (id < 0)
            return err_set(err, ERR_FORMAT, "%s: \"%.*s\" is not in the vocabulary, and %.*s puts it around texts",
                           tokenizer->path, STR_ARGS(word.string), STR_ARGS(str_of(folder->class->name)));
        buf_puts(out, between);
        between = ",";
        json_quote(out, word.string);
        buf_puts(out, ":{\"id\":");
        json_quote(out, word.string);
        buf_printf(out, ",\"ids\":[%d],\"tokens\":[", id);
        json_quote(out, word.string);
        buf_puts(out, "]}");
    }
    buf_puts(out, between[0] == '{' ? "{}" : "}");
    return true;
}

/* A template; the one for pairs has every special token of the one for single texts. */
static bool put_templates(struct buf *out, const char *single, const char *pair, const struct processor *processor,
                          const struct folder *folder, const struct tokenizer *tokenizer, struct err *err)
{
    buf_puts(out, "{\"type\":\"TemplateProcessing\",\"single\":");
    put_items(out, single, processor, folder, tokenizer);
    buf_puts(out, ",\"pair\":");
    put_items(out, pair, processor, folder, tokenizer);
    buf_puts(out, ",\"special_tokens\":");
    bool ok = put_ids(out, pair, processor, folder, tokenizer, err);
    buf_char(out, '}');
    return ok;
}

static bool put_template(struct buf *out, const struct processor *processor, const struct folder *folder,
                         const struct tokenizer *tokenizer, struct err *err)
{
    return put_templates(out, processor->single, processor->pair, processor, folder, tokenizer, err);
}

static bool put_byte_level(struct buf *out, const struct processor *processor, const struct folder *folder,
                           const struct tokenizer *tokenizer, struct err *err)
{
    (void)processor, (void)folder, (void)tokenizer, (void)err;
    buf_puts(out, "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":false}");
    return true;
}

/* GPT-2: nothing, or the beginning of the text in front. */
static bool put_gpt2(struct buf *out, const struct processor *processor, const struct folder *folder,
                     const struct tokenizer *tokenizer, struct err *err)
{
    return folder_flag(folder, "add_bos_token", processor->bos) ? put_template(out, processor, folder, tokenizer, err)
                                                                : put_byte_level(out, processor, folder, tokenizer, err);
}

/* Llama: beginning and end of the text, each where its flag is set, around each text. */
static bool put_bos_eos(struct buf *out, const struct processor *processor, const struct folder *folder,
                        const struct tokenizer *tokenizer, struct err *err)
{
    static const char *const templates[4][2] = {{"$A", "$A $B:1"},
                                                {"{bos} $A", "{bos} $A {bos}:1 $B:1"},
                                                {"$A {eos}", "$A {eos} $B:1 {eos}:1"},
                                                {"{bos} $A {eos}", "{bos} $A {eos} {bos}:1 $B:1 {eos}:1"}};
    int row = folder_flag(folder, "add_bos_token", processor->bos) + 2 * folder_flag(folder, "add_eos_token", false);
    return put_templates(out, templates[row][0], templates[row][1], processor, folder, tokenizer, err);
}

/* NLLB: the language in front, or with "legacy_behaviour" at the end. */
static bool put_nllb(struct buf *out, const struct processor *processor, const struct folder *folder,
                     const struct tokenizer *tokenizer, struct err *err)
{
    bool legacy = folder_flag(folder, "legacy_behaviour", false);
    return put_templates(out, legacy ? processor_mbart.single : processor->single,
                         legacy ? processor_mbart.pair : processor->pair, processor, folder, tokenizer, err);
}

static bool put_pair(struct buf *out, const char *key, const struct folder *folder, int role, const struct tokenizer *tokenizer,
                     struct err *err)
{
    struct str token = folder_role(folder, role);
    int32_t id = tokenizer_id(tokenizer, token);
    buf_printf(out, ",\"%s\":[", key);
    json_quote(out, token);
    buf_printf(out, ",%d]", id);
    return id >= 0 || err_set(err, ERR_FORMAT, "%s: \"%.*s\" is not in the vocabulary", tokenizer->path, STR_ARGS(token));
}

/* RobertaProcessing with beginning and end of the text as the class names them. */
static bool put_around(struct buf *out, const struct folder *folder, int cls, int sep, bool trim,
                       const struct tokenizer *tokenizer, struct err *err)
{
    buf_printf(out, "{\"type\":\"RobertaProcessing\",\"trim_offsets\":%s,\"add_prefix_space\":%s", trim ? "true" : "false",
               trim ? "true" : "false");
    bool ok = put_pair(out, "sep", folder, sep, tokenizer, err) && put_pair(out, "cls", folder, cls, tokenizer, err);
    buf_char(out, '}');
    return ok;
}

static bool put_roberta(struct buf *out, const struct processor *processor, const struct folder *folder,
                        const struct tokenizer *tokenizer, struct err *err)
{
    (void)processor;
    return put_around(out, folder, ROLE_CLS, ROLE_SEP, true, tokenizer, err);
}

static bool put_clip(struct buf *out, const struct processor *processor, const struct folder *folder,
                     const struct tokenizer *tokenizer, struct err *err)
{
    (void)processor;
    return put_around(out, folder, ROLE_BOS, ROLE_EOS, false, tokenizer, err);
}

bool processor_apply(const struct folder *folder, struct tokenizer *tokenizer, struct err *err)
{
    const struct tokenizer_class *class = folder->class;
    if (!class || !class->processor || !(folder->older || class->processor_always))
        return true;
    struct buf text = {0};
    struct build build = {.path = tokenizer->path, .arena = tokenizer->arena, .style = &tokenizer->style};
    build.over = folder_overrides(folder);
    bool ok = class->processor->put(&text, class->processor, folder, tokenizer, err) && buf_ok(&text, err);
    struct json *json = ok ? json_parse(buf_view(&text), tokenizer->path, 0, err) : NULL;
    ok = json && postprocessor_build(&tokenizer->postprocessor, &build, json, err);
    json_free(json);
    buf_free(&text);
    return ok;
}

#define TEMPLATE(one, two) .put = put_template, .single = one, .pair = two

const struct processor processor_bert = {TEMPLATE("{cls} $A {sep}", "{cls} $A {sep} $B:1 {sep}:1")};
const struct processor processor_mpnet = {TEMPLATE("{cls} $A {sep}", "{cls} $A {sep} {sep} $B:1 {sep}:1")};
const struct processor processor_funnel = {TEMPLATE("{cls}:2 $A {sep}", "{cls}:2 $A {sep} $B:1 {sep}:1")};
/* ALBERT, BigBird and RemBERT too: the converter names these two literally. */
const struct processor processor_deberta = {TEMPLATE("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1")};
const struct processor processor_xlmr = {TEMPLATE("<s> $A </s>", "<s> $A </s> </s> $B </s>")};
const struct processor processor_t5 = {TEMPLATE("$A </s>", "$A </s> $B </s>")};
const struct processor processor_xlnet = {TEMPLATE("$A <sep> <cls>:2", "$A <sep> $B:1 <sep>:1 <cls>:2")};
const struct processor processor_pegasus = {TEMPLATE("$A {eos}", "$A $B {eos}")};
const struct processor processor_xglm = {TEMPLATE("</s> $A", "</s> $A </s> </s> $B")};
const struct processor processor_mbart = {TEMPLATE("$A {eos} {lang}", "$A $B {eos} {lang}"), .language = "en_XX"};
const struct processor processor_mbart50 = {TEMPLATE("{lang} $A {eos}", "{lang} $A $B {eos}"), .language = "en_XX"};
const struct processor processor_nllb = {
    .put = put_nllb, .single = "{lang} $A {eos}", .pair = "{lang} $A $B {eos}", .language = "eng_Latn"};
/* No type ids, and a pair has the end of the text between. */
const struct processor processor_esm = {TEMPLATE("{cls} $A {eos}", "{cls} $A {eos} $B {eos}")};
const struct processor processor_gpt2 = {.put = put_gpt2, .single = "{bos} $A", .pair = "{bos} $A $B:1"};
const struct processor processor_bos = {.put = put_bos_eos, .bos = true};
const struct processor processor_neox = {.put = put_bos_eos};
const struct processor processor_roberta = {.put = put_roberta};
const struct processor processor_clip = {.put = put_clip};
const struct processor processor_bytes = {.put = put_byte_level};
