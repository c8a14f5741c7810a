/* Rotary positions and their scalings, as transformers computes them (float32 where it does). See rope.h.
 *
 *   θ_i = base^(−2i/r), r the numbers of a head that turn; angle = position·θ_i
 *   linear (Chen 2023): θ/factor        dynamic: base grows with the text beyond max_position_embeddings
 *   llama3: long waves θ/factor, short ones θ, between them in between        yarn (Peng 2023): the same over dimensions
 *   longrope (Ding 2024): θ/factor_i, short or long by the text's length; yarn and longrope scale cos and sin as well */
#include "core/arch/rope.h"

#include <math.h>
#include <string.h>

#include "core/base/json.h"

struct rope_kind {
    const char *names; /* rope_type, `|`-separated */
    /* inverse [half] for a text of T tokens; returns what cos and sin are multiplied by. */
    float (*make)(const struct rope *rope, size_t T, float *inverse);
    bool by_length; /* on which they depend, beyond a text of `positions` (dynamic) or of `original` tokens (longrope) */
};

static double number(const struct rope *rope, const char *key, double fallback)
{
    double value = json_number(json_get(rope->scaling, key), fallback);
    return value != 0 ? value : fallback;
}

static void frequencies(float base, size_t turned, float *inverse)
{
    for (size_t i = 0; i < turned / 2; i++)
        inverse[i] = 1.0f / powf(base, (float)(2 * i) / (float)turned);
}

static float make_default(const struct rope *rope, size_t T, float *inverse)
{
    (void)T;
    frequencies(rope->base, rope->turned, inverse);
    return 1;
}

static float make_linear(const struct rope *rope, size_t T, float *inverse)
{
    (void)T;
    frequencies(rope->base, rope->turned, inverse);
    for (size_t i = 0; i < rope->turned / 2; i++)
        inverse[i] /= (float)number(rope, "factor", 1);
    return 1;
}

static float make_dynamic(const struct rope *rope, size_t T, float *inverse)
{
    double most = (double)rope->positions, length = T > rope->positions ? (double)T : most, dim = (double)rope->turned;
    double factor = number(rope, "factor", 1);
    double base = rope->base * pow(factor * length / most - (factor - 1), dim / (dim - 2));
    frequencies((float)base, rope->turned, inverse);
    return 1;
}

static float make_llama3(const struct rope *rope, size_t T, float *inverse)
{
    float factor = (float)number(rope, "factor", 1), low = (float)number(rope, "low_freq_factor", 1);
    float high = (float)number(rope, "high_freq_factor", 4), context = (float)rope->original;
    (void)T;
    frequencies(rope->base, rope->turned, inverse);
    for (size_t i = 0; i < rope->turned / 2; i++) {
        float wave = (float)(2 * M_PI) / inverse[i];
        if (wave < context / high)
            continue;
        if (wave > context / low) {
            inverse[i] /= factor;
            continue;
        }
        float smooth = (context / wave - low) / (high - low);
        inverse[i] = (1 - smooth) * inverse[i] / factor + smooth * inverse[i];
    }
    return 1;
}

static double mscale(double factor, double by)
{
    return factor <= 1 ? 1 : 0.1 * by * log(factor) + 1;
}

/* The dimension that makes so many rotations within the original context. */
static double correction(const struct rope *rope, double rotations)
{
    return (double)rope->turned * log((double)rope->original / (rotations * 2 * M_PI)) / (2 * log(rope->base));
}

static float make_yarn(const struct rope *rope, size_t T, float *inverse)
{
    double factor = number(rope, "factor", 1), by = json_number(json_get(rope->scaling, "mscale"), 0);
    double by_all = json_number(json_get(rope->scaling, "mscale_all_dim"), 0);
    double low = correction(rope, number(rope, "beta_fast", 32)), high = correction(rope, number(rope, "beta_slow", 1));
    (void)T;
    if (json_bool(json_get(rope->scaling, "truncate"), true)) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0);
    high = fmin(high, (double)rope->turned - 1);
    if (low == high)
        high += 0.001;
    for (size_t i = 0; i < rope->turned / 2; i++) {
        float wave = powf(rope->base, (float)(2 * i) / (float)rope->turned);
        float ramp = fminf(1, fmaxf(0, ((float)i - (float)low) / (float)(high - low)));
        float stays = 1 - ramp;
        inverse[i] = 1.0f / ((float)factor * wave) * (1 - stays) + 1.0f / wave * stays;
    }
    double fallback = by != 0 && by_all != 0 ? mscale(factor, by) / mscale(factor, by_all) : mscale(factor, 1);
    return (float)json_number(json_get(rope->scaling, "attention_factor"), fallback);
}

static float make_longrope(const struct rope *rope, size_t T, float *inverse)
{
    const struct json *factors = json_get(rope->scaling, T > rope->original ? "long_factor" : "short_factor");
    double factor =
        rope->original < rope->positions ? (double)rope->positions / (double)rope->original : number(rope, "factor", 1);
    for (size_t i = 0; i < rope->turned / 2; i++) {
        float wave = powf(rope->base, (float)(2 * i) / (float)rope->turned);
        inverse[i] = 1.0f / ((float)json_number(json_at(factors, i), 1) * wave);
    }
    double fallback = factor <= 1 ? 1 : sqrt(1 + log(factor) / log((double)rope->original));
    return (float)json_number(json_get(rope->scaling, "attention_factor"), fallback);
}

