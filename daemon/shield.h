/* Keep the host's own network stack from hearing what comes in on a VM's device. */
#ifndef EVB_SHIELD_H
#define EVB_SHIELD_H

/** Up: only packet sockets get what the device receives. Up already, by a daemon that was killed, is fine. 0 or -errno:
 * -ENOENT when this kernel has no clsact or no BPF classifier. */
int shield_up(int ifindex);
/** As it was. A device that is gone has none. */
void shield_down(int ifindex);

#endif
