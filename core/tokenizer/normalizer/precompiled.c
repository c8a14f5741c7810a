/* Precompiled: SentencePiece's normalization rules as the reference applies them.
 *
 * The charsmap is base64 of: u32 LE size of a trie in bytes; the trie, a double array of u32 LE units (Yata,
 * darts-clone); replacements, each ended by a NUL, addressed by their offset. A grapheme cluster shorter than six
 * bytes is looked up as a whole, else each character alone; the shortest prefix that the trie knows decides, and
 * its replacement stands for all that was looked up. (SentencePiece itself takes the longest match anywhere.) */
#include "core/tokenizer/normalizer/normalizer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

struct charsmap {
    uint32_t *units; /* [n_units] */
    size_t n_units;
    struct str replacements;
};

static int sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Bytes of a base64 text; -1 for any other letter. */
static bool decode_base64(struct str in, unsigned char *out, size_t *n_out)
{
    uint32_t bits = 0, have = 0;
    size_t n = 0;
    while (in.n && in.s[in.n - 1] == '=')
        in.n--;
    for (size_t i = 0; i < in.n; i++) {
        int value = sextet(in.s[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (unsigned char)(bits >> have);
        }
    }
    *n_out = n;
    return true;
}

static uint32_t unit_offset(uint32_t unit)
{
    return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}

/* What a leaf says: false where its offset leads out of the replacements, or to what is no text. */
static bool leaf_value(const struct charsmap *map, size_t at, struct str *out)
{
    size_t offset = map->units[at] & 0x7fffffff;
    if (offset >= map->replacements.n)
        return false;
    const char *begin = map->replacements.s + offset;
    *out = (struct str){begin, strnlen(begin, map->replacements.n - offset)};
    return offset + out->n < map->replacements.n && utf8_invalid_at(*out) == out->n;
}

/* The base of the node's children, or SIZE_MAX where the unit does not continue with the byte. */
static size_t child_of(const struct charsmap *map, size_t base, uint32_t byte)
{
    size_t at = base ^ byte;
    if (at >= map->n_units || (map->units[at] & (1u << 31 | 0xff)) != byte)
        return SIZE_MAX;
    return at;
}

/* A unit on the way from the root, and the byte of the child that comes next. */
struct visit {
    uint32_t unit, byte;
};
enum { UNSEEN, ON_THE_WAY, DONE };

/* Walk the whole trie, whose branches may share their ends: every base lies in the array, no way comes back to itself,
 * every leaf leads to a replacement. state and way are [n_units]. */
static bool is_sound(const struct charsmap *map, unsigned char *state, struct visit *way)
{
    size_t depth = 1;
    way[0] = (struct visit){0, 0};
    state[0] = ON_THE_WAY;
    while (depth) {
        struct visit *top = &way[depth - 1];
        uint32_t unit = map->units[top->unit];
        size_t base = top->unit ^ unit_offset(unit), child;
        struct str value;
        if (!top->byte && (base >= map->n_units || ((unit >> 8 & 1) && !leaf_value(map, base, &value))))
            return false;
        if (++top->byte > 255) {
            state[top->unit] = DONE;
            depth--;
        } else if ((child = child_of(map, base, top->byte)) != SIZE_MAX && state[child] != DONE) {
            if (state[child] == ON_THE_WAY)
                return false;
            state[child] = ON_THE_WAY;
            way[depth++] = (struct visit){(uint32_t)child, 0};
        }
    }
    return true;
}

static bool check(const struct charsmap *map, const struct build *build, struct err *err)
{
    unsigned char *state = mem_new(map->n_units, 1, "a charsmap", err);
    struct visit *way = mem_new(map->n_units, sizeof *way, "a charsmap", err);
    bool ok = state && way;
    if (ok && !is_sound(map, state, way))
        ok = err_set(err, ERR_FORMAT, "%s: %s: the charsmap is damaged: its trie leads out of itself, in a circle or to no text",
                     build->path, build->what);
    free(state);
    free(way);
    return ok;
}

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct charsmap *map = arena_zalloc(build->arena, 1, sizeof *map, "a normalizer", err);
    const struct json *text = json_get(json, "precompiled_charsmap");
    struct str base64 = json_str(text, "");
    if (!map)
        return false;
    *state_out = map;
    if (json_is_null(text)) /* a model without rules */
        return true;
    if (!json_is_string(text))
        return field_wrong(build, "precompiled_charsmap", "a string in base64", err);
    unsigned char *bytes = arena_alloc(build->arena, base64.n + 4, 1, "a charsmap", err);
    size_t n;
    if (!bytes)
        return false;
    if (!decode_base64(base64, bytes, &n))
        return field_wrong(build, "precompiled_charsmap", "base64", err);
    uint32_t size = n < 4 ? 0 : bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    if (n < 4 || size > n - 4 || size % 4 || !size)
        return err_set(err, ERR_FORMAT, "%s: %s: the charsmap of %zu bytes says its trie has %u", build->path, build->what, n,
                       size);
    map->n_units = size / 4;
    map->units = arena_alloc(build->arena, map->n_units, sizeof *map->units, "a charsmap", err);
    if (!map->units)
        return false;
    for (size_t i = 0; i < map->n_units; i++) {
        const unsigned char *unit = bytes + 4 + 4 * i;
        map->units[i] = unit[0] | (uint32_t)unit[1] << 8 | (uint32_t)unit[2] << 16 | (uint32_t)unit[3] << 24;
    }
    map->replacements = (struct str){(const char *)bytes + 4 + size, n - 4 - size};
    return check(map, build, err);
}

