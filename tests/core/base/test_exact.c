/* Sums that are the same in any order. */
#include <criterion/criterion.h>

#include "core/base/exact.h"
#include "core/base/random.h"

enum { N = 4000 };

/* Numbers of very different magnitudes and both signs. */
static void fill(double *x)
{
    uint64_t state = 7;
    for (size_t i = 0; i < N; i++)
        x[i] = ldexp((double)(int64_t)random_next(&state) * 0x1p-63, (int)random_below((uint32_t)random_next(&state), 60) - 40);
}

static bool same(struct exact a, struct exact b)
{
    return a.low == b.low && a.high == b.high;
}

Test(exact, any_order_and_any_split_give_the_same_bits)
{
    double x[N];
    struct exact forward = {0}, backward = {0}, parts[3] = {{0}}, joined = {0};
    fill(x);
    for (size_t i = 0; i < N; i++) {
        cr_assert(exact_add(&forward, x[i]));
        cr_assert(exact_add(&backward, x[N - 1 - i]));
        cr_assert(exact_add(&parts[i % 7 % 3], x[i]));
    }
    exact_merge(&joined, parts[2]);
    exact_merge(&joined, parts[0]);
    exact_merge(&joined, parts[1]);
    cr_expect(same(forward, backward), "backwards");
    cr_expect(same(forward, joined), "in three parts");
    long double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += x[i];
    cr_expect(fabs(exact_value(forward) - (double)sum) < 1e-12, "%.17g, not %.17g", exact_value(forward), (double)sum);
}

Test(exact, numbers_come_back_as_they_went_in)
{
    static const double x[] = {0, 1, -1, 0.5, -0.5, 0.1, -0.1, 1e-15, -1e-15, 4503599627370495.0, -4503599627370495.0, -0x1p-64, 0x1p-64};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        struct exact sum = {0};
        cr_assert(exact_add(&sum, x[i]));
        cr_expect(fabs(exact_value(sum) - x[i]) <= 0x1p-64, "%.17g came back as %.17g", x[i], exact_value(sum));
    }
}

Test(exact, what_is_not_finite_or_too_large_is_not_added)
{
    static const double x[] = {NAN, INFINITY, -INFINITY, EXACT_MOST, -EXACT_MOST, 1e300};
    struct exact sum = {0};
    cr_assert(exact_add(&sum, 2.25));
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        cr_expect(!exact_add(&sum, x[i]), "%g", x[i]);
    cr_expect_eq(exact_value(sum), 2.25);
}
