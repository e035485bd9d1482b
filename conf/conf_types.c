/*
 * conf_types.c - the VSI type file: the records by which the file driver of the type database answers (vtdb.h;
 * 802.1Q 41.1, evb-reference 6.8).
 *
 * Every group of the file has a table of keys, each with the function that reads it; an unknown key is refused with a
 * suggestion. All memory of a database is a chain of pieces behind it, freed together.
 * Invariants: types are sorted by manager, id, version; no two answer for the same (manager, id, version); a type's
 * default VID and the VIDs of its groups are among the VIDs it allows.
 */
#include "conf_tree.h"
#include "vtdb.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_TYPES = 16384,
	MAX_LIST = 65536,
	MAX_TYPE_NAME = 64,
	LABEL = 64,
	TYPE_ID_MAX = 0xffffff,
};

struct piece {
	struct piece *next;
	max_align_t data[];
};
struct store { /* what conf_types_load() allocates; db comes first */
	struct vtdb_types db;
	struct piece *pieces;
};

struct reader {
	struct conf_doc doc;
	struct store *store;
	struct vtdb_type *type;   /* being read */
	struct vtdb_group *group; /* being read */
	bool has_manager, has_version;
	char where[LABEL]; /* "type 4" */
};

struct key {
	const char *name;
	bool (*read)(struct reader *r, const config_setting_t *at, const char *what);
};

/* Zeroed room for n items, kept by the database. NULL: the error is noted. */
static void *room(struct reader *r, const config_setting_t *at, size_t n, size_t size)
{
	struct piece *p = calloc(1, sizeof(*p) + n * size);

	if (p == NULL) {
		conf_doc_fail(&r->doc, at, "out of memory");
		return NULL;
	}
	p->next = r->store->pieces;
	r->store->pieces = p;
	return p->data;
}

/* Refuses what the table of keys does not know; then reads the members of a group in the table's order. Messages
 * call a member PREFIX.NAME of WHERE. */
static bool read_keys(
	struct reader *r, const config_setting_t *group, const char *prefix, const struct key *keys)
{
	const char *dot = prefix[0] != '\0' ? "." : "", *of = r->where[0] != '\0' ? " of " : "";
	char what[2 * LABEL];

	snprintf(what, sizeof(what), "%s%s%s", prefix, prefix[0] != '\0' ? of : "", r->where);
	if (!conf_doc_group(&r->doc, group, what))
		return false;
	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
		const config_setting_t *at = config_setting_get_elem(group, i);
		struct conf_guess guess = { config_setting_name(at), NULL, 0 };
		bool is_known = false;

		for (const struct key *k = keys; k->name != NULL && !is_known; k++) {
			is_known = strcmp(guess.name, k->name) == 0;
			conf_guess_try(&guess, k->name);
		}
		if (!is_known)
			return conf_doc_unknown(&r->doc, at, what, &guess);
	}
	for (const struct key *k = keys; k->name != NULL; k++) {
		const config_setting_t *at = config_setting_get_member(group, k->name);

		snprintf(what, sizeof(what), "%s%s%s%s%s", prefix, dot, k->name, of, r->where);
		if (at != NULL && !k->read(r, at, what))
			return false;
	}
	return true;
}

static bool read_text(
	struct reader *r, const config_setting_t *at, const char *what, size_t size, const char **ret)
{
	const char *text = "";
	char *copy;

	if (!conf_doc_text(&r->doc, at, what, size, &text))
		return false;
	copy = room(r, at, strlen(text) + 1, 1);
	if (copy == NULL)
		return false;
	memcpy(copy, text, strlen(text) + 1);
	*ret = copy;
	return true;
}

static bool read_vid(struct reader *r, const config_setting_t *at, const char *what, uint16_t *ret)
{
	int64_t vid;

	if (!conf_doc_number(&r->doc, at, what, 1, FWD_VID_MAX, &vid))
		return false;
	*ret = (uint16_t)vid;
	return true;
}

static bool read_a_manager(
	struct reader *r, const config_setting_t *at, const char *what, struct vdp_manager *ret)
{
	static const struct vdp_manager nobody;

	if (!conf_doc_manager(&r->doc, at, what, ret))
		return false;
	return !vdp_manager_equal(ret, &nobody) ||
	       conf_doc_fail(&r->doc, at, "%s is all zeros, which in a request means \"the default manager\"",
		       what);
}

