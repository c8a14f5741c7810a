/* Texts of a file as a scan runs them. See texts_file.h. */
#include "repl/run/texts_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "repl/grammar/call.h"

enum { LONGEST = 128 }; /* of lengths that the file chooses */

struct model *texts_file_model(struct session *session, const struct call *call, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_RUN, 0);
    struct kept_run *kept = word ? session_run(session, word->text, err) : NULL;
    if (word && !kept) {
        call_blame(call, word, err);
        return NULL;
    }
    struct model *model = kept ? session_model_of(session, kept->run) : NULL;
    if (!model)
        model = session_current(session, true, err);
    if (model && !model->tokenizer) {
        err_set(err, ERR_ARG, "%s has no tokenizer: texts= needs one%s%s", model->name, model->tokenizer_problem ? "; " : "",
                model->tokenizer_problem ? model->tokenizer_problem : "");
        call_blame_option(call, "texts", err);
        return NULL;
    }
    return model;
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The length of every text: length=, or that which half of the texts reach. */
static bool choose_length(const struct call *call, struct texts_file *t, struct err *err)
{
    size_t *lengths, n, first = 0, most = t->model->stacks[STACK_MAIN].max_tokens;
    if (most && most < COLUMN_TEXTS_SHORTEST)
        return err_set(err, ERR_LIMIT, "%s takes at most %zu tokens, fewer than the %d that texts= needs", t->model->name, most,
                       COLUMN_TEXTS_SHORTEST);
    if (!scan_lengths(&t->scan, &lengths, &n, err))
        return false;
    if (n)
        qsort(lengths, n, sizeof *lengths, by_size);
    t->longest = n ? lengths[n - 1] : 0;
    while (first < n && lengths[first] < COLUMN_TEXTS_SHORTEST)
        first++;
    t->length_chosen = !call_given(call, "length");
    size_t length = first < n ? lengths[first + (n - first - 1) / 2] : COLUMN_TEXTS_SHORTEST;
    length = t->length_chosen ? (length < LONGEST ? length : LONGEST) : (size_t)call_int(call, "length");
    t->scan.length = most && length > most ? most : length;
    free(lengths);
    if (t->longest >= t->scan.length || t->longest < COLUMN_TEXTS_SHORTEST)
        return true;
    err_set(err, ERR_NOT_FOUND, "%s: no line of %zu tokens, the longest has %zu", t->path, t->scan.length, t->longest);
    return call_blame_option(call, "length", err);
}

/* Sites whose keys are the tokens of the text: not those of a decoder's other side, unless both are asked for, nor pooled ones. */
static void keep_own_sites(struct texts_file *t, const struct run *first, bool both)
{
    size_t n = 0;
    for (size_t i = 0; i < t->sites.n; i++) {
        const struct attention *a = run_attention(first, t->sites.site[i], NULL);
        if (a && (a->keys == first->tokens || (both && a->keys == first->target)))
            t->sites.site[n++] = t->sites.site[i];
    }
    t->left_out = t->sites.n - n;
    t->sites.n = n;
}

/* Without a file texts are made up: a run of one word shows which heads there are. */
static struct run *open_without(const struct call *call, struct texts_file *t, struct err *err)
{
    enum { LENGTH = 32 };
    struct encoding encoding;
    size_t most = t->model->stacks[STACK_MAIN].max_tokens;
    t->scan.length = call_given(call, "length") ? (size_t)call_int(call, "length") : LENGTH;
    if (most && most < t->scan.length)
        t->scan.length = most;
    if (!tokenizer_encode(t->model->tokenizer, STR("the"), NULL, 0, &encoding, err))
        return NULL;
    return run_one(t->model, &encoding, NULL, err);
}

static bool open(struct session *session, const struct call *call, bool both, struct texts_file *out, struct err *err)
{
    struct kept_run probe = {0};
    *out = (struct texts_file){.model = texts_file_model(session, call, err)};
    struct texts_file *t = out;
    bool given = call_given(call, "texts");
    if (!t->model || (given && !(t->path = mem_copy_str(call_str(call, "texts"), err))))
        return false;
    t->scan = (struct scan_options){.model = t->model,
                                    .name = t->path,
                                    .shortest = COLUMN_TEXTS_SHORTEST,
                                    .no_special = !call_flag(call, "add_special"),
                                    .front = -1};
    if (call_given(call, "front") &&
        (!column_texts_token(t->model->tokenizer, call_str(call, "front"), &t->scan.front, err) ||
         !(t->front = mem_copy_str(call_str(call, "front"), err)))) {
        call_blame_option(call, "front", err);
        goto fail;
    }
    if (!given) {
        probe.run = open_without(call, t, err);
        if (!probe.run)
            goto fail;
        goto select;
    }
    if (!(t->file = source_text(t->path, "a text a line", err))) {
        call_blame_option(call, "texts", err);
        goto fail;
    }
    t->scan.lines = (struct str){(const char *)t->file->data, t->file->size};
    if (!choose_length(call, t, err))
        goto blame;
    probe.run = scan_first(&t->scan, err);
    if (!probe.run)
        goto blame;
select:
    if (!select_sites(session, call, &probe, SELECT_ALL, &t->sites, err))
        goto fail;
    keep_own_sites(t, probe.run, both);
    run_free(probe.run);
    if (t->sites.n)
        return true;
    probe.run = NULL;
    err_set(err, ERR_ARG, "none of these heads has the text's tokens as its keys");
blame:
    if (err && !err->column)
        call_blame_option(call, "texts", err);
fail:
    run_free(probe.run);
    texts_file_free(t);
    *t = (struct texts_file){0};
    return false;
}

bool texts_file_open(struct session *session, const struct call *call, struct texts_file *out, struct err *err)
{
    return open(session, call, false, out, err);
}

bool texts_file_open_both(struct session *session, const struct call *call, struct texts_file *out, struct err *err)
{
    return open(session, call, true, out, err);
}

void texts_file_free(struct texts_file *texts)
{
    sites_free(&texts->sites);
    source_free(texts->file);
    free(texts->path);
    free(texts->front);
}
