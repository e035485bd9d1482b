/*
 * fuzz_types.c - the text of a VSI type file; what is taken then decides a few requests. Laws: refused with a reason,
 * or every decision is an answer a bridge can send: as many filters as asked, with legal VIDs.
 */
#define _GNU_SOURCE
#include <string.h>

#include "conf.h"
#include "fuzz.h"
#include "text_file.h"
#include "vtdb.h"

static void decide(const struct vtdb_types *db, const struct vtdb_type *t)
{
	static struct vtdb_answer a;
	struct vdp_filter filters[2] = { { .group_id = 1, .mac = { { 2, 0, 0, 0, 0, 1 } } },
		{ .group_id = 1, .mac = { { 2, 0, 0, 0, 0, 2 } }, .vid = 5 } };
	struct vtdb_query q = { .op = VDP_ASSOC, .filters = filters, .group_ids = true };

	q.subject.manager = t->manager;
	q.subject.type_id = t->type_id;
	q.subject.type_version = t->version_low;
	for (q.format = VDP_FILTER_VID; q.format <= VDP_FILTER_GROUP_MAC_VID; q.format++) {
		for (q.n_filters = 1; q.n_filters <= 2; q.n_filters++) {
			vtdb_decide(db, &q, &a);
			FUZZ_LAW(memchr(a.reason, 0, sizeof(a.reason)) != NULL);
			if (a.error != VDP_E_SUCCESS)
				continue;
			FUZZ_LAW(a.n_filters == q.n_filters);
			for (unsigned i = 0; i < a.n_filters; i++)
				FUZZ_LAW(a.filters[i].vid > 0 && a.filters[i].vid < VDP_VID_RESERVED);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_file f = text_file_new(data, size);
	struct conf_error error = { .line = 0 };
	struct vtdb_types *types = NULL;
	int err = conf_types_load(f.path, &types, &error);

	if (err != 0) {
		FUZZ_LAW(err < 0 && error.text[0] != '\0');
	} else {
		for (unsigned i = 0; i < types->n_types && i < 64; i++)
			decide(types, &types->types[i]);
		conf_types_free(types);
	}
	text_file_free(&f);
	return 0;
}