/* ---- keys of refuse ---- */

static bool refuse_error(struct reader *r, const config_setting_t *at, const char *what)
{
	static const struct name_row names[] = { { VDP_E_FORMAT, "format" }, { VDP_E_RESOURCES, "resources" },
		{ VDP_E_NO_MANAGER, "no_manager" }, { VDP_E_OTHER, "other" }, { VDP_E_ADDRESS, "address" },
		{ 0, NULL } };
	int error;

	if (!conf_doc_choice(
		    &r->doc, at, what, names, "format, resources, no_manager, other, address", &error))
		return false;
	r->type->refuse_error = (uint8_t)error;
	return true;
}

static bool refuse_hard(struct reader *r, const config_setting_t *at, const char *what)
{
	return conf_doc_bool(&r->doc, at, what, &r->type->refuse_hard);
}

static bool refuse_reason(struct reader *r, const config_setting_t *at, const char *what)
{
	return read_text(r, at, what, VTDB_REASON, &r->type->refuse_reason);
}

/* ---- keys of users ---- */

static bool users_vsis(struct reader *r, const config_setting_t *at, const char *what)
{
	struct vsi_id *vsis;
	unsigned n;

	if (!conf_doc_list(&r->doc, at, what, MAX_LIST, &n))
		return false;
	vsis = room(r, at, n, sizeof(*vsis));
	for (unsigned i = 0; vsis != NULL && i < n; i++)
		if (!conf_doc_vsi_id(&r->doc, config_setting_get_elem(at, i), what, &vsis[i]))
			return false;
	r->type->vsis = vsis;
	r->type->n_vsis = n;
	return vsis != NULL;
}

static bool users_macs(struct reader *r, const config_setting_t *at, const char *what)
{
	struct mac *macs;
	unsigned n;

	if (!conf_doc_list(&r->doc, at, what, MAX_LIST, &n))
		return false;
	macs = room(r, at, n, sizeof(*macs));
	for (unsigned i = 0; macs != NULL && i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);
		const char *text = "";

		if (!conf_doc_text(&r->doc, item, what, CONF_TEXT, &text))
			return false;
		if (!mac_parse(text, &macs[i]) || mac_is_group(macs[i]) || mac_is_zero(macs[i]))
			return conf_doc_fail(&r->doc, item,
				"%s has \"%s\", which is no MAC address of a station", what, text);
	}
	r->type->macs = macs;
	r->type->n_macs = n;
	return macs != NULL;
}

/* ---- keys of an element of groups ---- */

static bool group_group(struct reader *r, const config_setting_t *at, const char *what)
{
	int64_t id;

	if (!conf_doc_number(&r->doc, at, what, 1, UINT32_MAX, &id))
		return false;
	r->group->group_id = (uint32_t)id;
	return true;
}

static bool group_vid(struct reader *r, const config_setting_t *at, const char *what)
{
	return read_vid(r, at, what, &r->group->vid);
}

/* ---- keys of a type ---- */

static bool type_id(struct reader *r, const config_setting_t *at, const char *what)
{
	int64_t id;

	if (!conf_doc_number(&r->doc, at, what, 0, TYPE_ID_MAX, &id))
		return false;
	r->type->type_id = (uint32_t)id;
	return true;
}

static bool type_name(struct reader *r, const config_setting_t *at, const char *what)
{
	return read_text(r, at, what, MAX_TYPE_NAME, &r->type->name);
}

static bool type_manager(struct reader *r, const config_setting_t *at, const char *what)
{
	r->has_manager = true;
	return read_a_manager(r, at, what, &r->type->manager);
}

static bool type_version(struct reader *r, const config_setting_t *at, const char *what)
{
	int64_t version;

	if (!conf_doc_number(&r->doc, at, what, 0, UINT8_MAX, &version))
		return false;
	r->has_version = true;
	r->type->version_low = r->type->version_high = (uint8_t)version;
	return true;
}

