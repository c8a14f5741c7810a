/* Which files of a repository pull takes. */
#include <criterion/criterion.h>
#include <string.h>

#include "repl/fetch/choose.h"

enum { MOST = 32 };

/* The names of `list`, separated by blanks, and what is taken of them, separated by blanks. */
struct chosen {
    struct str names[MOST];
    bool take[MOST], index[MOST];
    struct choice choice;
};

static void begin(struct chosen *c, const char *list)
{
    *c = (struct chosen){.choice = {.n = 0}};
    c->choice = (struct choice){c->names, c->take, c->index, 0};
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        c->names[c->choice.n++] = (struct str){at, n};
        at += n;
    }
}

static void put_taken(const struct chosen *c, struct buf *out)
{
    out->n = 0;
    for (size_t i = 0; i < c->choice.n; i++)
        if (c->take[i])
            buf_printf(out, "%s%.*s%s", out->n ? " " : "", STR_ARGS(c->names[i]), c->index[i] ? "!" : "");
}

Test(choose, one_set_of_weights_and_what_stands_beside_it)
{
    static const struct {
        const char *files, *named, *taken; /* ! is an index */
    } rows[] = {
        {"config.json model.safetensors pytorch_model.bin tf_model.h5 tokenizer.json", "",
         "config.json model.safetensors tokenizer.json"},
        {"README.md config.json pytorch_model.bin spm.model tokenizer_config.json", "",
         "config.json pytorch_model.bin spm.model tokenizer_config.json"},
        {"config.json generation_config.json vocab.json merges.txt model.safetensors", "",
         "config.json generation_config.json vocab.json merges.txt model.safetensors"},
        {"config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json "
         "pytorch_model.bin",
         "", "config.json model.safetensors.index.json!"},
        {"config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors", "",
         "config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors"},
        {"config.json model.safetensors model.safetensors.index.json", "", "config.json model.safetensors"},
        {"config.json weights.safetensors optimizer.bin", "", "config.json weights.safetensors"},
        {"config.json model.fp16.safetensors", "", "config.json model.fp16.safetensors"},
        {"name-Q8_0.gguf README.md", "", "name-Q8_0.gguf"},
        {"name-Q4_0.gguf name-Q8_0.gguf config.json", "name-Q8_0.gguf", "name-Q8_0.gguf config.json"},
        {"a-00001-of-00002.gguf a-00002-of-00002.gguf b.gguf", "a-00001-of-00002.gguf",
         "a-00001-of-00002.gguf a-00002-of-00002.gguf"},
        {"config.json model.safetensors pytorch_model.bin", "pytorch_model.bin", "config.json pytorch_model.bin"},
        {"config.json x.bin.index.json model.safetensors", "x.bin.index.json", "config.json x.bin.index.json!"},
        {"tokenizer.json tokenizer_config.json", "", "tokenizer.json tokenizer_config.json"},
        {"modules.json config.json model.safetensors 1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors "
         "2_Dense/pytorch_model.bin sentence_bert_config.json config_sentence_transformers.json onnx/model.onnx onnx/config.json",
         "",
         "modules.json config.json model.safetensors 1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors "
         "sentence_bert_config.json config_sentence_transformers.json"},
        {"modules.json 0_Transformer/config.json 0_Transformer/pytorch_model.bin 0_Transformer/vocab.txt 1_Pooling/config.json",
         "",
         "modules.json 0_Transformer/config.json 0_Transformer/pytorch_model.bin 0_Transformer/vocab.txt 1_Pooling/config.json"},
        {"config.json model.safetensors 1_Pooling/config.json", "", "config.json model.safetensors"},
    };
    struct chosen c;
    struct buf taken = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        begin(&c, rows[i].files);
        cr_expect(choose_files(&c.choice, str_of(rows[i].named), &err), "row %zu: %s", i, err.message);
        put_taken(&c, &taken);
        cr_expect_str_eq(buf_cstr(&taken), rows[i].taken, "row %zu: %s", i, buf_cstr(&taken));
    }
    buf_free(&taken);
}

Test(choose, what_is_not_clear_or_not_read_is_told)
{
    static const struct {
        const char *files, *named;
        enum err_code code;
        const char *says;
    } rows[] = {
        {"name-Q4_0.gguf name-Q8_0.gguf", "", ERR_ARG, "choose one with file=: name-Q4_0.gguf, name-Q8_0.gguf"},
        {"config.json a.safetensors b.safetensors", "", ERR_ARG, "file=: a.safetensors, b.safetensors"},
        {"config.json", "pytorch_model.bin", ERR_NOT_FOUND, "no file pytorch_model.bin"},
        {"config.json tf_model.h5", "", ERR_UNSUPPORTED, "no weights that gaze reads"},
        {"README.md", "", ERR_UNSUPPORTED, "no weights that gaze reads"},
        {"adapter_config.json adapter_model.safetensors tokenizer.json", "", ERR_UNSUPPORTED, "an adapter"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chosen c;
        struct err err = {0};
        begin(&c, rows[i].files);
        cr_expect_not(choose_files(&c.choice, str_of(rows[i].named), &err), "row %zu", i);
        cr_expect_eq(err.code, rows[i].code, "row %zu: %s", i, err.message);
        cr_expect(strstr(err.message, rows[i].says), "row %zu: \"%s\" lacks \"%s\"", i, err.message, rows[i].says);
    }
}

Test(choose, an_index_names_shards_that_are_there)
{
    static const struct {
        const char *index, *taken; /* NULL: refused */
    } rows[] = {
        {"{\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\",\"c\":\"m-1.safetensors\"}}",
         "model.safetensors.index.json! m-1.safetensors m-2.safetensors"},
        {"{\"weight_map\":{\"a\":\"m-3.safetensors\"}}", NULL},
        {"{\"weight_map\":{\"a\":\"../m-1.safetensors\"}}", NULL},
        {"{\"weight_map\":{\"a\":7}}", NULL},
        {"{\"weight_map\":{}}", NULL},
        {"{}", NULL},
    };
    struct buf taken = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chosen c;
        struct err err = {0};
        begin(&c, "model.safetensors.index.json m-1.safetensors m-2.safetensors x");
        cr_assert(choose_files(&c.choice, (struct str){0}, &err), "%s", err.message);
        struct json *index = json_parse(str_of(rows[i].index), "index", 0, &err);
        bool ok = choose_shards(&c.choice, 0, index, &err);
        cr_expect_eq(ok, rows[i].taken != NULL, "row %zu: %s", i, err.message);
        put_taken(&c, &taken);
        if (ok)
            cr_expect_str_eq(buf_cstr(&taken), rows[i].taken, "row %zu: %s", i, buf_cstr(&taken));
        json_free(index);
    }
    buf_free(&taken);
}
