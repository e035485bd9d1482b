/*
 * relay_port.c - the relay's logical ports: their life, their VLANs, ageing, and what `show` reads.
 *
 * VLAN membership has two sources. What the administrator said sits in static_member and static_untagged; what
 * follows from associations is counted per (port, VID) in refs. relay_vlan_ref() and vlan_sync() fold both into
 * member and untagged, the rows of port bits that forwarding reads. (In an interface virtualizer untagged is the
 * administrator's alone.) A URP counts the references of its DRPs too, so
 * the uplink is in exactly the VLANs its VSIs use.
 *
 * Invariants: member and untagged are always in step with their sources; a component has at most one URP, and every
 * DRP of the component names it in fwd_port.urp.
 */
#include "names.h"
#include "relay_priv.h"
#include "vntag_hdr.h"

_Static_assert((int)FWD_N_DROPS - FWD_DROP_TRUNCATED == (int)VNTAG_N_DROPS - VNTAG_DROP_TRUNCATED,
	"enum fwd_drop ends with enum vntag_drop");

static void layout(struct relay *r, struct carve *c)
{
	const struct relay_cfg *cfg = &r->cfg;
	size_t n_row_words = (size_t)RELAY_N_VIDS * r->n_words;

	r->port = (struct lport *)carve_take(c, cfg->max_lports, sizeof(*r->port));
	r->member = (uint64_t *)carve_take(c, n_row_words, sizeof(uint64_t));
	r->untagged = (uint64_t *)carve_take(c, n_row_words, sizeof(uint64_t));
	r->static_member = (uint64_t *)carve_take(c, n_row_words, sizeof(uint64_t));
	r->static_untagged = (uint64_t *)carve_take(c, n_row_words, sizeof(uint64_t));
	r->refs = (struct vlan_refs *)carve_take(c, (size_t)cfg->max_lports * RELAY_N_VIDS, sizeof(*r->refs));
	fdb_layout(&r->fdb, c, cfg->max_fdb, cfg->max_admit, cfg->max_lports);
	relay_admit_layout(r, c);
	relay_group_layout(r, c);
	relay_tag_layout(r, c);
	mirror_layout(&r->mirror, c, cfg->max_changes);
}

static struct relay start(const struct relay_cfg *cfg)
{
	struct relay r = { .cfg = *cfg, .n_words = (uint16_t)((cfg->max_lports + 63u) / 64) };

	if (r.cfg.max_lports == FWD_LPORT_NONE) /* that number is taken */
		r.cfg.max_lports--;
	return r;
}

size_t relay_size(const struct relay_cfg *cfg)
{
	struct relay r = start(cfg);
	struct carve c = { 0 };

	carve_take(&c, 1, sizeof(r));
	layout(&r, &c);
	return c.used;
}

struct relay *relay_init(const struct relay_cfg *cfg, void *mem)
{
	struct carve c = { .base = (uint8_t *)mem };
	struct relay *r = (struct relay *)carve_take(&c, 1, sizeof(*r));

	*r = start(cfg);
	layout(r, &c);
	fdb_clear(&r->fdb);
	relay_admit_clear(r);
	relay_group_clear(r);
	relay_tag_clear(r);
	mirror_clear(&r->mirror, true);
	r->walk_table = RELAY_N_TABLES;
	r->fdb.mirror = &r->mirror;
	r->fdb.mirror_table = RELAY_FDB;
	r->age = dur_s(cfg->fdb_age_s);
	r->next_sweep = MONO_NEVER;
	return r;
}

void relay_set_age(struct relay *r, unsigned fdb_age_s)
{
	r->age = dur_s(fdb_age_s);
}

/* Did it change? */
static bool set_bit(const struct relay *r, uint64_t *set, uint16_t lport, uint16_t vid, bool is_on)
{
	uint64_t *word = &set[(size_t)vid * r->n_words + lport / 64];
	uint64_t bit = (uint64_t)1 << lport % 64;

	if (((*word & bit) != 0) == is_on) /* an untouched page stays one */
		return false;
	*word ^= bit;
	return true;
}

