/* info: what a model is, from its configuration and the tables of its architecture; what a set of word vectors is. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/source.h"
#include "core/base/text.h"
#include "core/bind.h"
#include "core/embed/format/format.h"
#include "core/embed/summary.h"
#include "core/unread.h"
#include "repl/grammar/call.h"
#include "repl/result/provenance.h"
#include "repl/run/weights_table.h"
#include "repl/terminal/progress.h"

/* ---- the summary ---- */

struct sheet {
    struct result *result;
    struct err *err;
    bool ok;
};

static void PRINTF_LIKE(3, 4) say(struct sheet *sheet, const char *name, const char *format, ...)
{
    char value[700];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    struct cell_value cells[] = {{.kind = CELL_TEXT, .text = str_of(name)}, {.kind = CELL_TEXT, .text = str_of(value)}};
    sheet->ok = sheet->ok && result_row(sheet->result, cells, 2, sheet->err);
}

/* q, z, k, v of every map's heads and the hidden states, in bytes, where every axis has T tokens. */
static double kept_bytes(const struct model *model, double T)
{
    double floats = 0;
    for (int k = 0; k < STACK_KINDS; k++) {
        const struct stack *stack = &model->stacks[k];
        for (size_t l = 0; l < stack->layers; l++)
            floats += 2.0 * (double)(stack->shape[l].H + stack->shape[l].Hkv) * (double)stack->shape[l].D;
        if (stack->layers && (k == STACK_MAIN || k == STACK_DECODER))
            floats += (double)(stack->layers + 1) * (double)model->E;
    }
    return 4 * T * floats;
}

static void say_unread(struct sheet *sheet, const struct unread *unread, size_t of)
{
    if (unread->remarks)
        say(sheet, "remarks", "%s", unread->remarks);
    if (unread->n_tensors)
        say(sheet, "not read", "%zu of %zu tensors: %s", unread->n_tensors, of, unread->tensors);
    if (unread->n_heads)
        say(sheet, "other heads", "%zu tensors: %s", unread->n_heads, unread->heads);
    if (*unread->files)
        say(sheet, "other files", "%s", unread->files);
}

/* Is tensor i the first of its type of numbers, and of a type that is not among the plain ones? */
static bool first_of_blocks(const struct weights *weights, size_t i)
{
    bool seen = false;
    for (size_t d = 0; !seen && dtypes[d]; d++)
        seen = weights->tensors[i].dtype == dtypes[d];
    for (size_t k = 0; !seen && k < i; k++)
        seen = weights->tensors[k].dtype == weights->tensors[i].dtype;
    return !seen;
}

static void say_weights(struct sheet *sheet, const struct model *model)
{
    const struct weights *weights = model->weights;
    struct buf types = {0};
    for (size_t d = 0; dtypes[d]; d++) {
        bool any = false;
        for (size_t i = 0; !any && i < weights->n; i++)
            any = weights->tensors[i].dtype == dtypes[d];
        if (any)
            buf_printf(&types, "%s%s", types.n ? ", " : "", dtypes[d]->name);
    }
    for (size_t i = 0; i < weights->n; i++)
        if (first_of_blocks(weights, i))
            buf_printf(&types, "%s%s", types.n ? ", " : "", weights->tensors[i].dtype->name);
    buf_puts(&types, ", ");
    progress_put_bytes(&types, weights->bytes);
    say(sheet, "weights", "%s, %zu tensors in %zu file%s, %s", weights->format->name, weights->n, weights->n_files,
        weights->n_files == 1 ? "" : "s", buf_cstr(&types));
    say(sheet, "fingerprint", "%016" PRIx64, weights_fingerprint(weights));
    buf_free(&types);
}

static const char *const of_stack[STACK_KINDS] = {"", "decoder ", "cross ", "EMD "};

static void say_stack(struct sheet *sheet, const struct stack *stack)
{
    struct buf heads = {0};
    char name[40];
    if (!stack->layers)
        return;
    if (stack_heads(stack)) {
        stack_say_heads(stack, &heads);
        buf_puts(&heads, " of width ");
        stack_say_widths(stack, &heads);
        stack_say_groups(stack, &heads);
    } else {
        buf_puts(&heads, "none");
    }
    snprintf(name, sizeof name, "%slayers", of_stack[stack->kind]);
    say(sheet, name, "%zu", stack->layers);
    snprintf(name, sizeof name, "%sheads", of_stack[stack->kind]);
    say(sheet, name, "%s", buf_cstr(&heads));
    buf_free(&heads);
}

