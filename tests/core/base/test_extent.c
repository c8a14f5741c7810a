/* The range of finite values: beside a plain loop, for every length about the lanes that are taken at once. */
#include <criterion/criterion.h>
#include <math.h>

#include "core/base/extent.h"
#include "tests/support/scratch.h"

Test(extent, is_that_of_a_plain_loop_wherever_values_that_are_not_finite_stand)
{
    enum { MOST = 70 };
    static const float odd[] = {NAN, INFINITY, -INFINITY, -NAN};
    unsigned long long state = 3;
    for (size_t n = 0; n <= MOST; n++)
        for (int sparse = 0; sparse < 3; sparse++) { /* no odd value, some, nearly all */
            float v[MOST + 1];
            struct extent e = EXTENT_NONE;
            float lo = INFINITY, hi = -INFINITY;
            size_t finite = 0;
            for (size_t i = 0; i < n; i++) {
                bool is_odd = sparse == 1 ? draw(&state, 4) == 0 : sparse == 2 && draw(&state, 16) != 0;
                v[i] = is_odd ? odd[draw(&state, 4)] : (float)draw(&state, 2000) - 1000;
                if (is_odd)
                    continue;
                lo = v[i] < lo ? v[i] : lo;
                hi = v[i] > hi ? v[i] : hi;
                finite++;
            }
            size_t half = n / 3; /* in two parts */
            extent_add(&e, v, half);
            extent_add(&e, v + half, n - half);
            cr_expect(e.lo == lo && e.hi == hi && e.n == finite, "%zu values: %g … %g, %zu", n, (double)e.lo, (double)e.hi, e.n);
        }
}
