/* What the enhanced mask decoder of a DeBERTa is worth: emd MODEL SENTENCES [SEED]
 *
 * In every line of SENTENCES each token of the text is masked with probability .15, at least one: the mask token takes its
 * place. One pass gives both predictions: the head behind the decoder's two passes, and the same head on the plain last layer.
 * Accuracy: how often the most probable token is the right one. Loss: the mean of -ln p(right token), in nats.
 * The masks follow from SEED (1) alone: SplitMix64, a number a token in order; a line in which none fell draws one more.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/lines.h"
#include "core/base/random.h"
#include "core/forward.h"

enum { DECODER, PLAIN, WAYS };

struct sums {
    size_t sentences, masked, right[WAYS], only[WAYS]; /* only: right this way and wrong the other */
    double loss[WAYS], gain, gain_squares;             /* gain: over sentences, the plain layer's mean loss minus the decoder's */
};

struct masks {
    size_t n, *rows;
    int32_t *ids; /* what stood there */
};

static bool masks_draw(const struct encoding *text, uint64_t *random, struct masks *out, struct err *err)
{
    size_t *ordinary = arena_alloc(text->arena, text->n, sizeof *ordinary, "the tokens of the text", err), n = 0;
    out->rows = arena_alloc(text->arena, text->n, sizeof *out->rows, "the masks", err);
    out->ids = arena_alloc(text->arena, text->n, sizeof *out->ids, "the masks", err);
    out->n = 0;
    if (!ordinary || !out->rows || !out->ids)
        return false;
    for (size_t i = 0; i < text->n; i++)
        if (!text->tokens[i].special_id)
            ordinary[n++] = i;
    for (size_t i = 0; i < n; i++)
        if (random_unit(random_next(random)) < .15f)
            out->rows[out->n++] = ordinary[i];
    if (n && !out->n)
        out->rows[out->n++] = ordinary[random_below((uint32_t)(random_next(random) >> 32), (uint32_t)n)];
    for (size_t i = 0; i < out->n; i++)
        out->ids[i] = text->tokens[out->rows[i]].id;
    return true;
}

/* -ln p(right) of one row of logits. */
static double loss_of(const float *logits, size_t V, int32_t right, bool *first_out)
{
    size_t best = 0;
    double sum = 0;
    for (size_t id = 1; id < V; id++)
        best = logits[id] > logits[best] ? id : best;
    for (size_t id = 0; id < V; id++)
        sum += exp((double)logits[id] - (double)logits[best]);
    *first_out = best == (size_t)right;
    return log(sum) + (double)logits[best] - (double)logits[right];
}

static bool add_run(const struct run *run, const struct masks *masks, struct sums *sums, struct err *err)
{
    const struct output_head *heads[WAYS] = {run_vocabulary_head(run, true), run_vocabulary_head(run, false)};
    if (!heads[DECODER] || heads[DECODER]->stack != STACK_EMD)
        return err_set(err, ERR_NOT_FOUND, "%s has no enhanced mask decoder for a text of %zu tokens", run->model->name,
                       run->tokens->rows);
    size_t V = heads[DECODER]->width(run->model);
    float *logits = arena_alloc(run->arena, V, sizeof *logits, "the logits", err);
    double gain = 0;
    for (size_t i = 0; logits && i < masks->n; i++) {
        bool right[WAYS];
        for (int way = 0; way < WAYS; way++) {
            if (!run_logits(run, heads[way], 0, &masks->rows[i], 1, logits, err))
                return false;
            double loss = loss_of(logits, V, masks->ids[i], &right[way]);
            sums->loss[way] += loss;
            sums->right[way] += right[way];
            gain += way == PLAIN ? loss : -loss;
        }
        sums->only[DECODER] += right[DECODER] && !right[PLAIN];
        sums->only[PLAIN] += right[PLAIN] && !right[DECODER];
    }
    gain /= (double)masks->n;
    sums->sentences++;
    sums->masked += masks->n;
    sums->gain += gain;
    sums->gain_squares += gain * gain;
    return logits;
}

static bool add_line(struct model *model, struct str line, uint64_t *random, struct sums *sums, struct err *err)
{
    struct encoding text = {0};
    struct masks masks = {0};
    int32_t mask = tokenizer_role(model->tokenizer, "mask");
    if (!tokenizer_encode(model->tokenizer, line, NULL, 0, &text, err) || !masks_draw(&text, random, &masks, err) || !masks.n) {
        encoding_free(&text);
        return err->code == ERR_NONE; /* an empty line */
    }
    for (size_t i = 0; i < masks.n; i++)
        text.tokens[masks.rows[i]].id = mask;
    struct run *run = run_one(model, &text, NULL, err); /* takes the text; the masks lie in its arena, as long as the run */
    bool good = run && add_run(run, &masks, sums, err);
    run_free(run);
    return good;
}

static void print(const struct sums *sums)
{
    static const char *const names[WAYS] = {"with the enhanced mask decoder", "plain last layer"};
    double n = (double)sums->sentences, mean = sums->gain / n;
    double error = sqrt((sums->gain_squares / n - mean * mean) / (n - 1));
    printf("%zu sentences, %zu masked tokens\n%-30s  accuracy  loss (nats)\n", sums->sentences, sums->masked, "");
    for (int way = 0; way < WAYS; way++)
        printf("%-30s  %6.1f %%  %11.3f\n", names[way], 100 * (double)sums->right[way] / (double)sums->masked,
               sums->loss[way] / (double)sums->masked);
    printf("right with it alone %zu, right without it alone %zu\n", sums->only[DECODER], sums->only[PLAIN]);
    printf("loss saved a sentence, mean and standard error: %.3f +- %.3f\n", mean, error);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct sums sums = {0};
    struct str line;
    bool end = false;
    if (argc != 3 && argc != 4)
        return fprintf(stderr, "usage: emd FOLDER SENTENCES [SEED]\n"), 2;
    uint64_t random = argc == 4 ? strtoull(argv[3], NULL, 10) : 1;
    struct model *model = model_load(argv[1], NULL, &err);
    struct lines *lines = model ? lines_open(argv[2], "sentences", &err) : NULL;
    bool good = lines && ((model->tokenizer && tokenizer_role(model->tokenizer, "mask") >= 0) ||
                          err_set(&err, ERR_NOT_FOUND, "%s names no mask token", argv[1]));
    while (good && (good = lines_next(lines, &line, &end, &err)) && !end)
        good = add_line(model, line, &random, &sums, &err);
    if (good && sums.sentences > 1)
        print(&sums);
    else
        fprintf(stderr, "%s\n", good ? "two sentences are needed at least" : err.message);
    lines_free(lines);
    model_free(model);
    return good ? 0 : 1;
}
