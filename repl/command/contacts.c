/* contacts: which tokens touch, as a head over all maps of a run says (ESM's contact head). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/result/square_map.h"
#include "repl/run/asked_run.h"
#include "repl/run/token_choice.h"

struct residues {
    size_t n;
    float *values; /* [n,n] */
    struct str *names, *labels;
    size_t *numbers;
};

static bool name_tokens(const struct run *run, const struct pair_head *head, struct residues *r, struct arena *arena,
                        struct err *err)
{
    struct spelled spelled = spelled_of(run, run->tokens, 0);
    struct buf label = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < r->n; i++) {
        r->numbers[i] = head->before + i;
        r->names[i] = spelled.text->tokens[r->numbers[i]].string;
        label.n = 0;
        token_label(spelled, r->numbers[i], &label);
        ok = buf_ok(&label, err) && arena_str(arena, buf_view(&label), &r->labels[i], err);
    }
    buf_free(&label);
    return ok;
}

static bool make(const struct run *run, const struct pair_head *head, struct arena *arena, struct residues *r, struct err *err)
{
    r->n = run_pairs(run, head, 0);
    if (!r->n)
        return err_set(err, ERR_ARG, "no residue is left without the first and the last of %zu tokens",
                       tokens_length(run->tokens, 0));
    r->values = arena_alloc(arena, r->n * r->n, sizeof *r->values, "contacts", err);
    r->names = arena_alloc(arena, r->n, sizeof *r->names, "contacts", err);
    r->labels = arena_alloc(arena, r->n, sizeof *r->labels, "contacts", err);
    r->numbers = arena_alloc(arena, r->n, sizeof *r->numbers, "contacts", err);
    return r->values && r->names && r->labels && r->numbers && name_tokens(run, head, r, arena, err) &&
           head->values(run, 0, r->values, err);
}

static bool give(struct session *session, const struct call *call, const struct asked_run *asked, struct arena *arena,
                 struct result *result, struct err *err)
{
    const struct pair_head *head = run_pair_head(asked->run, 0);
    struct kept_run *kept = asked->kept;
    const struct figure_source source = {.runs = &kept, .n_runs = kept ? 1 : 0, .site = "contacts"};
    struct residues r = {0};
    if (!head)
        return err_set(err, ERR_NOT_FOUND, "%s has no contact head in its weights (ESM's checkpoints have)",
                       asked->run->model->name);
    if (!make(asked->run, head, arena, &r, err))
        return false;
    const struct square_map map = {.n = r.n,
                                   .values = r.values,
                                   .names = r.names,
                                   .labels = r.labels,
                                   .numbers = r.numbers,
                                   .header = "i,token_i,j,token_j,prob",
                                   .name = head->name,
                                   .value_name = "probability of a contact",
                                   .row_axis = "Residue",
                                   .col_axis = "Residue",
                                   .scale = {.kind = SCALE_LINEAR, .lo = 0, .hi = 1, .clip_hi = 100}};
    return square_map_give(session, call, &map, &source, result, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked_run asked;
    struct arena *arena = arena_new(err);
    bool ok = arena && asked_run_open(session, call, result, &asked, err);
    if (ok) {
        ok = give(session, call, &asked, arena, result, err);
        asked_run_close(&asked);
    }
    arena_free(arena);
    return ok;
}

static const struct option options[] = {OPTIONS_TEXT,
                                        OPTION_FIGURE,
                                        OPTION_CELLS,
                                        {0}};
static const struct arg args[] = {ARGS_ASKED, {0}};
extern const struct command command_contacts;
const struct command command_contacts = {
    .name = "contacts",
    .group = "runs",
    .keywords = "protein|residue|contact map|esm",
    .summary = "which residues of a protein touch, as a map",
    .help =
        "The contact head of ESM-2 and ESM-1b (Rao et al. 2021): all maps of all layers, made symmetric, corrected for their\n"
        "rows' and columns' averages (APC), through a logistic regression. The first and the last token have no contacts;\n"
        "numbers are those of the tokens in the text. In CSV a row a pair; export holds it as contacts.",
    .examples = "contacts\ncontacts @1 > contacts.png\ncontacts \"MKTVRQERLK\" format=csv\nexport tensor=contacts > c.npy",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
