/* `columns test`. See columns_test.h; the test is core/measure/column_test.c. */
#include "repl/run/columns_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column_test.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

struct report {
    const struct column_test *test;
    const struct column_test_options *options;
    const struct texts_file *file;
    struct site_row row;
    bool table; /* for a person */
};

/* A special token as the vocabulary writes it, another as a person reads it. */
static void put_token(const struct report *r, int32_t id, struct buf *out)
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

/* "start", "end", "inner". */
static const char *place_name(enum column_place place)
{
    static const char *const names[] = {[PLACE_START] = "start", [PLACE_END] = "end", [PLACE_INNER] = "inner"};
    return names[place];
}

/* The first cause: "index 0" where position ids exist, "the start", "the end"; of inner columns "index 7". */
static void put_index(const struct report *r, const struct column_test_head *head, struct buf *out)
{
    if (head->place == PLACE_INNER || (head->place == PLACE_START && r->test->absolute))
        buf_printf(out, "index %zu", head->index);
    else
        buf_printf(out, "the %s", place_name(head->place));
}

static void put_verdict(const struct report *r, const struct column_test_head *head, enum verdict verdict, struct buf *out)
{
    switch (verdict) {
    case VERDICT_INDEX:
        put_index(r, head, out);
        buf_puts(out, head->token < 0 ? "" : " alone suffices");
        break;
    case VERDICT_TOKEN:
        put_token(r, head->token, out);
        buf_puts(out, " alone suffices");
        break;
    case VERDICT_EITHER:
        put_index(r, head, out);
        buf_puts(out, " or ");
        put_token(r, head->token, out);
        buf_puts(out, ": either suffices");
        break;
    case VERDICT_TOGETHER:
        put_index(r, head, out);
        buf_puts(out, " and ");
        put_token(r, head->token, out);
        buf_puts(out, " only together");
        break;
    case VERDICT_NEITHER: buf_puts(out, "neither is needed"); break;
    case VERDICT_TEXT: buf_puts(out, "text-bound"); break;
    default: buf_puts(out, "undecided"); break;
    }
}

/* The p of the verdict, or the smallest of those that were tested. */
static double p_of(const struct square_verdict *square)
{
    double least = 1;
    if (square->verdict != VERDICT_UNDECIDED)
        return square->p[square->verdict];
    for (size_t v = VERDICT_UNDECIDED + 1; v < VERDICTS; v++)
        least = square->p[v] < least ? square->p[v] : least;
    return least;
}

/* ---- what stands above the table ---- */

/* Sites by verdict: "L0.H1, L2.H3: index 0 alone suffices". */
static bool say_verdicts(const struct report *r, struct buf *out, struct err *err)
{
    enum { NAMED = 12 };
    const struct column_test *test = r->test;
    unsigned char *said = mem_new(test->n + 1, 1, "verdicts", err);
    for (size_t h = 0; said && h < test->n; h++) {
        struct buf words = {0}, names = {0};
        size_t n = 0;
        if (!said[h]) {
            put_verdict(r, &test->heads[h], test->heads[h].square.verdict, &words);
            for (size_t o = h; o < test->n; o++) {
                struct buf other = {0};
                put_verdict(r, &test->heads[o], test->heads[o].square.verdict, &other);
                if (test->heads[o].place == test->heads[h].place && str_eq(buf_view(&other), buf_view(&words))) {
                    said[o] = 1;
                    if (n++ < NAMED) {
                        buf_puts(&names, n > 1 ? ", " : "");
                        site_name(test->heads[o].site, &names);
                    }
                }
                buf_free(&other);
            }
            buf_printf(out, "%s column%s of ", place_name(test->heads[h].place), n == 1 ? "" : "s");
            buf_str(out, buf_view(&names));
            if (n > NAMED)
                buf_printf(out, ", \u2026 (%zu heads)", n);
            buf_puts(out, ": ");
            buf_str(out, buf_view(&words));
            buf_char(out, '\n');
        }
        buf_free(&words);
        buf_free(&names);
    }
    free(said);
    return said != NULL;
}

