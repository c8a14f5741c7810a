/* --supports: what gaze reads, measures and writes, from the registries, as Markdown. The README's tables are this text. */
#include "repl/program/supports.h"

#include <string.h>

#include "core/arch/arch.h"
#include "core/embed/format/format.h"
#include "core/embed/query/query.h"
#include "core/embed/train/train.h"
#include "core/measure/measure.h"
#include "core/tokenizer/loader/loader.h"
#include "core/tokenizer/model/model.h"
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/postprocessor/postprocessor.h"
#include "core/tokenizer/pretokenizer/pretokenizer.h"
#include "core/weights/weights.h"
#include "repl/writer/writer.h"
#include "viz/palette/palette.h"
#include "viz/render/renderer.h"

/* A list of names separated by `|`, with commas. */
static void put_names(struct buf *out, const char *names)
{
    for (; *names; names++)
        buf_puts(out, *names == '|' ? ", " : (char[]){*names, 0});
}

/* A bar within a cell would end it. */
static void put_cell(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_puts(out, *text == '|' ? "\\|" : (char[]){*text, 0});
}

/* Heads that are told apart by the checkpoint alone go by one name. */
static bool named_before(const struct arch *arch, size_t head)
{
    for (size_t h = 0; h < head; h++)
        if (strcmp(arch->heads[h]->name, arch->heads[head]->name) == 0)
            return true;
    return false;
}

static void put_architectures(struct buf *out)
{
    buf_puts(out, "| `model_type` | architecture | output heads | source |\n|---|---|---|---|\n");
    for (size_t i = 0; archs[i]; i++) {
        buf_puts(out, "| `");
        put_names(out, archs[i]->model_types);
        buf_printf(out, "` | %s |", archs[i]->summary);
        for (size_t h = 0; archs[i]->heads[h]; h++)
            if (!named_before(archs[i], h))
                buf_printf(out, "%s %s", h ? "," : "", archs[i]->heads[h]->name);
        buf_printf(out, " | %s |\n", archs[i]->source);
    }
}

static void put_weights(struct buf *out)
{
    buf_puts(out, "\n| weights | files | numbers |\n|---|---|---|\n");
    for (size_t i = 0; weights_formats[i]; i++) {
        const struct weights_format *f = weights_formats[i];
        int n = (int)strcspn(f->suffixes, "|");
        if (f->stem)
            buf_printf(out, "| %s | %s%.*s, %s%.*s.index.json | ", f->summary, f->stem, n, f->suffixes, f->stem, n, f->suffixes);
        else
            buf_printf(out, "| %s | NAME%.*s | ", f->summary, n, f->suffixes);
        if (f->numbers)
            f->numbers(out);
        for (size_t d = 0; !f->numbers && dtypes[d]; d++)
            buf_printf(out, "%s%s", d ? ", " : "", dtypes[d]->name);
        buf_puts(out, " |\n");
    }
}

static void put_tokenizers(struct buf *out)
{
    buf_puts(out, "\n| tokenizer files | what they are |\n|---|---|\n");
    for (size_t i = 0; loaders[i]; i++) {
        buf_puts(out, "| ");
        for (size_t f = 0; loaders[i]->files[f]; f++)
            buf_printf(out, "%s%s", f ? " + " : "", loaders[i]->files[f]);
        buf_printf(out, " | %s |\n", loaders[i]->summary);
    }
    buf_puts(out, "\n| component of a tokenizer.json | kinds |\n|---|---|\n| normalizer |");
    for (size_t i = 0; normalizer_kinds[i]; i++)
        buf_printf(out, "%s %s", i ? "," : "", normalizer_kinds[i]->type);
    buf_puts(out, " |\n| pre-tokenizer |");
    for (size_t i = 0; pretokenizer_kinds[i]; i++)
        buf_printf(out, "%s %s", i ? "," : "", pretokenizer_kinds[i]->type);
    buf_puts(out, " |\n| model |");
    for (size_t i = 0; model_kinds[i]; i++)
        buf_printf(out, "%s %s", i ? "," : "", model_kinds[i]->type);
    buf_puts(out, " |\n| post-processor |");
    for (size_t i = 0; postprocessor_kinds[i]; i++)
        buf_printf(out, "%s %s", i ? "," : "", postprocessor_kinds[i]->type);
    buf_puts(out, " |\n");
}

static void put_measures(struct buf *out)
{
    buf_puts(out, "\n| measure of a head | formula | source |\n|---|---|---|\n");
    for (size_t i = 0; measures[i]; i++) {
        buf_printf(out, "| %s | ", measures[i]->name);
        put_cell(out, measures[i]->formula);
        buf_printf(out, " | %s |\n", measures[i]->source);
    }
}

static void put_vectors(struct buf *out)
{
    buf_puts(out, "\n| word vectors | written by extension or `format=` |\n|---|---|\n");
    for (size_t i = 0; vectors_formats[i]; i++) {
        const struct vectors_format *format = vectors_formats[i];
        buf_printf(out, "| %s | ", format->summary);
        if (!format->extensions)
            buf_puts(out, "read only");
        else if (!*format->extensions)
            buf_printf(out, "`format=%s`", format->name);
        else
            put_names(out, format->extensions);
        buf_puts(out, " |\n");
    }
    buf_puts(out, "\n| analogies by | answer | source |\n|---|---|---|\n");
    for (size_t i = 0; query_methods[i]; i++)
        buf_printf(out, "| %s | %s | %s |\n", query_methods[i]->name, query_methods[i]->summary, query_methods[i]->source);
    buf_puts(out, "\n| trainer | what it is | source |\n|---|---|---|\n");
    for (size_t i = 0; trainers[i]; i++)
        buf_printf(out, "| %s | %s | %s |\n", trainers[i]->name, trainers[i]->summary, trainers[i]->source);
}

static void put_outputs(struct buf *out)
{
    buf_puts(out, "\n| written | as |\n|---|---|\n");
    for (size_t i = 0; writers[i]; i++)
        buf_printf(out, "| %s | %s |\n", writers[i]->name, writers[i]->summary);
    for (size_t i = 0; renderers[i]; i++)
        buf_printf(out, "| %s | %s |\n", renderers[i]->name, renderers[i]->summary);
    buf_puts(out, "\nPalettes:");
    for (size_t i = 0; palettes[i]; i++)
        buf_printf(out, "%s %s", i ? "," : "", palettes[i]->name);
    buf_puts(out, ".\n");
}

void supports_print(const struct arguments *arguments, struct buf *out)
{
    (void)arguments;
    put_architectures(out);
    put_weights(out);
    put_tokenizers(out);
    put_measures(out);
    put_vectors(out);
    put_outputs(out);
}
