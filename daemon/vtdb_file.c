/*
 * vtdb_file.c - the file driver of the VSI type database: decides from the records of conf/types.conf with
 * vtdb_decide(), in the same call. Other drivers answer later through node_vtdb_answer().
 */
#include "vtdb_file.h"

static void decide(struct vtdb_file *f, const struct vtdb_query *q)
{
	static const struct vtdb_types none;

	vtdb_decide(f->types ? f->types : &none, q, &f->answer);
}

static void ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_query *q,
	struct mono now)
{
	struct vtdb_file *f = ctx;

	decide(f, q);
	node_vtdb_answer(n, port, h, &f->answer, now);
}

struct node_vtdb vtdb_file_driver(struct vtdb_file *f)
{
	return (struct node_vtdb){ .ctx = f, .ask = ask };
}

int vtdb_file_load(struct vtdb_file *f, const char *path, struct conf_error *ret_error)
{
	struct vtdb_types *types = NULL;
	int err = path[0] ? conf_types_load(path, &types, ret_error) : 0;

	if (err)
		return err;
	if (f->types)
		conf_types_free(f->types);
	f->types = types;
	return 0;
}

static const char *check(void *ctx, const struct vdp_vsi *v)
{
	struct vtdb_file *f = ctx;
	struct vtdb_query q = {
		.subject = v->subject,
		.op = v->state == VDP_STATE_ASSOC ? VDP_ASSOC : VDP_PREASSOC,
		.state = v->state,
		.group_ids = true,
		.format = v->format,
		.n_filters = v->n_filters,
		.filters = v->filters,
		.org = v->org,
	};

	if (v->state == VDP_STATE_NONE)
		return NULL;
	decide(f, &q);
	return f->answer.error == VDP_E_SUCCESS ? NULL : f->answer.reason;
}

void vtdb_file_recheck(struct vtdb_file *f, struct node *n, struct mono now)
{
	node_vtdb_recheck(n, check, f, now);
}

void vtdb_file_fini(struct vtdb_file *f)
{
	if (f->types)
		conf_types_free(f->types);
	f->types = NULL;
}
