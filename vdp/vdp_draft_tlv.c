/*
 * vdp_draft_tlv.c - VDP TLVs of draft 0.2 (evb-reference 7.3).
 *
 *   type 127, length 30 + 8 * N; then after the last of them an End TLV
 *   0         3    4      5      6       7        10    11         27       28     30
 *   | OUI (3) | 02 | MODE | RESP | MGRID | VTID(3) | VER | UUID(16) | FORMAT | N (2) | N * ( MAC(6) VLAN(2) )
 *
 * A MODE that does not exist, RESP above 6, a FORMAT other than MAC/VID, no entry, or a length that is not 30 + 8N: the
 * TLV is passed over without an answer, in both roles.
 *
 * There is no bit for a response, so what a TLV is depends on who reads it. RESP in words, both ways:
 *
 *   RESP                        from our error codes                    to our error codes
 *   0 success                   success                                 success
 *   1 invalid format            invalid format                          invalid format, Hard
 *   2 insufficient resources    the same; manager silent; other, soft   insufficient resources
 *   3 unused VTID               type or manager unknown                 type unknown, Hard
 *   4 VTID violation            type denied; address; other, Hard       type denied, Hard
 *   5 VTID version violation    type version                            type version, Hard
 *   6 out of sync               out of sync                             out of sync
 *
 * Hard is what asking again can't cure before somebody changes a configuration.
 */
#include "vdp_draft_tlv.h"

enum {
	AT_MODE = 4, /* in the value */
	AT_RESP = 5,
	MODE_DEASSOC = 3,
	RESP_MAX = 6,
	ENTRY = 8, /* octets */
};

/* ---- response codes ---- */

uint8_t vdp_draft_resp(uint8_t status)
{
	static const uint8_t resp[] = {
		[VDP_E_SUCCESS] = 0,
		[VDP_E_FORMAT] = 1,
		[VDP_E_RESOURCES] = 2,
		[VDP_E_NO_MANAGER] = 2,
		[VDP_E_OTHER] = 2,
		[VDP_E_ADDRESS] = 4,
		[VDP_E_TYPE_UNKNOWN] = 3,
		[VDP_E_TYPE_DENIED] = 4,
		[VDP_E_TYPE_VERSION] = 5,
		[VDP_E_OUT_OF_SYNC] = 6,
		[VDP_E_MANAGER_UNKNOWN] = 3,
	};
	uint8_t error = status & VDP_STATUS_ERROR;

	if (error > VDP_E_LAST)
		error = VDP_E_OTHER;
	if (error == VDP_E_OTHER && (status & VDP_STATUS_HARD) != 0)
		error = VDP_E_TYPE_DENIED;
	return resp[error];
}

uint8_t vdp_draft_status(uint8_t resp)
{
	static const uint8_t status[RESP_MAX + 1] = {
		VDP_E_SUCCESS,
		VDP_STATUS_HARD | VDP_E_FORMAT,
		VDP_E_RESOURCES,
		VDP_STATUS_HARD | VDP_E_TYPE_UNKNOWN,
		VDP_STATUS_HARD | VDP_E_TYPE_DENIED,
		VDP_STATUS_HARD | VDP_E_TYPE_VERSION,
		VDP_E_OUT_OF_SYNC,
	};

	return resp <= RESP_MAX ? status[resp] : (uint8_t)VDP_E_OTHER;
}

/* ---- walk ---- */

enum vdp_pdu_err vdp_draft_pdu_open(struct span sdu, struct vdp_pdu *ret)
{
	struct rd r = rd_init(sdu);
	enum tlv_step step;
	struct tlv t;
	size_t left;

	while (left = r.left, (step = tlv_next(&r, &t)) == TLV_STEP_ITEM)
		continue;
	if (step == TLV_STEP_OVERRUN)
		return VDP_PDU_OVERRUN;
	*ret = (struct vdp_pdu){ .r = rd_init(sdu), .has_end = left > 0 };
	return VDP_PDU_OK;
}

static bool is_vsi_tlv(const struct tlv *t)
{
	struct rd r = rd_init(t->value);

	return t->type == TLV_ORG && rd_u24(&r) == VDP_DRAFT_OUI && rd_u8(&r) == VDP_DRAFT_SUBTYPE && !r.bad;
}

bool vdp_draft_pdu_next(struct vdp_pdu *p, const struct vdp_manager_map *map, struct vdp_pdu_item *ret)
{
	struct tlv t;

	while (tlv_next(&p->r, &t) == TLV_STEP_ITEM) {
		struct rd r = rd_init(t.value);
		uint8_t mode;

		if (!is_vsi_tlv(&t))
			continue;
		(void)rd_u32(&r);
		mode = rd_u8(&r);
		(void)rd_u8(&r);
		*ret = (struct vdp_pdu_item){
			.op = (enum vdp_op)(mode <= MODE_DEASSOC ? mode + VDP_PREASSOC : 0),
			.manager = vdp_manager_of_octet(map, rd_u8(&r)),
			.value = t.value,
		};
		return true;
	}
	p->r.left = 0; /* what follows an End TLV is padding, whoever asks again */
	return false;
}

