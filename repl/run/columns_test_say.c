/* What `columns test` says above its table: the texts, the verdicts in sentences, the squares in numbers, the references. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "repl/run/columns_test.h"
#include "repl/run/texts_file.h"
#include "viz/draw/cells.h"

void columns_put_token(const struct columns_report *r, int32_t id, struct buf *out)
{
    const struct tokenizer *tokenizer = r->options->model->tokenizer;
    if (tokenizer_is_special(tokenizer, id)) {
        buf_str(out, tokenizer_string(tokenizer, id));
        return;
    }
    buf_char(out, '"');
    tokenizer_display(tokenizer, id, out);
    buf_char(out, '"');
}

const char *columns_place_name(enum column_place place)
{
    static const char *const names[] = {[PLACE_START] = "start", [PLACE_END] = "end", [PLACE_INNER] = "inner"};
    return names[place];
}

const struct columns_beside columns_beside[COLUMNS_BESIDE] = {
    {"token ⇄", "first two tokens exchanged: the token", VARIANT_EXCHANGE, false},
    {"word ⇄", "  the word that stands there then", VARIANT_EXCHANGE, true},
    {"shuffled", "words shuffled", VARIANT_SHUFFLED, false},
    {"random", "random words", VARIANT_RANDOM, false}};
const size_t columns_cells[PLACES_AT_ENDS][SQUARE_CELLS] = {
    {VARIANT_START_INDEX, VARIANT_START_TOKEN, VARIANT_START_NONE}, {VARIANT_END_INDEX, VARIANT_END_TOKEN, VARIANT_END_NONE}};

/* ---- verdicts ---- */

/* The first cause: "index 0" where position ids exist, "the start", "the end"; of inner columns "index 7". */
static void put_index(const struct columns_report *r, const struct column_test_head *head, struct buf *out)
{
    if (head->place == PLACE_INNER || (head->place == PLACE_START && column_test_side(r->test, head->axis)->absolute))
        buf_printf(out, "index %zu", head->index);
    else
        buf_printf(out, "the %s", columns_place_name(head->place));
}

void columns_put_verdict(const struct columns_report *r, const struct column_test_head *head, struct buf *out)
{
    bool bare = head->token < 0;
    switch (head->square.verdict) {
    case VERDICT_INDEX:
        buf_puts(out, bare ? "bound to " : "");
        put_index(r, head, out);
        buf_puts(out, bare ? "" : " alone suffices");
        break;
    case VERDICT_TOKEN:
        columns_put_token(r, head->token, out);
        buf_puts(out, " alone suffices");
        break;
    case VERDICT_EITHER:
        put_index(r, head, out);
        buf_puts(out, " or ");
        columns_put_token(r, head->token, out);
        buf_puts(out, ": either suffices");
        break;
    case VERDICT_TOGETHER:
        put_index(r, head, out);
        buf_puts(out, " and ");
        columns_put_token(r, head->token, out);
        buf_puts(out, " only together");
        break;
    case VERDICT_NEITHER:
        if (bare)
            put_index(r, head, out);
        buf_puts(out, bare ? " is not needed" : "neither is needed");
        break;
    case VERDICT_TEXT: buf_puts(out, "text-bound"); break;
    default: buf_puts(out, "undecided"); break;
    }
}

double columns_p(const struct square_verdict *square)
{
    double least = 1;
    if (square->verdict != VERDICT_UNDECIDED)
        return square->p[square->verdict];
    for (size_t v = VERDICT_UNDECIDED + 1; v < VERDICTS; v++)
        least = square->p[v] < least ? square->p[v] : least;
    return least;
}

/* What a variant did to the column, as its interval says. */
static const char *state_of(const struct retention *rho, bool broken)
{
    if (broken)
        return "broken";
    if (rho->high < RETENTION_LOST)
        return "lost";
    if (rho->low > RETENTION_HIGH)
        return "lifted";
    if (rho->low > RETENTION_LOST && rho->high < RETENTION_LOW)
        return "weakened";
    return rho->low >= RETENTION_LOW && rho->high <= RETENTION_HIGH ? "kept" : "open";
}

