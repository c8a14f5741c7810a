/* The files beside a tokenizer's own: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
 *
 * The rules are those by which transformers 4.57 makes a fast tokenizer from a folder (PreTrainedTokenizerFast
 * and its classes): options replace fields of the outermost components, and tokens are added behind those of the
 * file. Where tokenizer_config.json has "added_tokens_decoder", the two other files are not looked at. */
#include "core/tokenizer/loader/loader.h"

#include <stdlib.h>
#include <string.h>

const char *const role_names[7] = {"bos", "eos", "unk", "sep", "pad", "cls", "mask"};
static const char *const role_keys[7] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                         "pad_token", "cls_token", "mask_token"};

bool folder_flag(const struct folder *folder, const char *key, bool fallback)
{
    return json_bool(json_get(folder->config, key), fallback);
}

static bool has_decoder(const struct folder *folder)
{
    return json_is_object(json_get(folder->config, "added_tokens_decoder"));
}

/* The value of a key like "mask_token": a string, an object with "content", null, or NULL. */
static const struct json *special_value(const struct folder *folder, const char *key)
{
    const struct json *value = has_decoder(folder) ? NULL : json_get(folder->special_map, key);
    return value ? value : json_get(folder->config, key);
}

static struct str content_of(const struct json *value)
{
    return json_str(json_is_object(value) ? json_get(value, "content") : value, "");
}

struct str folder_role(const struct folder *folder, int role)
{
    const struct json *value = special_value(folder, role_keys[role]);
    if (value)
        return content_of(value);
    return folder->class && folder->class->roles[role] ? str_of(folder->class->roles[role]) : (struct str){"", 0};
}

struct overrides folder_overrides(const struct folder *folder)
{
    struct overrides over = {-1, -1, -1, -1, -1, -1};
    if (!folder->config && !folder->class)
        return over;
    over.add_prefix_space = folder_flag(folder, "add_prefix_space", false);
    if (folder->class && folder->class->roberta) {
        over.post_add_prefix_space = over.add_prefix_space;
        over.trim_offsets = folder_flag(folder, "trim_offsets", true);
    }
    if (folder->class && folder->class->bert) {
        const struct json *strip = json_get(folder->config, "strip_accents");
        over.lowercase = folder_flag(folder, "do_lower_case", true);
        over.strip_accents = json_is_bool(strip) ? json_bool(strip, false) : 2;
        over.chinese_chars = folder_flag(folder, "tokenize_chinese_chars", true);
    }
    return over;
}

/* A list of tokens under construction; `id` orders those of a decoder. */
struct listed {
    struct added_token token;
    double id;
};
struct listing {
    struct listed *at;
    size_t n, capacity;
    struct arena *arena;
};

static bool list_token(struct listing *list, struct added_token token, double id, struct err *err)
{
    if (!mem_grow((void **)&list->at, &list->capacity, list->n + 1, sizeof *list->at, "added tokens", err) ||
        !arena_str(list->arena, token.content, &token.content, err))
        return false;
    list->at[list->n++] = (struct listed){token, id};
    return true;
}

static bool is_listed(const struct listing *list, struct str content)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->at[i].token.content, content))
            return true;
    return false;
}

/* Flags of an object; absent: no, and normalized unless special. */
static struct added_token token_of(const struct json *object, bool special)
{
    special = json_bool(json_get(object, "special"), special);
    return (struct added_token){
        .content = content_of(object),
        .single_word = json_bool(json_get(object, "single_word"), false),
        .lstrip = json_bool(json_get(object, "lstrip"), false),
        .rstrip = json_bool(json_get(object, "rstrip"), false),
        .normalized = json_bool(json_get(object, "normalized"), !special),
        .special = special,
    };
}

static const struct json *additional(const struct folder *folder)
{
    return special_value(folder, "additional_special_tokens");
}

static bool is_special_content(const struct folder *folder, struct str content)
{
    const struct json *list = additional(folder);
    for (int role = 0; role < ROLES; role++)
        if (content.n && str_eq(folder_role(folder, role), content))
            return true;
    for (size_t i = 0; i < json_count(list); i++)
        if (str_eq(content_of(json_at(list, i)), content))
            return true;
    return false;
}

