/* Normalised text with provenance. See normalized.h.
 *
 * The rules of alignment are those of the reference (tokenizers' NormalizedString), odd corners included: a
 * token's offsets are compared with it number by number. */
#include "core/tokenizer/normalized.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "core/tokenizer/pattern.h"

void normalized_free(struct normalized *text)
{
    free(text->text);
    free(text->from);
    free(text->changes);
    free(text->spare);
    free(text->spare_from);
    memset(text, 0, sizeof *text);
}

bool normalized_load(struct normalized *text, const char *bytes, const struct origin *from, size_t n, uint32_t begin,
                     uint32_t end, struct err *err)
{
    if (!mem_grow((void **)&text->text, &text->capacity, n + 1, 1, "normalised text", err) ||
        !mem_grow((void **)&text->from, &text->from_capacity, n + 1, sizeof *from, "origins of normalised text", err))
        return false;
    if (n) {
        memcpy(text->text, bytes, n);
        memcpy(text->from, from, n * sizeof *from);
    }
    text->n = n;
    text->begin = begin;
    text->end = end;
    return true;
}

size_t normalized_next(const struct normalized *text, size_t at, int32_t *cp)
{
    return utf8_decode(text->text + at, text->n - at, cp);
}

void normalized_begin(struct normalized *text)
{
    text->n_changes = 0;
}

bool normalized_change(struct normalized *text, int32_t cp, int32_t change, struct err *err)
{
    if (text->n_changes == text->changes_capacity && !mem_grow((void **)&text->changes, &text->changes_capacity,
                                                               text->n_changes + 1, sizeof *text->changes, "normalisation", err))
        return false;
    if (!cancel_check(text->n_changes, err))
        return false;
    text->changes[text->n_changes++] = (struct change){cp, change};
    return true;
}

static bool spare_room(struct normalized *text, size_t n, struct err *err)
{
    return mem_grow((void **)&text->spare, &text->spare_capacity, n + 1, 1, "normalised text", err) &&
           mem_grow((void **)&text->spare_from, &text->spare_from_capacity, n + 1, sizeof *text->spare_from,
                    "origins of normalised text", err);
}

static void take_spare(struct normalized *text, size_t n)
{
    char *bytes = text->text;
    struct origin *from = text->from;
    size_t capacity = text->capacity, from_capacity = text->from_capacity;
    text->text = text->spare;
    text->from = text->spare_from;
    text->capacity = text->spare_capacity;
    text->from_capacity = text->spare_from_capacity;
    text->spare = bytes;
    text->spare_from = from;
    text->spare_capacity = capacity;
    text->spare_from_capacity = from_capacity;
    text->n = n;
}

/* Copy [begin, end) of the text behind the first n bytes of the spare. */
static size_t keep_bytes(struct normalized *text, size_t n, size_t begin, size_t end)
{
    if (end > begin) {
        memcpy(text->spare + n, text->text + begin, end - begin);
        memcpy(text->spare_from + n, text->from + begin, (end - begin) * sizeof *text->from);
    }
    return n + (end - begin);
}

static size_t skip_character(const struct normalized *text, size_t at, size_t end)
{
    int32_t cp;
    return at < end ? at + utf8_decode(text->text + at, end - at, &cp) : at;
}

/* What an inserted character stands for: as the byte before it, or the empty range at the very start. */
static struct origin origin_before(const struct normalized *text, size_t at)
{
    return at < 1 || !text->n ? (struct origin){text->begin, text->begin} : text->from[(at < text->n ? at : text->n) - 1];
}

static struct origin origin_at(const struct normalized *text, size_t at)
{
    return at < text->n ? text->from[at] : origin_before(text, at);
}

static bool apply_range(struct normalized *text, size_t begin, size_t end, size_t removed, struct err *err)
{
    size_t bytes = text->n - (end - begin), more;
    if (!size_mul(text->n_changes, 4, &more) || !size_add(bytes, more, &bytes))
        return err_set(err, ERR_LIMIT, "the normalised text is too long");
    if (!spare_room(text, bytes, err))
        return false;
    size_t n = keep_bytes(text, 0, 0, begin), at = begin;
    while (removed-- > 0 && at < end)
        at = skip_character(text, at, end);
    for (size_t i = 0; i < text->n_changes; i++) {
        struct change change = text->changes[i];
        struct origin from = change.change > 0 ? origin_before(text, at) : origin_at(text, at);
        if (change.change <= 0)
            for (int32_t skip = change.change; skip <= 0 && at < end; skip++)
                at = skip_character(text, at, end);
        size_t length = utf8_encode(change.cp, text->spare + n);
        for (size_t k = 0; k < length; k++)
            text->spare_from[n + k] = from;
        n += length;
    }
    n = keep_bytes(text, n, end, text->n);
    take_spare(text, n);
    return true;
}