static bool type_versions(struct reader *r, const config_setting_t *at, const char *what)
{
	unsigned low = 0, high = 0;
	const char *text = "";

	if (r->has_version)
		return conf_doc_fail(
			&r->doc, at, "%s has version and versions: one of them is enough", r->where);
	if (!conf_doc_text(&r->doc, at, what, CONF_TEXT, &text))
		return false;
	if (!conf_parse_range(text, 0, UINT8_MAX, &low, &high))
		return conf_doc_fail(
			&r->doc, at, "%s is \"%s\"; allowed: \"low-high\" within 0..255", what, text);
	r->type->version_low = (uint8_t)low;
	r->type->version_high = (uint8_t)high;
	return true;
}

static bool type_vids(struct reader *r, const config_setting_t *at, const char *what)
{
	struct vtdb_vid_range *vids;
	unsigned n;

	if (!conf_doc_list(&r->doc, at, what, FWD_VID_MAX, &n))
		return false;
	vids = room(r, at, n, sizeof(*vids));
	for (unsigned i = 0; vids != NULL && i < n; i++)
		if (!conf_doc_vids(
			    &r->doc, config_setting_get_elem(at, i), what, &vids[i].low, &vids[i].high))
			return false;
	r->type->vids = vids;
	r->type->n_vids = n;
	return vids != NULL;
}

static bool allows(const struct vtdb_type *t, uint16_t vid)
{
	for (unsigned i = 0; i < t->n_vids; i++)
		if (vid >= t->vids[i].low && vid <= t->vids[i].high)
			return true;
	return t->n_vids == 0;
}

static bool type_default_vid(struct reader *r, const config_setting_t *at, const char *what)
{
	if (!read_vid(r, at, what, &r->type->default_vid))
		return false;
	return allows(r->type, r->type->default_vid) ||
	       conf_doc_fail(
		       &r->doc, at, "%s is %u, which is not among its vids", what, r->type->default_vid);
}

static bool type_pcp(struct reader *r, const config_setting_t *at, const char *what)
{
	int64_t pcp;

	if (!conf_doc_number(&r->doc, at, what, 0, 7, &pcp))
		return false;
	r->type->has_pcp = true;
	r->type->pcp = (uint8_t)pcp;
	return true;
}

static bool read_one_group(
	struct reader *r, const config_setting_t *at, const char *what, const struct vtdb_group *before)
{
	static const struct key keys[] = { { "group", group_group }, { "vid", group_vid }, { NULL, NULL } };

	if (!read_keys(r, at, "groups", keys))
		return false;
	if (r->group->group_id == 0 || r->group->vid == 0)
		return conf_doc_fail(&r->doc, at, "%s: each needs group and vid", what);
	if (!allows(r->type, r->group->vid))
		return conf_doc_fail(
			&r->doc, at, "%s: VID %u is not among the type's vids", what, r->group->vid);
	for (; before < r->group; before++)
		if (before->group_id == r->group->group_id)
			return conf_doc_fail(&r->doc, at, "%s has group %u twice", what, before->group_id);
	return true;
}

static bool type_groups(struct reader *r, const config_setting_t *at, const char *what)
{
	struct vtdb_group *groups;
	unsigned n;

	if (!conf_doc_list(&r->doc, at, what, FWD_VID_MAX, &n))
		return false;
	groups = room(r, at, n, sizeof(*groups));
	for (unsigned i = 0; groups != NULL && i < n; i++) {
		r->group = &groups[i];
		if (!read_one_group(r, config_setting_get_elem(at, i), what, groups))
			return false;
	}
	r->type->groups = groups;
	r->type->n_groups = n;
	return groups != NULL;
}

static bool type_max_macs(struct reader *r, const config_setting_t *at, const char *what)
{
	int64_t max;

	if (!conf_doc_number(&r->doc, at, what, 0, VDP_FILTERS_MAX, &max))
		return false;
	r->type->max_macs = (unsigned)max;
	return true;
}

static bool type_users(struct reader *r, const config_setting_t *at, const char *what)
{
	static const struct key keys[] = { { "vsis", users_vsis }, { "macs", users_macs }, { NULL, NULL } };

	(void)what;
	return read_keys(r, at, "users", keys);
}

static bool type_refuse(struct reader *r, const config_setting_t *at, const char *what)
{
	static const struct key keys[] = { { "error", refuse_error }, { "hard", refuse_hard },
		{ "reason", refuse_reason }, { NULL, NULL } };

	(void)what;
	r->type->is_refused = true;
	r->type->refuse_error = VDP_E_OTHER;
	r->type->refuse_hard = true;
	return read_keys(r, at, "refuse", keys);
}