/* Why there is no verdict: " (token replaced: lost, place vacant: lifted, both: lost)", and what its own p would have been enough for. */
static void put_why(const struct columns_report *r, const struct column_test_head *head, struct buf *out)
{
    static const char *const done[2][SQUARE_CELLS] = {{"token replaced", "place vacant", "both"}, {"another token at its index", "its token elsewhere", "neither"}};
    const struct column_side *side = column_test_side(r->test, head->axis);
    const struct square_verdict *square = &head->square;
    bool inner = head->place == PLACE_INNER;
    struct column_test_head nearest = *head;
    size_t said = 0, tested = 0;
    for (size_t h = 0; h < r->test->n; h++)
        tested += square_tested(&r->test->heads[h].square);
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        if (square->cell[c].texts)
            buf_printf(out, "%s%s: %s", said++ ? ", " : " (", done[inner][c],
                       state_of(&square->cell[c], !inner && side->broken[columns_cells[head->place][c]]));
    for (size_t v = VERDICT_UNDECIDED + 1; v < VERDICTS; v++)
        if (square->p[v] <= VERDICT_RATE && square->p[v] == columns_p(square))
            nearest.square.verdict = (enum verdict)v;
    if (nearest.square.verdict != VERDICT_UNDECIDED) {
        buf_puts(out, said++ ? "; by its own p " : " (by its own p ");
        columns_put_verdict(r, &nearest, out);
        buf_printf(out, ", not among all %zu that are tested", tested);
    }
    buf_puts(out, said ? ")" : "");
}

/* A verdict in words, and where there is none why. */
static void put_sentence(const struct columns_report *r, const struct column_test_head *head, struct buf *out)
{
    columns_put_verdict(r, head, out);
    if (head->square.verdict == VERDICT_UNDECIDED)
        put_why(r, head, out);
}

/* Sites by verdict: "start columns of L0.H1, L2.H3: index 0 alone suffices". */
static bool say_verdicts(const struct columns_report *r, struct buf *out, struct err *err)
{
    const struct column_test *test = r->test;
    unsigned char *said = mem_new(test->n + 1, 1, "verdicts", err);
    struct site *sites = mem_new(test->n + 1, sizeof *sites, "verdicts", err);
    for (size_t h = 0; said && sites && h < test->n; h++) {
        struct buf words = {0};
        size_t n = 0;
        if (!said[h]) {
            put_sentence(r, &test->heads[h], &words);
            for (size_t o = h; o < test->n; o++) {
                struct buf other = {0};
                put_sentence(r, &test->heads[o], &other);
                if (test->heads[o].place == test->heads[h].place && test->heads[o].site.stack == test->heads[h].site.stack &&
                    str_eq(buf_view(&other), buf_view(&words))) {
                    said[o] = 1;
                    sites[n++] = test->heads[o].site;
                }
                buf_free(&other);
            }
            buf_printf(out, "%s column%s of ", columns_place_name(test->heads[h].place), n == 1 ? "" : "s");
            sites_name(sites, n, out);
            if (n > 1)
                buf_printf(out, " (%zu heads)", n);
            buf_puts(out, ": ");
            buf_str(out, buf_view(&words));
            buf_char(out, '\n');
        }
        buf_free(&words);
    }
    free(said);
    free(sites);
    return said && sites;
}

/* ---- the texts ---- */

/* Which special tokens the columns at the ends have: 1 some, 0 none, -1 there are no such columns. */
static int special_ends(const struct columns_report *r, enum column_axis axis)
{
    int found = -1;
    for (size_t h = 0; h < r->test->n; h++)
        if (r->test->heads[h].axis == axis && r->test->heads[h].place != PLACE_INNER && found < 1)
            found = r->test->heads[h].token >= 0;
    return found;
}

static bool is_causal(const struct columns_report *r, enum column_axis axis)
{
    bool causal = false;
    for (size_t h = 0; h < r->test->n; h++)
        causal = causal || (r->test->heads[h].axis == axis && !isnan(r->test->heads[h].alpha));
    return causal;
}

