/*
 * csp_pdu.c - PDUs of evbd's PE-CSP profile (port-extension-reference 3.6).
 *
 *    Command TLV   type 1, length 10, always first
 *       0         1                2             4            5       6
 *       | version | R message (7)  | transaction | completion | flags | channel (4)      R: response
 *    other TLVs    as the message needs them; unknown types are skipped
 *    End TLV       00 00; required, because ECP's payload reaches to the end of the padding
 *
 * One table says how each TLV type is read and written, another which of them a message must have. An array that is
 * longer than one TLV goes on in the next TLV of its type; any other type may stand once. Syntax is judged here; whether
 * a channel or port exists, and whether the message is for us, by the machines.
 *
 * Left out: organizationally defined TLVs, which are skipped like any unknown type.
 */
#include "csp_pdu.h"

#include "names.h"

enum { PRIORITY_MAX = 7, VID_MAX = 4094, STATUS_RESERVED = 1 /* octets */ };

/* ---- values, one pair of functions for each TLV type; the length is checked before ---- */

static uint64_t rd_u64(struct rd *r)
{
	uint64_t high = rd_u32(r);

	return high << 32 | rd_u32(r);
}

static void wr_u64(struct wr *w, uint64_t v)
{
	wr_u32(w, (uint32_t)(v >> 32));
	wr_u32(w, (uint32_t)v);
}

static enum csp_err get_resource(struct rd *r, struct csp_pdu *p)
{
	p->resource.max_channels = rd_u32(r);
	p->resource.max_groups = rd_u32(r);
	p->resource.classes = rd_u8(r);
	p->resource.capabilities = rd_u8(r);
	p->resource.max_untagged = rd_u16(r);
	return CSP_OK;
}

static void put_resource(const struct csp_pdu *p, unsigned at, struct wr *w)
{
	(void)at;
	wr_u32(w, p->resource.max_channels);
	wr_u32(w, p->resource.max_groups);
	wr_u8(w, p->resource.classes);
	wr_u8(w, p->resource.capabilities);
	wr_u16(w, p->resource.max_untagged);
}

static enum csp_err get_port(struct rd *r, struct csp_pdu *p)
{
	struct csp_port_params *port = &p->port;

	port->port = rd_u16(r);
	port->type = rd_u8(r);
	port->priority = rd_u8(r);
	port->pvid = rd_u16(r);
	port->flags = rd_u16(r);
	if (port->type < CSP_PORT_CASCADE || port->type > CSP_PORT_EXTENDED)
		return CSP_ERR_VALUE;
	return port->priority > PRIORITY_MAX || port->pvid > VID_MAX ? CSP_ERR_VALUE : CSP_OK;
}

static void put_port(const struct csp_pdu *p, unsigned at, struct wr *w)
{
	(void)at;
	wr_u16(w, p->port.port);
	wr_u8(w, p->port.type);
	wr_u8(w, p->port.priority);
	wr_u16(w, p->port.pvid);
	wr_u16(w, p->port.flags);
}

static enum csp_err get_member(struct rd *r, struct csp_pdu *p)
{
	uint8_t action = rd_u8(r);
	struct csp_member m = { rd_u16(r), action == 1 };

	if (action > 1)
		return CSP_ERR_VALUE;
	if (p->n_members == CSP_MEMBERS_MAX)
		return CSP_ERR_COUNT;
	p->members[p->n_members++] = m;
	return CSP_OK;
}

static void put_member(const struct csp_pdu *p, unsigned at, struct wr *w)
{
	wr_u8(w, p->members[at].is_add);
	wr_u16(w, p->members[at].port);
}

static enum csp_err get_vid(struct rd *r, struct csp_pdu *p)
{
	uint16_t raw = rd_u16(r);
	struct csp_vid v = { raw & CSP_VID_MASK, (raw & CSP_VID_UNTAGGED) != 0 };

	if (v.vid == 0 || v.vid > VID_MAX)
		return CSP_ERR_VALUE;
	if (p->n_vids == CSP_VIDS_MAX)
		return CSP_ERR_COUNT;
	p->vids[p->n_vids++] = v;
	return CSP_OK;
}

static void put_vid(const struct csp_pdu *p, unsigned at, struct wr *w)
{
	wr_u16(w, (uint16_t)((p->vids[at].is_untagged ? CSP_VID_UNTAGGED : 0) |
			     (p->vids[at].vid & CSP_VID_MASK)));
}

static enum csp_err get_status(struct rd *r, struct csp_pdu *p)
{
	uint8_t oper;

	p->status.port = rd_u16(r);
	oper = rd_u8(r);
	rd_span(r, STATUS_RESERVED);
	p->status.is_oper = oper == 1;
	return oper > 1 ? CSP_ERR_VALUE : CSP_OK;
}

static void put_status(const struct csp_pdu *p, unsigned at, struct wr *w)
{
	(void)at;
	wr_u16(w, p->status.port);
	wr_u8(w, p->status.is_oper);
	wr_zero(w, STATUS_RESERVED);
}

