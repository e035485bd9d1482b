/*
 * pcap.c - makes large captures for `evbctl pcap check`, on standard output:
 *
 *     bench-pcap foreign MEBIBYTES    datagrams of others, 64 to 1500 octets
 *     bench-pcap watched MEBIBYTES    the same, and a bridge that says that reflective relay is off, so they are looked at
 *     bench-pcap vdp MEBIBYTES        a station and a bridge with a thousand VSIs, one exchange after the other
 *     bench-pcap KIND MEBIBYTES EVBCTL   straight into EVBCTL; prints frames, seconds of CPU time and KiB of memory it took
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ecp_pdu.h"
#include "evb_tlv.h"
#include "lldp_pdu.h"
#include "prng.h"
#include "vdp_tlv.h"

enum {
	HEADER = 14,
	MTU = 1500,
	N_VSIS = 1000,
	NS_PER_S = 1000000000,
	START_S = 1700000000,
	TYPE_IP = 0x0800
};

struct out {
	FILE *f;
	uint64_t frames;
	uint64_t octets, limit;
	uint64_t ns;
	uint16_t seq[2];
};

static const struct mac station = { { 2, 0, 0, 0, 0, 0x0a } }, bridge = { { 2, 0, 0, 0, 0, 0x0b } };

static void put_u32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void put_file_header(FILE *f)
{
	const uint16_t version[2] = { 2, 4 };

	put_u32(f, 0xa1b23c4d); /* times in nanoseconds */
	fwrite(version, sizeof(version), 1, f);
	put_u32(f, 0);
	put_u32(f, 0);
	put_u32(f, 65535);
	put_u32(f, 1); /* Ethernet */
}

static void put_frame(struct out *o, const uint8_t *octets, size_t len, uint64_t after_ns)
{
	o->ns += after_ns;
	put_u32(o->f, (uint32_t)(START_S + o->ns / NS_PER_S));
	put_u32(o->f, (uint32_t)(o->ns % NS_PER_S));
	put_u32(o->f, (uint32_t)len);
	put_u32(o->f, (uint32_t)len);
	fwrite(octets, 1, len, o->f);
	o->frames++;
	o->octets += len + 16;
}

static struct wr begin(uint8_t *buf, struct mac da, struct mac sa, unsigned type)
{
	struct wr w = wr_init(buf, HEADER + MTU);

	wr_copy(&w, da.b, sizeof(da.b));
	wr_copy(&w, sa.b, sizeof(sa.b));
	wr_u16(&w, (uint16_t)type);
	return w;
}

static void end(struct out *o, struct wr *w, uint64_t after_ns)
{
	if (w->len < 60)
		wr_zero(w, 60 - w->len);
	put_frame(o, w->buf, w->len, after_ns);
}

static void put_lldp(struct out *o, bool is_bridge, bool is_relay_on)
{
	static const uint8_t id[] = { LLDP_CHASSIS_LOCAL, 'b' };
	struct evb_tlv t = { .retries = 3, .rte = 8, .rwd = 20, .rka = 20, .rol_rwd = true, .rol_rka = true };
	uint8_t buf[HEADER + MTU], value[EVB_TLV_LEN];
	struct wr v = wr_init(value, sizeof(value)), w;
	struct lldp_pdu pdu = {
		.chassis_id = { id, sizeof(id) }, .port_id = { id, sizeof(id) }, .ttl_s = 121
	};

	t.mode = is_bridge ? EVB_MODE_BRIDGE : EVB_MODE_STATION;
	t.bridge_raw = is_relay_on ? EVB_RRCAP | EVB_RRCTR : EVB_RRCAP;
	t.station_raw = is_relay_on ? EVB_RRREQ | EVB_RRSTAT_ON : EVB_RRSTAT_OFF;
	evb_tlv_encode(&t, &v);
	pdu.org[pdu.n_org++] = wr_span(&v);
	w = begin(buf, MAC_NEAREST_CUSTOMER_BRIDGE, is_bridge ? bridge : station, LLDP_ETHERTYPE);
	lldp_pdu_encode(&pdu, &w);
	end(o, &w, 5000000);
}

/* ---- others ---- */

static void put_foreign(struct out *o, bool is_watched)
{
	struct prng p = { 1 };
	uint8_t buf[HEADER + MTU];
	struct mac a = { { 0x52, 0x54, 0, 0, 0, 1 } }, b = { { 0x52, 0x54, 0, 0, 0, 2 } };

	for (unsigned i = 0; is_watched && i < 2; i++)
		put_lldp(o, i != 0, false);
	o->ns += 3 * (uint64_t)NS_PER_S;
	for (uint32_t n = 0; o->octets < o->limit; n++) {
		size_t len = n % 3 == 0 ? MTU : 46 + prng_below(&p, 200);
		struct wr w = begin(buf, n & 1 ? a : b, n & 1 ? b : a, TYPE_IP);

		wr_u32(&w, 0x45000000 | (uint32_t)len);
		wr_u32(&w, n);
		memset(buf + w.len, (int)(n & 0xff), len - 8);
		put_frame(o, buf, HEADER + len, 1000);
	}
}

