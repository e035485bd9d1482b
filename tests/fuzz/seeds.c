/*
 * seeds.c - the fuzzers' starting points, written into one folder per fuzzer: the frames of captures and the hostile
 * frames, each cut down to the part that a decoder sees, and for fuzz_port in the language of port_input.h.
 *
 *     fuzz_seeds FOLDER [CAPTURE]...
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ecp_draft_pdu.h"
#include "evb_choice.h"
#include "gso.h"
#include "hostile.h"
#include "../unit/pe_frames.h"
#include "judge_input.h"
#include "port_input.h"

enum { ETHERNET_HEAD = 14, INPUT_MAX = 60000 };

static const char *folder;
static unsigned n_seeds;

static void die(const char *what)
{
	fprintf(stderr, "fuzz_seeds: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const char *target, struct span octets)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		die(path);
	snprintf(path, sizeof(path), "%s/%s/%05u", folder, target, n_seeds++);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(octets.ptr, 1, octets.len, f) != octets.len || fclose(f) != 0)
		die(path);
}

/* A record of fuzz_port, fuzz_relay or fuzz_ecp's list. */
static void record(struct wr *w, unsigned op, unsigned arg, struct span octets)
{
	wr_u8(w, (uint8_t)op);
	wr_u8(w, (uint8_t)arg);
	wr_u16(w, (uint16_t)octets.len);
	wr_copy(w, octets.ptr, octets.len);
}

static void put_lldp(struct span pdu)
{
	struct lldp_decode_notes notes;
	struct lldp_pdu p;
	uint8_t buf[TLV_VALUE_MAX + 1];

	put("lldp_pdu", pdu);
	if (lldp_pdu_decode(pdu, &p, &notes) != LLDP_OK)
		return;
	for (unsigned i = 0; i < p.n_org; i++) {
		struct wr w = wr_init(buf, sizeof(buf));

		wr_u8(&w, (uint8_t)(p.org[i].len < 255 ? p.org[i].len : 254));
		wr_copy(&w, p.org[i].ptr, p.org[i].len);
		put("evb_tlv", wr_span(&w));
	}
}

