/* Candidates by kind. See candidates.h: one row a kind. */

#include "repl/line/candidates.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/effect/effect.h"
#include "core/effect/split.h"
#include "core/embed/format/format.h"
#include "core/embed/train/train.h"
#include "core/measure/measure.h"
#include "repl/session/find_model.h"
#include "repl/writer/writer.h"
#include "viz/palette/palette.h"
#include "viz/render/renderer.h"

static void put(struct completion *c, struct str text, const char *meaning)
{
    struct completions *out = c->out;
    if (!mem_grow((void **)&out->items, &out->capacity, out->n + 1, sizeof *out->items, "completions", NULL) ||
        !arena_str(out->arena, text, &out->items[out->n].text, NULL) ||
        !arena_str(out->arena, str_of(meaning ? meaning : ""), &out->items[out->n].meaning, NULL))
        c->failed = true;
    else
        out->n++;
}

void completion_add(struct completion *c, struct str text, const char *meaning)
{
    if (!text.n || !str_starts(text, c->typed))
        return;
    struct buf item = {0};
    buf_str(&item, c->head);
    buf_str(&item, text);
    put(c, buf_view(&item), meaning);
    buf_free(&item);
}

/* Add it with quotes around where it holds blanks or quotes. */
static void add_name(struct completion *c, struct str text, const char *meaning)
{
    bool quotes = c->quote != 0;
    if (!str_starts(text, c->typed))
        return;
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.s[i] < ' ' || text.s[i] == '\\' || (text.s[i] == '"' && c->quote == '"'))
            return; /* a name that wants escapes is typed by hand */
        quotes = quotes || strchr(" \"'>|#=", text.s[i]);
    }
    char quote = c->quote ? c->quote : memchr(text.s, '"', text.n) ? '\'' : '"';
    struct buf item = {0};
    buf_str(&item, c->head);
    if (quotes)
        buf_char(&item, quote);
    buf_str(&item, text);
    if (quotes && text.n && text.s[text.n - 1] != '/') /* a folder waits for more */
        buf_char(&item, quote);
    put(c, buf_view(&item), meaning);
    buf_free(&item);
}

/* ---- words of fixed lists ---- */

static void offer_bars(struct completion *c, const char *words)
{
    for (const char *at = words; at && *at;) {
        size_t n = strcspn(at, "|");
        completion_add(c, (struct str){at, n}, NULL);
        at += n + (at[n] == '|');
    }
}

static void offer_verbs(struct completion *c)
{
    for (size_t i = 0; commands[i]; i++)
        completion_add(c, str_of(commands[i]->name), commands[i]->summary);
}

static void offer_measures(struct completion *c)
{
    for (size_t i = 0; measures[i]; i++)
        completion_add(c, str_of(measures[i]->name), measures[i]->formula);
}

static void offer_palettes(struct completion *c)
{
    for (size_t i = 0; palettes[i]; i++)
        completion_add(c, str_of(palettes[i]->name), palettes[i]->summary);
}

static void offer_scales(struct completion *c)
{
    offer_bars(c, "linear|sqrt|log:|symlog");
}

static void offer_flags(struct completion *c)
{
    offer_bars(c, "on|off");
}

/* Tables have rows; only commands that write pictures and tensors take the other formats. */
static void offer_formats(struct completion *c)
{
    for (size_t i = 0; writers[i]; i++)
        if (writers[i]->row || c->command->writes)
            completion_add(c, str_of(writers[i]->name), writers[i]->summary);
    for (size_t i = 0; c->command->writes && renderers[i]; i++)
        completion_add(c, str_of(renderers[i]->name), renderers[i]->summary);
}

static void offer_vectors_formats(struct completion *c)
{
    for (size_t i = 0; vectors_formats[i]; i++)
        if (vectors_formats[i]->extensions) {
            offer_bars(c, vectors_formats[i]->extensions);
            if (!*vectors_formats[i]->extensions)
                completion_add(c, str_of(vectors_formats[i]->name), NULL);
        }
}

static void offer_sizes(struct completion *c)
{
    for (size_t i = 0; size_presets[i].name; i++)
        completion_add(c, str_of(size_presets[i].name), size_presets[i].summary);
}

