/*
 * Nothing of one channel appears in another: a station and a bridge on two uplinks, one with S-channels and one with VIFs,
 * which come and go at either end while everybody sends, honest frames and such as try to get out of their channel.
 *
 * Each tenant has a VLAN, an S-channel (tenant 0: the default one), VIFs and an access port of the bridge. A tenant's VLAN
 * is untagged wherever possible, so a frame in the wrong channel would be in the wrong VLAN too. Every frame has its
 * tenant and sender written inside. The rules, all there are:
 *   - what arrives at a VM or an access port is of its tenant, and on a wire the tag is one of the tenant's;
 *   - going up the tag is the sender's own;
 *   - a number goes to another tenant only when neither end uses it (CDCP and PE-CSP see to that).
 */
#include "forward.h"
#include "prng.h"
#include "tag_net.h"

enum { TENANTS = 5, VIFS = 8, VMS = TENANTS * 2 + VIFS, IDS = 12, STEPS = 30000, FIRST_VLAN = 10, MARK = 46 };

struct channel { /* at both ends, each of which may have it or not */
	bool at[2];
	uint16_t lport[2]; /* station: URP, or DRP of the VIF; bridge: SBP or VIF */
	uint32_t id;
	unsigned tenant;
};
struct vm {
	struct mac mac;
	unsigned tenant;
	struct channel *channel;
	uint16_t lport; /* of the station */
	bool is_there;
};
struct world {
	struct relay *relay[2];
	uint16_t uplink, cascaded; /* of the station: trunk ports */
	uint16_t uap, cascade;     /* of the bridge */
	uint16_t access[TENANTS];
	struct channel schan[TENANTS], vif[VIFS];
	struct vm vm[VMS];
	enum fwd_tag format;
	struct prng rnd;
	struct mono now;
	uint64_t seed;
	unsigned delivered, step, up;
	unsigned tenant, sender; /* of the frame on its way */
};
enum { STATION, BRIDGE };

static struct world w;

static uint64_t below(uint64_t n)
{
	return prng_below(&w.rnd, n);
}

