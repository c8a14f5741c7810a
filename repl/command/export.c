/* export: a run's tensors in a file, in bounded memory. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "repl/grammar/call.h"
#include "repl/result/provenance.h"
#include "repl/run/export_tensors.h"

/* A format for one tensor takes attn of the only layer selected where tensor= names none. */
static bool default_tensor(struct tensor_list *list, const struct result *result, const struct sites *sites, struct err *err)
{
    size_t layers = sites ? 1 : 0;
    for (size_t i = 1; sites && i < sites->n; i++)
        layers += sites->site[i].layer != sites->site[i - 1].layer;
    if (layers == 1)
        return tensor_list_keep(list, STR("attn"), err);
    struct buf names = {0};
    tensor_list_names(list, &names);
    err_set(err, ERR_ARG, "a .%s file holds one tensor: name it with tensor=, or select one layer for its attn; there is %s",
            result_format(result), buf_cstr(&names));
    buf_free(&names);
    return false;
}

static bool choose(const struct call *call, const struct result *result, const struct sites *sites, struct tensor_list *list,
                   struct err *err)
{
    if (!call_given(call, "tensor"))
        return !result_one_tensor(result) || default_tensor(list, result, sites, err);
    if (!tensor_list_keep(list, call_str(call, "tensor"), err))
        return call_blame_option(call, "tensor", err);
    if (!result_one_tensor(result) || list->n == 1)
        return true;
    struct buf names = {0};
    tensor_list_names(list, &names);
    err_set(err, ERR_ARG, "a .%s file holds one tensor, tensor= names %zu: %s", result_format(result), list->n, buf_cstr(&names));
    buf_free(&names);
    return call_blame_option(call, "tensor", err);
}

/* The tokens as the vocabulary has them, a JSON list: `open` names them by it. */
static void put_tokens(const struct run *run, struct buf *out)
{
    const struct encoding *text = &run->tokens->texts[0];
    for (size_t i = 0; i < text->n; i++) {
        buf_char(out, i ? ',' : '[');
        json_quote(out, text->tokens[i].string);
    }
    buf_char(out, ']');
}

static bool give(const struct call *call, struct kept_run *kept, const struct sites *sites, struct result *result,
                 struct err *err)
{
    struct tensor_list list;
    struct provenance provenance = {0};
    if (!tensor_list_make(kept->run, sites, &list, err))
        return false;
    struct text_pair about[PROVENANCE_PAIRS + 1];
    struct buf tokens = {0};
    put_tokens(kept->run, &tokens);
    bool ok = choose(call, result, sites, &list, err) && buf_ok(&tokens, err) &&
              provenance_make(call, &kept, 1, NULL, NULL, NULL, &provenance, err);
    memcpy(about, provenance.pair, sizeof provenance.pair);
    about[provenance.n] = (struct text_pair){"tokens", buf_cstr(&tokens)};
    ok = ok && result_tensors(result, list.promises, list.n, about, provenance.n + 1, err);
    buf_free(&tokens);
    provenance_free(&provenance);
    tensor_list_free(&list);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *reference = call_arg(call, ARG_RUN, 0);
    struct kept_run *kept = session_run(session, reference ? reference->text : STR("@"), err);
    if (!kept)
        return call_blame(call, reference, err);
    if (!result_wants_tensors(result))
        return err_set(err, ERR_ARG, "export writes tensors into a file: export > NAME.safetensors, .npz or .json, or one "
                                     "tensor into .npy or .csv");
    if (!call_arg(call, ARG_SELECTOR, 0))
        return give(call, kept, NULL, result, err);
    struct sites sites;
    if (!select_sites(session, call, kept, SELECT_ALL, &sites, err))
        return false;
    bool ok = give(call, kept, &sites, result, err);
    sites_free(&sites);
    return ok;
}

static const struct option options[] = {
    {"tensor", VALUE_WORD, NULL, NULL, "names with commas: attn.0,hidden.2; a name without its layer means all layers", 0, 0},
    {0},
};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, false, "a run; the last where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, true, "layers and heads; everything where none is named"},
    {0},
};
const struct command command_export = {
    .name = "export",
    .group = "runs",
    .keywords = "save|write|dump|download|numpy|npz|npy|safetensors|tensors|hidden states|embeddings|matrix|matrices|raw numbers|csv",
    .summary = "a run's tensors in a file",
    .help = "The extension chooses: .safetensors, .npz and .json hold many tensors, .npy and .csv one (tensor=, else attn of\n"
            "the only layer selected). input_ids, hidden, attn, scores, every term under its name, q, k, v, z and logits are\n"
            "there; help tensors says their shapes. A selector keeps input_ids and the per-head tensors of its layers, cut to\n"
            "its heads, which heads.{l} names; no hidden, no logits. In CSV the leading axes are index columns.",
    .examples = "export > run.safetensors\nexport L2.H1 > head.npz\nexport @1 tensor=hidden.6 > last.npy\n"
                "export L2 > attn.csv\nexport format=json tensor=input_ids",
    .options = options,
    .args = args,
    .writes = true,
    .output = "safetensors|npz|npy|json|csv|tsv",
    .run = run,
};