static void say_side(const struct columns_report *r, const struct column_side *s, struct buf *out)
{
    if (r->test->n_sides > 1 || s->axis == AXIS_TARGET || r->options->model->stacks[STACK_DECODER].layers)
        buf_puts(out, s->axis == AXIS_TARGET ? "target (heads of D; the source stays): " : "source (heads of L and X; the target, the same text, stays): ");
    bool bare = special_ends(r, s->axis) == 0;
    buf_puts(out, bare ? "no special token stands at the place: it alone is asked for" : "special tokens replaced by ");
    for (size_t i = 0; !bare && i < COLUMN_TEST_WORDS; i++) {
        buf_puts(out, i ? ", " : "");
        columns_put_token(r, s->words[i], out);
    }
    size_t most = r->options->model->stacks[column_axis_stack(s->axis)].max_tokens;
    if (s->absolute && s->shift)
        buf_printf(out, "; the first place vacant: all position ids + %d", s->shift);
    else if (s->absolute)
        buf_printf(out, "; position ids cannot be shifted: the model takes no more than %zu tokens (length= is smaller)", most);
    else
        buf_puts(out, "; no position ids: the first place vacant by a word in front");
    buf_puts(out, "; the last by a word behind\n");
    if (s->absolute && s->shift && is_causal(r, s->axis))
        buf_puts(out, "causal: where position ids are shifted, the first key is still the first that all queries see\n");
    if (r->test->n && !s->loss_of)
        buf_puts(out, "no head for words here: whether the model still works in each variant is not known\n");
}

void columns_put_taken(const struct column_test_options *o, struct columns_taken t, struct buf *out)
{
    buf_printf(out, "%s: %zu + %zu texts of exactly %zu tokens (%zu cut, %zu shorter", o->name ? o->name : "random words", t.chosen_on, t.measured_on,
               o->length, t.cut, t.skipped);
    if (t.again)
        buf_printf(out, ", %zu the same as one before", t.again);
    buf_printf(out, " left out): heads chosen on the first half, all numbers from the other; seed %llu\n", (unsigned long long)o->seed);
}

static void say_design(const struct columns_report *r, struct buf *out)
{
    const struct column_side *s = &r->test->side[0];
    columns_put_taken(r->options, (struct columns_taken){s->chosen_on, s->measured_on, s->cut, s->skipped, s->again}, out);
    for (size_t i = 0; i < r->test->n_sides; i++)
        say_side(r, &r->test->side[i], out);
}

/* ---- squares ---- */

void columns_put_retention(const struct retention *rho, struct buf *out)
{
    if (!rho->texts)
        return;
    buf_printf(out, "%.2f", rho->value);
    if (isfinite(rho->low) && isfinite(rho->high))
        buf_printf(out, " [%.2f, %.2f]", rho->low, rho->high);
}

enum { SAID = 44, RHO = 22 };

/* One line of a square: what was done, ρ with its interval, the loss, how far the rest of the map moved. */
static void say_cell(const char *said, const struct retention *rho, double loss, bool broken, double divergence, struct buf *out)
{
    struct buf text = {0};
    buf_printf(out, "  %s", said);
    for (size_t n = text_columns(str_of(said)); n < SAID; n++)
        buf_char(out, ' ');
    if (rho)
        columns_put_retention(rho, &text);
    else
        buf_puts(&text, "1");
    buf_printf(out, " %-*s", RHO, buf_cstr(&text));
    if (isfinite(loss))
        buf_printf(out, "%6.2f", loss);
    else
        buf_puts(out, "      ");
    if (isfinite(divergence))
        buf_printf(out, "%9.4f", divergence);
    while (out->n && out->data[out->n - 1] == ' ')
        out->n--;
    buf_puts(out, broken ? "  broken: decides nothing\n" : "\n");
    buf_free(&text);
}

