/*
 * fuzz_ctl.c - what a client writes into the control socket. Laws: a frame lies inside the input; a message is an
 * object or is refused with a reason that can be put into a reply; a VSI object that is taken can be written as a row
 * and is taken again, the same.
 */
#include <string.h>

#include "ctl_vsi_object.h"
#include "ctl_proto.h"
#include "fuzz.h"

static void check_reply(const char *error)
{
	json_t *reply = ctl_reply(1, CTL_BAD_REQUEST, error, NULL);
	size_t len;
	uint8_t *frame = ctl_message_frame(reply, &len);
	struct span body;

	FUZZ_LAW(json_is_string(json_object_get(reply, "error")));
	FUZZ_LAW(frame != NULL &&
		 ctl_frame_split(span_of(frame, len), CTL_REPLY_MAX, &body) == CTL_FRAME_WHOLE);
	free(frame);
	json_decref(reply);
}

static void check_filters(const struct ctl_vsi *v, enum vdp_op op, json_t *object)
{
	static struct ctl_vsi again;
	char err[CTL_ERROR_TEXT];
	bool is_taken;

	if (v->rq.n_filters == 0)
		return;
	FUZZ_LAW(v->rq.n_filters <= VDP_FILTERS_MAX && v->rq.org.len <= CTL_ORG_MAX);
	json_object_set_new(
		object, "filters", ctl_filters_json(v->rq.format, v->rq.n_filters, v->rq.filters));
	is_taken = ctl_vsi_parse(object, op, &again, err);
	FUZZ_LAW(is_taken && again.rq.format == v->rq.format && again.rq.n_filters == v->rq.n_filters);
	for (unsigned i = 0; i < v->rq.n_filters; i++) {
		FUZZ_LAW(again.filters[i].vid == v->filters[i].vid);
		FUZZ_LAW(mac_equal(again.filters[i].mac, v->filters[i].mac));
		FUZZ_LAW(again.filters[i].group_id == v->filters[i].group_id);
	}
}

static void check_vsi(json_t *message)
{
	static struct ctl_vsi v;
	const json_t *list = json_object_get(message, "vsis");
	json_t *object = json_is_array(list) && json_array_size(list) > 0 ? json_array_get(list, 0) : message;
	char err[CTL_ERROR_TEXT];

	for (int op = VDP_PREASSOC; op <= VDP_DEASSOC; op++) {
		err[0] = '\0';
		if (ctl_vsi_parse(object, (enum vdp_op)op, &v, err)) {
			check_filters(&v, (enum vdp_op)op, object);
		} else {
			FUZZ_LAW(err[0] != '\0' && memchr(err, 0, sizeof(err)) != NULL);
			check_reply(err);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body, in = span_of(data, size);
	char err[CTL_ERROR_TEXT] = "";
	json_t *message;

	if (ctl_frame_split(in, CTL_REQUEST_MAX, &body) == CTL_FRAME_WHOLE) {
		FUZZ_LAW(body.ptr >= data && body.len > 0 && body.ptr + body.len <= data + size);
		in = body;
	}
	message = ctl_message_parse(in, err); /* also what has no good header */
	if (message == NULL) {
		FUZZ_LAW(err[0] != '\0');
		check_reply(err);
		return 0;
	}
	FUZZ_LAW(json_is_object(message));
	(void)ctl_hello_check(message, err);
	check_reply(err);
	check_vsi(message);
	json_decref(message);
	return 0;
}
