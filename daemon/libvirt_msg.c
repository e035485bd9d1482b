/*
 * libvirt_msg.c - messages of libvirt's dialogue with lldpad (openlldp 7.2 to 7.4), with libmnl for headers and
 * attributes. Host byte order but for the type id, which is little endian.
 *
 *	RTM_SETLINK { ifinfomsg, IFLA_IFNAME,
 *	    IFLA_VFINFO_LIST { IFLA_VF_INFO { IFLA_VF_MAC { vf, mac[32] }, IFLA_VF_VLAN { vf, vlan, qos } } },
 *	    IFLA_VF_PORTS { IFLA_VF_PORT { IFLA_PORT_VSI_TYPE, IFLA_PORT_INSTANCE_UUID, IFLA_PORT_REQUEST u8 } } }
 *	NLMSG_DONE  { ifinfomsg, IFLA_VF_PORTS { IFLA_VF_PORT { IFLA_PORT_INSTANCE_UUID, IFLA_PORT_VF, IFLA_PORT_RESPONSE u16 } * } }
 *
 * In: a datagram of any process that may send one to us. Out: a value, or what is wrong with it; and the octets of
 * answers and events. lldpad's are copied to the bit, so that whoever can read those can read these: its nests
 * have NLA_F_NESTED, and the request of an event has two octets, of which libvirt reads the first. What lldpad leaves
 * uninitialised is zero here. libvirt sends its nests without the flag; both forms are read.
 *
 * Left out: IFLA_PORT_PROFILE and IFLA_PORT_HOST_UUID, which are 802.1Qbh's.
 */
#include "libvirt_msg.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum {
	VF_SELF = -1,     /* PORT_SELF_VF */
	VSI_TYPE_LEN = 8, /* manager 1, type id 3, version 1, pad 3 */
	VID_MAX = 4095,
	EVENT_REQUEST_LEN = 2,
};

struct reader { /* what was found so far */
	enum libvirt_err err;
	struct libvirt_head *head;
	struct libvirt_vsi vsi;
	unsigned n_filters, n_vsis;
	bool has_type, has_uuid, has_op, has_vlan;
};

const char *libvirt_err_text(enum libvirt_err e)
{
	static const char *const texts[] = { [LIBVIRT_OK] = "good",
		[LIBVIRT_ERR_SHORT] = "no whole message header",
		[LIBVIRT_ERR_TYPE] = "neither RTM_SETLINK nor RTM_GETLINK",
		[LIBVIRT_ERR_FORMAT] = "an attribute of another length or with an illegal value",
		[LIBVIRT_ERR_ABSENT] = "no VSI type, UUID, request or filter",
		[LIBVIRT_ERR_MANY] = "more than one VSI or filter" };

	return texts[e];
}

/* ---- reading ---- */

static int wrong(struct reader *r, enum libvirt_err e)
{
	r->err = e;
	return MNL_CB_ERROR;
}

/* Copy the payload, which has at least this length. */
static bool take(struct reader *r, const struct nlattr *a, void *dst, size_t n)
{
	if (mnl_attr_get_payload_len(a) < n) {
		wrong(r, LIBVIRT_ERR_FORMAT);
		return false;
	}
	memcpy(dst, mnl_attr_get_payload(a), n);
	return true;
}

/* Attributes in the payload, up to its end: what is left over is no attribute. */
static int nested(const struct nlattr *a, mnl_attr_cb_t fn, struct reader *r)
{
	return mnl_attr_parse_payload(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a), fn, r);
}

static int on_filter(const struct nlattr *a, void *ctx)
{
	struct reader *r = ctx;
	struct ifla_vf_vlan vlan;
	uint8_t mac[sizeof(uint32_t) + sizeof(struct mac)];

	if (mnl_attr_get_type(a) == IFLA_VF_MAC) {
		if (!take(r, a, mac, sizeof(mac)))
			return MNL_CB_ERROR;
		memcpy(r->vsi.mac.b, mac + sizeof(uint32_t), sizeof(r->vsi.mac.b));
		r->vsi.has_mac = true;
	} else if (mnl_attr_get_type(a) == IFLA_VF_VLAN) {
		if (!take(r, a, &vlan, sizeof(vlan)))
			return MNL_CB_ERROR;
		if (vlan.vlan > VID_MAX || vlan.qos > 7)
			return wrong(r, LIBVIRT_ERR_FORMAT);
		r->vsi.vid = (uint16_t)vlan.vlan;
		r->vsi.pcp = (uint8_t)vlan.qos;
		r->has_vlan = true;
	}
	return MNL_CB_OK;
}