#define HOLDS(condition)                                                                                     \
	cr_assert(condition, "seed %u step %u: tenant %u's frame of %u: %s", (unsigned)w.seed, w.step,       \
		w.tenant, w.sender, #condition)

/* ---- the wires ---- */

static void arrive(unsigned end, uint16_t lport, struct span frame);

static size_t flatten(const struct relay_copy *c, uint8_t *octets)
{
	memcpy(octets, c->head, c->head_len);
	memcpy(octets + c->head_len, c->rest.ptr, c->rest.len);
	return c->head_len + c->rest.len;
}

/* The tag on a wire; 0: none. */
static uint32_t tag_on(const uint8_t *f, bool is_vif_link, bool is_up, uint32_t *ret_list)
{
	enum vntag_format format = w.format == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
	struct vntag_hdr v;

	*ret_list = 0;
	if (!is_vif_link)
		return f[12] == 0x88 && f[13] == 0xa8 ? (f[14] << 8 | f[15]) & 0xfffu : 0;
	HOLDS(vntag_parse(f + 12, 100, format, &v) == VNTAG_PASS);
	HOLDS(vntag_check(&v, is_up ? VNTAG_UP : VNTAG_DOWN, false) == VNTAG_PASS);
	if (is_up)
		return vntag_source(&v, VNTAG_UP);
	if (vntag_is_group(format, vntag_channel(&v)))
		*ret_list = vntag_channel(&v);
	return vntag_channel(&v);
}

static uint32_t list_of(unsigned tenant)
{
	return (w.format == FWD_TAG_VN ? (uint32_t)VNTAG_LIST : 1u << VNTAG_GRP_SHIFT) | (tenant + 1);
}

static void check_wire(const uint8_t *f, bool is_vif_link, bool is_up)
{
	struct channel *channels = is_vif_link ? w.vif : w.schan, *own = NULL;
	uint32_t list, id = tag_on(f, is_vif_link, is_up, &list);

	if (list != 0) {
		HOLDS(list == list_of(w.tenant));
		return;
	}
	for (unsigned i = 0; i < (is_vif_link ? VIFS : TENANTS); i++)
		if (channels[i].id == id && channels[i].at[is_up ? STATION : BRIDGE])
			own = &channels[i];
	HOLDS(own != NULL);
	HOLDS(own->tenant == w.tenant);
	if (is_up)
		HOLDS(own == w.vm[w.sender].channel);
}

static void deliver(unsigned end, const struct relay_copy *c)
{
	uint8_t f[256];
	struct span frame = span_of(f, flatten(c, f));
	const struct fwd_port *p = relay_port(w.relay[end], c->lport);
	bool is_vif_link = p->relay == FWD_IV || p->tag > FWD_TAG_S || p->carries > FWD_TAG_S;

	if (end == STATION && p->kind == FWD_URP) {
		w.up++;
		check_wire(f, is_vif_link, true);
		arrive(BRIDGE, is_vif_link ? w.cascade : w.uap, frame);
		return;
	}
	if (end == BRIDGE && p->kind != FWD_ORDINARY) {
		check_wire(f, is_vif_link, false);
		arrive(STATION, is_vif_link ? w.cascaded : w.uplink, frame);
		return;
	}
	w.delivered++;
	for (unsigned i = 0; end == STATION && i < VMS; i++)
		if (w.vm[i].is_there && w.vm[i].lport == c->lport)
			HOLDS(w.vm[i].tenant == w.tenant);
	for (unsigned t = 0; end == BRIDGE && t < TENANTS; t++)
		if (w.access[t] == c->lport)
			HOLDS(t == w.tenant);
}

static void arrive(unsigned end, uint16_t lport, struct span frame)
{
	struct relay_result res;
	struct relay_copy copy;

	relay_rx(w.relay[end], lport, frame, w.now, &res);
	while (relay_next_copy(w.relay[end], &res, &copy))
		deliver(end, &copy);
}

/* ---- frames ---- */

static size_t put_c_tag(uint8_t *f, size_t at, unsigned vid)
{
	f[at] = 0x81;
	f[at + 1] = 0;
	f[at + 2] = (uint8_t)(below(8) << 5);
	f[at + 3] = (uint8_t)vid;
	return at + 4;
}

/* A tag that would be somebody's if it got out. */
static size_t put_bad_tag(uint8_t *f, size_t at)
{
	struct vntag_hdr v;
	uint32_t id = 1 + (uint32_t)below(100 + IDS);
	bool is_vn = below(2);

	if (below(2)) {
		memcpy(f + at,
			(uint8_t[]){ 0x88, 0xa8, 0, (uint8_t)(below(4) ? 100 + below(IDS) : below(3)) }, 4);
		return at + 4;
	}
	if (below(2))
		id = below(2) ? list_of((unsigned)below(TENANTS)) : 100 + (uint32_t)below(IDS);
	v = below(2) ? vntag_up(is_vn ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, id, 0)
		     : vntag_down(is_vn ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, id, 0, 0);
	return at + vntag_build(&v, f + at);
}

static struct mac any_mac(void)
{
	static const struct mac all = { { 255, 255, 255, 255, 255, 255 } },
				group = { { 1, 0, 0x5e, 0, 0, 1 } };
	uint64_t kind = below(8);

	return kind == 0 ? all : kind == 1 ? group : kind == 2 ? net_mac(0x99) : w.vm[below(VMS)].mac;
}

static void send(unsigned end, uint16_t lport, struct mac src, unsigned tenant, unsigned sender)
{
	uint8_t f[128] = { 0 };
	size_t at = 12;
	struct mac dst = any_mac();

	w.tenant = tenant;
	w.sender = sender;
	memcpy(f, dst.b, 6);
	memcpy(f + 6, src.b, 6);
	if (!below(6))
		at = put_bad_tag(f, at);
	if (below(2))
		at = put_c_tag(
			f, at, below(6) ? FIRST_VLAN + tenant : (unsigned)(FIRST_VLAN + below(TENANTS)));
	if (!below(4))
		at = put_bad_tag(f, at);
	f[at] = 8;
	arrive(end, lport, span_of(f, at + MARK));
}

static void send_something(void)
{
	unsigned i = (unsigned)below(VMS + TENANTS);

	if (i >= VMS) {
		i -= VMS;
		send(BRIDGE, w.access[i], below(4) ? net_mac(0x99) : any_mac(), i, VMS + i);
	} else if (w.vm[i].is_there) {
		send(STATION, w.vm[i].lport, below(8) ? w.vm[i].mac : any_mac(), w.vm[i].tenant, i);
	}
}

/* ---- what comes and goes ---- */

static uint16_t add(unsigned end, struct relay_port_cfg cfg)
{
	uint16_t lport = relay_port_add(w.relay[end], &cfg);

	cr_assert_neq(lport, FWD_LPORT_NONE);
	relay_port_set_forwarding(w.relay[end], lport, true);
	return lport;
}

static uint16_t vlan_of(unsigned tenant)
{
	return (uint16_t)(FIRST_VLAN + tenant);
}

static void associate(unsigned end, struct vm *vm, bool is_on)
{
	struct relay_admit a = { .vid = vlan_of(vm->tenant),
		.mac = below(3) ? vm->mac : net_mac(MAC_NOBODY) };
	uint16_t lport = end == STATION ? vm->lport : vm->channel->lport[BRIDGE];

	if (end == STATION ? vm->is_there : vm->channel->at[BRIDGE])
		cr_assert(relay_admit(w.relay[end], lport, (uint32_t)(vm - w.vm), &a, is_on));
}

static bool is_default(const struct channel *c)
{
	return c == &w.schan[0];
}

static bool is_vif(const struct channel *c)
{
	return c >= w.vif && c < w.vif + VIFS;
}

/* A number that neither end of any other channel of the link has. */
static uint32_t free_id(const struct channel *c)
{
	struct channel *all = is_vif(c) ? w.vif : w.schan;
	uint32_t id = 100 + (uint32_t)below(IDS);

	for (unsigned i = 0; i < (is_vif(c) ? VIFS : TENANTS); i++)
		if ((all[i].at[0] || all[i].at[1]) && all[i].id == id)
			return free_id(c);
	return id;
}

static void vms_come(struct channel *c, enum fwd_relay relay, uint16_t component)
{
	for (struct vm *v = w.vm; v < w.vm + VMS; v++) {
		if (v->channel != c || (relay == FWD_SINGLE && v > w.vm && v[-1].channel == c))
			continue;
		v->lport = is_vif(c) ? c->lport[STATION]
				     : add(STATION, (struct relay_port_cfg){ .kind = FWD_DRP,
							    .relay = relay,
							    .component = component });
		v->is_there = true;
		associate(STATION, v, true);
	}
}

static void station_gets(struct channel *c)
{
	static const enum fwd_relay relays[] = { FWD_VEPA, FWD_VEB, FWD_SINGLE };
	enum fwd_relay relay = is_vif(c) ? FWD_IV : relays[below(3)];
	uint16_t component = (uint16_t)(is_vif(c) ? 100 : 10 + (c - w.schan));

	c->lport[STATION] = add(STATION, (struct relay_port_cfg){ .kind = is_vif(c) ? FWD_DRP : FWD_URP,
						 .relay = relay,
						 .component = component,
						 .pvid = is_vif(c) ? 0 : vlan_of(c->tenant),
						 .tag = is_vif(c) ? FWD_TAG_NONE : FWD_TAG_S });
	cr_assert(relay_channel_set(
		w.relay[STATION], is_vif(c) ? w.cascaded : w.uplink, c->id, c->lport[STATION]));
	if (is_vif(c) && below(2))
		relay_port_set_vlan(w.relay[STATION], c->lport[STATION], vlan_of(c->tenant), true, true);
	vms_come(c, relay, component);
}

static void bridge_gets(struct channel *c)
{
	c->lport[BRIDGE] = add(BRIDGE, (struct relay_port_cfg){ .kind = is_vif(c) ? FWD_DRP : FWD_SBP,
					       .relay = FWD_BRIDGE,
					       .pvid = vlan_of(c->tenant),
					       .tag = is_vif(c) ? w.format : FWD_TAG_S });
	cr_assert(relay_channel_set(w.relay[BRIDGE], is_vif(c) ? w.cascade : w.uap, c->id, c->lport[BRIDGE]));
	relay_port_set_rr(w.relay[BRIDGE], c->lport[BRIDGE], below(2));
	for (struct vm *v = w.vm; v < w.vm + VMS; v++)
		if (v->channel == c)
			associate(BRIDGE, v, true);
}

static void toggle(struct channel *c, unsigned end)
{
	if (is_default(c))
		return;
	if (!c->at[end]) {
		if (!c->at[!end])
			c->id = free_id(c);
		c->at[end] = true;
		(end == STATION ? station_gets : bridge_gets)(c);
		return;
	}
	for (struct vm *v = w.vm; end == STATION && v < w.vm + VMS; v++) {
		if (v->channel == c && v->is_there && !is_vif(c))
			relay_port_del(w.relay[end], v->lport);
		if (v->channel == c)
			v->is_there = false;
	}
	c->at[end] = false;
	if (below(2)) { /* the tag goes first, and the port is still there for a while */
		relay_channel_clear(w.relay[end], relay_port(w.relay[end], c->lport[end])->trunk, c->id);
		send_something();
	}
	relay_port_del(w.relay[end], c->lport[end]);
}

/* Programmed at the station, then used by the bridge; taken away in the opposite order (5.2). */
static void sync_list(unsigned tenant)
{
	uint16_t members[2][VIFS];
	unsigned n = 0;

	cr_assert(relay_list_set(w.relay[BRIDGE], w.cascade, list_of(tenant), NULL, 0));
	for (unsigned i = 0; i < VIFS; i++) {
		if (w.vif[i].tenant != tenant || !w.vif[i].at[STATION] || !w.vif[i].at[BRIDGE])
			continue;
		members[STATION][n] = w.vif[i].lport[STATION];
		members[BRIDGE][n++] = w.vif[i].lport[BRIDGE];
	}
	n = below(4) ? n : 0;
	cr_assert(relay_list_set(w.relay[STATION], w.cascaded, list_of(tenant), members[STATION], n));
	cr_assert(relay_list_set(w.relay[BRIDGE], w.cascade, list_of(tenant), members[BRIDGE], n));
}

static void change_something(void)
{
	struct channel *c = below(2) ? &w.vif[below(VIFS)] : &w.schan[below(TENANTS)];
	unsigned end = (unsigned)below(2);

	switch (below(6)) {
	case 0:
		associate(end, &w.vm[below(VMS)], below(4));
		break;
	case 1:
		sync_list((unsigned)below(TENANTS));
		break;
	case 2:
		if (c->at[end])
			relay_port_set_forwarding(w.relay[end], c->lport[end], below(3));
		break;
	case 3:
		w.now = mono_add(w.now, dur_ms(100));
		relay_on_time(w.relay[end], w.now);
		break;
	default:
		toggle(c, end);
		break;
	}
}

/* ---- the world ---- */

static void set_up(uint64_t seed, enum fwd_tag format)
{
	struct relay_cfg cfg = { .max_lports = 96,
		.max_fdb = 256,
		.max_admit = 128,
		.fdb_age_s = 10,
		.max_learned_drp = 16,
		.max_channels = 32,
		.max_lists = TENANTS,
		.key = { seed, 1 } };

	w = (struct world){ .format = format, .rnd = { seed }, .seed = seed, .now = { 1000000000 } };
	for (unsigned end = 0; end < 2; end++)
		w.relay[end] = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	w.uplink = add(STATION, (struct relay_port_cfg){ .kind = FWD_URP,
					.relay = FWD_VEPA,
					.component = 10,
					.pvid = vlan_of(0),
					.carries = FWD_TAG_S });
	w.cascaded = add(
		STATION, (struct relay_port_cfg){
				 .kind = FWD_URP, .relay = FWD_IV, .component = 100, .carries = format });
	w.uap = add(BRIDGE,
		(struct relay_port_cfg){
			.kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = vlan_of(0), .carries = FWD_TAG_S });
	w.cascade = add(
		BRIDGE, (struct relay_port_cfg){ .kind = FWD_SBP, .relay = FWD_BRIDGE, .carries = format });
	for (unsigned t = 0; t < TENANTS; t++) {
		w.access[t] = add(
			BRIDGE, (struct relay_port_cfg){
					.kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = vlan_of(t) });
		relay_port_set_vlan(w.relay[BRIDGE], w.access[t], vlan_of(t), true, true);
		w.schan[t].tenant = t;
	}
	for (unsigned i = 0; i < VIFS; i++)
		w.vif[i].tenant = i % TENANTS;
	for (unsigned i = 0; i < VMS; i++) {
		struct channel *c = i < TENANTS * 2 ? &w.schan[i / 2] : &w.vif[i - TENANTS * 2];

		w.vm[i] = (struct vm){ .mac = net_mac(0x10 + i), .channel = c, .tenant = c->tenant };
	}
	w.schan[0].at[STATION] = w.schan[0].at[BRIDGE] = true;
	w.schan[0].lport[STATION] = w.uplink;
	w.schan[0].lport[BRIDGE] = w.uap;
	relay_port_set_rr(w.relay[BRIDGE], w.uap, true);
	vms_come(&w.schan[0], FWD_VEPA, 10);
	for (unsigned i = 0; i < 2; i++)
		associate(BRIDGE, &w.vm[i], true);
}

static void run(uint64_t seed, enum fwd_tag format)
{
	set_up(seed, format);
	for (w.step = 0; w.step < STEPS; w.step++) {
		if (!below(10))
			change_something();
		send_something();
	}
	cr_assert_gt(w.delivered, STEPS / 10, "seed %u: %u delivered", (unsigned)seed, w.delivered);
	cr_assert_gt(w.up, STEPS / 10);
	free(w.relay[STATION]);
	free(w.relay[BRIDGE]);
}

Test(tag_isolation, CDCP_17_PEX_65_nothing_of_a_channel_appears_in_another)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		run(seed * 20111, seed % 2 ? FWD_TAG_VN : FWD_TAG_E);
}