/* Terms of maps, those that several stacks share once. */
static void say_stack_terms(struct sheet *sheet, const struct model *model, int kind)
{
    const struct stack *stack = &model->stacks[kind];
    char name[40];
    snprintf(name, sizeof name, "%sterms", of_stack[kind]);
    if (stack->layers && (kind == STACK_MAIN || stack->terms != model->stacks[STACK_MAIN].terms))
        for (size_t t = 0; stack->terms && stack->terms[t]; t++)
            say(sheet, t ? "" : name, "%s: %s", stack->terms[t]->name, stack->terms[t]->summary);
}

static void say_terms(struct sheet *sheet, const struct model *model)
{
    struct buf line = {0};
    for (int k = 0; k < STACK_KINDS; k++)
        say_stack_terms(sheet, model, k);
    for (const struct output_head *const *head = model->arch->heads; head && *head; head++)
        if (!(*head)->present || (*head)->present(model))
            buf_printf(&line, "%s%s: %s", line.n ? "; " : "", (*head)->name, (*head)->summary);
    say(sheet, "output heads", "%s", line.n ? buf_cstr(&line) : "none");
    buf_free(&line);
}

/* What its maps come with, once a layer of the same words. */
static void say_notes(struct sheet *sheet, const struct model *model)
{
    const char *before = NULL;
    for (int k = 0; model->arch->note && k < STACK_KINDS; k++)
        for (size_t l = 0; l < model->stacks[k].layers; l++) {
            const char *note = model->arch->note(model, (enum stack_kind)k, l);
            if (note && note != before)
                say(sheet, "note", "maps of %c%zu%s: %s", stack_letters[k], l, l + 1 < model->stacks[k].layers ? " on" : "", note);
            before = note;
        }
}

static void say_parameters(struct sheet *sheet, const struct model *model)
{
    struct model_parts parts;
    say(sheet, "parameters", "%zu", model->parameters);
    sheet->ok = sheet->ok && unread_parts(model, &parts, sheet->err);
    if (sheet->ok)
        say(sheet, "", "%zu in layers, %zu in heads, %zu in embeddings and norms", parts.layers, parts.heads, parts.rest);
}

static void say_architecture(struct sheet *sheet, const struct model *model)
{
    say(sheet, "architecture", "%s: %s", model->arch->name, model->arch->summary);
    say(sheet, "source", "%s", model->arch->source ? model->arch->source : "");
    say_stack(sheet, &model->stacks[STACK_MAIN]);
    say_stack(sheet, &model->stacks[STACK_DECODER]);
    say(sheet, "width", "%zu", model->E);
    say(sheet, "vocabulary", "%zu", model->dim['V']);
    if (model->stacks[STACK_MAIN].max_tokens)
        say(sheet, "longest text", "%zu tokens", model->stacks[STACK_MAIN].max_tokens);
    else
        say(sheet, "longest text", "any");
    say_parameters(sheet, model);
    say_terms(sheet, model);
    say_notes(sheet, model);
    size_t T = model->stacks[STACK_MAIN].max_tokens && model->stacks[STACK_MAIN].max_tokens < 512 ? model->stacks[STACK_MAIN].max_tokens : 512;
    struct buf kept = {0};
    progress_put_bytes(&kept, (size_t)kept_bytes(model, (double)T));
    say(sheet, "kept by a run", "%s at %zu tokens", buf_cstr(&kept), T);
    buf_free(&kept);
}

static bool give_summary(struct result *result, const struct model *model, struct err *err)
{
    struct sheet sheet = {result, err, true};
    struct buf line = {0};
    if (!result_columns(result, "property,value", err))
        return false;
    say(&sheet, "name", "%s", model->name);
    say(&sheet, "folder", "%s", model->folder);
    if (model->arch)
        say_architecture(&sheet, model);
    if (model->weights)
        say_weights(&sheet, model);
    else
        say(&sheet, "weights", "none: it can tokenise, not run");
    say_unread(&sheet, &model->unread, model->weights ? model->weights->n + model->weights->n_stand_ins : 0);
    if (model->tokenizer)
        tokenizer_describe(model->tokenizer, &line);
    else
        buf_printf(&line, "none%s%s", model->tokenizer_problem ? ": " : "",
                   model->tokenizer_problem ? model->tokenizer_problem : "");
    say(&sheet, "tokenizer", "%s", buf_cstr(&line));
    buf_free(&line);
    if (model->tokenizer)
        say(&sheet, "tokenizer file", "%s", tokenizer_path(model->tokenizer));
    return sheet.ok;
}

/* ---- the table of parameters ---- */

static const char *const kinds[] = {[PARAM_LINEAR] = "linear with bias",
                                    [PARAM_LINEAR_NO_BIAS] = "linear",
                                    [PARAM_NORM] = "norm",
                                    [PARAM_NORM_NO_BIAS] = "norm without bias",
                                    [PARAM_TABLE] = "table",
                                    [PARAM_FLOATS] = "floats"};