/* ---- VDP ---- */

static void put_ack(struct out *o, bool of_bridge, uint16_t seq)
{
	struct ecp_hdr h = { ECP_VERSION, ECP_OP_ACK, ECP_SUBTYPE_VDP, seq };
	uint8_t buf[HEADER + MTU];
	struct wr w = begin(buf, MAC_NEAREST_CUSTOMER_BRIDGE, of_bridge ? bridge : station, ECP_ETHERTYPE);

	ecp_hdr_encode(&h, &w);
	end(o, &w, 50000);
}

static void put_vdp(struct out *o, bool of_bridge, unsigned vsi)
{
	static const struct vdp_manager manager;
	struct ecp_hdr h = { ECP_VERSION, ECP_OP_REQUEST, ECP_SUBTYPE_VDP, ++o->seq[of_bridge] };
	struct vdp_assoc a = { .op = VDP_ASSOC,
		.status = of_bridge ? VDP_STATUS_RESPONSE : 0,
		.type_id = 5,
		.type_version = 1,
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1 };
	uint8_t buf[HEADER + MTU];
	struct wr w = begin(buf, MAC_NEAREST_CUSTOMER_BRIDGE, of_bridge ? bridge : station, ECP_ETHERTYPE);

	a.vsi.format = VSI_ID_UUID;
	a.vsi.id[14] = (uint8_t)(vsi >> 8);
	a.vsi.id[15] = (uint8_t)vsi;
	a.filters[0].mac = (struct mac){ { 0x52, 0x54, 0, 0, (uint8_t)(vsi >> 8), (uint8_t)vsi } };
	a.filters[0].vid = 100;
	ecp_hdr_encode(&h, &w);
	vdp_manager_encode(&manager, &w);
	vdp_assoc_encode(&a, &w);
	wr_u16(&w, 0);
	end(o, &w, 100000);
	put_ack(o, !of_bridge, h.seq);
}

/* Keep-alives every 10.5 s or so: that is the time the thousand take. */
static void put_exchanges(struct out *o)
{
	const uint64_t round_ns = UINT64_C(10550000000), rest_ns = round_ns / N_VSIS - 300000;

	for (unsigned i = 0; i < 4; i++)
		put_lldp(o, (i & 1) != 0, true);
	for (unsigned n = 0; o->octets < o->limit; n++) {
		if (n % N_VSIS == 0) {
			put_lldp(o, false, true);
			put_lldp(o, true, true);
		}
		put_vdp(o, false, n % N_VSIS);
		put_vdp(o, true, n % N_VSIS);
		o->ns += rest_ns;
	}
}

static void put_all(struct out *o, const char *kind)
{
	put_file_header(o->f);
	if (strcmp(kind, "vdp") == 0)
		put_exchanges(o);
	else
		put_foreign(o, strcmp(kind, "watched") == 0);
	fflush(o->f);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/** A child that reads a capture from its standard input and says nothing; *ret_in is where to write it. */
static pid_t start(const char *evbctl, FILE **ret_in)
{
	int fd[2];
	pid_t pid;

	if (pipe(fd) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(fd[0], 0);
		close(fd[1]);
		if (freopen("/dev/null", "w", stdout) != NULL)
			execl(evbctl, evbctl, "pcap", "check", "--quiet", "-", (char *)NULL);
		_exit(127);
	}
	close(fd[0]);
	*ret_in = fdopen(fd[1], "w");
	return pid;
}

static int measure(struct out *o, const char *kind, const char *evbctl)
{
	struct rusage usage;
	pid_t pid = start(evbctl, &o->f);
	int status = 1;

	if (pid < 0 || o->f == NULL)
		return 1;
	put_all(o, kind);
	fclose(o->f);
	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return 1;
	printf("%llu %.3f %ld\n", (unsigned long long)o->frames,
		seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	struct out o = { .f = stdout, .limit = argc >= 3 ? strtoull(argv[2], NULL, 10) << 20 : 0 };

	if (o.limit == 0 || argc > 4) {
		fprintf(stderr, "usage: bench-pcap foreign|watched|vdp MEBIBYTES [EVBCTL]\n");
		return 2;
	}
	if (argc == 4)
		return measure(&o, argv[1], argv[3]);
	put_all(&o, argv[1]);
	return ferror(stdout) != 0;
}
