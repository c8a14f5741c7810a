/* A tokenizer built from a document in the format of tokenizer.json. See assembly.h. */
#include "core/tokenizer/assembly.h"

const char *const role_names[ROLES] = {"bos", "eos", "unk", "sep", "pad", "cls", "mask"};

static bool read_added(struct tokenizer *tokenizer, struct build *build, const struct json *list, struct err *err)
{
    build->what = "added_tokens";
    size_t n = json_count(list);
    if (list && !json_is_null(list) && !json_is_array(list))
        return err_set(err, ERR_FORMAT, "%s: \"added_tokens\": expected an array", build->path);
    struct added_token *tokens = arena_zalloc(tokenizer->arena, n + 1, sizeof *tokens, "added tokens", err);
    if (!tokens)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct json *item = json_at(list, i);
        int32_t id; /* checked only: the model and the order decide, as in the reference */
        tokens[i].normalized = true;
        if (!field_str_needed(build, item, "content", &tokens[i].content, err) ||
            !field_id(build, json_get(item, "id"), "id", &id, err) ||
            !field_bool(build, item, "single_word", &tokens[i].single_word, err) ||
            !field_bool(build, item, "lstrip", &tokens[i].lstrip, err) ||
            !field_bool(build, item, "rstrip", &tokens[i].rstrip, err) ||
            !field_bool(build, item, "normalized", &tokens[i].normalized, err) ||
            !field_bool(build, item, "special", &tokens[i].special, err))
            return false;
    }
    return added_add(&tokenizer->added, tokens, n, &tokenizer->model.vocab, err);
}

bool tokenizer_assemble(struct tokenizer *tokenizer, const char *path, const struct json *document, const struct lexicon *lexicon,
                        const struct overrides *over, struct err *err)
{
    struct build build = {.path = path, .arena = tokenizer->arena, .style = &tokenizer->style, .over = *over, .lexicon = lexicon};
    const struct json *version = json_get(document, "version");
    struct str kept;
    if (!arena_str(tokenizer->arena, str_of(path), &kept, err))
        return false;
    tokenizer->path = kept.s;
    if (!json_is_object(document))
        return err_set(err, ERR_FORMAT, "%s: expected an object", path);
    if (version && !str_is(json_str(version, ""), "1.0"))
        return err_set(err, ERR_UNSUPPORTED, "%s: version \"%.*s\", only \"1.0\" is read", path,
                       STR_ARGS(json_str(version, "?")));
    struct build filed = build;
    filed.over.lowercase = filed.over.strip_accents = filed.over.chinese_chars = -1;
    if (over->lowercase >= 0 && !normalizer_build(&tokenizer->filed, &filed, json_get(document, "normalizer"), err))
        return false;
    return model_build(&tokenizer->model, &build, json_get(document, "model"), err) &&
           normalizer_build(&tokenizer->normalizer, &build, json_get(document, "normalizer"), err) &&
           pretokenizer_build(&tokenizer->pretokenizer, &build, json_get(document, "pre_tokenizer"), err) &&
           postprocessor_build(&tokenizer->postprocessor, &build, json_get(document, "post_processor"), err) &&
           read_added(tokenizer, &build, json_get(document, "added_tokens"), err);
}