static void say_design(const struct report *r, struct buf *out)
{
    const struct column_test *t = r->test;
    const struct column_test_options *o = r->options;
    buf_printf(out, "%s: %zu + %zu texts of exactly %zu tokens (%zu cut, %zu shorter left out): heads chosen on the first half, all "
                    "numbers from the other; seed %llu\n",
               o->name ? o->name : "random words", t->chosen_on, t->measured_on, t->length, t->cut, t->skipped,
               (unsigned long long)o->seed);
    buf_puts(out, "special tokens replaced by ");
    for (size_t i = 0; i < COLUMN_TEST_WORDS; i++) {
        buf_puts(out, i ? ", " : "");
        put_token(r, t->words[i], out);
    }
    if (t->absolute && t->shift)
        buf_printf(out, "; the first place vacant: all position ids + %d", t->shift);
    else if (t->absolute)
        buf_printf(out, "; position ids cannot be shifted: the model takes no more than %zu tokens (length= is smaller)", t->length);
    else
        buf_puts(out, "; no position ids: the first place vacant by a word in front");
    buf_puts(out, "; the last by a word behind\n");
    if (!t->n)
        return;
    if (t->loss_of) {
        buf_printf(out, "loss of %s, nats: as it is %.2f", t->loss_of, t->loss[VARIANT_BASE]);
        static const struct {
            size_t variant;
            const char *name;
        } told[] = {{VARIANT_START_INDEX, "first token replaced"}, {VARIANT_START_TOKEN, "first place vacant"},
                    {VARIANT_START_NONE, "both"},                  {VARIANT_END_INDEX, "last token replaced"},
                    {VARIANT_END_TOKEN, "last place vacant"},      {VARIANT_END_NONE, "both"}};
        for (size_t i = 0; i < sizeof told / sizeof *told; i++)
            if (isfinite(t->loss[told[i].variant]))
                buf_printf(out, ", %s %.2f%s", told[i].name, t->loss[told[i].variant],
                           t->broken[told[i].variant] ? " (broken: decides nothing)" : "");
        buf_char(out, '\n');
    } else {
        buf_puts(out, "no head for words here: whether the model still works in each variant is not known\n");
    }
}

/* "token replaced 1.00 [0.99, 1.00]". */
static void say_retention(const char *what, const struct retention *rho, struct buf *out)
{
    if (!rho->texts)
        return;
    buf_printf(out, "%s %.2f", what, rho->value);
    if (isfinite(rho->low) && isfinite(rho->high))
        buf_printf(out, " [%.2f, %.2f]", rho->low, rho->high);
}

/* The columns of one end together. */
static void say_pooled(const struct report *r, enum column_place place, struct buf *out)
{
    const struct pooled *p = &r->test->pooled[place];
    if (p->heads < 2)
        return;
    buf_printf(out, "all %zu %s columns together, ρ: ", p->heads, place_name(place));
    say_retention("token replaced", &p->cell[SQUARE_INDEX], out);
    say_retention(", place vacant", &p->cell[SQUARE_TOKEN], out);
    say_retention(", both", &p->cell[SQUARE_NONE], out);
    say_retention("; first token and word exchanged: the token", &p->beside[VARIANT_EXCHANGE], out);
    say_retention(", the word", &p->other, out);
    say_retention("; words shuffled", &p->beside[VARIANT_SHUFFLED], out);
    say_retention(", random", &p->beside[VARIANT_RANDOM], out);
    buf_char(out, '\n');
}