/* ---- what the session holds ---- */

static void offer_loaded(struct completion *c)
{
    for (size_t i = 0; i < c->session->n_models; i++)
        add_name(c, str_of(c->session->models[i]->name), NULL);
    for (size_t i = 0; i < c->session->n_sets; i++)
        add_name(c, str_of(c->session->sets[i]->name), NULL);
}

static void visit_loadable(void *context, struct str name)
{
    add_name(context, name, NULL);
}

static void offer_folders(struct completion *c);

static void offer_loadable(struct completion *c)
{
    find_each_model(c->session, visit_loadable, c);
    offer_folders(c);
}

static void offer_runs(struct completion *c)
{
    const struct session *session = c->session;
    for (size_t i = 0; i < session->n_runs; i++) {
        char text[64];
        const char *meaning = session->runs[i].text;
        snprintf(text, sizeof text, "@%zu", session->runs[i].number);
        completion_add(c, str_of(text), meaning);
        snprintf(text, sizeof text, "@%s", session->runs[i].name ? session->runs[i].name : "");
        if (session->runs[i].name)
            completion_add(c, str_of(text), meaning);
    }
}

static const struct model *shown_model(const struct session *session)
{
    return session->n_runs ? session->runs[session->n_runs - 1].run->model : session->model;
}

/* Behind a layer, "L0.", its heads. */
static void offer_heads(struct completion *c, const struct model *model, int layer)
{
    const char *letter = strchr(stack_letters, c->typed.s[0]);
    const struct stack *stack = &model->stacks[letter && *letter ? letter - stack_letters : STACK_MAIN];
    char text[96];
    for (size_t i = 0; layer <= 40 && i <= stack_heads(stack); i++) {
        if (i < stack_heads(stack))
            snprintf(text, sizeof text, "%.*s.H%zu", layer, c->typed.s, i);
        else
            snprintf(text, sizeof text, "%.*s.H*", layer, c->typed.s);
        completion_add(c, str_of(text), NULL);
    }
}

/* L0. L1. … D0. … X0. … and, behind a layer, its heads. */
static void offer_selector(struct completion *c)
{
    const struct model *model = shown_model(c->session);
    const char *dot = c->typed.n ? memchr(c->typed.s, '.', c->typed.n) : NULL;
    char text[96];
    if (model && dot)
        offer_heads(c, model, (int)(dot - c->typed.s));
    if (!model || dot)
        return;
    for (int k = 0; k < STACK_KINDS; k++) {
        size_t layers = model->stacks[k].layers;
        for (size_t i = 0; c->typed.n && i < layers; i++) {
            snprintf(text, sizeof text, "%c%zu.", stack_letters[k], i);
            completion_add(c, str_of(text), NULL);
        }
        if (c->typed.n || !layers)
            continue;
        snprintf(text, sizeof text, "%c0.", stack_letters[k]);
        completion_add(c, str_of(text), NULL);
        snprintf(text, sizeof text, "%c0-%zu.", stack_letters[k], layers - 1);
        if (layers > 1)
            completion_add(c, str_of(text), NULL);
    }
    if (!c->typed.n)
        completion_add(c, STR("*"), "everything");
}

/* Among positional words a run is offered once it is begun. */
static void offer_begun_runs(struct completion *c)
{
    if (str_starts(c->typed, STR("@")))
        offer_runs(c);
}

/* The part after the last separator is completed, what is before it stays. */
static void keep_until_last(struct completion *c, char separator)
{
    for (size_t i = c->quote ? 0 : c->typed.n; i-- > 0;)
        if (c->typed.s[i] == separator) {
            c->head.n += i + 1;
            c->typed.s += i + 1;
            c->typed.n -= i + 1;
            return;
        }
}

/* A term's name, where the sum with what is typed before it stands. */
static void offer_summand(struct completion *c, const struct term *const *terms, struct str before, const char *name)
{
    struct buf sum = {0};
    struct part part;
    buf_str(&sum, before);
    buf_puts(&sum, name);
    if (part_parse(terms, (struct str){0}, buf_view(&sum), (struct str){0}, &part, NULL))
        completion_add(c, str_of(name), NULL); /* twice is once */
    buf_free(&sum);
}