/* A VIF's untagged set is what the controlling bridge or the administrator said: the station's VSIs have no say. */
static void vlan_sync(struct relay *r, uint16_t lport, uint16_t vid)
{
	const struct vlan_refs *refs = relay_refs(r, lport, vid);
	bool is_followed = refs->untagged > 0 && r->port[lport].p.relay != FWD_IV;
	bool has_changed;

	r->epoch++;
	has_changed = set_bit(
		r, r->member, lport, vid, refs->n > 0 || relay_bit(r, r->static_member, lport, vid));
	has_changed |= set_bit(
		r, r->untagged, lport, vid, is_followed || relay_bit(r, r->static_untagged, lport, vid));
	if (has_changed)
		mirror_note(&r->mirror, RELAY_VLANS, lport, vid);
}

void relay_vlan_ref(struct relay *r, uint16_t lport, uint16_t vid, int delta, int delta_untagged)
{
	const struct fwd_port *p = &r->port[lport].p;
	struct vlan_refs *refs = relay_refs(r, lport, vid);

	refs->n += (uint32_t)delta;
	if (delta_untagged != 0 && refs->untagged == (delta_untagged < 0)) { /* the first, or the last */
		r->port[lport].n_untagged_vids = (uint16_t)(r->port[lport].n_untagged_vids + delta_untagged);
		r->port[lport].untagged_vids ^= vid;
		relay_note_port(r, lport);
	}
	refs->untagged += (uint32_t)delta_untagged;
	vlan_sync(r, lport, vid);
	if (p->kind == FWD_DRP && p->urp != FWD_LPORT_NONE) {
		relay_refs(r, p->urp, vid)->n += (uint32_t)delta;
		vlan_sync(r, p->urp, vid);
	}
}

/* The new URP of a component takes over the VLANs of the DRPs that are there. */
static void adopt_drps(struct relay *r, uint16_t urp)
{
	for (uint16_t i = 0; i < r->cfg.max_lports; i++) {
		struct fwd_port *p = &r->port[i].p;

		if (!p->in_use || i == urp || p->component != r->port[urp].p.component)
			continue;
		p->urp = urp;
		relay_note_port(r, i);
		for (uint16_t vid = 1; relay_is_vid(vid); vid++) {
			relay_refs(r, urp, vid)->n += relay_refs(r, i, vid)->n;
			vlan_sync(r, urp, vid);
		}
	}
}

static uint16_t find_urp(const struct relay *r, uint16_t component)
{
	for (uint16_t i = 0; i < r->cfg.max_lports; i++) {
		const struct fwd_port *p = &r->port[i].p;

		if (p->in_use && p->kind == FWD_URP && p->component == component)
			return i;
	}
	return FWD_LPORT_NONE;
}

/* Only a VEB learns from its uplink (evb-reference 1.4, rule 5); behind VIF tags nobody does. */
static bool may_learn(enum fwd_kind kind, enum fwd_relay relay)
{
	return relay != FWD_IV && (kind != FWD_URP || relay == FWD_VEB);
}

uint16_t relay_port_add(struct relay *r, const struct relay_port_cfg *cfg)
{
	bool is_edge = cfg->relay != FWD_BRIDGE;
	uint16_t urp = is_edge ? find_urp(r, cfg->component) : FWD_LPORT_NONE, lport = 0;

	if (cfg->kind == FWD_URP && urp != FWD_LPORT_NONE)
		return FWD_LPORT_NONE;
	while (lport < r->cfg.max_lports && r->port[lport].p.in_use)
		lport++;
	if (lport == r->cfg.max_lports)
		return FWD_LPORT_NONE;
	r->port[lport] = (struct lport){ .p = { .in_use = 1,
						 .kind = (uint8_t)cfg->kind,
						 .relay = (uint8_t)cfg->relay,
						 .tag = (uint8_t)cfg->tag,
						 .carries = (uint8_t)cfg->carries,
						 .is_base = cfg->is_base,
						 .component = cfg->component,
						 .trunk = FWD_LPORT_NONE,
						 .urp = urp,
						 .learns = may_learn(cfg->kind, cfg->relay) } };
	relay_port_set_cfg(r, lport, cfg); /* and is noted */
	if (cfg->kind == FWD_URP)
		adopt_drps(r, lport);
	relay_admit_share(r);
	return lport;
}

