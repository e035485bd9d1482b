/* libvirt's dialogue with lldpad, octet by octet as openlldp 7.2 to 7.4 has it (little endian, as where it was taken). */
#include <criterion/criterion.h>
#include <linux/rtnetlink.h>

#include "libvirt_msg.h"

#define UUID 0x09, 0xb1, 0x1c, 0x53, 0x8b, 0x5c, 0x4e, 0xeb, 0x8f, 0x00, 0xd8, 0x4e, 0xaa, 0x0a, 0xaa, 0x4f

/* clang-format off */
/* An Associate of 52:54:00:11:22:39 without a VLAN on "eth0", device 2; manager 11, type 1193047 version 2. */
_Alignas(4) static const uint8_t request[156] = {
	0x9c, 0, 0, 0, 19, 0, 1, 0, 1, 0, 0, 0, 0x39, 0x30, 0, 0,       /* len, RTM_SETLINK, NLM_F_REQUEST, seq 1, pid 12345 */
	0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                 /* ifinfomsg */
	9, 0, 3, 0, 'e', 't', 'h', '0', 0, 0, 0, 0,                     /* IFLA_IFNAME */
	64, 0, 22, 0, 60, 0, 1, 0,                                      /* IFLA_VFINFO_LIST { IFLA_VF_INFO { */
	40, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x11, 0x22, 0x39, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                 /* IFLA_VF_MAC, of 32 octets 6 used */
	16, 0, 2, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0,    /* IFLA_VF_VLAN */
	48, 0, 24, 0, 44, 0, 1, 0,                                      /* IFLA_VF_PORTS { IFLA_VF_PORT { */
	12, 0, 3, 0, 11, 0x57, 0x34, 0x12, 2, 0, 0, 0,                  /* IFLA_PORT_VSI_TYPE */
	20, 0, 4, 0, UUID,                                              /* IFLA_PORT_INSTANCE_UUID */
	5, 0, 6, 0, 0, 0, 0, 0,                                                     /* IFLA_PORT_REQUEST, its value is put in */
};
/* clang-format on */

struct whole {
	_Alignas(4) uint8_t octets[sizeof(request)];
};

static struct whole associate(uint8_t op)
{
	struct whole w = { { 0 } };

	memcpy(w.octets, request, sizeof(request));
	w.octets[152] = op;
	return w;
}

static enum libvirt_err decode(const void *octets, size_t len, struct libvirt_head *h, struct libvirt_vsi *v)
{
	return libvirt_decode(span_of(octets, len), h, v);
}

Test(libvirt_msg, a_request_is_read)
{
	struct whole w = associate(2);
	struct libvirt_head h;
	struct libvirt_vsi v;

	cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), LIBVIRT_OK);
	cr_assert(h.type == RTM_SETLINK && h.flags == 1 && h.seq == 1 && h.pid == 12345 && h.ifindex == 2);
	cr_assert_str_eq(h.ifname, "eth0");
	cr_assert_eq(v.op, LIBVIRT_ASSOC);
	cr_assert(v.manager == 11 && v.type_id == 1193047 && v.type_version == 2);
	cr_assert_arr_eq(v.uuid, ((uint8_t[]){ UUID }), 16);
	cr_assert(v.has_mac && mac_equal(v.mac, (struct mac){ { 0x52, 0x54, 0, 0x11, 0x22, 0x39 } }));
	cr_assert(v.vid == 0 && v.pcp == 0);
}

Test(libvirt_msg, nests_with_the_flag_are_read_too)
{
	struct whole w = associate(3);
	struct libvirt_head h;
	struct libvirt_vsi v;

	w.octets[47] = w.octets[51] = w.octets[111] = w.octets[115] = 0x80; /* NLA_F_NESTED */
	cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), LIBVIRT_OK);
	cr_assert_eq(v.op, LIBVIRT_DEASSOC);
}

Test(libvirt_msg, a_request_without_a_name_is_read)
{
	struct whole w = associate(2);
	struct libvirt_head h;
	struct libvirt_vsi v;

	w.octets[34] = 99; /* an attribute that is not known */
	cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), LIBVIRT_OK);
	cr_assert_str_eq(h.ifname, "");
	cr_assert_eq(h.ifindex, 2);
}

Test(libvirt_msg, what_is_wrong_is_said)
{
	static const struct {
		unsigned at;
		uint8_t is;
		enum libvirt_err err;
	} faults[] = {
		{ 4, 17, LIBVIRT_ERR_TYPE },       /* RTM_DELLINK */
		{ 152, 4, LIBVIRT_ERR_FORMAT },    /* a request that there is not */
		{ 101, 0x10, LIBVIRT_ERR_FORMAT }, /* VLAN 4096 */
		{ 104, 8, LIBVIRT_ERR_FORMAT },    /* priority 8 */
		{ 94, 9, LIBVIRT_ERR_ABSENT },     /* no VLAN */
		{ 118, 9, LIBVIRT_ERR_ABSENT },    /* no type */
		{ 130, 9, LIBVIRT_ERR_ABSENT },    /* no UUID */
		{ 150, 9, LIBVIRT_ERR_ABSENT },    /* no request */
		{ 46, 99, LIBVIRT_ERR_ABSENT },    /* no filter */
		{ 110, 99, LIBVIRT_ERR_ABSENT },   /* no VSI */
		{ 116, 8, LIBVIRT_ERR_FORMAT },    /* a short type */
	};

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct whole w = associate(2);
		struct libvirt_head h;
		struct libvirt_vsi v;

		w.octets[faults[i].at] = faults[i].is;
		cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), faults[i].err, "fault %u", i);
		cr_assert_gt(strlen(libvirt_err_text(faults[i].err)), 0);
	}
}

