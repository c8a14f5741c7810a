/* Mass on full stops and commas (Clark et al. 2019). */
#include "core/measure/measure.h"

static bool is_punctuation(const struct run *run, const struct token *token)
{
    struct buf text = {0};
    if (run->model->tokenizer)
        tokenizer_display(run->model->tokenizer, token->id, &text);
    else
        buf_str(&text, token->string);
    bool yes = str_is(buf_view(&text), ".") || str_is(buf_view(&text), ",");
    buf_free(&text);
    return yes && !token->special_id;
}

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    const struct attention *a = input->attention;
    double sum = 0;
    for (size_t j = 0; j < a->Tk; j++) {
        if (!is_punctuation(input->run, &a->keys->texts[a->text].tokens[j]))
            continue;
        for (size_t i = 0; i < a->Tq; i++)
            sum += input->probs[i * a->Tk + j];
    }
    *out = sum / (double)a->Tq;
    return true;
}

extern const struct measure measure_punctuation;
const struct measure measure_punctuation = {
    .name = "punctuation",
    .label = "mass to . and ,",
    .formula = "(1/n)·Σ_i Σ_{j is . or ,} A_ij",
    .source = "Clark et al. 2019, arXiv 1906.04341",
    .descending = true,
    .costly = true,
    .value = value,
};