/* What the trie has for the shortest prefix of `part` that it knows; false: nothing. */
static bool look_up(const struct charsmap *map, struct str part, struct str *out)
{
    if (!map->n_units)
        return false;
    size_t base = unit_offset(map->units[0]);
    for (size_t i = 0; i < part.n && part.s[i]; i++) {
        size_t at = child_of(map, base, (unsigned char)part.s[i]);
        if (at == SIZE_MAX)
            return false;
        base = at ^ unit_offset(map->units[at]);
        if (map->units[at] >> 8 & 1)
            return leaf_value(map, base, out);
    }
    return false;
}

/* Append `with` in the place of `part`: where it is longer its last characters count as inserted, where it is
 * shorter the character last written counts as followed by removed ones. */
static bool put(struct normalized *text, struct str part, struct str with, struct err *err)
{
    size_t before = utf8_count(part), after = utf8_count(with), i = 0;
    int32_t cp;
    for (size_t at = 0; at < with.n; i++) {
        at += utf8_decode(with.s + at, with.n - at, &cp);
        if (!normalized_change(text, cp, i >= before, err))
            return false;
    }
    if (after < before && text->n_changes)
        text->changes[text->n_changes - 1].change -= (int32_t)(before - after);
    return true;
}

/* One cluster of text[at..at+n). */
static bool cluster(const struct charsmap *map, struct normalized *text, size_t at, size_t n, bool *changed, struct err *err)
{
    struct str whole = {text->text + at, n}, with;
    if (n < 6 && look_up(map, whole, &with)) {
        *changed = true;
        return put(text, whole, with, err);
    }
    for (size_t i = 0; i < n;) {
        int32_t cp;
        struct str one = {whole.s + i, utf8_decode(whole.s + i, n - i, &cp)};
        bool found = look_up(map, one, &with);
        *changed = *changed || found;
        if (!(found ? put(text, one, with, err) : normalized_change(text, cp, 0, err)))
            return false;
        i += one.n;
    }
    return true;
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    const struct charsmap *map = state;
    bool changed = false;
    normalized_begin(text);
    for (size_t at = 0; at < text->n;) {
        size_t n = text_grapheme((struct str){text->text + at, text->n - at});
        if (!cluster(map, text, at, n, &changed, err))
            return false;
        at += n;
    }
    return !changed || normalized_apply(text, 0, err);
}

const struct normalizer_kind normalizer_precompiled = {
    .type = "Precompiled",
    .summary = "SentencePiece's rules, compiled into a charsmap",
    .build = build,
    .apply = apply,
};
