/*
 * relay_group.c - registered group addresses (802.1Q 8.8.4): with one registration, a group address in a VLAN goes
 * to the registered ports only, the reception port of a reflecting frame among them only if registered (RR-08).
 *
 * In: registrations, from the configuration or a snooper. The relay registers nothing by itself. Each record sits in
 * two maps: by component ("is anybody registered?") and by port ("is this one?").
 */
#include "relay_priv.h"

void relay_group_layout(struct relay *r, struct carve *c)
{
	r->group = (struct group *)carve_take(c, r->cfg.max_groups, sizeof(*r->group));
	imap_layout(&r->by_group, c, r->cfg.max_groups);
	imap_layout(&r->by_group_port, c, r->cfg.max_groups);
}

void relay_group_clear(struct relay *r)
{
	imap_clear(&r->by_group);
	imap_clear(&r->by_group_port);
	r->n_groups = 0;
}

static uint32_t find(const struct relay *r, uint32_t key_hash, uint16_t lport, uint64_t key)
{
	uint32_t i = imap_first(&r->by_group_port, relay_hash_with(key_hash, lport));

	while (i != IMAP_NONE && (r->group[i].key != key || r->group[i].lport != lport))
		i = imap_next(&r->by_group_port, i);
	return i;
}

bool relay_group_has(const struct relay *r, uint32_t key_hash, uint16_t lport, uint64_t key)
{
	return find(r, key_hash, lport, key) != IMAP_NONE;
}

bool relay_group_known(const struct relay *r, uint32_t key_hash, uint16_t component, uint64_t key)
{
	uint32_t i = imap_first(&r->by_group, relay_hash_with(key_hash, component));

	while (i != IMAP_NONE && (r->group[i].key != key || r->group[i].component != component))
		i = imap_next(&r->by_group, i);
	return i != IMAP_NONE;
}

static void forget(struct relay *r, uint32_t i)
{
	imap_remove(&r->by_group, r->group[i].wide_hash, i);
	imap_remove(&r->by_group_port, r->group[i].hash, i);
	r->group[i].in_use = false;
	r->n_groups--;
}

bool relay_group_set(struct relay *r, uint16_t lport, uint16_t vid, struct mac mac, bool is_registered)
{
	uint64_t key = fdb_key(vid, mac_u64(mac));
	uint32_t hash = relay_hash(r, key), i, slot = 0;
	uint16_t component;

	if (!relay_is_port(r, lport) || !relay_is_vid(vid) || !mac_is_group(mac))
		return false;
	i = find(r, hash, lport, key);
	if (!is_registered) {
		if (i != IMAP_NONE)
			forget(r, i);
		return true;
	}
	if (i != IMAP_NONE)
		return true;
	while (slot < r->cfg.max_groups && r->group[slot].in_use)
		slot++;
	if (slot == r->cfg.max_groups)
		return false;
	component = r->port[lport].p.component;
	r->group[slot] = (struct group){ .key = key,
		.hash = relay_hash_with(hash, lport),
		.wide_hash = relay_hash_with(hash, component),
		.component = component,
		.lport = lport,
		.in_use = true };
	imap_insert(&r->by_group, r->group[slot].wide_hash, slot);
	imap_insert(&r->by_group_port, r->group[slot].hash, slot);
	r->n_groups++;
	return true;
}

void relay_group_del_port(struct relay *r, uint16_t lport)
{
	for (uint32_t i = 0; r->n_groups > 0 && i < r->cfg.max_groups; i++)
		if (r->group[i].in_use && r->group[i].lport == lport)
			forget(r, i);
}
