/* The files beside a tokenizer's own: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
 *
 * The rules are those by which transformers 4.57 makes a fast tokenizer from a folder (PreTrainedTokenizerFast
 * and its classes): options replace fields of the outermost components, and tokens are added behind those of the
 * file. Where tokenizer_config.json has "added_tokens_decoder", the two other files are not looked at. */
#include "core/tokenizer/loader/names.h"
#include "core/tokenizer/loader/processor.h"

#include <stdlib.h>
#include <string.h>

#include "core/tokenizer/tokenizer.h"

static const char *const role_keys[7] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                         "pad_token", "cls_token", "mask_token"};

bool folder_flag(const struct folder *folder, const char *key, bool fallback)
{
    return json_bool(json_get(folder->config, key), fallback);
}

bool folder_size(const struct folder *folder, const char *key, size_t *out, struct err *err)
{
    const struct json *value = json_get(folder->config, key);
    if (!value || json_is_null(value))
        return true;
    if (!json_size(value, key, out, err))
        return err_prefix(err, "%s/tokenizer_config.json: ", folder->path);
    return *out <= 4096 ||
           err_set(err, ERR_LIMIT, "%s/tokenizer_config.json: \"%s\" is %zu, more than 4096", folder->path, key, *out);
}

struct str folder_str(const struct folder *folder, const char *key, const char *fallback)
{
    const struct json *value = json_get(folder->config, key);
    return json_is_null(value) ? (struct str){"", 0} : json_str(value, fallback);
}

bool folder_prefix_space(const struct folder *folder)
{
    const struct json *value = json_get(folder->config, "add_prefix_space");
    return !json_is_null(value) && json_bool(value, true);
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

struct str folder_decoder_string(const struct folder *folder, const char *id)
{
    return content_of(json_get(json_get(folder->config, "added_tokens_decoder"), id));
}

struct str folder_role(const struct folder *folder, int role)
{
    const struct json *value = special_value(folder, role_keys[role]);
    const struct tokenizer_class *class = folder->class;
    if (value)
        return content_of(value);
    if (class && !folder->older && class->json_unk && role == ROLE_UNK)
        return str_of(class->json_unk);
    if (class && !folder->older && class->json_pad && role == ROLE_PAD)
        return str_of(class->json_pad);
    return class && class->roles[role] ? str_of(class->roles[role]) : (struct str){"", 0};
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

/* Whether the content is that of a role or an additional token; `named`: by the files, not by the class alone. */
static bool is_special_content(const struct folder *folder, struct str content, bool named)
{
    const struct json *list = additional(folder);
    for (int role = 0; role < ROLES; role++)
        if (content.n && str_eq(folder_role(folder, role), content) && (!named || special_value(folder, role_keys[role])))
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
    if (folder->class && folder->class->no_decoder)
        return true;
    while (json_next(object, &cursor, &key, &value)) {
        struct added_token token = {.content = key};
        if (decoder)
            token = token_of(value, false);
        token.special = token.special || is_special_content(folder, token.content, false);
        if (!decoder)
            token.normalized = !is_special_content(folder, token.content, true);
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

/* Whether an earlier role has the same string: then that one is added. */
static bool came_before(const struct folder *folder, struct str content, int role)
{
    for (int before = 0; before < (role < 0 ? ROLES : role); before++)
        if (str_eq(folder_role(folder, before), content))
            return true;
    return false;
}

/* A token of a role, or an additional one with role -1. What the file of the tokenizer has already keeps its flags,
 * but is special from now on; a bare string that it has stays as it is, unless the class gives it flags. */
static bool list_special(struct listing *list, const struct folder *folder, const struct tokenizer *tokenizer,
                         const struct json *value, struct str content, int role, struct err *err)
{
    static const struct role_flags none;
    const struct role_flags *flags = !folder->class ? &none : folder->older ? &folder->class->older : &folder->class->json;
    unsigned bit = role >= 0 ? ROLE_BIT(role) : 0;
    bool wrapped = flags->wrapped & bit, decoder = has_decoder(folder), listed = is_listed(list, content);
    const struct added_token *known = added_find(&tokenizer->added, content);
    if (!content.n || came_before(folder, content, role) ||
        (listed && (decoder ? value || !wrapped : !wrapped && !json_is_object(value))))
        return true;
    struct added_token token = {.content = content, .special = true};
    if (value && known && !decoder && !folder->older) {
        token = *known;
    } else if (json_is_object(value)) {
        token = token_of(value, true);
    } else {
        if (known && !wrapped)
            return true;
        token.lstrip = flags->lstrip & bit;
        token.normalized = flags->normalized & bit;
    }
    token.special = true;
    return list_token(list, token, 0, err);
}

/* The additional special tokens of files and class, in the class's order. */
static bool list_additional(struct listing *list, const struct folder *folder, const struct tokenizer *tokenizer, struct err *err)
{
    const struct json *given = additional(folder);
    struct names names = {.arena = tokenizer->arena};
    bool ok = folder->class && folder->class->more ? folder->class->more(&names, folder, given, err)
                                                   : names_add_given(&names, given, err);
    for (size_t i = 0; ok && i < names.n; i++) {
        const struct json *value = NULL;
        for (size_t k = 0; !value && k < json_count(given); k++)
            if (str_eq(content_of(json_at(given, k)), names.at[i]))
                value = json_at(given, k);
        ok = list_special(list, folder, tokenizer, value, names.at[i], -1, err);
    }
    names_free(&names);
    return ok;
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

static bool add_tokens(const struct folder *folder, struct tokenizer *tokenizer, struct err *err)
{
    struct listing list = {.arena = tokenizer->arena};
    bool ok = list_decoder(&list, folder, err);
    for (int role = 0; ok && role < ROLES; role++)
        ok = list_special(&list, folder, tokenizer, special_value(folder, role_keys[role]), folder_role(folder, role), role, err);
    ok = ok && list_additional(&list, folder, tokenizer, err);
    struct added_token *tokens = ok ? mem_new(list.n + 1, sizeof *tokens, "added tokens", err) : NULL;
    for (size_t i = 0; tokens && i < list.n; i++)
        tokens[i] = list.at[i].token;
    ok = tokens && added_add(&tokenizer->added, tokens, list.n, &tokenizer->model.vocab, err) &&
         added_finish(&tokenizer->added, tokenizer->filed.kind ? &tokenizer->filed : &tokenizer->normalizer, tokenizer->arena,
                      err);
    free(tokens);
    free(list.at);
    return ok;
}

bool folder_finish(const struct folder *folder, struct tokenizer *tokenizer, struct err *err)
{
    if (!add_tokens(folder, tokenizer, err))
        return false;
    bool named = any_role(folder);
    for (int role = 0; role < ROLES; role++) {
        struct str content = folder_role(folder, role);
        tokenizer->roles[role] = content.n ? tokenizer_id(tokenizer, content) : named ? -1 : guess_role(tokenizer, role);
    }
    return processor_apply(folder, tokenizer, err);
}