/* Whether the changes ask for more characters than there are from `at` on. */
static bool runs_out(const struct normalized *text, size_t at, size_t removed)
{
    while (removed-- > 0 && at < text->n)
        at = skip_character(text, at, text->n);
    for (size_t i = 0; i < text->n_changes; i++) {
        if (text->changes[i].change <= 0 && at >= text->n)
            return true;
        for (int32_t skip = text->changes[i].change; skip <= 0 && at < text->n; skip++)
            at = skip_character(text, at, text->n);
    }
    return false;
}

/* The reference finds "the whole text" by the range of the raw text, and so passes over what stands for
 * nothing at the beginning; where it would then fail, the whole text is meant. */
bool normalized_apply(struct normalized *text, size_t removed, struct err *err)
{
    if (!text->n)
        return true;
    size_t begin = 0, end = 0;
    bool begun = false;
    if (text->begin < text->end) {
        while (end < text->n && text->from[end].end <= text->end) {
            if (!begun && text->from[end].begin >= text->begin && text->from[end].begin != text->from[end].end) {
                begun = true;
                begin = end;
            }
            end++;
        }
        if (!end)
            return true;
    }
    if (!begun)
        begin = end;
    if (begin > 0 && runs_out(text, begin, removed))
        begin = 0;
    return apply_range(text, begin, end, removed, err);
}

bool normalized_filter(struct normalized *text, bool (*keep)(int32_t cp), struct err *err)
{
    normalized_begin(text);
    int32_t cp, removed = 0;
    size_t first = 0;
    for (size_t at = 0; at < text->n;) {
        at += normalized_next(text, at, &cp);
        if (!keep(cp)) {
            removed++;
            continue;
        }
        if (text->n_changes)
            text->changes[text->n_changes - 1].change = -removed;
        else
            first = (size_t)removed;
        removed = 0;
        if (!normalized_change(text, cp, 0, err))
            return false;
    }
    if (text->n_changes)
        text->changes[text->n_changes - 1].change = -removed;
    return normalized_apply(text, first, err);
}

bool normalized_map(struct normalized *text, int32_t (*map)(int32_t cp), struct err *err)
{
    normalized_begin(text);
    int32_t cp;
    for (size_t at = 0; at < text->n;) {
        at += normalized_next(text, at, &cp);
        if (!normalized_change(text, map(cp), 0, err))
            return false;
    }
    return normalized_apply(text, 0, err);
}

bool normalized_prepend(struct normalized *text, struct str s, struct err *err)
{
    if (!text->n)
        return true;
    int32_t first, cp;
    size_t length = normalized_next(text, 0, &first);
    normalized_begin(text);
    for (size_t at = 0; at < s.n;) {
        int32_t change = at > 0;
        at += utf8_decode(s.s + at, s.n - at, &cp);
        if (!normalized_change(text, cp, change, err))
            return false;
    }
    return normalized_change(text, first, 1, err) && apply_range(text, 0, length, 0, err);
}

bool normalized_replace(struct normalized *text, const struct match *matches, size_t n_matches, struct str content,
                        struct err *err)
{
    size_t bytes = text->n, more, hits = 0;
    for (size_t i = 0; i < n_matches; i++)
        hits += matches[i].is;
    if (!hits)
        return true;
    if (!size_mul(hits, content.n, &more) || !size_add(bytes, more, &bytes) || bytes > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "the normalised text is too long");
    if (!spare_room(text, bytes, err))
        return false;
    size_t n = 0;
    for (size_t i = 0; i < n_matches; i++) {
        if (!matches[i].is) {
            n = keep_bytes(text, n, matches[i].begin, matches[i].end);
            continue;
        }
        struct origin from = origin_before(text, matches[i].end);
        if (content.n)
            memcpy(text->spare + n, content.s, content.n);
        for (size_t k = 0; k < content.n; k++)
            text->spare_from[n + k] = from;
        n += content.n;
    }
    take_spare(text, n);
    return true;
}