static bool say(const struct report *r, struct result *result, struct err *err)
{
    struct buf text = {0};
    say_design(r, &text);
    size_t notes = text.n;
    if (r->file->left_out)
        buf_printf(&text, "%zu heads whose keys are not the text's tokens are left out\n", r->file->left_out);
    bool ok = say_verdicts(r, &text, err);
    say_pooled(r, PLACE_START, &text);
    say_pooled(r, PLACE_END, &text);
    if (!r->test->n)
        buf_printf(&text, "none of %zu heads has a column (ratio n·c_j >= %.3g, cover >= %.3g) in half of the texts\n",
                   r->options->n_sites, r->options->rule.ratio, r->options->rule.cover);
    else
        buf_printf(&text, "ρ [90 %%]: how much of n·c - 1 stays (Fieller 1954); holds: in [%g, %g]; fails: below %g; "
                          "verdict p: the largest of all it requires, false discovery rate 5 %%; gaze's own test: help columns\n",
                   RETENTION_LOW, RETENTION_HIGH, RETENTION_LOST);
    ok = ok && buf_ok(&text, err);
    if (ok && r->table)
        ok = result_text(result, buf_view(&text), err);
    else if (ok)
        result_note(result, "%.*s", (int)notes - 1, text.data);
    buf_free(&text);
    return ok;
}

/* ---- the table ---- */

static const char header_table[] = "site,place,texts,ratio,token replaced,place vacant,both,verdict,p";
static const char header_rows[] =
    "place,index,token,chosen,ratio,p_exists,"
    "replaced,replaced_low,replaced_high,replaced_p_holds,replaced_p_holds_wide,replaced_p_fails,replaced_jsd,"
    "vacant,vacant_low,vacant_high,vacant_p_holds,vacant_p_holds_wide,vacant_p_fails,vacant_jsd,"
    "both,both_low,both_high,both_p_holds,both_p_holds_wide,both_p_fails,both_jsd,"
    "exchanged_token,exchanged_word,shuffled,random,went,went_ratio,verdict,p";
enum { ROW_CELLS = 48 };

/* ".99 [.97, 1.01]". */
static bool put_retention(const struct retention *rho, struct arena *arena, struct cell_value *out, struct err *err)
{
    *out = (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
    if (!rho->texts)
        return true;
    struct buf text = {0};
    buf_printf(&text, "%.2f", rho->value);
    if (isfinite(rho->low) && isfinite(rho->high))
        buf_printf(&text, " [%.2f, %.2f]", rho->low, rho->high);
    bool ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), &out->text, err);
    out->kind = CELL_TEXT;
    buf_free(&text);
    return ok;
}

static bool put_table_row(const struct report *r, const struct column_test_head *head, struct str site, struct str verdict,
                          struct result *result, struct arena *arena, struct err *err)
{
    struct cell_value cells[] = {text_cell(site),
                                 text_cell(str_of(place_name(head->place))),
                                 int_cell((long long)r->test->measured_on),
                                 number_cell_or(head->square.excess + 1, 2, STR("-")),
                                 {0},
                                 {0},
                                 {0},
                                 text_cell(verdict),
                                 number_cell_or(p_of(&head->square), 4, STR("-"))};
    bool ok = true;
    for (size_t c = 0; ok && c < SQUARE_CELLS; c++)
        ok = put_retention(&head->square.cell[c], arena, &cells[4 + c], err);
    return ok && result_row(result, cells, sizeof cells / sizeof *cells, err);
}

static size_t retention_cells(const struct retention *rho, double divergence, struct cell_value *cells)
{
    bool there = rho->texts > 0;
    const double values[] = {rho->value, rho->low, rho->high, rho->holds, rho->holds_wide, rho->fails, divergence};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cells[i] = number_cell_or(there && isfinite(values[i]) ? values[i] : NAN, 6, STR("-"));
    return sizeof values / sizeof *values;
}

static double value_of(const struct retention *rho)
{
    return rho->texts ? rho->value : NAN;
}

