/* A relay with ports of every kind, frames for it, and changes to it: what test_fastpath.c compares two homes of. */
#ifndef EVB_TEST_SCENE_H
#define EVB_TEST_SCENE_H

#include <stdint.h>

#include "prng.h"
#include "relay.h"

enum { SCENE_LPORTS = 48, SCENE_FRAME_MAX = 2048 };

/** A switch with reflective relay, a VEPA, a VEB, then ports that carry outer tags. Each one is like every other. */
struct relay *scene_new(void);
/** A port that frames come in by; channels are entered by their tag. */
uint16_t scene_port(struct prng *rnd);
/** A frame for it: mostly of addresses, VLANs and tags that the relay knows, into SCENE_FRAME_MAX octets. */
size_t scene_frame(struct prng *rnd, const struct relay *r, uint16_t lport, uint8_t *f);
/** Change something, in each relay alike when rnd is. */
void scene_step(struct prng *rnd, struct relay *r);
/** Every frame of a capture that is not too long, from `path`. False: it can't be read. */
bool scene_capture(const char *path, void (*fn)(void *ctx, struct span frame), void *ctx);

#endif
