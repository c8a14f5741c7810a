/* Options of a configuration that are refused by name. */
#ifndef GAZE_TESTS_SUPPORT_REFUSAL_H
#define GAZE_TESTS_SUPPORT_REFUSAL_H

/* A case of tests/data/golden with the first text `old` of its config.json put in the place of `new`: loading it must fail with
 * an error that holds `says`. */
void expect_refusal(const char *folder, const char *old, const char *new, const char *says);

#endif
