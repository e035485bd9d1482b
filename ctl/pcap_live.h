/* A replay against a real device: the peer's frames go out of an interface, and what comes in is what is compared. */
#ifndef EVB_PCAP_LIVE_H
#define EVB_PCAP_LIVE_H

#include "cap_file.h"
#include "replay.h"

/** Until the capture is over, or a signal says so. False with the reason: no such interface, no rights, or the device is of
 * the other role. */
bool pcap_live_run(struct replay *r, const char *interface, enum judge_role role, char err[CAP_ERROR_TEXT]);

#endif