static void offer_terms(struct completion *c)
{
    const struct model *model = shown_model(c->session);
    struct str before = c->typed;
    keep_until_last(c, '+');
    before.n -= c->typed.n;
    for (int k = 0; model && k < STACK_KINDS; k++) {
        const struct stack *stack = &model->stacks[k];
        for (size_t i = 0; i < stack_terms(stack); i++)
            offer_summand(c, stack->terms, before, stack->terms[i]->name);
        for (size_t i = 0; stack->layers && i < SPLITS; i++)
            offer_summand(c, stack->terms, before, splits[i]->name);
    }
}

static void offer_parts(struct completion *c)
{
    keep_until_last(c, ',');
    if (!memchr(c->typed.s, '+', c->typed.n)) {
        offer_bars(c, "probs|scores");
        for (const struct effect *const *e = effects; *e; e++)
            completion_add(c, str_of((*e)->name), (*e)->summary);
    }
    offer_terms(c);
}

static void offer_several(struct completion *c)
{
    keep_until_last(c, ',');
    offer_measures(c);
}

/* The words of the last run, where they need no quotes. */
static void offer_tokens(struct completion *c)
{
    const struct session *session = c->session;
    if (!session->n_runs)
        return;
    const struct run *run = session->runs[session->n_runs - 1].run;
    keep_until_last(c, ',');
    for (size_t t = 0; run->model->tokenizer && t < run->tokens->texts[0].n; t++) {
        struct buf text = {0};
        tokenizer_display(run->model->tokenizer, run->tokens->texts[0].tokens[t].id, &text);
        bool plain = text.n > 0;
        for (size_t i = 0; i < text.n && plain; i++)
            plain = (unsigned char)text.data[i] > ' ' && !strchr(",#\"'", text.data[i]);
        if (plain && utf8_invalid_at(buf_view(&text)) == text.n)
            completion_add(c, buf_view(&text), NULL);
        buf_free(&text);
    }
}

/* ---- files ---- */

/* The folder that a typed path speaks of, to be opened: ~ stands for the home here. */
static char *folder_of(struct str path, size_t length)
{
    struct buf folder = {0};
    const char *home = getenv("HOME");
    if (length && path.s[0] == '~' && path.s[1] == '/' && home) {
        buf_puts(&folder, home);
        buf_add(&folder, path.s + 1, length - 1);
    } else if (length) {
        buf_add(&folder, path.s, length);
    } else {
        buf_puts(&folder, "./");
    }
    if (buf_ok(&folder, NULL))
        return folder.data;
    buf_free(&folder);
    return NULL;
}

static void offer_entries(struct completion *c, bool folders_only)
{
    size_t length = c->typed.n; /* of the folder, its slash included */
    while (length && c->typed.s[length - 1] != '/')
        length--;
    struct str base = {c->typed.s + length, c->typed.n - length};
    char *folder = folder_of(c->typed, length);
    DIR *dir = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (!str_starts(str_of(name), base) || (name[0] == '.' && (!base.n || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)))
            continue;
        char *path = path_join(folder, name, NULL);
        bool is_folder = path && file_is_folder(path);
        free(path);
        if (folders_only && !is_folder)
            continue;
        struct buf text = {0};
        buf_add(&text, c->typed.s, length);
        buf_puts(&text, name);
        buf_puts(&text, is_folder ? "/" : "");
        add_name(c, buf_view(&text), NULL);
        buf_free(&text);
    }
    if (dir)
        closedir(dir);
    free(folder);
}

static void offer_files(struct completion *c)
{
    offer_entries(c, false);
}

static void offer_folders(struct completion *c)
{
    offer_entries(c, true);
}

/* "map." waits for its format: all that the command writes. */
static void offer_extension(struct completion *c, size_t stem, struct str suffix, const char *meaning)
{
    struct buf name = {0};
    buf_add(&name, c->typed.s, stem);
    buf_str(&name, suffix);
    add_name(c, buf_view(&name), meaning);
    buf_free(&name);
}