static void visit_param(void *context, const struct param *param, size_t layer, const struct tensor *tensor)
{
    struct sheet *sheet = context;
    struct buf shape = {0}, name = {0};
    struct str pattern = {param->name, strcspn(param->name, "|")};
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.n - i >= 3 && memcmp(pattern.s + i, "{l}", 3) == 0) {
            buf_printf(&name, "%zu", layer);
            i += 2;
        } else {
            buf_char(&name, pattern.s[i]);
        }
    for (int d = 0; tensor && d < tensor->rank; d++)
        buf_printf(&shape, "%s%zu", d ? "," : "", tensor->shape[d]);
    struct cell_value none = {.kind = CELL_NONE};
    struct cell_value cells[] = {{.kind = CELL_TEXT, .text = tensor ? tensor->name : buf_view(&name)},
                                 {.kind = CELL_TEXT, .text = str_of(kinds[param->kind])},
                                 {.kind = CELL_TEXT, .text = str_of(param->shape)},
                                 tensor ? (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&shape)} : none,
                                 {.kind = CELL_TEXT,
                                  .text = str_of(tensor            ? tensor->dtype->name
                                                 : param->optional ? "absent"
                                                                   : "tied")},
                                 {.kind = CELL_TEXT, .text = str_of(param->meaning)}};
    sheet->ok = sheet->ok && result_row(sheet->result, cells, 6, sheet->err);
    buf_free(&shape);
    buf_free(&name);
}

static bool give_params(struct result *result, const struct model *model, struct err *err)
{
    struct sheet sheet = {result, err, true};
    if (!model_runs(model))
        return err_set(err, ERR_ARG, "%s has no weights: there are no parameters to list", model->name);
    if (!result_columns(result, "tensor,kind,symbols,shape,stored,meaning", err))
        return false;
    model_each_param(model, visit_param, &sheet);
    return sheet.ok;
}

/* ---- a set of word vectors ---- */

enum { FIRST_WORDS = 8, WORD_COLUMNS = 24 };

static void say_bytes(struct sheet *sheet, size_t file, size_t numbers)
{
    struct buf text = {0};
    progress_put_bytes(&text, file);
    buf_puts(&text, " in the file, ");
    progress_put_bytes(&text, numbers);
    say(sheet, "bytes", "%s of numbers", buf_cstr(&text));
    buf_free(&text);
}

static void say_file(struct sheet *sheet, const struct vectors *v)
{
    const struct source *source = v->source;
    const unsigned char *data = v->data;
    struct stat about;
    bool inside = source && data >= source->data && data < source->data + source->size;
    say(sheet, "file", "%s", v->path[0] ? v->path : "none: made here");
    if (v->path[0] && stat(v->path, &about) == 0 && S_ISREG(about.st_mode))
        say_bytes(sheet, (size_t)about.st_size, v->V * v->E * v->dtype->bytes);
    say(sheet, "numbers", "%s, %s", v->dtype->name, (inside && !source->memory) || v->own ? "mapped from the file" : "in memory");
}

static void say_words(struct sheet *sheet, const struct vectors *v)
{
    struct buf line = {0};
    size_t longest = 0;
    for (size_t i = 0; i < v->V; i++)
        if (v->words[i].n > v->words[longest].n)
            longest = i;
    for (size_t i = 0; i < v->V && i < FIRST_WORDS; i++) {
        buf_puts(&line, i ? " " : "");
        text_fit(&line, v->words[i], WORD_COLUMNS);
    }
    say(sheet, "first words", "%s%s", buf_cstr(&line), v->V > FIRST_WORDS ? " …" : "");
    line.n = 0;
    text_fit(&line, v->words[longest], 2 * WORD_COLUMNS);
    say(sheet, "longest word", "%s (%zu byte%s)", buf_cstr(&line), v->words[longest].n, v->words[longest].n == 1 ? "" : "s");
    say(sheet, "unknown words", "%s", v->format && v->format->unknown ? "get a vector of their subwords" : "have no vector");
    buf_free(&line);
}

static void say_figures(struct sheet *sheet, const struct vectors *v, const struct vectors_summary *s)
{
    struct buf shortest = {0}, longest = {0};
    text_fit(&shortest, v->words[s->shortest], WORD_COLUMNS);
    text_fit(&longest, v->words[s->longest], WORD_COLUMNS);
    if (s->counted)
        say(sheet, "norms", "%.4g (%s) to %.4g (%s), mean %.4g", s->least, buf_cstr(&shortest), s->most, buf_cstr(&longest),
            s->mean);
    if (s->counted > 1)
        say(sheet, "mean cosine", "%.4f between two words", s->cosine);
    say(sheet, "zero vectors", "%zu", s->zeros);
    say(sheet, "NaN or infinite", "%zu", s->strange);
    buf_free(&shortest);
    buf_free(&longest);
}