/* The columns of one end together, a line a variant. */
static void say_square(const struct columns_report *r, const struct column_side *s, enum column_place place, struct buf *out)
{
    static const char *const done[PLACES_AT_ENDS][SQUARE_CELLS] = {{"first token replaced", "first place vacant", "both"},
                                                                   {"last token replaced", "last place vacant", "both"}};
    const struct pooled *p = &s->pooled[place];
    struct buf title = {0};
    if (!p->heads)
        return;
    buf_printf(&title, "%s%s, %zu column%s together, n·c %.2f", s->axis == AXIS_TARGET ? "target " : r->test->n_sides > 1 ? "source " : "",
               columns_place_name(place), p->heads, p->heads == 1 ? "" : "s", p->excess + 1);
    buf_str(out, buf_view(&title));
    for (size_t n = text_columns(buf_view(&title)); n < SAID + 3; n++)
        buf_char(out, ' ');
    buf_printf(out, "%-*s%s\n", RHO, "ρ [90 %]", s->loss_of ? "   loss     rest" : "           rest");
    buf_free(&title);
    say_cell("as they are", NULL, s->loss[VARIANT_BASE], false, 0, out);
    for (size_t c = 0; c < SQUARE_CELLS; c++) {
        size_t v = columns_cells[place][c];
        if (p->cell[c].texts)
            say_cell(done[place][c], &p->cell[c], s->loss[v], s->broken[v], p->divergence[c], out);
    }
    for (size_t b = 0; b < COLUMNS_BESIDE; b++) {
        size_t v = columns_beside[b].variant;
        const struct retention *rho = columns_beside[b].other ? &p->other : &p->beside[v];
        if (rho->texts)
            say_cell(columns_beside[b].said, rho, columns_beside[b].other ? NAN : s->loss[v], false, NAN, out);
    }
}

/* ---- references ---- */

static void put_number(double value, int width, struct buf *out)
{
    if (isfinite(value))
        buf_printf(out, "%*.2f", width, value);
    else
        buf_printf(out, "%*s", width, "-");
}

/* n·c of every column beside its references, and what its variance is made of. */
static void say_references(const struct columns_report *r, struct buf *out)
{
    bool causal = is_causal(r, AXIS_SOURCE) || is_causal(r, AXIS_TARGET), twins = r->options->twins > 0;
    size_t widest = 0;
    for (size_t h = 0; h < r->test->n; h++) {
        struct buf name = {0};
        site_name(r->test->heads[h].site, &name);
        widest = name.n > widest ? name.n : widest;
        buf_free(&name);
    }
    buf_printf(out, "n·c beside its references (the uniform map's is 1)");
    for (size_t n = 50; n < widest + (twins ? 52 : 37); n++)
        buf_char(out, ' ');
    buf_printf(out, "  variance of n·c over keys, texts, variants\n  %*s         n·c  random key%s  permuted    index  token   text  residual%s\n",
               (int)widest, "", twins ? "  shuffled  fresh" : "", causal ? "      α_0  sinks" : "");
    for (size_t h = 0; h < r->test->n; h++) {
        const struct column_test_head *head = &r->test->heads[h];
        struct buf name = {0};
        site_name(head->site, &name);
        buf_printf(out, "  %-*s %-5s ", (int)widest, buf_cstr(&name), columns_place_name(head->place));
        put_number(head->square.excess + 1, 6, out);
        put_number(head->reference[REFERENCE_KEY].mean, 12, out);
        if (twins) {
            put_number(head->reference[REFERENCE_SHUFFLED].mean, 10, out);
            put_number(head->reference[REFERENCE_FRESH].mean, 7, out);
        }
        put_number(head->reference[REFERENCE_PERMUTED].mean, 10, out);
        buf_puts(out, "  ");
        for (size_t c = 0; c < COMPONENTS; c++)
            put_number(head->components.share[c], c == COMPONENT_RESIDUAL ? 10 : 7, out);
        if (causal) {
            put_number(head->alpha, 9, out);
            put_number(head->sinks, 7, out);
        }
        buf_char(out, '\n');
        buf_free(&name);
    }
}

static void say_count(const struct column_count *count, const char *what, struct buf *out)
{
    buf_printf(out, "; %s %.3g", what, count->mean);
    if (count->most > count->least)
        buf_printf(out, " (%zu to %zu)", count->least, count->most);
}

/* Heads with a column in half of the texts, in the model and in its twins. */
static void say_counts(const struct columns_report *r, struct buf *out)
{
    for (size_t i = 0; i < r->test->n_sides; i++) {
        const struct column_side *s = &r->test->side[i];
        if (!s->count.n)
            continue;
        buf_printf(out, "heads with a column in half of the texts measured%s: %.0f of %zu",
                   s->axis == AXIS_TARGET ? " (D)" : r->test->n_sides > 1 ? " (L, X)" : "", s->count.mean, s->n_sites);
        struct buf what = {0};
        buf_printf(&what, "in %zu model%s of its weights shuffled within each tensor", s->twins[0].n, s->twins[0].n == 1 ? "" : "s");
        say_count(&s->twins[0], buf_cstr(&what), out);
        what.n = 0;
        buf_printf(&what, "in %zu of fresh weights", s->twins[1].n);
        say_count(&s->twins[1], buf_cstr(&what), out);
        buf_free(&what);
        buf_char(out, '\n');
    }
}