/* The last three octets are padding. */
Test(libvirt_msg, every_truncation_is_refused)
{
	struct libvirt_head h;
	struct libvirt_vsi v;

	for (size_t len = 0; len < 153; len++) {
		struct whole w = associate(2);

		cr_assert_neq(decode(w.octets, len, &h, &v), LIBVIRT_OK, "datagram of %zu", len);
		w.octets[0] = (uint8_t)len; /* and a header that says so */
		cr_assert_neq(decode(w.octets, len, &h, &v), LIBVIRT_OK, "message of %zu", len);
	}
}

Test(libvirt_msg, a_length_beyond_the_datagram_is_refused)
{
	static const uint8_t tops[] = { 0x01, 0x7f, 0x80, 0xff };
	struct libvirt_head h;
	struct libvirt_vsi v;

	for (unsigned i = 0; i < sizeof(tops); i++) {
		struct whole w = associate(2);

		w.octets[3] = tops[i];
		cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), LIBVIRT_ERR_SHORT, "%02x", tops[i]);
	}
}

Test(libvirt_msg, the_immediate_answer_has_the_requests_header)
{
	_Alignas(4) uint8_t out[LIBVIRT_ERROR_LEN];
	struct whole w = associate(2);
	struct libvirt_head h;
	struct libvirt_vsi v;

	cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), LIBVIRT_OK);
	cr_assert_eq(libvirt_encode_error(&h, -19, out), 36);
	cr_assert_arr_eq(out, ((uint8_t[]){ 36, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0x39, 0x30, 0, 0 }), 16);
	cr_assert_arr_eq(out + 16, ((uint8_t[]){ 0xed, 0xff, 0xff, 0xff }), 4, "-ENODEV");
	cr_assert_arr_eq(out + 20, w.octets, 16);
}

/* openlldp 7.3, taken from lldpad. */
Test(libvirt_msg, a_poll_is_answered_as_lldpad_does)
{
	static const uint8_t one[76] = { 0x4c, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0x39, 0x30, 0, 0, 0, 0, 0, 0,
		2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2c, 0, 0x18, 0x80, 0x28, 0, 1, 0x80, 0x14, 0, 4, 0,
		UUID, 8, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 6, 0, 7, 0, 0, 0, 0, 0 };
	const struct libvirt_head h = { .type = RTM_GETLINK, .seq = 1, .pid = 12345 };
	const uint8_t uuid[16] = { UUID };
	const uint16_t success = 0;
	_Alignas(4) static uint8_t out[LIBVIRT_LIST_MAX];
	struct libvirt_list l;

	libvirt_list_begin(&l, &h, 2, out);
	cr_assert_eq(libvirt_list_end(&l), 32, "no VSI");
	libvirt_list_begin(&l, &h, 2, out);
	cr_assert(libvirt_list_add(&l, uuid, &success));
	cr_assert_eq(libvirt_list_end(&l), sizeof(one));
	cr_assert_arr_eq(out, one, sizeof(one));
	libvirt_list_begin(&l, &h, 2, out);
	cr_assert(libvirt_list_add(&l, uuid, NULL));
	cr_assert_eq(libvirt_list_end(&l), 68, "in progress: no response");
}

Test(libvirt_msg, an_answer_holds_1638_vsis_and_no_more)
{
	const struct libvirt_head h = { .type = RTM_GETLINK };
	const uint8_t uuid[16] = { UUID };
	const uint16_t success = 0;
	_Alignas(4) static uint8_t out[LIBVIRT_LIST_MAX];
	struct libvirt_list l;
	size_t len;

	libvirt_list_begin(&l, &h, 2, out);
	for (unsigned i = 0; i < LIBVIRT_LIST_VSIS; i++)
		cr_assert(libvirt_list_add(&l, uuid, &success), "%u", i);
	cr_assert_not(libvirt_list_add(&l, uuid, &success));
	len = libvirt_list_end(&l);
	cr_assert_leq(len, LIBVIRT_LIST_MAX);
	cr_assert_eq((size_t)(out[32] | out[33] << 8), len - 32, "the nest's length is in 16 bits");
}

/* openlldp 7.4: our netlink port in the header, a request of two octets. */
Test(libvirt_msg, an_event_can_be_read_as_a_request)
{
	_Alignas(4) uint8_t out[LIBVIRT_EVENT_MAX];
	struct whole w = associate(2);
	struct libvirt_head h, again;
	struct libvirt_vsi v, told;
	size_t len;

	cr_assert_eq(decode(w.octets, sizeof(request), &h, &v), LIBVIRT_OK);
	len = libvirt_encode_event(&h, &v, 4711, out);
	cr_assert_eq(len, 164, "as lldpad's");
	cr_assert_eq(decode(out, len, &again, &told), LIBVIRT_OK);
	cr_assert(again.pid == 4711 && again.seq == 1 && again.flags == 0 && again.type == RTM_SETLINK);
	cr_assert_str_eq(again.ifname, "eth0");
	cr_assert_eq(told.op, LIBVIRT_DEASSOC);
	told.op = v.op;
	cr_assert(told.type_id == v.type_id && told.manager == v.manager &&
		  told.type_version == v.type_version);
	cr_assert(memcmp(told.uuid, v.uuid, 16) == 0 && told.has_mac && mac_equal(told.mac, v.mac));
}
