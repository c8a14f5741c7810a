/* Student's distribution, ratios of means and their tests, against SciPy 1.16 (scipy.stats.t) and by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "core/measure/retention.h"

static void near(double got, double want, double relative)
{
    cr_expect(fabs(got - want) <= relative * fabs(want), "%.15g, expected %.15g", got, want);
}

Test(core_retention, tails_of_student_equal_scipy)
{
    near(student_tail(2, 10), 0.03669401738537018, 1e-12);
    near(student_tail(0.5, 3), 0.3257239824240755, 1e-12);
    near(student_tail(-1.3, 31), 0.8984078184317061, 1e-12);
    near(student_tail(12, 7), 3.179155189092549e-06, 1e-10);
    near(student_tail(40, 31), 1.5090709622210297e-28, 1e-9);
    cr_expect_eq(student_tail(INFINITY, 3), 0);
    cr_expect_eq(student_tail(0, 3), 0.5);
}

Test(core_retention, quantiles_equal_scipy)
{
    near(student_quantile(0.05, 31), 1.6955187825458653, 1e-10);
    near(student_quantile(0.025, 3), 3.1824463052837086, 1e-10);
    near(student_quantile(0.95, 10), -1.8124611228116756, 1e-10);
}

/* numpy: x.mean()/y.mean(); the ends are roots of (x̄ − r ȳ)² = t²·var(x − r y)/n. */
Test(core_retention, intervals_end_where_the_one_sided_tests_turn)
{
    const double x[] = {3.1, 4.2, 2.2, 5.0, 3.3, 4.9}, y[] = {4.0, 4.4, 3.1, 5.2, 4.1, 5.5};
    struct retention r;
    retention(x, y, 6, &r);
    near(r.value, 22.7 / 26.3, 1e-12);
    const double ends[] = {r.low, r.high};
    cr_assert(r.low < r.value && r.value < r.high);
    for (int e = 0; e < 2; e++) {
        double mean = 0, square = 0;
        for (int i = 0; i < 6; i++)
            mean += (x[i] - ends[e] * y[i]) / 6;
        for (int i = 0; i < 6; i++)
            square += pow(x[i] - ends[e] * y[i] - mean, 2) / 30;
        near(student_tail(fabs(mean) / sqrt(square), 5), 0.05, 1e-6);
    }
}

Test(core_retention, equal_means_hold_and_do_not_fail)
{
    double x[20], y[20];
    for (int i = 0; i < 20; i++) {
        y[i] = 5 + i % 4;
        x[i] = y[i] + (i % 2 ? 0.3 : -0.3);
    }
    struct retention r;
    retention(x, y, 20, &r);
    cr_expect_lt(r.holds, 1e-6);
    cr_expect_lt(r.holds_wide, r.holds);
    cr_expect_gt(r.fails, 0.99);
}

Test(core_retention, what_grows_beyond_the_margin_does_not_hold)
{
    double x[20], y[20];
    for (int i = 0; i < 20; i++) {
        y[i] = 5 + i % 4;
        x[i] = 1.4 * y[i] + (i % 2 ? 0.1 : -0.1);
    }
    struct retention r;
    retention(x, y, 20, &r);
    cr_expect_gt(r.holds, 0.99);
    cr_expect_lt(r.holds_wide, 0.01);
}

Test(core_retention, nothing_left_fails)
{
    double x[20], y[20];
    for (int i = 0; i < 20; i++) {
        y[i] = 5 + i % 4;
        x[i] = i % 2 ? 0.2 : -0.2;
    }
    struct retention r;
    retention(x, y, 20, &r);
    cr_expect_lt(r.fails, 1e-6);
    cr_expect_gt(r.holds, 0.99);
}

Test(core_retention, a_base_that_is_not_clear_of_zero_has_no_interval)
{
    const double x[] = {1, -1, 2, -2}, y[] = {1, -1.2, 0.8, -0.7};
    struct retention r;
    retention(x, y, 4, &r);
    cr_expect(isinf(r.low) && isinf(r.high));
}

Test(core_retention, pairs_with_a_number_that_is_none_do_not_count)
{
    const double x[] = {2, NAN, 4, 3}, y[] = {4, 100, NAN, 6};
    struct retention r;
    retention(x, y, 4, &r);
    cr_expect_eq(r.texts, 2);
    near(r.value, 0.5, 1e-12);
}

/* t = (3 − 1)/(σ/√n) of 2, 3, 4: σ = 1, t = 2·√3, df 2; P(T > 2√3) = 0.03709… by scipy. */
Test(core_retention, a_mean_is_above_by_students_t)
{
    const double x[] = {2, 3, 4};
    near(mean_above(x, 3, 1), student_tail(2 * sqrt(3), 2), 1e-12);
    cr_expect_eq(mean_above(x, 1, 1), 1, "one text says nothing");
}
