/* NFD, NFKD, NFC, NFKC (Unicode Standard Annex 15) with provenance.
 *
 * A character that decomposes gives its range to all its parts; parts that compose give the composite the range
 * of the first and count as removed behind it. Marks are ordered by combining class, stably, and take the ranges
 * in their new order. */
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/normalizer/steps.h"
#include "core/tokenizer/unicode/unicode.h"

/* Sort the marks changes[first..n) by combining class. Insertion keeps equal ones in order; runs of marks are
 * short, and where they are not (hostile text) counting by class is used instead. */
static bool sort_marks(struct normalized *text, size_t first, struct err *err)
{
    struct change *marks = text->changes + first;
    size_t n = text->n_changes - first;
    if (n < 32) {
        for (size_t i = 1; i < n; i++) {
            struct change mark = marks[i];
            int class = unicode_combining_class(mark.cp);
            size_t at = i;
            for (; at > 0 && unicode_combining_class(marks[at - 1].cp) > class; at--)
                marks[at] = marks[at - 1];
            marks[at] = mark;
        }
        return true;
    }
    for (int class = 1; class < 256; class ++)
        for (size_t i = 0; i < n; i++)
            if (unicode_combining_class(text->changes[first + i].cp) == class &&
                !normalized_change(text, text->changes[first + i].cp, text->changes[first + i].change, err))
                return false;
    marks = text->changes + first;
    for (size_t i = 0; i < n; i++)
        marks[i] = marks[n + i];
    text->n_changes = first + n;
    return true;
}

/* The decomposed text as a list of changes. */
static bool decompose(struct normalized *text, bool compatibility, struct err *err)
{
    int32_t cp, parts[18];
    size_t pending = 0; /* changes from here on are marks of one run */
    normalized_begin(text);
    for (size_t at = 0; at < text->n;) {
        at += normalized_next(text, at, &cp);
        size_t n = unicode_decompose(cp, compatibility, parts);
        for (size_t i = 0; i < n; i++) {
            bool starter = !unicode_combining_class(parts[i]);
            if (starter && text->n_changes > pending + 1 && !sort_marks(text, pending, err))
                return false;
            if (!normalized_change(text, parts[i], i > 0, err))
                return false;
            if (starter)
                pending = text->n_changes;
        }
    }
    return text->n_changes <= pending + 1 || sort_marks(text, pending, err);
}

bool step_decompose(struct normalized *text, bool compatibility, struct err *err)
{
    return decompose(text, compatibility, err) && normalized_apply(text, 0, err);
}

/* Compose in place: a mark joins the last starter unless a mark of its class or a higher one stands between. */
static void compose(struct normalized *text)
{
    struct change *list = text->changes;
    size_t n = 0, starter = SIZE_MAX;
    int last_class = -1; /* of what stands between the starter and here; -1: nothing does */
    for (size_t i = 0; i < text->n_changes; i++) {
        struct change here = list[i];
        int class = unicode_combining_class(here.cp);
        if (starter != SIZE_MAX && last_class < class) {
            int32_t composed = unicode_compose(list[starter].cp, here.cp);
            if (composed >= 0) {
                list[starter].cp = composed;
                list[starter].change += here.change - 1;
                continue;
            }
        }
        if (!class) {
            starter = n;
            last_class = -1;
        } else {
            last_class = class;
        }
        list[n++] = here;
    }
    text->n_changes = n;
}

bool step_compose(struct normalized *text, bool compatibility, struct err *err)
{
    if (!decompose(text, compatibility, err))
        return false;
    compose(text);
    return normalized_apply(text, 0, err);
}

static bool nfd(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return step_decompose(text, false, err);
}

static bool nfkd(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return step_decompose(text, true, err);
}

static bool nfc(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return step_compose(text, false, err);
}

static bool nfkc(const void *state, struct normalized *text, struct err *err)
{
    (void)state;
    return step_compose(text, true, err);
}

const struct normalizer_kind normalizer_nfd = {.type = "NFD", .summary = "canonical decomposition", .apply = nfd};
const struct normalizer_kind normalizer_nfkd = {.type = "NFKD", .summary = "compatibility decomposition", .apply = nfkd};
const struct normalizer_kind normalizer_nfc = {.type = "NFC", .summary = "canonical composition", .apply = nfc};
const struct normalizer_kind normalizer_nfkc = {.type = "NFKC", .summary = "compatibility composition", .apply = nfkc};