static int on_filter_list(const struct nlattr *a, void *ctx)
{
	struct reader *r = ctx;

	if (mnl_attr_get_type(a) != IFLA_VF_INFO)
		return MNL_CB_OK;
	if (r->n_filters++ > 0)
		return wrong(r, LIBVIRT_ERR_MANY);
	return nested(a, on_filter, r);
}

static bool take_type(struct reader *r, const struct nlattr *a)
{
	uint8_t t[VSI_TYPE_LEN];

	if (!take(r, a, t, sizeof(t)))
		return false;
	r->vsi.manager = t[0];
	r->vsi.type_id = (uint32_t)t[3] << 16 | (uint32_t)t[2] << 8 | t[1];
	r->vsi.type_version = t[4];
	r->has_type = true;
	return true;
}

static int on_port(const struct nlattr *a, void *ctx)
{
	struct reader *r = ctx;
	bool is_good = true;

	switch (mnl_attr_get_type(a)) {
	case IFLA_PORT_VSI_TYPE:
		is_good = take_type(r, a);
		break;
	case IFLA_PORT_INSTANCE_UUID:
		is_good = r->has_uuid = take(r, a, r->vsi.uuid, sizeof(r->vsi.uuid));
		break;
	case IFLA_PORT_REQUEST:
		is_good = r->has_op = take(r, a, &r->vsi.op, sizeof(r->vsi.op));
		if (is_good && r->vsi.op > LIBVIRT_DEASSOC)
			return wrong(r, LIBVIRT_ERR_FORMAT);
		break;
	default:
		break;
	}
	return is_good ? MNL_CB_OK : MNL_CB_ERROR;
}

static int on_self(const struct nlattr *a, struct reader *r)
{
	if (r->n_vsis++ > 0)
		return wrong(r, LIBVIRT_ERR_MANY);
	return nested(a, on_port, r);
}

static int on_port_list(const struct nlattr *a, void *ctx)
{
	return mnl_attr_get_type(a) == IFLA_VF_PORT ? on_self(a, ctx) : MNL_CB_OK;
}

static int on_attribute(const struct nlattr *a, void *ctx)
{
	struct reader *r = ctx;
	size_t len = mnl_attr_get_payload_len(a), n;

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		n = strnlen(mnl_attr_get_payload(a), len);
		if (n >= sizeof(r->head->ifname))
			return wrong(r, LIBVIRT_ERR_FORMAT);
		memcpy(r->head->ifname, mnl_attr_get_payload(a), n);
		r->head->ifname[n] = '\0';
		return MNL_CB_OK;
	case IFLA_VFINFO_LIST:
		return nested(a, on_filter_list, r);
	case IFLA_VF_PORTS:
		return nested(a, on_port_list, r);
	case IFLA_PORT_SELF: /* what libvirt would send to the kernel */
		return on_self(a, r);
	default:
		return MNL_CB_OK;
	}
}

static enum libvirt_err verdict(const struct reader *r, uint16_t type)
{
	if (type == RTM_GETLINK)
		return LIBVIRT_OK;
	return r->has_type && r->has_uuid && r->has_op && r->has_vlan ? LIBVIRT_OK : LIBVIRT_ERR_ABSENT;
}

enum libvirt_err libvirt_decode(
	struct span datagram, struct libvirt_head *ret_head, struct libvirt_vsi *ret_vsi)
{
	const struct nlmsghdr *h = (const void *)datagram.ptr;
	const struct ifinfomsg *ifi;
	struct reader r = { .head = ret_head };
	enum libvirt_err err;

	/* mnl_nlmsg_ok() compares lengths as signed numbers, and lets one of 2 GiB pass */
	if (datagram.len < sizeof(*h) || h->nlmsg_len > datagram.len || !mnl_nlmsg_ok(h, (int)datagram.len))
		return LIBVIRT_ERR_SHORT;
	*ret_head = (struct libvirt_head){ .len = h->nlmsg_len,
		.type = h->nlmsg_type,
		.flags = h->nlmsg_flags,
		.seq = h->nlmsg_seq,
		.pid = h->nlmsg_pid };
	if (h->nlmsg_type != RTM_SETLINK && h->nlmsg_type != RTM_GETLINK)
		return LIBVIRT_ERR_TYPE;
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifi))
		return LIBVIRT_ERR_FORMAT;
	ifi = mnl_nlmsg_get_payload(h);
	ret_head->ifindex = ifi->ifi_index;
	if (mnl_attr_parse(h, sizeof(*ifi), on_attribute, &r) < 0)
		return r.err;
	err = verdict(&r, h->nlmsg_type);
	if (err == LIBVIRT_OK && h->nlmsg_type == RTM_SETLINK)
		*ret_vsi = r.vsi;
	return err;
}