static bool give_set(struct result *result, struct vectors *v, struct err *err)
{
    struct sheet sheet = {result, err, true};
    struct vectors_summary summary;
    if (!vectors_summarise(v, &summary, err) || !result_columns(result, "property,value", err))
        return false;
    say(&sheet, "name", "%s", v->name);
    say(&sheet, "format", "%s: %s", v->format->name, v->format->summary);
    say(&sheet, "words", "%zu", v->V);
    say(&sheet, "dimensions", "%zu", v->E);
    say_file(&sheet, v);
    say_words(&sheet, v);
    say_figures(&sheet, v, &summary);
    if (v->note)
        say(&sheet, "remarks", "%s", v->note);
    return sheet.ok;
}

/* ---- the command ---- */

/* [MODEL] [weights [PATTERN]]: a first word "weights" is a name only where something has it and nothing follows. */
static bool read_words(const struct session *session, const struct call *call, const struct call_word **name,
                       const struct call_word **weights, struct str *pattern, struct err *err)
{
    const struct call_word *word = call->words;
    struct err none = {0};
    bool named = call->n_words == 1 && (session_set(session, STR("weights")) || session_model(session, STR("weights"), &none));
    size_t at = call->n_words && (named || !str_is(word[0].text, "weights")), n = call->n_words;
    *name = at ? word : NULL;
    *weights = n > at ? &word[at] : NULL;
    *pattern = n > at + 1 ? word[at + 1].text : (struct str){0};
    if (*weights && !str_is((*weights)->text, "weights")) {
        err_set(err, ERR_ARG, "\"%.*s\" is one word too many: info [MODEL] [weights [PATTERN]]", STR_ARGS((*weights)->text));
        return call_blame(call, *weights, err);
    }
    if (n > at + 2) {
        err_set(err, ERR_ARG, "\"%.*s\" is one word too many: info [MODEL] weights [PATTERN]", STR_ARGS(word[at + 2].text));
        return call_blame(call, &word[at + 2], err);
    }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word, *weights;
    struct str pattern;
    if (!read_words(session, call, &word, &weights, &pattern, err))
        return false;
    struct vectors *set = word ? session_set(session, word->text) : session->model ? NULL : session->vectors;
    if (set && call_flag(call, "params")) {
        err_set(err, ERR_ARG, "%s is a set of word vectors: params= is for models", set->name);
        return call_blame_option(call, "params", err);
    }
    if (set && weights) {
        err_set(err, ERR_ARG, "%s is a set of word vectors: weights are a model's", set->name);
        return call_blame(call, weights, err);
    }
    if (set)
        return give_set(result, set, err);
    struct model *model = word ? session_model(session, word->text, err) : session_current(session, false, err);
    if (!model)
        return word ? call_blame(call, word, err) : false;
    if (weights)
        return weights_table_give(session, model, pattern, result, err);
    return call_flag(call, "params") ? give_params(result, model, err) : give_summary(result, model, err);
}

static const struct option options[] = {
    {"params", VALUE_FLAG, NULL, "off", "list every parameter: where it was found, its shape and type", 0, 0}, {0}};
static const struct arg args[] = {
    {"MODEL", ARG_MODEL, true, false, "a loaded model or set of vectors; the model in use where none is named"},
    {"weights", ARG_WORD, true, false, "the word weights: its tensors, with what each holds"},
    {"PATTERN", ARG_WORD, true, false, "of their names: * any, ? one character; without either, a piece of the name"},
    {0}};
const struct command command_info = {
    .name = "info",
    .group = "models",
    .keywords = "describe|architecture|config|configuration|parameters|size of a model|layers|details|weights|lora|summary",
    .summary = "what a model or a set of vectors is",
    .help = "Architecture, sizes, the terms its scores are the sum of, output heads, weights, tokenizer. params=on lists the\n"
            "architecture's parameters with the tensors found for them. The fingerprint tells weights apart; figures hold it.\n"
            "Of word vectors: where they are from, the lengths of the vectors, and the mean cosine of two words, which is far\n"
            "from 0 where all share a direction. info weights PATTERN lists tensors as they lie in the files: shape, type, smallest and\n"
            "largest number, mean (of those that are finite), how many are not, whether the tensor is read, and the file. Without a name: the model in use, and where there is none, the vectors in use.",
    .examples = "info\ninfo roberta-tiny\ninfo weights *query.weight\ninfo roberta-tiny weights layer.0 format=csv\ninfo params=on format=csv\ninfo glove.6B.100d",
    .options = options,
    .args = args,
    .run = run,
};
