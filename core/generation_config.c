/* What a checkpoint says of generation: generation_config.json, else the keys of that kind that older ones have in config.json.
 * The ids that end a text are taken; all else that would change what transformers gives is listed, for it is not applied. */
#include <math.h>
#include <stdlib.h>

#include "core/base/file.h"
#include "core/generate.h"

/* Keys that change what is generated, with the value that changes nothing; NAN: any value but null, false and [] does. */
static const struct {
    const char *key;
    double neutral;
} keys[] = {
    {"forced_bos_token_id", NAN},
    {"forced_eos_token_id", NAN},
    {"forced_decoder_ids", NAN},
    {"suppress_tokens", NAN},
    {"begin_suppress_tokens", NAN},
    {"bad_words_ids", NAN},
    {"force_words_ids", NAN},
    {"constraints", NAN},
    {"sequence_bias", NAN},
    {"num_beams", 1},
    {"num_beam_groups", 1},
    {"diversity_penalty", 0},
    {"length_penalty", 1},
    {"early_stopping", NAN},
    {"no_repeat_ngram_size", 0},
    {"encoder_no_repeat_ngram_size", 0},
    {"repetition_penalty", 1},
    {"encoder_repetition_penalty", 1},
    {"exponential_decay_length_penalty", NAN},
    {"min_length", 0},
    {"min_new_tokens", 0},
    {"max_new_tokens", NAN},
    {"max_length", 20},
    {"max_time", NAN},
    {"stop_strings", NAN},
    {"renormalize_logits", NAN},
    {"remove_invalid_values", NAN},
    {"penalty_alpha", 0},
    {"dola_layers", NAN},
    {"guidance_scale", 1},
    {"watermarking_config", NAN},
    {"assistant_early_exit", NAN},
    {"prompt_lookup_num_tokens", NAN},
    {"do_sample", NAN},
};
/* Those that matter where it samples alone. */
static const struct {
    const char *key;
    double neutral;
} sampling_keys[] = {{"temperature", 1}, {"top_k", 50},         {"top_p", 1},      {"min_p", 0},
                     {"typical_p", 1},   {"epsilon_cutoff", 0}, {"eta_cutoff", 0}, {"top_h", 0}};

static bool changes(const struct json *value, double neutral)
{
    if (!value || json_is_null(value) || (json_is_array(value) && json_count(value) == 0))
        return false;
    if (json_is_bool(value))
        return json_bool(value, false);
    return !json_is_number(value) || json_number(value, 0) != neutral;
}

static void add(const struct json *config, const char *key, double neutral, struct buf *out)
{
    const struct json *value = json_get(config, key);
    if (!changes(value, neutral))
        return;
    buf_printf(out, "%s%s", out->n ? ", " : "", key);
    if (json_is_number(value))
        buf_printf(out, "=%g", json_number(value, 0));
    else if (json_is_bool(value))
        buf_puts(out, "=true");
}

static void list_unapplied(const struct model *model, const struct json *config, struct buf *out)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(config, keys[i].key, keys[i].neutral, out);
    for (size_t i = 0; json_bool(json_get(config, "do_sample"), false) && i < sizeof sampling_keys / sizeof *sampling_keys; i++)
        add(config, sampling_keys[i].key, sampling_keys[i].neutral, out);
    if (model->stacks[STACK_DECODER].layers)
        add(config, "decoder_start_token_id", (double)model->start_token, out);
}

static size_t add_end(const struct json *value, int32_t *out)
{
    double id = json_number(value, -1);
    if (!(id >= 0 && id <= INT32_MAX))
        return 0;
    *out = (int32_t)id;
    return 1;
}

static size_t read_ends(const struct json *value, int32_t *out, size_t most)
{
    size_t n = most ? add_end(value, out) : 0;
    for (size_t i = 0; n < most && i < json_count(value); i++)
        n += add_end(json_at(value, i), out + n);
    return n;
}

bool generate_ends(const struct model *model, int32_t *out, size_t most, size_t *n, struct buf *unapplied, struct err *err)
{
    char *path = model->folder ? path_join(model->folder, "generation_config.json", err) : NULL;
    struct json *own = NULL;
    *n = 0;
    if (model->folder && !path)
        return false;
    if (path && file_exists(path) && !(own = json_load(path, 0, err))) {
        free(path);
        return false;
    }
    free(path);
    *n = read_ends(json_get(own, "eos_token_id"), out, most);
    if (!*n)
        *n = read_ends(json_get(model->config, "eos_token_id"), out, most);
    list_unapplied(model, own ? own : model->config, unapplied);
    json_free(own);
    return buf_ok(unapplied, err);
}
