/* Finding delimiters, and five ways to treat them. See pattern.h. */
#include "core/tokenizer/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/base/regex.h"
#include "core/base/utf8.h"
#include "core/tokenizer/build.h"

bool matches_add(struct matches *matches, size_t begin, size_t end, bool is, struct err *err)
{
    if (matches->n == matches->capacity &&
        !mem_grow((void **)&matches->at, &matches->capacity, matches->n + 1, sizeof *matches->at, "pieces of text", err))
        return false;
    if (!cancel_check(matches->n, err))
        return false;
    matches->at[matches->n++] = (struct match){(uint32_t)begin, (uint32_t)end, is};
    return true;
}

bool pattern_regex(struct pattern *pattern, const struct build *build, struct str regex, struct err *err)
{
    struct buf translated = {0};
    *pattern = (struct pattern){0};
    if (onig_translate(regex, &translated, err) && buf_ok(&translated, err))
        pattern->regex = regex_new_with(buf_view(&translated), REGEX_LINES | REGEX_VALID, err);
    if (!pattern->regex)
        err_prefix(err, "%s: %s: pattern \"%.*s\": ", build->path, build->what, STR_ARGS(regex));
    buf_free(&translated);
    return pattern->regex;
}

bool pattern_build(struct pattern *pattern, const struct build *build, const struct json *value, struct err *err)
{
    const struct json *string = json_get(value, "String"), *regex = json_get(value, "Regex");
    memset(pattern, 0, sizeof *pattern);
    if (json_is_string(regex))
        return pattern_regex(pattern, build, json_str(regex, ""), err);
    if (!json_is_string(string))
        return err_set(err, ERR_FORMAT, "%s: %s: pattern: expected {\"String\": …} or {\"Regex\": …}", build->path, build->what);
    return arena_str(build->arena, json_str(string, ""), &pattern->literal, err);
}

void pattern_free(struct pattern *pattern)
{
    regex_free(pattern->regex);
}

/* Append a match at [begin, end) and what lies between it and the last one. */
static bool add_hit(struct matches *out, size_t *last, size_t begin, size_t end, struct err *err)
{
    if (*last < begin && !matches_add(out, *last, begin, false, err))
        return false;
    *last = end;
    return matches_add(out, begin, end, true, err);
}

static bool find_characters(bool (*is)(int32_t cp), struct str text, struct matches *out, size_t *last, struct err *err)
{
    int32_t cp;
    for (size_t at = 0, n; at < text.n; at += n) {
        n = utf8_decode(text.s + at, text.n - at, &cp);
        if (is(cp) && !add_hit(out, last, at, at + n, err))
            return false;
    }
    return true;
}

/* The next match at or after `from`: of the regular expression, or of the literal. As regex_find. */
static int find_next(const struct pattern *pattern, struct str text, size_t from, size_t *begin, size_t *end, struct err *err)
{
    if (pattern->regex)
        return regex_find(pattern->regex, text, from, begin, end, err);
    const char *hit =
        pattern->literal.n ? memmem(text.s + from, text.n - from, pattern->literal.s, pattern->literal.n) : text.s + from;
    if (!hit)
        return 0;
    *begin = (size_t)(hit - text.s);
    *end = *begin + pattern->literal.n;
    return 1;
}

/* An empty match is taken too, but not right behind the match before it. */
static bool find_all(const struct pattern *pattern, struct str text, struct matches *out, size_t *last, struct err *err)
{
    size_t from = 0, begin, end;
    bool any = false;
    while (from <= text.n) {
        int found = find_next(pattern, text, from, &begin, &end, err);
        if (found < 0)
            return false;
        if (!found)
            break;
        if (begin == end && any && *last == end) {
            int32_t cp;
            from += from < text.n ? utf8_decode(text.s + from, text.n - from, &cp) : 1;
            continue;
        }
        if (!add_hit(out, last, begin, end, err))
            return false;
        any = true;
        from = end;
    }
    return true;
}

bool pattern_find(const struct pattern *pattern, struct str text, struct matches *out, struct err *err)
{
    out->n = 0;
    size_t last = 0;
    if (!text.n) {
        if (!matches_add(out, 0, 0, false, err))
            return false;
    } else {
        bool ok = pattern->is ? find_characters(pattern->is, text, out, &last, err) : find_all(pattern, text, out, &last, err);
        if (!ok || (last < text.n && !matches_add(out, last, text.n, false, err)))
            return false;
    }
    for (size_t i = 0; pattern->invert && i < out->n; i++)
        out->at[i].is = !out->at[i].is;
    return true;
}

void behaviour_removed(struct matches *matches)
{
    (void)matches; /* what matched is what is dropped */
}

void behaviour_isolated(struct matches *matches)
{
    for (size_t i = 0; i < matches->n; i++)
        matches->at[i].is = false;
}

void behaviour_contiguous(struct matches *matches)
{
    size_t n = 0;
    bool before = false;
    for (size_t i = 0; i < matches->n; i++) {
        struct match match = matches->at[i];
        if (match.is == before && n)
            matches->at[n - 1].end = match.end;
        else
            matches->at[n++] = (struct match){match.begin, match.end, false};
        before = match.is;
    }
    matches->n = n;
}

void behaviour_merged_with_previous(struct matches *matches)
{
    size_t n = 0;
    bool before = false;
    for (size_t i = 0; i < matches->n; i++) {
        struct match match = matches->at[i];
        if (match.is && !before && n)
            matches->at[n - 1].end = match.end;
        else
            matches->at[n++] = (struct match){match.begin, match.end, false};
        before = match.is;
    }
    matches->n = n;
}

void behaviour_merged_with_next(struct matches *matches)
{
    size_t n = matches->n; /* the result grows from the end of the array towards its start */
    bool after = false;
    for (size_t i = matches->n; i-- > 0;) {
        struct match match = matches->at[i];
        if (match.is && !after && n < matches->n)
            matches->at[n].begin = match.begin;
        else
            matches->at[--n] = (struct match){match.begin, match.end, false};
        after = match.is;
    }
    memmove(matches->at, matches->at + n, (matches->n - n) * sizeof *matches->at);
    matches->n -= n;
}

behaviour *behaviour_of(struct str name)
{
    static const struct {
        const char *name;
        behaviour *is;
    } rows[] = {
        {"Removed", behaviour_removed},
        {"Isolated", behaviour_isolated},
        {"MergedWithPrevious", behaviour_merged_with_previous},
        {"MergedWithNext", behaviour_merged_with_next},
        {"Contiguous", behaviour_contiguous},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_is(name, rows[i].name))
            return rows[i].is;
    return NULL;
}