static enum csp_err get_statistics(struct rd *r, struct csp_pdu *p)
{
	p->statistics.port = rd_u32(r);
	p->statistics.rx_frames = rd_u64(r);
	p->statistics.tx_frames = rd_u64(r);
	p->statistics.rx_octets = rd_u64(r);
	p->statistics.tx_octets = rd_u64(r);
	return CSP_OK;
}

static void put_statistics(const struct csp_pdu *p, unsigned at, struct wr *w)
{
	(void)at;
	wr_u32(w, p->statistics.port);
	wr_u64(w, p->statistics.rx_frames);
	wr_u64(w, p->statistics.tx_frames);
	wr_u64(w, p->statistics.rx_octets);
	wr_u64(w, p->statistics.tx_octets);
}

/* ---- tables ---- */

static const struct tlv_layout {
	uint8_t len;   /* octets of the value, or of an entry of an array */
	bool is_array; /* any number of entries, and may come again */
	enum csp_err (*get)(struct rd *r, struct csp_pdu *p);
	void (*put)(const struct csp_pdu *p, unsigned at, struct wr *w);
} layouts[] = {
	[CSP_TLV_RESOURCE] = { CSP_RESOURCE_LEN, false, get_resource, put_resource },
	[CSP_TLV_PORT_PARAMETERS] = { CSP_PORT_PARAMETERS_LEN, false, get_port, put_port },
	[CSP_TLV_PORT_ARRAY] = { CSP_PORT_ARRAY_ENTRY, true, get_member, put_member },
	[CSP_TLV_VID_ARRAY] = { CSP_VID_ARRAY_ENTRY, true, get_vid, put_vid },
	[CSP_TLV_PORT_STATUS] = { CSP_PORT_STATUS_LEN, false, get_status, put_status },
	[CSP_TLV_STATISTICS] = { CSP_STATISTICS_LEN, false, get_statistics, put_statistics },
};
enum { N_LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

/** TLVs a message must have; a response only if it says that all is well. */
static const struct message_row {
	const char *name;
	unsigned in_request, in_response;
} messages[] = {
	[CSP_OPEN] = { "CSP-Open", CSP_HAS_RESOURCE, CSP_HAS_RESOURCE },
	[CSP_CREATE] = { "Extended-Port-Create", CSP_HAS_PORT, 0 },
	[CSP_DELETE] = { "Extended-Port-Delete", 0, 0 },
	[CSP_REGISTER] = { "E-channel-Register", CSP_HAS_MEMBERS, 0 },
	[CSP_PARAM_SET] = { "Port-Parameters-Set", CSP_HAS_PORT, 0 }, /* without VID-Array: no VIDs */
	[CSP_PARAM_GET] = { "Port-Parameters-Get", 0, CSP_HAS_PORT },
	[CSP_STATUS] = { "Port-Status", CSP_HAS_STATUS, 0 },
	[CSP_STATISTICS] = { "Statistics-Get", 0, CSP_HAS_STATISTICS },
};

static const struct message_row *message_of(unsigned message)
{
	bool is_known = message > 0 && message < sizeof(messages) / sizeof(messages[0]);

	return is_known ? &messages[message] : &messages[0];
}

/* ---- decode ---- */

static enum csp_err get_command(struct rd *r, struct csp_pdu *ret)
{
	struct tlv t;
	struct rd c;
	uint8_t message;

	if (tlv_next(r, &t) != TLV_STEP_ITEM || t.type != CSP_TLV_COMMAND || t.value.len != CSP_COMMAND_LEN)
		return CSP_ERR_COMMAND;
	c = rd_init(t.value);
	if (rd_u8(&c) != CSP_VERSION)
		return CSP_ERR_VERSION;
	message = rd_u8(&c);
	ret->message = message & CSP_MESSAGE_MASK;
	ret->is_response = (message & CSP_RESPONSE) != 0;
	ret->transaction = rd_u16(&c);
	ret->completion = rd_u8(&c);
	ret->flags = rd_u8(&c) & CSP_FLAG_VNTAG;
	ret->channel = rd_u32(&c);
	ret->has = 0;
	ret->n_members = 0;
	ret->n_vids = 0;
	return CSP_OK;
}

static enum csp_err get_tlv(const struct tlv *t, struct csp_pdu *p)
{
	const struct tlv_layout *l = t->type < N_LAYOUTS ? &layouts[t->type] : &layouts[0];
	struct rd r = rd_init(t->value);
	enum csp_err err;

	if (t->type == CSP_TLV_COMMAND)
		return CSP_ERR_TWICE;
	if (l->get == NULL)
		return CSP_OK;
	if (l->is_array ? t->value.len % l->len != 0 : t->value.len != l->len)
		return CSP_ERR_LENGTH;
	if (!l->is_array && (p->has & 1u << t->type) != 0)
		return CSP_ERR_TWICE;
	p->has |= 1u << t->type;
	while (r.left > 0) {
		err = l->get(&r, p);
		if (err != CSP_OK)
			return err;
	}
	return CSP_OK;
}

static enum csp_err get_tlvs(struct rd *r, struct csp_pdu *p)
{
	enum csp_err err;
	struct tlv t;