static bool put_machine_row(const struct report *r, const struct column_test_head *head, struct str verdict, struct result *result,
                            struct err *err)
{
    struct cell_value cells[ROW_CELLS];
    struct buf token = {0};
    size_t n = site_cells(head->site, r->row, cells);
    if (head->token >= 0)
        buf_str(&token, tokenizer_string(r->options->model->tokenizer, head->token));
    cells[n++] = text_cell(str_of(place_name(head->place)));
    cells[n++] = int_cell((long long)head->index);
    cells[n++] = head->token < 0 ? (struct cell_value){.kind = CELL_NONE} : text_cell(buf_view(&token));
    cells[n++] = int_cell((long long)head->chosen);
    cells[n++] = number_cell_or(head->square.excess + 1, 6, STR("-"));
    cells[n++] = number_cell_or(head->square.exists, 6, STR("-"));
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        n += retention_cells(&head->square.cell[c], head->place == PLACE_INNER ? NAN : head->divergence[c], cells + n);
    cells[n++] = number_cell_or(value_of(&head->beside[VARIANT_EXCHANGE]), 6, STR("-"));
    cells[n++] = number_cell_or(value_of(&head->other), 6, STR("-"));
    cells[n++] = number_cell_or(value_of(&head->beside[VARIANT_SHUFFLED]), 6, STR("-"));
    cells[n++] = number_cell_or(value_of(&head->beside[VARIANT_RANDOM]), 6, STR("-"));
    cells[n++] = isnan(head->went_ratio) ? (struct cell_value){.kind = CELL_NONE}
                                         : (struct cell_value){.kind = CELL_INT, .integer = (long long)head->went};
    cells[n++] = number_cell_or(head->went_ratio, 6, STR("-"));
    cells[n++] = text_cell(verdict);
    cells[n++] = number_cell_or(p_of(&head->square), 6, STR("-"));
    bool ok = buf_ok(&token, err) && result_row(result, cells, n, err);
    buf_free(&token);
    return ok;
}

static bool put(const struct report *r, struct result *result, struct err *err)
{
    struct buf header = {0};
    struct arena *arena = arena_new(err);
    if (r->table)
        buf_puts(&header, header_table);
    else
        buf_printf(&header, "%s,%s", site_header(r->row), header_rows);
    bool ok = arena && buf_ok(&header, err) && result_columns(result, buf_cstr(&header), err) && say(r, result, err);
    for (size_t h = 0; ok && h < r->test->n; h++) {
        const struct column_test_head *head = &r->test->heads[h];
        struct buf site = {0}, verdict = {0};
        site_name(head->site, &site);
        put_verdict(r, head, head->square.verdict, &verdict);
        ok = buf_ok(&site, err) && buf_ok(&verdict, err) &&
             (r->table ? put_table_row(r, head, buf_view(&site), buf_view(&verdict), result, arena, err)
                       : put_machine_row(r, head, buf_view(&verdict), result, err));
        buf_free(&site);
        buf_free(&verdict);
    }
    arena_free(arena);
    buf_free(&header);
    return ok;
}

struct column_test_options columns_test_options(const struct call *call, const struct texts_file *file,
                                                const struct column_rule *rule, const struct watch *watch)
{
    return (struct column_test_options){.model = file->model,
                                        .lines = file->scan.lines,
                                        .name = file->path,
                                        .length = file->scan.length,
                                        .texts = (size_t)call_int(call, "n"),
                                        .no_special = file->scan.no_special,
                                        .front = file->scan.front,
                                        .seed = (uint64_t)call_int(call, "seed"),
                                        .rule = *rule,
                                        .sites = file->sites.site,
                                        .n_sites = file->sites.n,
                                        .watch = watch};
}

bool columns_test(struct session *session, const struct call *call, const struct column_rule *rule, struct result *result,
                  struct err *err)
{
    struct column_test test = {0};
    struct texts_file file;
    struct progress progress;
    if (!texts_file_open(session, call, &file, err))
        return false;
    struct watch watch = progress_begin(&progress, session, "texts");
    struct column_test_options o = columns_test_options(call, &file, rule, &watch);
    bool ok = column_test(&o, &test, err);
    progress_end(&progress);
    struct report report = {&test, &o, &file, {.stack = sites_tell_stack(&file.sites)}, strcmp(result_format(result), "table") == 0};
    ok = ok && put(&report, result, err);
    column_test_free(&test);
    texts_file_free(&file);
    return ok;
}