void offer_output(struct completion *c)
{
    size_t stem = c->typed.n;
    offer_files(c);
    while (stem && c->typed.s[stem - 1] != '.' && c->typed.s[stem - 1] != '/')
        stem--;
    if (stem < 2 || c->typed.s[stem - 1] != '.' || c->typed.s[stem - 2] == '/' || c->typed.s[stem - 2] == '.')
        return;
    for (const char *at = c->command->output; at && *at; at += strcspn(at, "|"), at += *at == '|')
        offer_extension(c, stem, (struct str){at, strcspn(at, "|")}, NULL);
    for (size_t i = 0; c->command->own_output && vectors_formats[i]; i++) /* what writes by itself writes vectors */
        if (vectors_formats[i]->extensions && *vectors_formats[i]->extensions)
            offer_extension(c, stem, (struct str){vectors_formats[i]->extensions, strcspn(vectors_formats[i]->extensions, "|")},
                            vectors_formats[i]->summary);
    if (c->command->output || c->command->own_output)
        return;
    for (size_t i = 0; writers[i]; i++)
        if (writers[i]->row || c->command->writes) /* the first of its extensions is the usual one */
            offer_extension(c, stem, (struct str){writers[i]->extensions, strcspn(writers[i]->extensions, "|")}, writers[i]->summary);
    for (size_t i = 0; c->command->writes && renderers[i]; i++)
        offer_extension(c, stem, str_of(renderers[i]->name), renderers[i]->summary);
}

static void offer_actions(struct completion *c)
{
    offer_bars(c, c->command->actions);
}

static void offer_vectors(struct completion *c)
{
    offer_files(c);
    offer_loaded(c);
}

static void offer_trainers(struct completion *c)
{
    for (size_t i = 0; trainers[i]; i++)
        completion_add(c, str_of(trainers[i]->name), trainers[i]->summary);
}

/* Words of the vectors in use that begin so, the first of the set; nothing where nothing was typed. */
static void offer_vocabulary(struct completion *c)
{
    enum { MOST = 50 };
    const struct vectors *v = c->session->vectors;
    for (size_t i = 0, n = 0; v && c->typed.n && i < v->V && n < MOST; i++)
        if (str_starts(v->words[i], c->typed)) {
            add_name(c, v->words[i], NULL);
            n++;
        }
}

/* ---- the rows ---- */

static void (*const arg_offers[])(struct completion *) = {
    [ARG_TEXT] = NULL,        [ARG_RUN] = offer_begun_runs,    [ARG_SELECTOR] = offer_selector,
    [ARG_FILE] = offer_files, [ARG_MODEL] = offer_loaded, [ARG_LOADABLE] = offer_loadable,
    [ARG_WORD] = NULL,        [ARG_COMMAND] = NULL,       [ARG_WORDS] = offer_vocabulary,
    [ARG_VERB] = offer_verbs, [ARG_RAW] = NULL,           [ARG_TRAINER] = offer_trainers,
    [ARG_ACTION] = offer_actions,
    [ARG_VECTORS] = offer_vectors,
};
static void (*const value_offers[])(struct completion *) = {
    [VALUE_FLAG] = offer_flags,       [VALUE_FILE] = offer_files,   [VALUE_TOKENS] = offer_tokens,
    [VALUE_TERMS] = offer_terms,      [VALUE_PART] = offer_parts,   [VALUE_MEASURE] = offer_measures,
    [VALUE_MEASURES] = offer_several,
    [VALUE_PALETTE] = offer_palettes, [VALUE_SCALE] = offer_scales, [VALUE_MODEL] = offer_loaded,   [VALUE_RUN] = offer_runs,
    [VALUE_FORMAT] = offer_formats,   [VALUE_SIZE] = offer_sizes,   [VALUE_VECTORS] = offer_vectors_formats,
};

void offer_arg(struct completion *c, enum arg_kind kind)
{
    if (kind < sizeof arg_offers / sizeof *arg_offers && arg_offers[kind])
        arg_offers[kind](c);
}

void offer_value(struct completion *c, const struct option *option)
{
    if (option->values)
        offer_bars(c, option->values);
    else if (option->kind < sizeof value_offers / sizeof *value_offers && value_offers[option->kind])
        value_offers[option->kind](c);
}
