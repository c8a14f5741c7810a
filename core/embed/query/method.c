/* How questions are scored.
 *
 * 3CosAdd (Mikolov, Yih, Zweig 2013): cos(x, mean of the signed unit vectors). 3CosMul (Levy, Goldberg 2014, eq. 4): the
 * product of (1 + cos)/2 of the words added over that of those taken away + 1e-6. PairDirection (Levy, Goldberg 2014, eq. 2):
 * for b − a + c, cos(x − c, b − a). */
#include <math.h>
#include <string.h>

#include "core/embed/query/query.h"
#include "core/embed/query/sketch.h"

static const double small = 1e-6;

/* False where nothing but the rounding of unit vectors is left. */
static bool normalise(float *v, size_t E)
{
    double norm = sqrt(dot_exact(v, v, E));
    for (size_t d = 0; d < E; d++)
        v[d] = norm > 0 ? (float)((double)v[d] / norm) : 0;
    return norm > 1e-6;
}

/* ---- 3CosAdd ---- */

static size_t add_directions(const struct query_term *terms, size_t n, size_t E, float *out)
{
    for (size_t d = 0; d < E; d++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += terms[i].negative ? -(double)terms[i].unit[d] : (double)terms[i].unit[d];
        out[d] = (float)(sum / (double)n);
    }
    return normalise(out, E);
}

static double add_score(const struct query_term *terms, size_t n, const double *dots, double constant)
{
    (void)terms, (void)n, (void)constant;
    return dots[0];
}

static void add_bounds(const struct query_term *terms, size_t n, size_t rows, const float *dots, const float *slack,
                       double constant, float *lower, float *upper)
{
    (void)terms, (void)n, (void)constant;
    for (size_t i = 0; i < rows; i++) {
        lower[i] = dots[i] - slack[i];
        upper[i] = dots[i] + slack[i];
    }
}

/* ---- 3CosMul ---- */

static size_t multiply_directions(const struct query_term *terms, size_t n, size_t E, float *out)
{
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * E, terms[i].unit, E * sizeof *out);
    return n;
}

static double shifted(double cosine)
{
    return fmax((1 + cosine) / 2, 0);
}

static double multiply_score(const struct query_term *terms, size_t n, const double *dots, double constant)
{
    double above = 1, below = 1;
    (void)constant;
    for (size_t i = 0; i < n; i++)
        *(terms[i].negative ? &below : &above) *= shifted(dots[i]);
    return above / (below + small);
}

/* In float; a hundred-thousandth of the score is more than its rounding. */
static void multiply_bounds(const struct query_term *terms, size_t n, size_t rows, const float *dots, const float *slack,
                            double constant, float *lower, float *upper)
{
    (void)constant;
    for (size_t r = 0; r < rows; r++) {
        float most[2] = {1, 1}, least[2] = {1, 1}; /* of the words added, of those taken away */
        for (size_t i = 0; i < n; i++) {
            float middle = 0.5f + 0.5f * dots[i * rows + r], within = 0.5f * slack[i * rows + r], low = middle - within;
            most[terms[i].negative] *= middle + within;
            least[terms[i].negative] *= low > 0 ? low : 0;
        }
        upper[r] = most[0] / (least[1] + 1e-6f) * (1 + 1e-5f);
        lower[r] = least[0] / (most[1] + 1e-6f) * (1 - 1e-5f);
    }
}

/* ---- PairDirection ---- */

/* b stands before a, c is the last: king - man + woman. */
static size_t pair_directions(const struct query_term *terms, size_t n, size_t E, float *out)
{
    const float *a = NULL, *b = NULL, *c = NULL;
    for (size_t i = 0; i < n; i++) {
        if (terms[i].negative)
            a = terms[i].unit;
        else if (!b)
            b = terms[i].unit;
        else
            c = terms[i].unit;
    }
    for (size_t d = 0; d < E; d++)
        out[d] = b[d] - a[d];
    memcpy(out + E, c, E * sizeof *out);
    return normalise(out, E) ? 2 : 0;
}

static double pair_constant(const struct query_term *terms, size_t n, size_t E)
{
    const float *a = NULL, *b = NULL, *c = NULL;
    double dot = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        if (terms[i].negative)
            a = terms[i].unit;
        else if (!b)
            b = terms[i].unit;
        else
            c = terms[i].unit;
    }
    for (size_t d = 0; d < E; d++) {
        double difference = (double)b[d] - (double)a[d];
        dot += difference * (double)c[d];
        square += difference * difference;
    }
    return square > 0 ? dot / sqrt(square) : 0;
}

/* (x·d − c·d) / ‖x − c‖ for unit x and c; 0 where they are the same. */
static double pair_score(const struct query_term *terms, size_t n, const double *dots, double constant)
{
    double square = 2 - 2 * dots[1];
    (void)terms, (void)n;
    return square > 1e-12 ? (dots[0] - constant) / sqrt(square) : 0;
}

static void pair_bounds(const struct query_term *terms, size_t n, size_t rows, const float *dots, const float *slack,
                        double constant, float *lower, float *upper)
{
    (void)terms, (void)n;
    for (size_t r = 0; r < rows; r++) {
        double s = (double)slack[r], t = (double)slack[rows + r];
        double most = (double)dots[r] + s - constant, least = (double)dots[r] - s - constant;
        double far = sqrt(fmax(2 - 2 * ((double)dots[rows + r] - t), 0)),
               near = sqrt(fmax(2 - 2 * ((double)dots[rows + r] + t), 0));
        double top = most > 0 ? (near > 0 ? most / near : 1) : most / fmax(far, 1e-6);
        double bottom = least > 0 ? least / fmax(far, 1e-6) : (near > 0 ? least / near : -1);
        upper[r] = (float)fmin(top + 1e-6, 1.00001);
        lower[r] = (float)fmax(bottom - 1e-6, -1.00001);
    }
}

static const struct query_method add = {
    .name = "3cosadd",
    .summary = "the word nearest to the sum",
    .source = "Mikolov, Yih, Zweig 2013",
    .directions = add_directions,
    .score = add_score,
    .bounds = add_bounds,
};
static const struct query_method multiply = {
    .name = "3cosmul",
    .summary = "near to each word added, far from each taken away",
    .source = "Levy, Goldberg 2014, equation 4",
    .directions = multiply_directions,
    .score = multiply_score,
    .bounds = multiply_bounds,
};
static const struct query_method pair_direction = {
    .name = "pairdirection",
    .summary = "the word whose direction from the third is that of the pair",
    .source = "Levy, Goldberg 2014, equation 2",
    .pair = true,
    .directions = pair_directions,
    .score = pair_score,
    .bounds = pair_bounds,
    .constant = pair_constant,
};
const struct query_method *const query_methods[] = {&add, &multiply, &pair_direction, NULL};

const struct query_method *query_method_named(struct str name)
{
    for (size_t i = 0; query_methods[i]; i++)
        if (str_is(name, query_methods[i]->name))
            return query_methods[i];
    return NULL;
}
