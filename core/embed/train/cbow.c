/* Continuous bag of words: the mean of the words around a position against the word there. */
#include "core/embed/train/worker.h"

static void sentence(struct worker *w, const uint32_t *words, size_t n, float rate)
{
    bool classic = w->training->options.classic;
    for (size_t i = 0; i < n; i++) {
        worker_approach(w, words, n, i);
        size_t reach = worker_reach(w);
        size_t begin = i > reach ? i - reach : 0, end = i + reach + 1 < n ? i + reach + 1 : n;
        if (end - begin < 2)
            continue;
        struct train_step *step = worker_step(w);
        step->n_in = 0;
        for (size_t j = begin; j < end; j++)
            if (j != i)
                step->in[step->n_in++] = worker_in(w, words[j]);
        step->share = classic ? 1 : 1 / (float)step->n_in;
        worker_push(w, step, words[i], rate);
    }
}

extern const struct trainer trainer_cbow;
const struct trainer trainer_cbow = {
    .name = "cbow",
    .summary = "continuous bag of words",
    .source = "Mikolov et al. 2013 (arXiv:1301.3781, arXiv:1310.4546); the corrected update: İrsoy, Benton and Stratos 2020, "
              "\"Corrected CBOW Performs as well as Skip-gram\" (arXiv:2012.15332)",
    .alpha = 0.075,
    .alpha_classic = 0.05,
    .sentence = sentence,
};
