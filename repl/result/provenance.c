/* What is stored in files beside the picture or the tensors. See provenance.h. */
#include "repl/result/provenance.h"

#include <inttypes.h>
#include <stdlib.h>

#include "repl/version.h"

enum { HEAD_BYTES = 64 }; /* of a tensor's data that enter the fingerprint */

static uint64_t fnv(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
    return hash;
}

uint64_t weights_fingerprint(const struct weights *weights)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < weights->n; i++) {
        const struct tensor *t = &weights->tensors[i];
        hash = fnv(hash, t->name.s, t->name.n);
        hash = fnv(hash, t->dtype->name, str_of(t->dtype->name).n);
        hash = fnv(hash, t->shape, (size_t)t->rank * sizeof t->shape[0]);
        hash = fnv(hash, t->data, t->bytes < HEAD_BYTES ? t->bytes : HEAD_BYTES);
    }
    return hash;
}

/* Append a text with ~ for the user's home: a file that is given away names nobody. */
static void put_homeless(struct buf *out, struct str text)
{
    struct str home = str_of(getenv("HOME"));
    while (home.n && home.s[home.n - 1] == '/')
        home.n--;
    for (size_t i = 0; i < text.n;) {
        struct str rest = {text.s + i, text.n - i};
        bool here = home.n > 1 && str_starts(rest, home) && (rest.n == home.n || rest.s[home.n] == '/');
        if (here)
            buf_char(out, '~');
        else
            buf_char(out, text.s[i]);
        i += here ? home.n : 1;
    }
}

bool provenance_add(struct provenance *p, const char *key, struct str value, struct err *err)
{
    struct buf text = {0};
    struct str copy;
    if (p->n == PROVENANCE_PAIRS)
        return true;
    put_homeless(&text, value);
    bool ok = buf_ok(&text, err) && arena_str(p->arena, buf_view(&text), &copy, err);
    buf_free(&text);
    if (ok)
        p->pair[p->n++] = (struct text_pair){key, copy.s};
    return ok;
}

void provenance_command(const struct call *call, struct buf *out)
{
    struct str line = str_of(call->line);
    size_t begin = call->output.n ? call->output_word.column - 1 : line.n, end = begin + call->output_word.length;
    if (!call->output.n || end > line.n || end < begin) {
        buf_str(out, line);
        return;
    }
    size_t name = end;
    while (name > begin && line.s[name - 1] != '/')
        name--;
    buf_str(out, (struct str){line.s, begin});
    if (name > begin && (line.s[begin] == '"' || line.s[begin] == '\''))
        buf_char(out, line.s[begin]);
    buf_str(out, (struct str){line.s + name, line.n - name});
}

static bool add_command(struct provenance *p, const struct call *call, struct err *err)
{
    struct buf line = {0};
    provenance_command(call, &line);
    bool ok = buf_ok(&line, err) && provenance_add(p, "Command", buf_view(&line), err);
    buf_free(&line);
    return ok;
}

static bool add_buf(struct provenance *p, const char *key, struct buf *value, struct err *err)
{
    bool ok = buf_ok(value, err) && provenance_add(p, key, buf_view(value), err);
    buf_free(value);
    return ok;
}

static void name_model(const struct model *model, struct buf *out)
{
    buf_printf(out, "%s%s", out->n ? "; " : "", model->name);
    if (model->weights)
        buf_printf(out, ", weights %016" PRIx64, weights_fingerprint(model->weights));
}

static bool add_models(struct provenance *p, struct kept_run *const *runs, size_t n_runs, const struct model *alone, struct err *err)
{
    struct buf b = {0};
    if (!n_runs && alone)
        name_model(alone, &b);
    for (size_t i = 0; i < n_runs; i++) {
        const struct model *model = runs[i]->run->model;
        bool before = false;
        for (size_t j = 0; j < i; j++)
            before |= runs[j]->run->model == model;
        if (!before)
            name_model(model, &b);
    }
    if (!n_runs && !alone)
        return true;
    return add_buf(p, "Model", &b, err);
}

static bool add_texts(struct provenance *p, struct kept_run *const *runs, size_t n_runs, struct err *err)
{
    struct buf b = {0};
    for (size_t i = 0; i < n_runs; i++) {
        if (!runs[i]->text)
            continue;
        buf_printf(&b, "%s%s", b.n ? "\n" : "", runs[i]->text);
        if (runs[i]->pair)
            buf_printf(&b, "\n%s", runs[i]->pair);
    }
    if (b.n)
        return add_buf(p, "Text", &b, err);
    buf_free(&b);
    return true;
}

/* Of runs with other position ids than their own. */
static bool add_positions(struct provenance *p, struct kept_run *const *runs, size_t n_runs, struct err *err)
{
    struct buf b = {0};
    for (size_t i = 0; i < n_runs; i++) {
        if (runs[i]->run->positions.kind == POSITIONS_OWN)
            continue;
        buf_printf(&b, "%s@%zu ", b.n ? ", " : "", runs[i]->number);
        position_rule_name(&runs[i]->run->positions, &b);
    }
    if (b.n)
        return add_buf(p, "Positions", &b, err);
    buf_free(&b);
    return true;
}

/* Of runs under another mask than their model's. */
static bool add_masks(struct provenance *p, struct kept_run *const *runs, size_t n_runs, struct err *err)
{
    struct buf b = {0};
    for (size_t i = 0; i < n_runs; i++) {
        if (runs[i]->run->mask.rule == MASK_FAMILY)
            continue;
        buf_printf(&b, "%s@%zu ", b.n ? ", " : "", runs[i]->number);
        run_mask_name(runs[i]->run->mask, &b);
    }
    if (b.n)
        return add_buf(p, "Mask", &b, err);
    buf_free(&b);
    return true;
}

bool provenance_make(const struct call *call, struct kept_run *const *runs, size_t n_runs, const struct model *model,
                     const char *site, const char *measure, struct provenance *out, struct err *err)
{
    *out = (struct provenance){.arena = arena_new(err)};
    if (out->arena && provenance_add(out, "Software", STR("gaze " GAZE_VERSION), err) && add_command(out, call, err) &&
        add_models(out, runs, n_runs, model, err) && add_texts(out, runs, n_runs, err) && add_masks(out, runs, n_runs, err) && add_positions(out, runs, n_runs, err) &&
        (!site || provenance_add(out, "Site", str_of(site), err)) && (!measure || provenance_add(out, "Measure", str_of(measure), err)))
        return true;
    provenance_free(out);
    return false;
}

void provenance_free(struct provenance *provenance)
{
    arena_free(provenance->arena);
    *provenance = (struct provenance){0};
}
