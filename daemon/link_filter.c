/*
 * Which frames wait in which queue: control frames in one, everything else in another.
 *
 * Under more traffic than the relay can carry, a receive buffer is full most of the time. If keep-alives waited in the
 * same one, they would be lost like everything else, and a VM that sends too much would end the association of all.
 *
 *   untagged or S-tagged, to 01-80-C2-00-00-0X (802.1Q table 8-1), or ECP's EtherType whatever the address -> control
 *   the rest                                                                                      -> data
 *        ... where a device has two drivers (link_both.c), of at most `limit` octets              -> short, else long
 *
 * The filters run in the kernel, the same program with other answers, so that each frame is in exactly one queue.
 * The node decides again by itself what a frame is: nothing but its place in line depends on this file. A tag is no
 * longer in the data when a filter looks; the kernel keeps it beside.
 */
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "link_priv.h"

enum { RESERVED_HIGH = 0x0180c200, ETHERTYPE_ECP = 0x8940, S_TPID = 0x88a8, WHOLE = 0x40000 };

int link_filter(int fd, enum link_part part, unsigned limit)
{
	const uint32_t control = part == LINK_PART_CONTROL ? WHOLE : 0;
	const uint32_t is_long = part == LINK_PART_DATA || part == LINK_PART_LONG ? WHOLE : 0;
	const uint32_t is_short = part == LINK_PART_DATA || part == LINK_PART_SHORT ? WHOLE : 0;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TPID)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_TPID, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RESERVED_HIGH, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ECP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, control),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, limit, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, is_long),
		BPF_STMT(BPF_RET | BPF_K, is_short),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 ? 0 : -errno;
}
