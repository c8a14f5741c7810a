/* The models of the golden cases. */
#ifndef GAZE_TESTS_SUPPORT_GOLDEN_H
#define GAZE_TESTS_SUPPORT_GOLDEN_H

struct model;

/* The model of a case of tests/data/golden; the test fails where it does not load. model_free. */
struct model *golden_model(const char *name);

#endif