static bool type_echo_org(struct reader *r, const config_setting_t *at, const char *what)
{
	return conf_doc_bool(&r->doc, at, what, &r->type->echo_org);
}

static const struct key type_keys[] = { { "id", type_id }, { "name", type_name }, { "manager", type_manager },
	{ "version", type_version }, { "versions", type_versions }, { "vids", type_vids },
	{ "default_vid", type_default_vid }, { "pcp", type_pcp }, { "groups", type_groups },
	{ "max_macs", type_max_macs }, { "users", type_users }, { "refuse", type_refuse },
	{ "echo_org", type_echo_org }, { NULL, NULL } };

/* ---- the file ---- */

static bool read_type(struct reader *r, const config_setting_t *at, unsigned i)
{
	const config_setting_t *id;

	r->type->name = "";
	r->type->version_high = UINT8_MAX;
	r->has_manager = r->has_version = false;
	snprintf(r->where, sizeof(r->where), "type number %u", i + 1);
	if (!conf_doc_group(&r->doc, at, r->where))
		return false;
	id = config_setting_get_member(at, "id");
	if (id == NULL)
		return conf_doc_fail(&r->doc, at, "id of %s is missing", r->where);
	if (config_setting_type(id) == CONFIG_TYPE_INT)
		snprintf(r->where, sizeof(r->where), "type %d", config_setting_get_int(id));
	if (!read_keys(r, at, "", type_keys))
		return false;
	if (!r->has_manager && !r->store->db.has_default_manager)
		return conf_doc_fail(
			&r->doc, at, "%s has no manager and the file no default_manager", r->where);
	if (!r->has_manager)
		r->type->manager = r->store->db.default_manager;
	return true;
}

static bool collide(const struct vtdb_type *a, const struct vtdb_type *b)
{
	return a->type_id == b->type_id && a->version_low <= b->version_high &&
	       b->version_low <= a->version_high && vdp_manager_equal(&a->manager, &b->manager);
}

static int by_key(const void *x, const void *y)
{
	const struct vtdb_type *a = x, *b = y;
	int r = memcmp(a->manager.id, b->manager.id, sizeof(a->manager.id));

	if (r == 0)
		r = (a->type_id > b->type_id) - (a->type_id < b->type_id);
	return r != 0 ? r : a->version_low - b->version_low;
}

static bool top_default_manager(struct reader *r, const config_setting_t *at, const char *what)
{
	r->store->db.has_default_manager = true;
	return read_a_manager(r, at, what, &r->store->db.default_manager);
}

static bool top_types(struct reader *r, const config_setting_t *at, const char *what)
{
	struct vtdb_type *types;
	unsigned n;

	if (!conf_doc_list(&r->doc, at, what, MAX_TYPES, &n))
		return false;
	types = room(r, at, n, sizeof(*types));
	for (unsigned i = 0; types != NULL && i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);

		r->type = &types[i];
		if (!read_type(r, item, i))
			return false;
		for (unsigned j = 0; j < i; j++)
			if (collide(&types[j], &types[i]))
				return conf_doc_fail(&r->doc, item,
					"%s is there twice for the same manager and version", r->where);
	}
	if (types == NULL)
		return false;
	qsort(types, n, sizeof(*types), by_key);
	r->store->db.types = types;
	r->store->db.n_types = n;
	return true;
}

int conf_types_load(const char *path, struct vtdb_types **ret, struct conf_error *ret_error)
{
	static const struct key keys[] = { { "default_manager", top_default_manager }, { "types", top_types },
		{ NULL, NULL } };
	struct reader r = { .store = calloc(1, sizeof(*r.store)) };
	int error = conf_doc_open(&r.doc, path, ret_error);

	if (error == 0 && r.store == NULL)
		error = -ENOMEM;
	if (error == 0 && !read_keys(&r, config_root_setting(&r.doc.cfg), "", keys))
		error = -EINVAL;
	conf_doc_close(&r.doc);
	if (error == 0)
		*ret = &r.store->db;
	else
		conf_types_free(r.store == NULL ? NULL : &r.store->db);
	return error;
}

void conf_types_free(struct vtdb_types *t)
{
	struct store *store = (struct store *)(void *)t; /* db is its first member */
	struct piece *next;

	if (store == NULL)
		return;
	for (struct piece *p = store->pieces; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	free(store);
}