/* ---- one TLV ---- */

/** The status octet that a request or response would have, and the type to go with it. */
static void translate(enum vdp_role role, uint8_t resp, struct vdp_assoc *a)
{
	a->answers = (enum vdp_op)0;
	if (role == VDP_BRIDGE) { /* RESP of a request says nothing */
		a->status = 0;
	} else if (resp == 0) {
		a->status = a->op == VDP_DEASSOC ? 0 : VDP_STATUS_RESPONSE;
	} else {
		a->status = (uint8_t)(VDP_STATUS_RESPONSE | vdp_draft_status(resp));
		a->answers = a->op == VDP_DEASSOC ? (enum vdp_op)0 : a->op;
		a->op = VDP_DEASSOC;
	}
}

enum vdp_err vdp_draft_decode(enum vdp_role role, const struct vdp_pdu_item *item, struct vdp_assoc *ret)
{
	struct rd r = rd_init(item->value);
	uint8_t resp;
	unsigned n;

	(void)rd_u32(&r);
	(void)rd_u8(&r);
	resp = rd_u8(&r);
	(void)rd_u8(&r);
	ret->op = item->op;
	ret->type_id = rd_u24(&r);
	ret->type_version = rd_u8(&r);
	ret->vsi.format = VSI_ID_UUID;
	rd_copy(&r, ret->vsi.id, sizeof(ret->vsi.id));
	ret->format = rd_u8(&r);
	n = rd_u16(&r);
	if (r.bad || item->op == 0 || resp > RESP_MAX || ret->format != VDP_FILTER_MAC_VID || n == 0 ||
		r.left != (size_t)n * ENTRY)
		return VDP_ERR_IGNORED;
	for (unsigned i = 0; i < n; i++) {
		ret->filters[i] = (struct vdp_filter){ 0 };
		rd_copy(&r, ret->filters[i].mac.b, sizeof(ret->filters[i].mac.b));
		ret->filters[i].vid = rd_u16(&r); /* all 16 bits: above 4094 it is judged as illegal */
	}
	ret->n_filters = (uint16_t)n;
	ret->org = span_of(NULL, 0);
	translate(role, resp, ret);
	return VDP_OK;
}

size_t vdp_draft_octets(uint8_t format, unsigned n_filters, size_t org_len)
{
	(void)format;
	(void)org_len;
	return TLV_HEADER + VDP_DRAFT_FIXED + (size_t)n_filters * ENTRY;
}

/** MODE: of a refusal, that of the request. */
static uint8_t mode_of(enum vdp_op op, enum vdp_op answers, uint8_t status)
{
	bool is_refusal = (status & VDP_STATUS_RESPONSE) != 0 && (status & VDP_STATUS_ERROR) != 0;

	return (uint8_t)((is_refusal && answers != 0 ? answers : op) - VDP_PREASSOC);
}

static uint8_t resp_of(uint8_t status)
{
	return (status & VDP_STATUS_RESPONSE) != 0 ? vdp_draft_resp(status) : 0;
}

void vdp_draft_encode(const struct vdp_assoc *a, const struct vdp_manager *m,
	const struct vdp_manager_map *map, struct wr *w)
{
	uint8_t manager = 0;
	size_t mark;

	if (wr_room(w) < vdp_draft_octets(a->format, a->n_filters, 0)) {
		w->bad = true;
		return;
	}
	(void)vdp_manager_octet(map, m, &manager); /* one without an octet was refused before */
	mark = tlv_open(w, TLV_ORG);
	wr_u24(w, VDP_DRAFT_OUI);
	wr_u8(w, VDP_DRAFT_SUBTYPE);
	wr_u8(w, mode_of(a->op, a->answers, a->status));
	wr_u8(w, resp_of(a->status));
	wr_u8(w, manager);
	wr_u24(w, a->type_id);
	wr_u8(w, a->type_version);
	wr_copy(w, a->vsi.id, sizeof(a->vsi.id));
	wr_u8(w, VDP_FILTER_MAC_VID);
	wr_u16(w, a->n_filters);
	for (unsigned i = 0; i < a->n_filters; i++) {
		wr_copy(w, a->filters[i].mac.b, sizeof(a->filters[i].mac.b));
		wr_u16(w, a->filters[i].vid);
	}
	tlv_close(w, mark);
}

void vdp_draft_echo(const struct vdp_pdu_item *item, enum vdp_op op, uint8_t status, struct wr *w)
{
	size_t mark = w->len;

	tlv_put(w, TLV_ORG, item->value);
	if (w->bad)
		return;
	w->buf[mark + TLV_HEADER + AT_MODE] = mode_of(op, item->op, status);
	w->buf[mark + TLV_HEADER + AT_RESP] = resp_of(status);
}