/* ---- formulas ---- */

static void say_formulas(const struct columns_report *r, struct buf *out)
{
    bool loss = false;
    const struct column_side *first = &r->test->side[0];
    for (size_t i = 0; i < r->test->n_sides; i++)
        loss = loss || r->test->side[i].loss_of;
    bool own = r->options->rule.ratio == COLUMN_RATIO && r->options->rule.cover == COLUMN_COVER;
    buf_puts(out, "n·c: n times a key's mean attention, 1 in the uniform map (causal: the mean of A_ij times the keys that i sees)\n");
    buf_printf(out, "column: n·c >= %.3g and cover >= %.3g in half of the choosing half (%s); help columns\n", r->options->rule.ratio,
               r->options->rule.cover, own ? "gaze's own" : "gaze's own are 3 and 0.667");
    buf_puts(out, "ρ: mean of n·c - 1 over that of the texts as they are, 90 % interval (Fieller 1954)\n");
    buf_printf(out, "holds: ρ in [%g, %g], two one-sided tests (Schuirmann 1987); fails: below %g; test, margins and words are gaze's own\n",
               RETENTION_LOW, RETENTION_HIGH, RETENTION_LOST);
    buf_printf(out, "lost, weakened, kept, lifted: the interval lies below %g, in [%g, %g], in [%g, %g], above %g; open: none of these\n", RETENTION_LOST,
               RETENTION_LOST, RETENTION_LOW, RETENTION_LOW, RETENTION_HIGH, RETENTION_HIGH);
    buf_puts(out, "p: the largest of all that the verdict requires (Berger 1982), without a verdict the smallest of those tested; false discovery rate 5 %\n"
                  "  (Benjamini & Hochberg 1995)\n");
    if (loss)
        buf_printf(out, "loss: of %s by the model's own head, nats a word; a guess among all %zu: %.2f\n", first->loss_of ? first->loss_of : "words",
                   tokenizer_vocab_size(r->options->model->tokenizer), log((double)tokenizer_vocab_size(r->options->model->tokenizer)));
    buf_puts(out, "rest: how far the map of the other keys moved, Jensen-Shannon divergence (Lin 1991), nats a query, at most 0.69\n");
    buf_printf(out, "random key: another one of the same text; %spermuted: the keys of each row permuted (about 1)\n",
               r->options->twins ? "shuffled, fresh: the same place in such models; " : "");
    buf_puts(out, "variance: method of moments (Henderson 1953, method 3); text: what a key of one text has beyond index and token,\n"
                  "  residual: what even and odd queries do not share (layout gaze's own)\n");
    if (is_causal(r, AXIS_SOURCE) || is_causal(r, AXIS_TARGET))
        buf_printf(out, "α_0: mean over the queries of A_i0; sinks: share of texts with α_0 > %g (Gu et al. 2025; theirs at 64 tokens)\n", COLUMN_TEST_SINK);
}

bool columns_say(const struct columns_report *r, struct result *result, struct err *err)
{
    struct buf text = {0};
    say_design(r, &text);
    if (r->file->left_out)
        buf_printf(&text, "%zu heads whose keys are not the text's tokens are left out\n", r->file->left_out);
    bool ok = true;
    if (r->table) {
        ok = say_verdicts(r, &text, err);
        for (size_t i = 0; i < r->test->n_sides; i++)
            for (int place = PLACE_START; place < PLACES_AT_ENDS; place++)
                say_square(r, &r->test->side[i], (enum column_place)place, &text);
    }
    if (!r->test->n)
        buf_printf(&text, "none of %zu head%s has a column (ratio n·c_j >= %.3g, cover >= %.3g) in half of the texts\n",
                   r->options->n_sites, r->options->n_sites == 1 ? "" : "s", r->options->rule.ratio, r->options->rule.cover);
    else if (r->table)
        say_references(r, &text);
    say_counts(r, &text);
    if (r->table && r->test->n)
        say_formulas(r, &text);
    ok = ok && result_say(result, &text, err);
    buf_free(&text);
    return ok;
}