/* ---- writing ---- */

static struct nlmsghdr *begin(uint8_t *buf, uint16_t type, uint32_t seq, uint32_t pid)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_seq = seq;
	h->nlmsg_pid = pid;
	return h;
}

static void put_ifinfo(struct nlmsghdr *h, int32_t ifindex)
{
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_index = ifindex;
}

size_t libvirt_encode_error(const struct libvirt_head *of, int error, uint8_t buf[LIBVIRT_ERROR_LEN])
{
	struct nlmsghdr *h = begin(buf, NLMSG_ERROR, of->seq, of->pid);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

	e->error = error;
	e->msg = (struct nlmsghdr){ .nlmsg_len = of->len,
		.nlmsg_type = of->type,
		.nlmsg_flags = of->flags,
		.nlmsg_seq = of->seq,
		.nlmsg_pid = of->pid };
	return h->nlmsg_len;
}

void libvirt_list_begin(
	struct libvirt_list *l, const struct libvirt_head *of, int32_t ifindex, uint8_t buf[LIBVIRT_LIST_MAX])
{
	*l = (struct libvirt_list){ .buf = buf };
	put_ifinfo(begin(buf, NLMSG_DONE, of->seq, of->pid), ifindex);
}

bool libvirt_list_add(struct libvirt_list *l, const uint8_t uuid[16], const uint16_t *response)
{
	struct nlmsghdr *h = (void *)l->buf;
	struct nlattr *port;

	if (l->n == LIBVIRT_LIST_VSIS)
		return false;
	if (!l->nest)
		l->nest = mnl_attr_nest_start(h, IFLA_VF_PORTS);
	port = mnl_attr_nest_start(h, IFLA_VF_PORT);
	mnl_attr_put(h, IFLA_PORT_INSTANCE_UUID, 16, uuid);
	mnl_attr_put_u32(h, IFLA_PORT_VF, (uint32_t)VF_SELF);
	if (response)
		mnl_attr_put_u16(h, IFLA_PORT_RESPONSE, *response);
	mnl_attr_nest_end(h, port);
	l->n++;
	return true;
}

size_t libvirt_list_end(struct libvirt_list *l)
{
	struct nlmsghdr *h = (void *)l->buf;

	if (l->nest)
		mnl_attr_nest_end(h, l->nest);
	return h->nlmsg_len;
}

static void put_filter(struct nlmsghdr *h, const struct libvirt_vsi *v)
{
	struct ifla_vf_vlan vlan = { .vf = (uint32_t)VF_SELF, .vlan = v->vid, .qos = v->pcp };
	struct ifla_vf_mac mac = { .vf = (uint32_t)VF_SELF };
	struct nlattr *list = mnl_attr_nest_start(h, IFLA_VFINFO_LIST);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_VF_INFO);

	memcpy(mac.mac, v->mac.b, sizeof(v->mac.b));
	if (v->has_mac)
		mnl_attr_put(h, IFLA_VF_MAC, sizeof(mac), &mac);
	mnl_attr_put(h, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	mnl_attr_nest_end(h, info);
	mnl_attr_nest_end(h, list);
}

size_t libvirt_encode_event(const struct libvirt_head *of, const struct libvirt_vsi *v, uint32_t port_id,
	uint8_t buf[LIBVIRT_EVENT_MAX])
{
	const uint8_t type[VSI_TYPE_LEN] = { v->manager, (uint8_t)v->type_id, (uint8_t)(v->type_id >> 8),
		(uint8_t)(v->type_id >> 16), v->type_version };
	const uint8_t request[EVENT_REQUEST_LEN] = { LIBVIRT_DEASSOC };
	struct nlmsghdr *h = begin(buf, RTM_SETLINK, of->seq, port_id);
	struct nlattr *list, *port;

	put_ifinfo(h, of->ifindex);
	mnl_attr_put_strz(h, IFLA_IFNAME, of->ifname);
	put_filter(h, v);
	list = mnl_attr_nest_start(h, IFLA_VF_PORTS);
	port = mnl_attr_nest_start(h, IFLA_VF_PORT);
	mnl_attr_put(h, IFLA_PORT_VSI_TYPE, sizeof(type), type);
	mnl_attr_put(h, IFLA_PORT_INSTANCE_UUID, sizeof(v->uuid), v->uuid);
	mnl_attr_put_u32(h, IFLA_PORT_VF, (uint32_t)VF_SELF);
	mnl_attr_put(h, IFLA_PORT_REQUEST, sizeof(request), request);
	mnl_attr_nest_end(h, port);
	mnl_attr_nest_end(h, list);
	return h->nlmsg_len;
}