void relay_port_set_cfg(struct relay *r, uint16_t lport, const struct relay_port_cfg *cfg)
{
	struct lport *port = &r->port[lport];
	uint16_t old = port->p.unassociated_vid;
	uint16_t new = cfg->kind == FWD_SBP &&relay_is_vid(cfg->unassociated_vid) ? cfg->unassociated_vid : 0;

	assert(relay_is_port(r, lport));
	assert(cfg->kind == (enum fwd_kind)port->p.kind && cfg->component == port->p.component);
	port->p.pvid = relay_is_vid(cfg->pvid) ? cfg->pvid : FWD_VID_NONE;
	port->p.mtu = cfg->mtu;
	port->p.pcp = cfg->pcp & 7;
	port->pads = cfg->pads;
	relay_note_port(r, lport);
	r->epoch++; /* a pvid says what is untagged */
	port->storm_gap = dur_ns(cfg->storm_pps > 0 ? dur_s(1).ns / cfg->storm_pps : 0);
	if (old == new)
		return;
	port->p.unassociated_vid = new;
	if (old != 0) {
		relay_vlan_ref(r, lport, old, -1, 0);
		fdb_flush_vlan(&r->fdb, lport, old);
	}
	if (new != 0)
		relay_vlan_ref(r, lport, new, 1, 0);
}

void relay_port_del(struct relay *r, uint16_t lport)
{
	bool is_urp;

	if (!relay_is_port(r, lport))
		return;
	is_urp = r->port[lport].p.kind == FWD_URP;
	relay_admit_del_port(r, lport);
	relay_group_del_port(r, lport);
	fdb_flush_port(&r->fdb, lport);
	relay_tag_del_port(r, lport);
	for (uint16_t vid = 1; relay_is_vid(vid); vid++)
		if (relay_refs(r, lport, vid)->n >
			0) /* written only where it was: most of the table stays untouched */
			*relay_refs(r, lport, vid) = (struct vlan_refs){ 0 };
	relay_port_clear_vlans(r, lport);
	r->port[lport].p = (struct fwd_port){ 0 };
	relay_note_port(r, lport);
	relay_admit_share(r);
	for (uint16_t i = 0; is_urp && i < r->cfg.max_lports; i++)
		if (r->port[i].p.in_use && r->port[i].p.urp == lport) {
			r->port[i].p.urp = FWD_LPORT_NONE;
			relay_note_port(r, i);
		}
}

void relay_port_set_forwarding(struct relay *r, uint16_t lport, bool is_forwarding)
{
	if (!relay_is_port(r, lport))
		return;
	if (r->port[lport].p.forwarding != is_forwarding)
		relay_note_port(r, lport);
	r->port[lport].p.forwarding = is_forwarding;
	r->epoch++;
	if (!is_forwarding)
		fdb_flush_port(&r->fdb, lport);
}

void relay_port_set_learning(struct relay *r, uint16_t lport, bool is_on)
{
	struct fwd_port *p = &r->port[lport].p;

	if (!relay_is_port(r, lport))
		return;
	relay_note_port(r, lport);
	p->learns = is_on && may_learn((enum fwd_kind)p->kind, (enum fwd_relay)p->relay);
	if (!is_on)
		fdb_flush_port(&r->fdb, lport);
}

void relay_port_set_carries(struct relay *r, uint16_t lport, enum fwd_tag carries)
{
	if (!relay_is_port(r, lport))
		return;
	r->port[lport].p.carries = (uint8_t)carries;
	relay_note_port(r, lport);
}

void relay_port_set_rr(struct relay *r, uint16_t lport, bool is_on)
{
	if (!relay_is_port(r, lport))
		return;
	/* an edge relay never sends back to its uplink, nor a controlling bridge to the source VIF (5.1) */
	r->port[lport].p.rr = is_on && r->port[lport].p.relay == FWD_BRIDGE &&
			      r->port[lport].p.tag <= FWD_TAG_S;
	relay_note_port(r, lport);
}

void relay_port_set_vlan(struct relay *r, uint16_t lport, uint16_t vid, bool is_member, bool is_untagged)
{
	if (!relay_is_port(r, lport) || !relay_is_vid(vid) || r->port[lport].p.kind == FWD_SBP ||
		(r->port[lport].p.kind == FWD_DRP && r->port[lport].p.relay != FWD_IV))
		return;
	if (!is_member && !relay_bit(r, r->static_member, lport, vid))
		return;
	set_bit(r, r->static_member, lport, vid, is_member);
	set_bit(r, r->static_untagged, lport, vid, is_member && is_untagged);
	vlan_sync(r, lport, vid);
	if (!is_member)
		fdb_flush_vlan(&r->fdb, lport, vid);
}

