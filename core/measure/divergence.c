/* See divergence.h. */
#include "core/measure/divergence.h"

#include <math.h>

double divergence_term(double p, double q)
{
    double sum = 0, both = p + q;
    if (p > 0)
        sum += 0.5 * p * log(2 * p / both);
    if (q > 0)
        sum += 0.5 * q * log(2 * q / both);
    return sum;
}
