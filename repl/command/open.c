/* open: maps that were saved elsewhere become a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/given.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"

enum { MOST_NAMES = 1 << 16 };

/* Lines of a file, blank ones too: a token may be blank. */
static bool read_names(const struct call *call, struct source **file, struct arena *arena, struct given_options *out,
                       struct err *err)
{
    char *path = mem_copy_str(call_str(call, "tokens"), err);
    struct str *names = path ? arena_alloc(arena, MOST_NAMES, sizeof *names, "tokens", err) : NULL;
    *file = names ? source_text(path, "a file of tokens", err) : NULL;
    free(path);
    if (!*file)
        return call_blame_option(call, "tokens", err);
    struct str rest = {(const char *)(*file)->data, (*file)->size};
    size_t n = 0;
    for (; rest.n && n < MOST_NAMES; n++) {
        const char *end = memchr(rest.s, '\n', rest.n);
        size_t length = end ? (size_t)(end - rest.s) : rest.n, step = length + (end != NULL);
        names[n] = (struct str){rest.s, length - (length && rest.s[length - 1] == '\r')};
        rest = (struct str){rest.s + step, rest.n - step};
    }
    out->tokens = names;
    out->n_tokens = n;
    return true;
}

static void note(struct result *result, const struct kept_run *kept, struct given_report *r)
{
    result_note(result, "@%zu: %s: %zu layer%s of %zu head%s, %zu tokens named by %s%s", kept->number, kept->run->model->name,
                r->layers, r->layers == 1 ? "" : "s", r->H, r->H == 1 ? "" : "s", r->T, r->tokens_from,
                r->scores || r->terms ? "" : "; probabilities alone");
    if (r->causal && r->hidden)
        result_note(result, "mask=causal hides %zu numbers above the diagonals that are not 0", r->hidden);
    else if (r->causal)
        result_note(result, "nothing stands above the diagonals: the maps are taken as causal%s",
                    r->T > 1 ? " (mask=none shows the zeros)" : "");
    if (r->off)
        result_note(result, "%zu of %zu rows do not sum to 1; the furthest sums to %.4g", r->off, r->rows, r->worst);
    if (r->negative)
        result_note(result, "%zu of the numbers %s", r->negative,
                    r->negative == 1 ? "is negative: no probability" : "are negative: no probabilities");
    if (r->not_finite)
        result_note(result, "%zu of the numbers %s not finite", r->not_finite, r->not_finite == 1 ? "is" : "are");
    if (r->unread.n)
        result_note(result, "not read: %s", buf_cstr(&r->unread));
}

static bool give(struct session *session, const struct call *call, const char *path, const struct given_options *options,
                 struct result *result, struct err *err)
{
    struct given_report report;
    struct run *run = given_open(path, options, &report, err);
    if (!run)
        return call_blame(call, call_arg(call, ARG_FILE, 0), err);
    struct kept_run *kept = session_add_run(session, run, call_str(call, "as"), NULL, NULL, err);
    if (kept)
        note(result, kept, &report);
    buf_free(&report.unread);
    return kept != NULL;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct given_options options = {.mask = str_is(call_str(call, "mask"), "causal") ? GIVEN_CAUSAL
                                            : str_is(call_str(call, "mask"), "none") ? GIVEN_NONE
                                                                                     : GIVEN_AUTO};
    struct arena *arena = arena_new(err);
    struct source *file = NULL;
    char *path = arena ? mem_copy_str(call_arg(call, ARG_FILE, 0)->text, err) : NULL;
    bool ok = path && (!call_given(call, "tokens") || read_names(call, &file, arena, &options, err)) &&
              give(session, call, path, &options, result, err);
    source_free(file);
    free(path);
    arena_free(arena);
    return ok;
}

static const struct option options[] = {
    {"tokens", VALUE_FILE, NULL, NULL, "names of the tokens, one a line; else those of the file, else ids, else indices", 0, 0},
    {"mask", VALUE_ENUM, "auto|causal|none", "auto",
     "causal: keys behind a query are hidden; auto: where nothing but 0 stands there", 0, 0},
    {"as", VALUE_WORD, NULL, NULL, "a name for the run: @NAME", 0, 0},
    {0}};
static const struct arg args[] = {{"FILE", ARG_FILE, false, false, "a .safetensors, .npz or .npy file"}, {0}};
const struct command command_open = {
    .name = "open",
    .group = "runs",
    .keywords = "import|stored attention|tensors|numpy|npz|npy|safetensors|transformers|hugging face|huggingface|pytorch|any "
                "model|read attention|external|bertviz",
    .summary = "attention maps out of a file of any program, as a run",
    .help =
        "Maps of any model: one tensor [layers, heads, tokens, tokens] called attn (attention, attentions, or the only one of "
        "four\n"
        "axes), or a layer each, attn.0, attn.1 … [heads, tokens, tokens], a batch of one in front allowed; beside them scores.0 "
        "…\n"
        "and terms, NAME.0 … of the same shape. show, plot, view, grid, columns, heads, diff, row and export work as on any "
        "run;\n"
        "what asks the weights says that there are none. Names of the tokens: tokens=FILE, a JSON list \"tokens\" in the "
        "metadata of\n"
        "safetensors, an array of text \"tokens\" in .npz, input_ids, else indices. Numbers that are no probabilities are told.\n"
        "These lines of Python save them from a model of Hugging Face (selfcheck compares the same file with a run of one's "
        "own):\n"
        "  import json, torch\n"
        "  from safetensors.torch import save_file\n"
        "  from transformers import AutoModelForMaskedLM as Model, AutoTokenizer  # or AutoModelForCausalLM, AutoModel\n"
        "  name, text = \"bert-base-uncased\", \"The cat sat on the mat.\"\n"
        "  tok, model = AutoTokenizer.from_pretrained(name), Model.from_pretrained(name, attn_implementation=\"eager\").eval()\n"
        "  enc = tok(text, return_tensors=\"pt\")\n"
        "  with torch.no_grad(): out = model(**enc, output_attentions=True, output_hidden_states=True)\n"
        "  t = {k: v[0].clone() for k, v in enc.items()} | {\"logits\": out.logits[0].clone()}  # no logits: AutoModel\n"
        "  t |= {f\"{n}.{l}\": x[0].clone() for n, o in ((\"attn\", out.attentions), (\"hidden\", out.hidden_states)) for l, x "
        "in enumerate(o)}\n"
        "  save_file(t, \"saved.safetensors\", {\"text\": text, \"tokens\": "
        "json.dumps(tok.convert_ids_to_tokens(enc[\"input_ids\"][0]))})",
    .examples =
        "open saved.safetensors\nopen maps.npz tokens=tokens.txt as=theirs\nopen attn.npy mask=causal\ndiff @1 @theirs L3.H2",
    .options = options,
    .args = args,
    .run = run,
};