	while (r->left > 0) {
		switch (tlv_next(r, &t)) {
		case TLV_STEP_ITEM:
			err = get_tlv(&t, p);
			if (err != CSP_OK)
				return err;
			break;
		case TLV_STEP_END:
			return CSP_OK;
		case TLV_STEP_OVERRUN:
		default:
			return CSP_ERR_OVERRUN;
		}
	}
	return CSP_ERR_NO_END;
}

enum csp_err csp_pdu_decode(struct span sdu, struct csp_pdu *ret)
{
	struct rd r = rd_init(sdu);
	enum csp_err err = get_command(&r, ret);
	const struct message_row *m;
	unsigned need;

	if (err != CSP_OK)
		return err;
	err = get_tlvs(&r, ret);
	m = message_of(ret->message);
	need = !ret->is_response ? m->in_request : ret->completion == CSP_DONE ? m->in_response : 0;
	if (err == CSP_OK && (ret->has & need) != need)
		err = CSP_ERR_MISSING;
	if (err != CSP_OK)
		ret->has = 0;
	return err;
}

/* ---- encode ---- */

static unsigned n_entries(const struct csp_pdu *p, unsigned type)
{
	return type == CSP_TLV_PORT_ARRAY ? p->n_members : type == CSP_TLV_VID_ARRAY ? p->n_vids : 1;
}

static void put_tlv(const struct csp_pdu *p, unsigned type, struct wr *w)
{
	const struct tlv_layout *l = &layouts[type];
	unsigned n = n_entries(p, type), per_tlv = TLV_VALUE_MAX / l->len, at = 0;

	do { /* an empty array is one empty TLV */
		size_t mark = tlv_open(w, (uint8_t)type);

		for (unsigned k = 0; k < per_tlv && at < n; k++)
			l->put(p, at++, w);
		tlv_close(w, mark);
	} while (at < n && !w->bad);
}

void csp_pdu_encode(const struct csp_pdu *p, struct wr *w)
{
	size_t start = w->len, mark = tlv_open(w, CSP_TLV_COMMAND);

	wr_u8(w, CSP_VERSION);
	wr_u8(w, (uint8_t)((p->is_response ? CSP_RESPONSE : 0) | (p->message & CSP_MESSAGE_MASK)));
	wr_u16(w, p->transaction);
	wr_u8(w, p->completion);
	wr_u8(w, p->flags & CSP_FLAG_VNTAG);
	wr_u32(w, p->channel);
	tlv_close(w, mark);
	for (unsigned type = 0; type < N_LAYOUTS; type++)
		if (layouts[type].put != NULL && (p->has & 1u << type) != 0)
			put_tlv(p, type, w);
	wr_zero(w, TLV_HEADER);
	if (w->bad)
		w->len = start;
}

void csp_pdu_respond(const struct csp_pdu *request, enum csp_completion c, struct csp_pdu *ret)
{
	ret->message = request->message;
	ret->is_response = true;
	ret->transaction = request->transaction;
	ret->completion = (uint8_t)c;
	ret->flags = request->flags;
	ret->channel = request->channel;
	ret->has = 0;
	ret->n_members = 0;
	ret->n_vids = 0;
}

/* ---- names ---- */

const char *csp_err_name(enum csp_err e)
{
	static const struct name_row rows[] = {
		{ CSP_OK, "ok" },
		{ CSP_ERR_COMMAND, "no Command TLV" },
		{ CSP_ERR_VERSION, "another version of the profile" },
		{ CSP_ERR_OVERRUN, "TLV runs beyond the end" },
		{ CSP_ERR_NO_END, "no End TLV" },
		{ CSP_ERR_LENGTH, "length does not fit the type" },
		{ CSP_ERR_TWICE, "TLV comes twice" },
		{ CSP_ERR_COUNT, "too many entries" },
		{ CSP_ERR_VALUE, "value out of range" },
		{ CSP_ERR_MISSING, "TLV is missing" },
		{ 0, NULL },
	};

	return names_text(rows, (int)e, "?");
}

const char *csp_message_name(unsigned message)
{
	const char *name = message_of(message)->name;

	return name != NULL ? name : "unknown";
}

const char *csp_completion_text(unsigned completion)
{
	static const struct name_row rows[] = {
		{ CSP_DONE, "ok" },
		{ CSP_MALFORMED, "malformed" },
		{ CSP_UNSUPPORTED, "unsupported message" },
		{ CSP_NO_RESOURCES, "no resources" },
		{ CSP_UNKNOWN_CHANNEL, "unknown channel" },
		{ CSP_UNKNOWN_PORT, "unknown port" },
		{ CSP_WRONG_STATE, "wrong state" },
		{ CSP_FORMAT_REFUSED, "tag format refused" },
		{ 0, NULL },
	};

	return names_text(rows, (int)completion, "unknown completion code");
}
