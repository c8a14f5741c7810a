/* Dependency relations and heads. See relations.h. */
#include "core/measure/relations.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"

void relations_free(struct relations *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->all[i].name);
        free(r->all[i].right);
    }
    free(r->all);
}

/* The number of a relation, made where it is new; SIZE_MAX: ERR_MEMORY, ERR_LIMIT. */
static size_t relation_number(struct relations *r, struct str name, struct err *err)
{
    for (size_t i = 0; i < r->n; i++)
        if (str_is(name, r->all[i].name))
            return i;
    if (r->n == RELATIONS_MOST) {
        err_set(err, ERR_LIMIT, "more than %d relations", RELATIONS_MOST);
        return SIZE_MAX;
    }
    struct relation new = {0};
    if (!mem_grow((void **)&r->all, &r->capacity, r->n + 1, sizeof *r->all, "relations", err))
        return SIZE_MAX;
    new.name = mem_copy_str(name, err);
    new.right = mem_new(RELATION_HALVES * r->n_sites * RELATION_WAYS, sizeof *new.right, "relations", err);
    if (!new.name || !new.right) {
        free(new.name);
        free(new.right);
        return SIZE_MAX;
    }
    r->all[r->n] = new;
    return r->n++;
}

struct work {
    struct relations *relations;
    const struct conllu *sentence;
    const struct run *run;
    size_t half;
    size_t *word_of;   /* [tokens] SIZE_MAX: none */
    size_t *relation;  /* [words] SIZE_MAX: the arc does not count */
    struct err *errs;  /* [n_sites] */
};

/* The word that a token lies in. */
static void find_words(struct work *w, const struct encoding *text)
{
    size_t at = 0;
    for (size_t t = 0; t < text->n; t++) {
        const struct token *token = &text->tokens[t];
        w->word_of[t] = SIZE_MAX;
        if (token->special || token->end <= token->begin)
            continue;
        while (at < w->sentence->n && w->sentence->words[at].end <= token->begin)
            at++;
        if (at < w->sentence->n && w->sentence->words[at].begin < token->end)
            w->word_of[t] = at;
    }
}

/* The other word that a word attends to most; SIZE_MAX where it attends to none. row [words]. */
static size_t most_attended(const float *row, size_t words, size_t own)
{
    size_t best = SIZE_MAX;
    for (size_t b = 0; b < words; b++)
        if (b != own && row[b] > 0 && (best == SIZE_MAX || row[b] > row[best]))
            best = b;
    return best;
}

static void count_site(void *context, size_t s, size_t thread)
{
    (void)thread;
    struct work *w = context;
    struct relations *r = w->relations;
    struct err *err = &w->errs[s];
    size_t n = w->sentence->n, cells, map_cells;
    const struct attention *a = run_attention(w->run, r->sites[s], err);
    float *probs = NULL, *words = NULL;
    size_t *looks = NULL;
    bool ok = a && ((size_mul(n, n, &cells) && size_mul(a->Tq, a->Tk, &map_cells)) || err_set(err, ERR_LIMIT, "a sentence of %zu words", n));
    ok = ok && (probs = mem_new(map_cells, sizeof *probs, "an attention map", err)) && (words = mem_new(cells, sizeof *words, "a map of words", err)) &&
         (looks = mem_new(n, sizeof *looks, "a map of words", err)) &&
         run_map(w->run, r->sites[s], (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err);
    if (ok) {
        /* the mean over a query's pieces orders its keys as their sum does */
        for (size_t i = 0; i < a->Tq; i++)
            for (size_t j = 0; w->word_of[i] != SIZE_MAX && j < a->Tk; j++)
                if (w->word_of[j] != SIZE_MAX)
                    words[w->word_of[i] * n + w->word_of[j]] += probs[i * a->Tk + j];
        for (size_t i = 0; i < n; i++)
            looks[i] = most_attended(words + i * n, n, i);
        for (size_t d = 0; d < n; d++) {
            size_t h = w->sentence->words[d].head - 1, relation = w->relation[d];
            if (relation == SIZE_MAX)
                continue;
            size_t *right = r->all[relation].right + (w->half * r->n_sites + s) * RELATION_WAYS;
            size_t *all = r->all[0].right + (w->half * r->n_sites + s) * RELATION_WAYS;
            right[TO_HEAD] += looks[d] == h;
            all[TO_HEAD] += looks[d] == h;
            right[TO_DEPENDENT] += looks[h] == d;
            all[TO_DEPENDENT] += looks[h] == d;
        }
    }
    free(probs);
    free(words);
    free(looks);
}

/* Which arcs count: words that have tokens at both ends. */
static bool find_arcs(struct work *w, size_t tokens, bool *has_token, struct err *err)
{
    const struct conllu *c = w->sentence;
    struct relations *r = w->relations;
    for (size_t t = 0; t < tokens; t++)
        if (w->word_of[t] != SIZE_MAX)
            has_token[w->word_of[t]] = true;
    if (!r->n && relation_number(r, STR("all"), err) == SIZE_MAX)
        return false;
    for (size_t d = 0; d < c->n; d++) {
        struct str name = c->words[d].relation;
        const char *colon = r->subtypes ? NULL : memchr(name.s, ':', name.n);
        w->relation[d] = SIZE_MAX;
        if (!c->words[d].head)
            continue;
        if (!has_token[d] || !has_token[c->words[d].head - 1]) {
            r->lost++;
            continue;
        }
        name.n = colon ? (size_t)(colon - name.s) : name.n;
        size_t number = relation_number(r, name, err);
        if ((w->relation[d] = number) == SIZE_MAX)
            return false;
        long offset = (long)c->words[d].head - 1 - (long)d;
        for (size_t i = 0; i < 2; i++) {
            struct relation *to = &r->all[i ? number : 0];
            to->n[w->half]++;
            if (labs(offset) <= RELATION_FARTHEST)
                to->offsets[w->half][offset + RELATION_FARTHEST]++;
        }
        r->arcs++;
    }
    return true;
}

bool relations_add(struct relations *r, const struct conllu *sentence, const struct run *run, struct err *err)
{
    const struct encoding *text = &run->tokens->texts[0];
    struct work w = {.relations = r, .sentence = sentence, .run = run, .half = r->sentences % 2 ? CHOOSING : COUNTING};
    bool *has_token = mem_new(sentence->n, sizeof *has_token, "words of a sentence", err);
    w.word_of = mem_new(text->n, sizeof *w.word_of, "words of tokens", err);
    w.relation = mem_new(sentence->n, sizeof *w.relation, "words of a sentence", err);
    w.errs = mem_new(r->n_sites, sizeof *w.errs, "heads", err);
    bool ok = has_token && w.word_of && w.relation && w.errs;
    if (ok) {
        find_words(&w, text);
        ok = find_arcs(&w, text->n, has_token, err);
    }
    if (ok)
        pool_run(r->n_sites, count_site, &w);
    for (size_t s = 0; ok && s < r->n_sites; s++)
        if (w.errs[s].code != ERR_NONE) {
            *err = w.errs[s];
            ok = false;
        }
    r->sentences += ok;
    free(has_token);
    free(w.word_of);
    free(w.relation);
    free(w.errs);
    return ok;
}