void relay_port_clear_vlans(struct relay *r, uint16_t lport)
{
	if (!relay_is_port(r, lport))
		return;
	for (uint16_t vid = 1; relay_is_vid(vid); vid++) {
		if (relay_bit(r, r->static_member, lport, vid))
			fdb_flush_vlan(&r->fdb, lport, vid);
		set_bit(r, r->static_member, lport, vid, false);
		set_bit(r, r->static_untagged, lport, vid, false);
		vlan_sync(r, lport, vid);
	}
}

void relay_on_time(struct relay *r, struct mono now)
{
	if (!mono_reached(r->next_sweep, now))
		return;
	fdb_expire(&r->fdb, (struct mono){ now.ns > r->age.ns ? now.ns - r->age.ns : 0 });
	r->next_sweep = r->fdb.n_learned > 0 ? mono_add(now, dur_s(1)) : MONO_NEVER;
}

struct mono relay_deadline(const struct relay *r)
{
	return r->next_sweep;
}

const struct relay_port_counters *relay_port_counters(const struct relay *r, uint16_t lport)
{
	return relay_is_port(r, lport) ? &r->port[lport].n : NULL;
}

unsigned relay_port_vsis(const struct relay *r, uint16_t lport)
{
	return relay_is_port(r, lport) ? r->port[lport].n_vsis : 0;
}

bool relay_port_is_untagged(const struct relay *r, uint16_t lport, uint16_t vid)
{
	return relay_is_port(r, lport) && relay_is_vid(vid) &&
	       (relay_bit(r, r->untagged, lport, vid) || r->port[lport].p.pvid == vid);
}

const struct fwd_port *relay_port(const struct relay *r, uint16_t lport)
{
	return relay_is_port(r, lport) ? &r->port[lport].p : NULL;
}

bool relay_port_has_vlan(const struct relay *r, uint16_t lport, uint16_t vid)
{
	return relay_is_port(r, lport) && relay_is_vid(vid) && relay_bit(r, r->member, lport, vid);
}

uint32_t relay_fdb_count(const struct relay *r)
{
	return fdb_count(&r->fdb);
}

uint32_t relay_fdb_walk(const struct relay *r, uint32_t cookie, struct relay_fdb_row *ret, bool *ret_valid)
{
	uint32_t i = cookie;

	while (i < r->fdb.map.cap && !r->fdb.entry[i].in_use)
		i++;
	*ret_valid = i < r->fdb.map.cap;
	if (!*ret_valid)
		return 0;
	*ret = relay_fdb_row_of(&r->fdb.entry[i]);
	return i + 1 < r->fdb.map.cap ? i + 1 : 0;
}

const char *fwd_drop_name(enum fwd_drop d)
{
	static const struct name_row names[] = {
		{ FWD_PASS, "pass" },
		{ FWD_DROP_MALFORMED, "malformed" },
		{ FWD_DROP_BLOCKED, "blocked" },
		{ FWD_DROP_RESERVED, "reserved" },
		{ FWD_DROP_NOT_ASSOCIATED, "not_associated" },
		{ FWD_DROP_VLAN, "vlan" },
		{ FWD_DROP_SAME_PORT, "same_port" },
		{ FWD_DROP_EGRESS, "egress" },
		{ FWD_DROP_NO_DESTINATION, "no_destination" },
		{ FWD_DROP_STORM, "storm" },
		{ FWD_DROP_TOO_LONG, "too_long" },
		{ FWD_DROP_NO_CHANNEL, "no_channel" },
		{ FWD_DROP_S_TAGGED, "s_tagged" },
		{ 0, NULL },
	};

	if (d >= FWD_DROP_TRUNCATED && d < FWD_N_DROPS)
		return vntag_drop_name((enum vntag_drop)(VNTAG_DROP_TRUNCATED + d - FWD_DROP_TRUNCATED));
	return names_text(names, (int)d, "unknown");
}
