/*
 * Receive offloads that must be off on a port, through the kernel's list of named features (SIOCETHTOOL).
 *
 * GRO and LRO merge frames into ones longer than the wire carries; VLAN receive offload hides the outer tag from XDP
 * programs. Every one of them has a name in the ETH_SS_FEATURES string set, so one mechanism (ETHTOOL_GFEATURES,
 * ETHTOOL_SFEATURES) serves all instead of one ioctl each.
 *
 * Only what was on is touched, and what was touched is told to the caller, who gives it back to restore it. A feature that
 * the device can't change (it is "fixed") is left alone. A device without ethtool has nothing to turn off.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtnl.h"

enum { FEATURES_MAX = 256, FEATURE_BLOCKS = FEATURES_MAX / 32 };

static const char *const unwanted[] = {
	"rx-gro",                /* generic receive offload */
	"rx-gro-hw",             /* the same in hardware */
	"rx-gro-list",           /* and its variants for forwarding */
	"rx-udp-gro-forwarding", /* of UDP */
	"rx-lro",                /* large receive offload */
	"rx-vlan-hw-parse",      /* tag out of the data */
};
enum { N_UNWANTED = sizeof(unwanted) / sizeof(unwanted[0]) };
_Static_assert((int)N_UNWANTED <= (int)(sizeof(((struct offload_saved *)0)->item) /
					  sizeof(((struct offload_saved *)0)->item[0])),
	"offload_saved holds them all");

struct device {
	int fd;
	struct ifreq ifr;
	unsigned n; /* features this kernel knows */
	union {     /* ethtool's structs end in arrays without a size */
		struct ethtool_gstrings head;
		uint8_t octets[sizeof(struct ethtool_gstrings) + FEATURES_MAX * ETH_GSTRING_LEN];
	} names;
};

static int ethtool(struct device *d, void *command)
{
	d->ifr.ifr_data = command;
	return ioctl(d->fd, SIOCETHTOOL, &d->ifr) == 0 ? 0 : -errno;
}

static int read_names(struct device *d)
{
	union {
		struct ethtool_sset_info head;
		uint8_t octets[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} info = { .head = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
	int rc = ethtool(d, &info);

	if (rc != 0)
		return rc;
	if (info.head.sset_mask == 0)
		return -EOPNOTSUPP;
	memcpy(&d->n, info.octets + sizeof(info.head), sizeof(uint32_t));
	if (d->n > FEATURES_MAX)
		return -EOPNOTSUPP;
	d->names.head = (struct ethtool_gstrings){ ETHTOOL_GSTRINGS, ETH_SS_FEATURES, d->n };
	return ethtool(d, &d->names);
}

static int device_open(struct device *d, const char *ifname)
{
	int rc;

	memset(d, 0, sizeof(*d));
	strncpy(d->ifr.ifr_name, ifname, sizeof(d->ifr.ifr_name) - 1);
	d->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return -errno;
	rc = read_names(d);
	if (rc != 0)
		close(d->fd);
	return rc;
}

/* Number of a feature, or -1: this kernel does not have it. */
static int feature_index(const struct device *d, const char *name)
{
	const char *at = (const char *)d->names.octets + sizeof(struct ethtool_gstrings);

	for (unsigned i = 0; i < d->n; i++, at += ETH_GSTRING_LEN)
		if (strncmp(at, name, ETH_GSTRING_LEN) == 0)
			return (int)i;
	return -1;
}

static int read_features(struct device *d, struct ethtool_get_features_block block[FEATURE_BLOCKS])
{
	union {
		struct ethtool_gfeatures head;
		uint8_t octets[sizeof(struct ethtool_gfeatures) +
			       FEATURE_BLOCKS * sizeof(struct ethtool_get_features_block)];
	} get = { .head = { .cmd = ETHTOOL_GFEATURES, .size = FEATURE_BLOCKS } };
	int rc = ethtool(d, &get);

	memcpy(block, get.octets + sizeof(get.head), FEATURE_BLOCKS * sizeof(*block));
	return rc;
}

/* Write the features of `valid` to their bits in `requested`. */
static int write_features(struct device *d, const struct ethtool_set_features_block block[FEATURE_BLOCKS])
{
	union {
		struct ethtool_sfeatures head;
		uint8_t octets[sizeof(struct ethtool_sfeatures) +
			       FEATURE_BLOCKS * sizeof(struct ethtool_set_features_block)];
	} set = { .head = { .cmd = ETHTOOL_SFEATURES, .size = (d->n + 31) / 32 } };
	int rc;

	memcpy(set.octets + sizeof(set.head), block, set.head.size * sizeof(*block));
	d->ifr.ifr_data = (char *)&set;
	rc = ioctl(d->fd, SIOCETHTOOL, &d->ifr); /* positive: done but for what the device forbids */
	return rc < 0 ? -errno : 0;
}

int offload_disable(const char *ifname, struct offload_saved *ret_saved)
{
	struct ethtool_get_features_block now[FEATURE_BLOCKS] = { 0 };
	struct ethtool_set_features_block want[FEATURE_BLOCKS] = { 0 };
	struct offload_saved saved = { 0 };
	struct device d;
	int rc = device_open(&d, ifname);

	if (rc == -EOPNOTSUPP)
		*ret_saved = saved;
	if (rc != 0)
		return rc == -EOPNOTSUPP ? 0 : rc;
	rc = read_features(&d, now);
	for (unsigned i = 0; rc == 0 && i < N_UNWANTED; i++) {
		int at = feature_index(&d, unwanted[i]);
		uint32_t bit = at < 0 ? 0 : 1u << (at % 32);

		if (bit == 0 || !(now[at / 32].active & bit) || (now[at / 32].never_changed & bit) ||
			!(now[at / 32].available & bit))
			continue;
		want[at / 32].valid |= bit;
		memcpy(saved.item[saved.n].name, unwanted[i], strlen(unwanted[i]) + 1);
		saved.item[saved.n++].was_on = true;
	}
	if (rc == 0 && saved.n > 0)
		rc = write_features(&d, want);
	close(d.fd);
	if (rc == 0)
		*ret_saved = saved;
	return rc;
}

void offload_restore(const char *ifname, const struct offload_saved *saved)
{
	struct ethtool_set_features_block want[FEATURE_BLOCKS] = { 0 };
	struct device d;

	if (saved->n == 0 || device_open(&d, ifname) != 0)
		return; /* a device that is gone has nothing to restore */
	for (unsigned i = 0; i < saved->n; i++) {
		int at = feature_index(&d, saved->item[i].name);

		if (at < 0)
			continue;
		want[at / 32].valid |= 1u << (at % 32);
		if (saved->item[i].was_on)
			want[at / 32].requested |= 1u << (at % 32);
	}
	(void)write_features(&d, want); /* nothing more can be done about a refusal */
	close(d.fd);
}
