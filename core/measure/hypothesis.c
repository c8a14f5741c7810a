/* Where columns might be bound to, and how often they are. See hypothesis.h. */
#include "core/measure/hypothesis.h"

#include <math.h>
#include <stdlib.h>

static size_t index_of(const struct token *tokens, size_t n, size_t key)
{
    (void)tokens, (void)n;
    return key;
}

static size_t end_of(const struct token *tokens, size_t n, size_t key)
{
    (void)tokens;
    return n - 1 - key;
}

static size_t special_of(const struct token *tokens, size_t n, size_t key)
{
    (void)n;
    return tokens[key].special_id && tokens[key].id >= 0 ? (size_t)tokens[key].id : SIZE_MAX;
}

static size_t token_of(const struct token *tokens, size_t n, size_t key)
{
    (void)n;
    return !tokens[key].special_id && tokens[key].id >= 0 ? (size_t)tokens[key].id : SIZE_MAX;
}

static void print_index(const struct tokenizer *tokenizer, size_t value, struct buf *out)
{
    (void)tokenizer;
    buf_printf(out, "index %zu", value);
}

static void print_end(const struct tokenizer *tokenizer, size_t value, struct buf *out)
{
    (void)tokenizer;
    buf_printf(out, "%zu from the end", value);
}

static void print_special(const struct tokenizer *tokenizer, size_t value, struct buf *out)
{
    struct str s = tokenizer ? tokenizer_string(tokenizer, (int32_t)value) : (struct str){0};
    if (s.n)
        buf_str(out, s);
    else
        buf_printf(out, "special #%zu", value);
}

/* As a person reads it, and the vocabulary's string where that is another: ids may read alike. */
static void print_token(const struct tokenizer *tokenizer, size_t value, struct buf *out)
{
    struct str string = tokenizer ? tokenizer_string(tokenizer, (int32_t)value) : (struct str){0};
    struct buf shown = {0};
    if (string.n)
        tokenizer_display(tokenizer, (int32_t)value, &shown);
    buf_puts(out, "token ");
    if (!string.n)
        buf_printf(out, "#%zu", value);
    else if (!shown.n || str_eq(buf_view(&shown), string))
        buf_str(out, string);
    else
        buf_printf(out, "%.*s (%.*s)", STR_ARGS(buf_view(&shown)), STR_ARGS(string));
    out->failed = out->failed || shown.failed;
    buf_free(&shown);
}

static const struct hypothesis_kind kind_index = {.name = "index", .of_key = index_of, .print = print_index};
static const struct hypothesis_kind kind_end = {.name = "end", .of_key = end_of, .print = print_end};
static const struct hypothesis_kind kind_special = {.name = "special", .of_key = special_of, .print = print_special,
                                                    .by_id = true};
static const struct hypothesis_kind kind_token = {.name = "token", .of_key = token_of, .print = print_token, .by_id = true};
const struct hypothesis_kind *const hypothesis_kinds[] = {&kind_index, &kind_special, &kind_end, &kind_token, NULL};

void hypothesis_check(const struct hypothesis *hypothesis, const struct token *tokens, size_t n, const unsigned char *marks,
                      bool *could_out, bool *held_out)
{
    size_t marked = 0;
    bool could = !hypothesis->kind, held = false;
    for (size_t key = 0; key < n; key++) {
        marked += marks[key];
        if (hypothesis->kind && hypothesis->kind->of_key(tokens, n, key) == hypothesis->value) {
            could = true;
            held = held || marks[key];
        }
    }
    *could_out = could;
    *held_out = hypothesis->kind ? held : marked == 0;
}

void hypothesis_name(const struct hypothesis *hypothesis, const struct tokenizer *tokenizer, struct buf *out)
{
    if (hypothesis->kind)
        hypothesis->kind->print(tokenizer, hypothesis->value, out);
    else
        buf_puts(out, "no column");
}

void wilson_interval(size_t k, size_t n, double *low_out, double *high_out)
{
    const double z = 1.959963984540054; /* 97.5 % of the normal distribution */
    *low_out = 0;
    *high_out = 1;
    if (n == 0)
        return;
    double N = (double)n, p = (double)k / N, shrink = 1 + z * z / N;
    double middle = (p + z * z / (2 * N)) / shrink;
    double half = z / shrink * sqrt(p * (1 - p) / N + z * z / (4 * N * N));
    *low_out = k == 0 ? 0 : middle - half;
    *high_out = k == n ? 1 : middle + half;
}

static bool raise(struct gathered *gathered, const struct hypothesis_kind *kind, size_t value, size_t text, size_t key,
                  struct err *err)
{
    for (size_t i = 0; i < gathered->n; i++)
        if (gathered->seen[i].kind == kind && gathered->seen[i].value == value) {
            gathered->seen[i].held += gathered->seen[i].last != text;
            gathered->seen[i].last = text;
            if (text < gathered->seen[i].text) {
                gathered->seen[i].text = text;
                gathered->seen[i].key = key;
            }
            return true;
        }
    void *seen = gathered->seen;
    if (!mem_grow(&seen, &gathered->capacity, gathered->n + 1, sizeof *gathered->seen, "hypotheses", err))
        return false;
    gathered->seen = seen;
    gathered->seen[gathered->n].kind = kind;
    gathered->seen[gathered->n].value = value;
    gathered->seen[gathered->n].held = 1;
    gathered->seen[gathered->n].text = text;
    gathered->seen[gathered->n].key = key;
    gathered->seen[gathered->n++].last = text;
    return true;
}