static void put_ecp(struct span pdu, size_t header)
{
	uint8_t buf[PORT_FRAME_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_u8(&w, 2);
	wr_u16(&w, (uint16_t)pdu.len);
	wr_copy(&w, pdu.ptr, pdu.len);
	put("ecp", wr_span(&w));
	if (pdu.len > header)
		put("vdp_pdu", span_of(pdu.ptr + header, pdu.len - header));
}

/* A record of fuzz_judge. */
static void put_timed(struct wr *w, const struct pcap_pkthdr *h, struct span frame, uint64_t *last_us)
{
	uint64_t us = (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec;
	uint8_t exponent, mantissa;

	judge_input_put(us > *last_us ? (us - *last_us) * 1000 : 0, &exponent, &mantissa);
	*last_us = us;
	if (w->len + JUDGE_RECORD_HEAD + frame.len > INPUT_MAX)
		return;
	wr_u8(w, exponent);
	wr_u8(w, mantissa);
	wr_u16(w, (uint16_t)frame.len);
	wr_copy(w, frame.ptr, frame.len);
}

static void put_frame(struct span frame)
{
	uint8_t buf[INPUT_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	unsigned type;

	if (frame.len < ETHERNET_HEAD || frame.len >= PORT_OCTETS_MAX)
		return;
	type = (unsigned)frame.ptr[12] << 8 | frame.ptr[13];
	if (type == LLDP_ETHERTYPE)
		put_lldp(span_of(frame.ptr + ETHERNET_HEAD, frame.len - ETHERNET_HEAD));
	if (type == ECP_ETHERTYPE)
		put_ecp(span_of(frame.ptr + ETHERNET_HEAD, frame.len - ETHERNET_HEAD), ECP_HEADER);
	if (type == ECP_DRAFT_ETHERTYPE)
		put_ecp(span_of(frame.ptr + ETHERNET_HEAD, frame.len - ETHERNET_HEAD), ECP_DRAFT_HEADER);
	record(&w, 0, 0, frame);
	put("relay", wr_span(&w));
}

/* A whole capture as one conversation with both ends. */
static void put_conversation(pcap_t *p)
{
	static uint8_t buf[INPUT_MAX], timed[INPUT_MAX];
	struct wr w = wr_init(buf, sizeof(buf)), t = wr_init(timed, sizeof(timed));
	struct pcap_pkthdr *h;
	const u_char *octets;
	uint64_t last_us = UINT64_MAX;

	while (pcap_next_ex(p, &h, &octets) == 1) {
		struct span frame = span_of(octets, h->caplen);

		put_frame(frame);
		if (h->caplen >= PORT_OCTETS_MAX)
			continue;
		put_timed(&t, h, frame, &last_us);
		record(&w, AT_SBP, 0, frame);
		record(&w, AT_UPLINK, 0, frame);
		record(&w, AT_TIME, 14, span_of(NULL, 0));
	}
	put("port", wr_span(&w));
	put("judge", wr_span(&t));
	put("replay", wr_span(&t));
}

/* What the captures have none of: a TCP super-frame and a datagram with an unfinished checksum, as a guest sends them. */
static void put_gso(void)
{
	static const uint8_t tcp[] = { 1, GSO_TYPE_TCPV4, 54, 0, 0x20, 0, 34, 0, 16, 0, /* virtio header */
		0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 140, 0, 1, 0x40, 0, 64, 6,
		0, 0, 10, 99, 0, 1, 10, 99, 0, 2, 4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x19, 4, 0, 0, 0,
		0, 0 };
	static const uint8_t tcp6[] = { 1, GSO_TYPE_TCPV6, 74, 0, 0x20, 0, 54, 0, 16, 0, 0x52, 0x54, 0, 0, 0,
		2, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 120, 6, 64, 0xfe, 0x80, [47] = 1,
		0xfe, 0x80, [63] = 2, 4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 4, 0, 0, 0, 0, 0 };
	static const uint8_t udp[] = { 1, GSO_TYPE_UDP_L4, 42, 0, 0x20, 0, 34, 0, 6, 0, 0x52, 0x54, 0, 0, 0,
		2, 0x52, 0x54, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 128, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 99, 0, 1,
		10, 99, 0, 2, 4, 0, 0, 53, 0, 108, 0, 0 };
	static const struct span heads[] = { { tcp, sizeof(tcp) }, { tcp6, sizeof(tcp6) },
		{ udp, sizeof(udp) } };
	uint8_t buf[256];

	for (unsigned i = 0; i < 3; i++) {
		struct wr w = wr_init(buf, sizeof(buf));

		wr_copy(&w, heads[i].ptr, heads[i].len);
		wr_zero(&w, 100);
		put("gso", wr_span(&w));
		buf[1] = GSO_TYPE_NONE;
		put("gso", wr_span(&w));
	}
}

/* A frame with each outer tag, up and down, for one and for many, at every port of fuzz_relay; then the tags change. */
static void put_tags(void)
{
	static const struct {
		uint8_t len, octets[12];
	} tags[] = { { 4, { 0x88, 0xa8, 0x60, 100 } }, { 8, { 0x88, 0xa8, 0, 101, 0x81, 0, 0x20, 1 } },
		{ 6, { 0x89, 0x26, 0, 0, 0, 5 } }, { 6, { 0x89, 0x26, 0x80, 6, 0x80, 5 } },
		{ 10, { 0x89, 0x26, 0xc1, 0, 0x80, 5, 0x81, 0, 0, 1 } },
		{ 8, { 0x89, 0x3f, 0xb0, 0, 0, 100, 0, 0 } }, { 8, { 0x89, 0x3f, 0, 100, 0x10, 1, 0, 0 } },
		{ 8, { 0x81, 0, 0, 1, 0x88, 0xa8, 0, 101 } } };
	static const uint8_t ids[][4] = { { 0, 0, 0, 101 }, { 0, 0, 0, 7 }, { 0, 0x10, 0, 1 } };
	static uint8_t buf[INPUT_MAX];
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 10 };

	for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct wr w = wr_init(buf, sizeof(buf));

		memcpy(frame + 12, tags[i].octets, tags[i].len);
		frame[12 + tags[i].len] = 8;
		for (unsigned port = 0; port < 24; port++)
			record(&w, port, 1, span_of(frame, sizeof(frame)));
		for (unsigned port = 8; port < 24; port += 3) {
			record(&w, 6 * 24 + port, 12, span_of(ids[i % 3], i & 1 ? 4 : 0));
			record(&w, 8 * 24 + port, 0, span_of(NULL, 0));
			record(&w, port, 1, span_of(frame, sizeof(frame)));
		}
		put("relay", wr_span(&w));
	}
}

static void say(struct wr *w, enum port_place place, unsigned which, unsigned arg, struct span octets)
{
	record(w, (unsigned)place | which << 3, arg, octets);
}

/* A conversation in fuzz_port's own words: negotiation, VSIs of both kinds, traffic, a restart. */
static void put_story(void)
{
	static const uint8_t bridge_tlv[] = { 0, 0x80, 0xc2, 0x0d, 0x03, 0x07, 0x70, 0x74, 0x15 };
	static const uint8_t station_tlv[] = { 0, 0x80, 0xc2, 0x0d, 0x03, 0x05, 0x6e, 0xb4, 0x35 };
	static const uint8_t vsi[] = { 0x06, 0x21, 0, 0, 0, 5, 1, VSI_ID_UUID, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
		7, 7, 7, 7, 7, 7, VDP_FILTER_MAC_VID, 0, 1, 0x52, 0x54, 0, 0, 0, 9, 0, 100 };
	static const uint8_t data[] = { 0x52, 0x54, 0, 0, 0, 1, 8, 0, 'd', 'a', 't', 'a' };
	static uint8_t buf[INPUT_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct span none = { NULL, 0 };

	say(&w, AT_TIME, 0, 22, none);
	for (unsigned i = 1; i <= 3; i++)
		say(&w, AT_ACTION, ACT_REQUEST, 0x20 | i, none);
	say(&w, AT_TIME, 0, 20, none);
	say(&w, AT_VM1, FRAME_DATA, 0, span_of(data, sizeof(data)));
	say(&w, AT_VM2, FRAME_DATA, 0, span_of(data, sizeof(data)));
	say(&w, AT_SBP2, FRAME_EVB, 0, span_of(station_tlv, sizeof(station_tlv)));
	say(&w, AT_SBP2, FRAME_VDP, 0, span_of(vsi, sizeof(vsi)));
	say(&w, AT_TIME, 0, 12, none);
	say(&w, AT_SBP2, FRAME_ACK, 0, none);
	say(&w, AT_SBP2, FRAME_DATA, 0, span_of(data, sizeof(data)));
	say(&w, AT_ORDINARY, FRAME_DATA, 0, span_of(data, sizeof(data)));
	put("port", wr_span(&w));
	say(&w, AT_ACTION, ACT_SLOW, 100, none);
	say(&w, AT_ACTION, ACT_REQUEST, 0x24, none);
	say(&w, AT_ACTION, ACT_WITHDRAW, 1, none);
	say(&w, AT_ACTION, ACT_DEASSOCIATE, 2, none);
	say(&w, AT_TIME, 0, 23, none);
	say(&w, AT_ACTION, ACT_LINK, AT_UPLINK, none);
	say(&w, AT_TIME, 0, 20, none);
	say(&w, AT_ACTION, ACT_LINK, AT_UPLINK | 0x80, none);
	say(&w, AT_UPLINK, FRAME_EVB, 0, span_of(bridge_tlv, sizeof(bridge_tlv)));
	say(&w, AT_ACTION, ACT_RESTART, 0, none);
	say(&w, AT_TIME, 0, 26, none);
	put("port", wr_span(&w));
}

/* The worked frames of port extension, and a conversation in fuzz_csp's own words: a session, ports, a group, faults. */
static void put_port_extension(void)
{
	static const struct {
		const uint8_t *octets;
		size_t len;
	} tags[] = { { frame_v1, sizeof(frame_v1) }, { frame_v5, sizeof(frame_v5) },
		{ frame_v7, sizeof(frame_v7) }, { frame_v9, sizeof(frame_v9) },
		{ frame_v10, sizeof(frame_v10) }, { frame_v11, sizeof(frame_v11) },
		{ frame_e1, sizeof(frame_e1) }, { frame_e3, sizeof(frame_e3) },
		{ frame_e5, sizeof(frame_e5) }, { frame_e6, sizeof(frame_e6) } };
	static const uint8_t name[] = { 0xfe, 9, 2, 0x65, 0x76, 1, 1, 0, 0, 0, 5 };
	/* control and argument, one octet each: link, LLDP, ports, talk, settings, groups, statistics, deletes, give-up */
	static const uint8_t story[][2] = { { 6, 1 }, { 6, 3 }, { 6, 5 }, { 4, 0x80 }, { 4, 0x88 },
		{ 4, 0x10 }, { 7, 15 }, { 5, 0x80 }, { 5, 3 }, { 5, 5 }, { 5, 13 }, { 7, 15 }, { 5, 9 },
		{ 7, 4 }, { 4, 7 }, { 7, 4 }, { 4, 4 }, { 5, 4 }, { 7, 4 }, { 5, 10 }, { 4, 0x13 }, { 7, 15 },
		{ 5, 6 }, { 7, 4 }, { 5, 7 }, { 4, 0x98 }, { 7, 3 }, { 7 | 5 << 3, 15 }, { 4, 3 }, { 6, 6 },
		{ 7 | 20 << 3, 15 }, { 6, 0 } };
	static const struct {
		unsigned act;
		const uint8_t *frame;
		size_t len;
	} said[] = { { 1, frame_p3, sizeof(frame_p3) }, { 1, frame_p4, sizeof(frame_p4) },
		{ 2, frame_p5, sizeof(frame_p5) }, { 0, frame_p6, sizeof(frame_p6) },
		{ 3, frame_p5, sizeof(frame_p5) } };
	enum { ADDRESSES = 12, PAYLOAD = 18, PE_TLV_VALUE = 34, PE_TLV_OCTETS = 17 };
	uint8_t buf[1024];
	struct wr w = wr_init(buf, sizeof(buf));

	for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		put("vntag", span_of(tags[i].octets + ADDRESSES, tags[i].len - ADDRESSES));
	put("vntag", span_of(frame_l1 + PE_TLV_VALUE, PE_TLV_OCTETS));
	put("vntag", span_of(name, sizeof(name)));
	for (unsigned i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		wr_u8(&w, story[i][0]);
		wr_u16(&w, 1);
		wr_u8(&w, story[i][1]);
	}
	put("csp", wr_span(&w));
	for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		w.len = 7 * 4; /* a session and three ports */
		for (unsigned k = 0; k < 3; k++) {
			wr_u8(&w, (uint8_t)said[(i + k) % 5].act);
			wr_u16(&w, (uint16_t)(said[(i + k) % 5].len - PAYLOAD));
			wr_copy(&w, said[(i + k) % 5].frame + PAYLOAD, said[(i + k) % 5].len - PAYLOAD);
		}
		put("csp", wr_span(&w));
	}
}

/* The same in draft 0.2, and there and back. */
static void put_draft_story(void)
{
	static const uint8_t draft_tlv[] = { 0, 0x1b, 0x3f, 0, 0xc0, 7, 0x40, 7, 0, 9, 0, 1, 15 };
	static const uint8_t vsi[] = { 2, 0, 1, 0, 0, 5, 1, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2,
		0, 1, 0x52, 0x54, 0, 0, 0, 9, 0, 100 };
	static uint8_t buf[INPUT_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct span none = { NULL, 0 };

	for (unsigned i = 0; i < 3; i++)
		say(&w, AT_SBP2, FRAME_EVB, 0, span_of(draft_tlv, sizeof(draft_tlv)));
	say(&w, AT_ACTION, ACT_GENERATION, EVB_GENERATION_DRAFT, none);
	say(&w, AT_TIME, 0, 22, none);
	say(&w, AT_ACTION, ACT_REQUEST, 0x21, none);
	say(&w, AT_ACTION, ACT_REQUEST, 0x22, none);
	say(&w, AT_TIME, 0, 20, none);
	say(&w, AT_SBP2, FRAME_EVB, 0, span_of(draft_tlv, sizeof(draft_tlv)));
	say(&w, AT_SBP2, FRAME_VDP, 0, span_of(vsi, sizeof(vsi)));
	say(&w, AT_SBP2, FRAME_ACK, 0, none);
	say(&w, AT_SBP2, FRAME_VDP, 0, span_of(vsi, sizeof(vsi)));
	put("port", wr_span(&w));
	say(&w, AT_ACTION, ACT_WITHDRAW, 1, none);
	say(&w, AT_UPLINK, FRAME_VDP, 0, span_of(vsi, sizeof(vsi)));
	say(&w, AT_TIME, 0, 24, none);
	say(&w, AT_ACTION, ACT_GENERATION, EVB_GENERATION_AUTO, none);
	say(&w, AT_TIME, 0, 24, none);
	say(&w, AT_ACTION, ACT_RESTART, 0, none);
	say(&w, AT_TIME, 0, 26, none);
	put("port", wr_span(&w));
}

static void put_hostile(void)
{
	static uint8_t buf[INPUT_MAX];
	uint8_t frame[HOSTILE_FRAME_MAX];
	const struct hostile *h;

	for (unsigned i = 0; (h = hostile_row(i)) != NULL; i++) {
		struct wr w = wr_init(buf, sizeof(buf));
		struct span f = span_of(frame, hostile_frame(h, (uint16_t)(0x3000 + i), frame));

		put_frame(f);
		if (f.len >= PORT_OCTETS_MAX)
			continue;
		record(&w, AT_SBP, 0, f);
		record(&w, AT_UPLINK, 0, f);
		record(&w, AT_TIME, 20, span_of(NULL, 0));
		put("port", wr_span(&w));
	}
}

int main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];

	if (argc < 2) {
		fprintf(stderr, "usage: fuzz_seeds FOLDER [CAPTURE]...\n");
		return 2;
	}
	folder = argv[1];
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		die(folder);
	put_gso();
	put_tags();
	put_story();
	put_draft_story();
	put_hostile();
	put_port_extension();
	for (int i = 2; i < argc; i++) {
		pcap_t *p = pcap_open_offline(argv[i], err);

		if (p == NULL) {
			fprintf(stderr, "fuzz_seeds: %s: %s\n", argv[i], err);
			return 1;
		}
		put_conversation(p);
		pcap_close(p);
	}
	return 0;
}
