/* What of a map a person asks for, and under which mask, as text and back. */
#include <string.h>

#include "core/base/number.h"
#include "core/effect/effect.h"
#include "core/effect/split.h"
#include "core/run.h"

bool run_mask_parse(struct str text, struct run_mask *out, struct err *err)
{
    static const char window[] = "window:";
    long n;
    *out = (struct run_mask){MASK_FAMILY, 0};
    if (str_is(text, "none"))
        out->rule = MASK_NONE;
    else if (str_is(text, "causal"))
        out->rule = MASK_CAUSAL;
    else if (str_starts(text, str_of(window)) &&
             number_whole((struct str){text.s + strlen(window), text.n - strlen(window)}, &n) && n > 0)
        *out = (struct run_mask){MASK_CAUSAL, (size_t)n};
    else
        return err_set(err, ERR_ARG,
                       "no mask \"%.*s\": there are causal, window:W (causal, W keys with the query's own) and none",
                       STR_ARGS(text));
    return true;
}

void run_mask_name(struct run_mask mask, struct buf *out)
{
    if (mask.rule == MASK_NONE)
        buf_puts(out, "none");
    else if (mask.rule == MASK_CAUSAL && mask.window)
        buf_printf(out, "window:%zu", mask.window);
    else if (mask.rule == MASK_CAUSAL)
        buf_puts(out, "causal");
}

static bool unknown_term(const struct term *const *terms, struct str name, struct err *err)
{
    struct buf known = {0};
    for (size_t t = 0; terms[t]; t++)
        buf_printf(&known, "%s%s", t ? ", " : "", terms[t]->name);
    if (!terms[0])
        buf_puts(&known, "no terms that are told apart");
    if (split_of(terms) < MAX_TERMS) {
        buf_printf(&known, "; parts of %s are", terms[split_of(terms)]->name);
        for (size_t s = 0; s < SPLITS; s++)
            buf_printf(&known, "%s %s", s ? "," : "", splits[s]->name);
    }
    err_set(err, ERR_NOT_FOUND, "no term \"%.*s\" here: the scores of this model are the sum of %s", STR_ARGS(name),
            buf_cstr(&known));
    buf_free(&known);
    return false;
}

/* The number of a name's bit: a term of the model, or a part of its content; MAX_TERMS + SPLITS: neither. */
static size_t bit_of(const struct term *const *terms, struct str name)
{
    size_t t = 0, s = 0;
    while (terms[t] && !str_is(name, terms[t]->name))
        t++;
    while (s < SPLITS && !str_is(name, splits[s]->name))
        s++;
    return terms[t] ? t : split_of(terms) < MAX_TERMS ? MAX_TERMS + s : MAX_TERMS + SPLITS;
}

static const char *bit_name(const struct term *const *terms, size_t bit)
{
    return bit < MAX_TERMS ? terms[bit]->name : splits[bit - MAX_TERMS]->name;
}

/* Nothing of the content stands in a sum twice. */
static bool adds_once(const struct term *const *terms, unsigned bits, struct err *err)
{
    unsigned parts = bits >> MAX_TERMS;
    size_t content = split_of(terms), s = 0;
    while (s < SPLITS && !(parts >> s & 1))
        s++;
    if (parts && bits >> content & 1)
        return err_set(err, ERR_ARG, "%s is a part of %s: the sum would hold it twice", splits[s]->name, terms[content]->name);
    if ((parts & SPLIT_QBIAS) && (parts & SPLIT_WPREST))
        return err_set(err, ERR_ARG, "qbias is a part of wprest: the sum would hold it twice");
    return true;
}

/* "c2c+c2p", "w2p+p2p" → bits. */
static bool parse_sum(const struct term *const *terms, struct str sum, unsigned *bits, struct err *err)
{
    *bits = 0;
    for (size_t begin = 0; begin <= sum.n;) {
        size_t end = begin;
        while (end < sum.n && sum.s[end] != '+')
            end++;
        struct str name = {sum.s + begin, end - begin};
        size_t t = bit_of(terms, name);
        if (t == MAX_TERMS + SPLITS)
            return unknown_term(terms, name, err);
        if (*bits >> t & 1)
            return err_set(err, ERR_ARG, "term %s stands twice in the sum", bit_name(terms, t));
        *bits |= 1u << t;
        begin = end + 1;
    }
    return adds_once(terms, *bits, err);
}

/* All but these: terms that are named go, parts of the content are taken off it. */
static unsigned all_but(const struct term *const *terms, unsigned bits)
{
    unsigned n = 0;
    while (terms[n])
        n++;
    return (~bits & ((1u << n) - 1)) | (bits >> MAX_TERMS << MAX_TERMS);
}

bool part_parse(const struct term *const *terms, struct str part, struct str softmax, struct str without, struct part *out,
                struct err *err)
{
    if ((part.n > 0) + (softmax.n > 0) + (without.n > 0) > 1)
        return err_set(err, ERR_ARG, "part=, softmax= and without= exclude each other");
    *out = (struct part){.kind = PART_PROBS};
    if (softmax.n) {
        out->kind = PART_SOFTMAX;
        return parse_sum(terms, softmax, &out->terms, err);
    }
    if (without.n) {
        out->kind = PART_SOFTMAX;
        if (!parse_sum(terms, without, &out->terms, err))
            return false;
        out->terms = all_but(terms, out->terms);
        return out->terms != 0 || err_set(err, ERR_ARG, "without=%.*s leaves no term", STR_ARGS(without));
    }
    if (part.n == 0 || str_is(part, "probs"))
        return true;
    if (str_is(part, "scores")) {
        out->kind = PART_SCORES;
        return true;
    }
    if (effect_named(part)) {
        *out = effect_part(effect_named(part));
        return true;
    }
    out->kind = PART_LOGITS;
    return parse_sum(terms, part, &out->terms, err);
}

void part_name(const struct term *const *terms, struct part part, struct buf *out)
{
    static const char *const before[] = {[PART_PROBS] = "probs",
                                         [PART_SCORES] = "scores",
                                         [PART_LOGITS] = "",
                                         [PART_SOFTMAX] = "softmax of ",
                                         [PART_EDGE] = "edge of ",
                                         [PART_EDGE_QUERIES] = "edge and queries of ",
                                         [PART_EDGE_KEYS] = "edge and keys of ",
                                         [PART_EFFECT] = ""};
    buf_puts(out, part.kind == PART_EFFECT ? part_effect(part)->name : before[part.kind]);
    if (part.kind == PART_PROBS || part.kind == PART_SCORES || part.kind == PART_EFFECT)
        return;
    bool first = true;
    for (size_t t = 0; terms[t]; t++)
        if (part.terms >> t & 1) {
            buf_printf(out, "%s%s", first ? "" : "+", terms[t]->name);
            first = false;
        }
    const char *sign = split_of(terms) < MAX_TERMS && part.terms >> split_of(terms) & 1 ? "-" : "+";
    for (size_t s = 0; s < SPLITS; s++)
        if (part.terms >> (MAX_TERMS + s) & 1) {
            buf_printf(out, "%s%s", first ? "" : sign, splits[s]->name);
            first = false;
        }
}

bool part_is_signed(struct part part)
{
    if (part.kind == PART_EFFECT)
        return part_effect(part)->is_signed;
    return part.kind != PART_PROBS && part.kind != PART_SOFTMAX;
}