bool gathered_add(struct gathered *gathered, const struct token *tokens, size_t n, const unsigned char *marks, size_t text,
                  struct err *err)
{
    for (size_t key = 0; key < n; key++)
        for (const struct hypothesis_kind *const *kind = hypothesis_kinds; marks[key] && *kind; kind++) {
            size_t value = (*kind)->of_key(tokens, n, key);
            if (value != SIZE_MAX && !raise(gathered, *kind, value, text, key, err))
                return false;
        }
    return true;
}

void gathered_free(struct gathered *gathered)
{
    free(gathered->seen);
}

static bool zero_grow(size_t **array, size_t *n, size_t need, struct err *err)
{
    size_t capacity = *n;
    void *grown = *array;
    if (need <= *n)
        return true;
    if (!mem_grow(&grown, &capacity, need, sizeof **array, "counts of texts", err))
        return false;
    *array = grown;
    for (size_t i = *n; i < capacity; i++)
        (*array)[i] = 0;
    *n = capacity;
    return true;
}

bool choosable_add(struct choosable *c, const struct token *tokens, size_t n, struct err *err)
{
    if (!zero_grow(&c->lengths, &c->n_lengths, n + 1, err))
        return false;
    c->lengths[n]++;
    c->texts++;
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].id < 0)
            continue;
        size_t id = (size_t)tokens[i].id;
        if (!zero_grow(&c->ids, &c->n_ids, id + 1, err) || !zero_grow(&c->last, &c->n_last, id + 1, err))
            return false;
        c->ids[id] += c->last[id] != c->texts;
        c->last[id] = c->texts;
    }
    return true;
}

void choosable_free(struct choosable *c)
{
    free(c->lengths);
    free(c->ids);
    free(c->last);
}

/* Texts of the choosing half that could hold it. */
static size_t could_of(const struct choosable *c, const struct hypothesis_kind *kind, size_t value)
{
    size_t n = 0;
    if (kind->by_id)
        return value < c->n_ids ? c->ids[value] : 0;
    for (size_t length = value + 1; length < c->n_lengths; length++)
        n += c->lengths[length];
    return n;
}

/* Which of two that are as sure was met first: by text, key and kind, in whatever order the texts came. */
static bool met_before(const struct gathered *gathered, size_t a, size_t b)
{
    size_t kind = 0;
    if (gathered->seen[a].text != gathered->seen[b].text)
        return gathered->seen[a].text < gathered->seen[b].text;
    if (gathered->seen[a].key != gathered->seen[b].key)
        return gathered->seen[a].key < gathered->seen[b].key;
    while (hypothesis_kinds[kind] != gathered->seen[a].kind && hypothesis_kinds[kind] != gathered->seen[b].kind)
        kind++;
    return hypothesis_kinds[kind] == gathered->seen[a].kind;
}

/* Where all texts are of one length, a place from the end is one from the start: only the nearer end names it. */
static bool said_otherwise(const struct hypothesis *h, size_t length)
{
    return length && ((h->kind == &kind_index && h->value >= (length + 1) / 2) ||
                      (h->kind == &kind_end && length - 1 - h->value < (length + 1) / 2));
}

static size_t only_length(const struct choosable *c)
{
    size_t found = 0;
    for (size_t n = 0; n < c->n_lengths; n++) {
        if (c->lengths[n] && found)
            return 0;
        found = c->lengths[n] ? n : found;
    }
    return found;
}

size_t hypotheses_choose(const struct gathered *gathered, const struct choosable *choosable,
                         struct hypothesis out[MAX_HYPOTHESES])
{
    enum { TIMES = 2 }; /* once may be chance */
    double low[MAX_HYPOTHESES] = {2}, high;
    size_t n = 1, from[MAX_HYPOTHESES] = {0}, length = only_length(choosable);
    out[0] = (struct hypothesis){0};
    for (size_t i = 0; i < gathered->n; i++) {
        struct hypothesis h = {.kind = gathered->seen[i].kind, .value = gathered->seen[i].value,
                               .first_held = gathered->seen[i].held};
        if (h.first_held < TIMES || said_otherwise(&h, length))
            continue;
        h.first_could = could_of(choosable, h.kind, h.value);
        double bound;
        wilson_interval(h.first_held, h.first_could, &bound, &high);
        size_t at = n; /* insertion */
        while (at > 1 && (low[at - 1] < bound || (low[at - 1] == bound && met_before(gathered, i, from[at - 1]))))
            at--;
        if (at == MAX_HYPOTHESES)
            continue;
        n += n < MAX_HYPOTHESES;
        for (size_t k = n - 1; k > at; k--) {
            out[k] = out[k - 1];
            low[k] = low[k - 1];
            from[k] = from[k - 1];
        }
        out[at] = h;
        low[at] = bound;
        from[at] = i;
    }
    for (size_t k = 0; k < n; k++)
        out[k].same_as = k;
    return n;
}