static const struct rope_kind kinds[] = {
    {"default", make_default, false}, {"linear", make_linear, false}, {"dynamic", make_dynamic, true},
    {"llama3", make_llama3, false},   {"yarn", make_yarn, false},     {"longrope|su", make_longrope, true},
};

struct rope rope_plain(float base, size_t turned, enum rotary_pairs pairs)
{
    return (struct rope){.turned = turned, .pairs = pairs, .base = base, .kind = &kinds[0]};
}

/* Where the pretraining ended: yarn and llama3 say so themselves, longrope at the top level. Newer files keep all of it in
 * rope_parameters. */
static size_t original_of(const struct model *model, const struct rope *rope, const struct json *scaling)
{
    static const char *const key = "original_max_position_embeddings";
    bool newer = scaling && !json_is_object(json_get(model->config, "rope_scaling")), outer = rope->kind->make == make_longrope;
    double own = json_number(json_get(scaling, key), 0), top = json_number(json_get(model->config, key), 0);
    double original = outer ? top : own;
    if (newer && !(original >= 1))
        original = outer ? own : top;
    return original >= 1 ? (size_t)original : rope->positions;
}

/* longrope needs a factor for each pair. */
static bool check_factors(const struct model *model, const struct rope *rope, struct err *err)
{
    static const char *const keys[] = {"short_factor", "long_factor"};
    for (size_t i = 0; i < 2; i++)
        if (rope->kind->make == make_longrope && json_count(json_get(rope->scaling, keys[i])) != rope->turned / 2)
            return err_set(err, ERR_FORMAT, "%s/config.json: rope_scaling.%s has %zu numbers, %zu are needed", model->folder,
                           keys[i], json_count(json_get(rope->scaling, keys[i])), rope->turned / 2);
    return true;
}

/* What describes the positions of layers of a kind. */
static const struct json *scaling_of(const struct model *model, const char *layers)
{
    const struct json *scaling = json_get(model->config, "rope_scaling");
    if (!json_is_object(scaling))
        scaling = json_get(model->config, "rope_parameters");
    if (layers && json_is_object(json_get(scaling, layers)))
        scaling = json_get(scaling, layers);
    return json_is_object(scaling) ? scaling : NULL;
}

double rope_parameter(const struct model *model, const char *layers, const char *key)
{
    return json_number(json_get(scaling_of(model, layers), key), NAN);
}

bool rope_read(const struct model *model, float base, size_t turned, enum rotary_pairs pairs, struct rope *out, struct err *err)
{
    return rope_read_of(model, NULL, base, turned, pairs, out, err);
}

bool rope_read_of(const struct model *model, const char *layers, float base, size_t turned, enum rotary_pairs pairs,
                  struct rope *out, struct err *err)
{
    const struct json *config = model->config, *scaling = scaling_of(model, layers);
    double theta = json_number(json_get(scaling, "rope_theta"), json_number(json_get(config, "rope_theta"), 10000));
    struct str type = json_str(json_get(scaling, "rope_type"), NULL);
    if (!type.n)
        type = json_str(json_get(scaling, "type"), "default");
    *out = rope_plain(base > 0 ? base : (float)theta, turned, pairs);
    out->kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (names_include(kinds[i].names, type))
            out->kind = &kinds[i];
    if (!out->kind)
        return err_set(err, ERR_UNSUPPORTED,
                       "%s/config.json: rope_scaling of type \"%.*s\" is not read (default, linear, dynamic, "
                       "llama3, yarn, longrope are)",
                       model->folder, STR_ARGS(type));
    if (turned % 2 || (turned && (turned < 2 || !(out->base > 0))))
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu numbers of a head cannot turn about base %g", model->folder, turned,
                       (double)out->base);
    double usual = model->dim['P'] ? (double)model->dim['P'] : 2048; /* of the class */
    out->scaling = scaling;
    out->positions = (size_t)fmax(1, json_number(json_get(config, "max_position_embeddings"), usual));
    out->original = original_of(model, out, scaling);
    return check_factors(model, out, err);
}

struct rope_tables rope_make(struct pass *pass, const struct rope *rope)
{
    size_t half = rope->turned / 2;
    const struct tokens *tokens = pass->tokens;
    float *cosines = pass_alloc(pass, pass->rows * half, sizeof *cosines),
          *sines = pass_alloc(pass, pass->rows * half, sizeof *sines);
    float *inverse = pass_alloc(pass, half, sizeof *inverse);
    if (rope->kind->by_length || rope->factors[0] != rope->factors[1])
        pass_whole(pass);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        size_t T = pass_before(pass) + tokens_length(tokens, t);
        float factor = rope->kind->make(rope, T, inverse), own = rope->factors[T > rope->original];
        if (rope->inverse)
            memcpy(inverse, rope->inverse, half * sizeof *inverse);
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++)
            for (size_t i = 0; i < half; i++) {
                float angle = (float)tokens->positions[r] * inverse[i];
                cosines[r * half + i] = cosf(angle) * (own > 0 ? own : factor);
                sines[r * half + i] = sinf(angle) * (own > 0 ? own : factor);
            }
    }
    return (struct rope_tables){rope, cosines, sines};
}

void rope_turn(struct pass *pass, const struct rope_tables *tables, struct strided view, size_t heads)
{
    if (pass_ok(pass))
        op_rotate(view.data, pass->rows, view.row, heads, view.step, tables->cos, tables->sin, tables->rope->turned / 2,
                  tables->rope->pairs);
}
