/* The grids from which IQ types draw: row i's numbers, the first in the lowest bits. */
#ifndef GAZE_CORE_WEIGHTS_BLOCKS_GRIDS_H
#define GAZE_CORE_WEIGHTS_BLOCKS_GRIDS_H

#include <stdint.h>

extern const uint16_t grid_iq2_xxs[256], grid_iq2_xs[512], grid_iq2_s[1024]; /* eight × two bits: 8, 25, 43 */
extern const uint16_t grid_iq3_xxs[256];                                     /* four × three bits: 4, 12, … 52, 62 */
extern const uint16_t grid_iq3_s[512];                                       /* four × three bits: 1, 3, … 15 */
extern const uint16_t grid_iq1[2048];                                        /* eight × two bits: −1, 0, 1 */

#endif
