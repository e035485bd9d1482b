/*
 * The judge of captures at every wired port of a simulated world: what the daemon's own machines do must never be a
 * FAIL, whatever the wire does to their frames. Also writes what it sees as capture files, for a closer look.
 */
#ifndef EVB_SIM_JUDGE_H
#define EVB_SIM_JUDGE_H

#include "sim.h"

struct sim_judge;

/** Tap the world. `folder`: also write NODE.PORT.pcap there; NULL: don't. `allowed`: requirement ids, blanks between,
 * whose FAIL is no news, or "all"; NULL: none. Both have to stay. */
struct sim_judge *sim_judge_new(struct sim *s, const char *folder, const char *allowed);
/** End the captures and let go of the world. The number of FAIL verdicts that were not allowed; each was printed. */
unsigned sim_judge_free(struct sim_judge *sj);

#endif
