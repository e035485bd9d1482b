/* Keys and values of the maps of forward.bpf.c, for it and for whoever fills them. */
#ifndef EVB_FWD_MAPS_H
#define EVB_FWD_MAPS_H

#include "fwd_types.h"

enum {
	FWD_MAPS_LPORTS = 1024,
	FWD_MAPS_VLANS = 65536,
	FWD_MAPS_ADDRESSES = 131072,
	FWD_MAPS_CHANNELS = 8192
};

struct fwd_vlan_key {
	uint16_t lport;
	uint16_t vid;
};
enum { FWD_VLAN_MEMBER = 1, FWD_VLAN_UNTAGGED = 2 }; /* value of map vlans */

/** `bindings`: scope is the logical port, address 0 any source; `stations`: the same with VID 0, value the untagged
 * VID, for address 0 also when the port has only that one; `fdb`: scope is the component, value the logical port;
 * `groups`: component | 0x10000 for "somebody is registered", else the logical port. */
struct fwd_address_key {
	uint64_t key; /* VID << 48 | address */
	uint32_t scope;
	uint32_t pad;
};
/** `channels`: value is the logical port. */
struct fwd_channel_key {
	uint32_t id;
	uint32_t trunk;
};
#define FWD_SCOPE_ALL 0x10000u

#endif
