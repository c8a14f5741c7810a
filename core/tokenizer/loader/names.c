/* The additional special tokens of classes. See names.h. */
#include "core/tokenizer/loader/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool names_add(struct names *names, struct str name, struct err *err)
{
    if (!mem_grow((void **)&names->at, &names->capacity, names->n + 1, sizeof *names->at, "added tokens", err) ||
        !arena_str(names->arena, name, &names->at[names->n], err))
        return false;
    names->n++;
    return true;
}

bool names_printf(struct names *names, struct err *err, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return names_add(names, (struct str){text, n < (int)sizeof text ? (size_t)n : sizeof text - 1}, err);
}

static struct str content_of(const struct json *token)
{
    return json_str(json_is_object(token) ? json_get(token, "content") : token, "");
}

bool names_add_given(struct names *names, const struct json *given, struct err *err)
{
    for (size_t i = 0; i < json_count(given); i++)
        if (!names_add(names, content_of(json_at(given, i)), err))
            return false;
    return true;
}

bool names_add_list(struct names *names, const char *const *list, struct err *err)
{
    for (; *list; list++)
        if (!names_add(names, str_of(*list), err))
            return false;
    return true;
}

void names_free(struct names *names)
{
    free(names->at);
    memset(names, 0, sizeof *names);
}

/* ---- classes ---- */

static bool given_has(const struct json *given, const char *part)
{
    for (size_t i = 0; i < json_count(given); i++) {
        struct str content = content_of(json_at(given, i));
        if (content.n && memmem(content.s, content.n, part, strlen(part)))
            return true;
    }
    return false;
}

/* "extra_ids" sentinels, unless the files list them. */
bool more_t5(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    size_t n = 100;
    if (!names_add_given(names, given, err) || !folder_size(folder, "extra_ids", &n, err))
        return false;
    for (size_t i = 0; i < n && !given_has(given, "<extra_id_"); i++)
        if (!names_printf(names, err, "<extra_id_%zu>", i))
            return false;
    return true;
}

/* A list of the class, in the place of which the files may name others. */
static bool given_or(struct names *names, const struct json *given, const char *const *list, struct err *err)
{
    return json_is_array(given) ? names_add_given(names, given, err) : names_add_list(names, list, err);
}

bool more_camembert(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    static const char *const list[] = {"<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED", NULL};
    (void)folder;
    return given_or(names, given, list, err);
}

bool more_xlnet(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    static const char *const list[] = {"<eop>", "<eod>", NULL};
    (void)folder;
    return given_or(names, given, list, err);
}

bool more_nllb(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    (void)folder;
    return given_or(names, given, nllb_languages, err);
}

bool more_mbart(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    (void)folder;
    return names_add_list(names, mbart_languages, err) && names_add_given(names, given, err);
}

bool more_mbart50(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    (void)folder;
    return names_add_given(names, given, err) && names_add_list(names, mbart50_languages, err);
}

bool more_xglm(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    (void)folder;
    bool ok = names_add_given(names, given, err);
    for (int i = 0; ok && i < 7; i++)
        ok = names_printf(names, err, "<madeupword%d>", i);
    return ok;
}

/* The marks of infilling, each unless its key says null. */
bool more_code_llama(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    static const char *const marks[][2] = {
        {"prefix_token", "▁<PRE>"}, {"middle_token", "▁<MID>"}, {"suffix_token", "▁<SUF>"}, {"eot_token", "▁<EOT>"}};
    bool ok = names_add_given(names, given, err);
    for (size_t i = 0; ok && i < 4; i++)
        ok = names_add(names, folder_str(folder, marks[i][0], marks[i][1]), err);
    return ok;
}

/* The mask of sentences, and <unk_N> up to "offset" tokens in all. */
bool more_pegasus(struct names *names, const struct folder *folder, const struct json *given, struct err *err)
{
    size_t offset = 103;
    struct str mask = folder_str(folder, "mask_token_sent", "<mask_1>");
    if (!folder_size(folder, "offset", &offset, err))
        return false;
    bool listed = false;
    for (size_t i = 0; i < json_count(given); i++)
        listed = listed || str_eq(content_of(json_at(given, i)), mask);
    if (mask.n && !listed && !names_add(names, mask, err))
        return false;
    if (!names_add_given(names, given, err))
        return false;
    bool replaced = json_is_array(given);
    for (size_t i = replaced ? names->n : 2; i + replaced < offset; i++)
        if (!names_printf(names, err, "<unk_%zu>", i))
            return false;
    return true;
}
