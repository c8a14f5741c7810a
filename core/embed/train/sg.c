/* Skip-gram: every word around a position against the word there, each with negative samples of its own. */
#include "core/embed/train/worker.h"

static void sentence(struct worker *w, const uint32_t *words, size_t n, float rate)
{
    for (size_t i = 0; i < n; i++) {
        worker_approach(w, words, n, i);
        size_t reach = worker_reach(w);
        size_t begin = i > reach ? i - reach : 0, end = i + reach + 1 < n ? i + reach + 1 : n;
        for (size_t j = begin; j < end; j++) {
            if (j == i)
                continue;
            struct train_step *step = worker_step(w);
            step->n_in = 1;
            step->in[0] = worker_in(w, words[j]);
            step->share = 1;
            worker_push(w, step, words[i], rate);
        }
    }
}

extern const struct trainer trainer_sg;
const struct trainer trainer_sg = {
    .name = "sg",
    .summary = "skip-gram",
    .source = "Mikolov et al. 2013 (arXiv:1301.3781, arXiv:1310.4546)",
    .alpha = 0.025,
    .sentence = sentence,
};
