/* Arrays that NumPy saved: .npz, a zip of .npy members, stored or deflated; or one .npy. No format of weights: load never takes
 * one for a model's. */
#ifndef GAZE_CORE_WEIGHTS_NPZ_H
#define GAZE_CORE_WEIGHTS_NPZ_H

#include "core/weights/weights.h"

/* For weights_open_as. A member "attn.0.npy" is tensor attn.0, a lone .npy is arr_0. Arrays of text are stand-ins, what they hold
 * as a JSON list; those of other kinds (objects, big-endian numbers) stand-ins that name it. In C order, whatever the file's;
 * more axes than TENSOR_RANK lose those of length 1. Errors: zip.h's, and a header, size or checksum that is not as NumPy writes
 * it. */
extern const struct weights_format weights_npz;

#endif