static int by_id(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* "added_tokens_decoder" {"id": {token}}, or added_tokens.json {"content": id}; in the order of the ids. */
static bool list_decoder(struct listing *list, const struct folder *folder, struct err *err)
{
    bool decoder = has_decoder(folder);
    const struct json *object = decoder ? json_get(folder->config, "added_tokens_decoder") : folder->added_tokens;
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    while (json_next(object, &cursor, &key, &value)) {
        struct added_token token = {.content = key};
        if (decoder)
            token = token_of(value, false);
        token.special = token.special || is_special_content(folder, token.content);
        if (!decoder)
            token.normalized = !token.special;
        char number[32] = {0};
        memcpy(number, key.s, key.n < sizeof number ? key.n : sizeof number - 1);
        if (!token.content.n)
            return err_set(err, ERR_FORMAT, "%s/tokenizer_config.json: \"added_tokens_decoder\": \"%.*s\" has no \"content\"",
                           folder->path, STR_ARGS(key));
        if (!list_token(list, token, decoder ? strtod(number, NULL) : json_number(value, 0), err))
            return false;
    }
    if (list->n)
        qsort(list->at, list->n, sizeof *list->at, by_id);
    return true;
}

/* A token of a role or an additional one. What the file of the tokenizer has already keeps its flags, but is
 * special from now on; a bare string that it has stays as it is. */
static bool list_special(struct listing *list, const struct folder *folder, const struct tokenizer *tokenizer,
                         const struct json *value, struct str content, bool is_mask, struct err *err)
{
    const struct tokenizer_class *class = folder->class;
    const struct added_token *known = added_find(&tokenizer->added, content);
    bool older = !tokenizer->added.vocab.n;
    if (!content.n || is_listed(list, content))
        return true;
    struct added_token token = {.content = content, .special = true};
    if (value && known && !has_decoder(folder)) {
        token = *known;
    } else if (json_is_object(value)) {
        token = token_of(value, true);
    } else {
        bool takes_space = is_mask && class && (older ? class->mask_takes_space : class->mask_takes_space_always);
        if (!takes_space && known)
            return true;
        token.lstrip = takes_space;
        token.normalized = class && class->normalized && !(is_mask && class->roberta);
    }
    token.special = true;
    return list_token(list, token, 0, err);
}

/* Where no file says which token has a role: the usual names, if such a special token exists. */
static int32_t guess_role(const struct tokenizer *tokenizer, int role)
{
    static const char *const names[7][3] = {
        {"<s>", "<bos>", "<|begin_of_text|>"},
        {"</s>", "<eos>", "<|endoftext|>"},
        {"[UNK]", "<unk>", NULL},
        {"[SEP]", "</s>", NULL},
        {"[PAD]", "<pad>", NULL},
        {"[CLS]", "<s>", NULL},
        {"[MASK]", "<mask>", NULL},
    };
    if (role == ROLE_UNK && model_unknown(&tokenizer->model).n)
        return tokenizer_id(tokenizer, model_unknown(&tokenizer->model));
    for (size_t i = 0; i < 3 && names[role][i]; i++) {
        int32_t id = vocab_find(&tokenizer->added.vocab, str_of(names[role][i]));
        if (added_is_special(&tokenizer->added, id))
            return id;
    }
    return -1;
}

static bool any_role(const struct folder *folder)
{
    for (int role = 0; role < ROLES; role++)
        if (folder_role(folder, role).n)
            return true;
    return false;
}

bool folder_add_tokens(const struct folder *folder, struct tokenizer *tokenizer, struct err *err)
{
    struct listing list = {.arena = tokenizer->arena};
    bool ok = list_decoder(&list, folder, err);
    for (int role = 0; ok && role < ROLES; role++)
        ok = list_special(&list, folder, tokenizer, special_value(folder, role_keys[role]), folder_role(folder, role),
                          role == ROLE_MASK, err);
    const struct json *more = additional(folder);
    for (size_t i = 0; ok && i < json_count(more); i++)
        ok = list_special(&list, folder, tokenizer, json_at(more, i), content_of(json_at(more, i)), false, err);
    struct added_token *tokens = ok ? mem_new(list.n + 1, sizeof *tokens, "added tokens", err) : NULL;
    for (size_t i = 0; tokens && i < list.n; i++)
        tokens[i] = list.at[i].token;
    ok = tokens && added_add(&tokenizer->added, tokens, list.n, &tokenizer->model.vocab, err) &&
         added_finish(&tokenizer->added, &tokenizer->normalizer, tokenizer->arena, err);
    free(tokens);
    free(list.at);
    bool named = any_role(folder);
    for (int role = 0; ok && role < ROLES; role++) {
        struct str content = folder_role(folder, role);
        tokenizer->roles[role] = content.n ? tokenizer_id(tokenizer, content) : named ? -1 : guess_role(tokenizer, role);
    }
    return ok;
}
