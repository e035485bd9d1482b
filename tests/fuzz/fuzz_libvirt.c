/*
 * fuzz_libvirt.c - a datagram of any process of the host to the netlink port that is in lldpad's place. Laws: what can't be
 * read leaves the VSI as it was; what can be read is within its ranges; an event about it reads as the same VSI.
 */
#include <linux/rtnetlink.h>
#include <string.h>

#include "fuzz.h"
#include "libvirt_msg.h"

enum { DATAGRAM_MAX = 8192 };

static void check_event(const struct libvirt_head *h, const struct libvirt_vsi *v)
{
	_Alignas(4) uint8_t out[LIBVIRT_EVENT_MAX];
	struct libvirt_head again;
	struct libvirt_vsi told;
	size_t len = libvirt_encode_event(h, v, 1, out);

	FUZZ_LAW(len <= sizeof(out));
	FUZZ_LAW(libvirt_decode(span_of(out, len), &again, &told) == LIBVIRT_OK);
	FUZZ_LAW(told.op == LIBVIRT_DEASSOC && again.pid == 1 && again.seq == h->seq);
	FUZZ_LAW(strcmp(again.ifname, h->ifname) == 0 && again.ifindex == h->ifindex);
	FUZZ_LAW(memcmp(told.uuid, v->uuid, sizeof(v->uuid)) == 0 && told.type_id == v->type_id);
	FUZZ_LAW(told.manager == v->manager && told.type_version == v->type_version);
	FUZZ_LAW(told.vid == v->vid && told.pcp == v->pcp && told.has_mac == v->has_mac);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(4) static uint8_t in[DATAGRAM_MAX];
	_Alignas(4) uint8_t out[LIBVIRT_ERROR_LEN];
	struct libvirt_head h;
	struct libvirt_vsi v = { .op = 0xff };
	enum libvirt_err err;

	if (size > sizeof(in))
		return 0;
	memcpy(in, data, size);
	err = libvirt_decode(span_of(in, size), &h, &v);
	FUZZ_LAW(libvirt_err_text(err)[0] != '\0');
	if (err == LIBVIRT_ERR_SHORT)
		return 0;
	FUZZ_LAW(libvirt_encode_error(&h, -1, out) == sizeof(out));
	if (err != LIBVIRT_OK || h.type == RTM_GETLINK) {
		FUZZ_LAW(v.op == 0xff);
		return 0;
	}
	FUZZ_LAW(v.op <= LIBVIRT_DEASSOC && v.vid <= 4095 && v.pcp <= 7);
	check_event(&h, &v);
	return 0;
}
