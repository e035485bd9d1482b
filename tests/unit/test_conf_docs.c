/* The documents that go with the table of settings: the example, the manual page, the demo lab, the type file. */
#define _GNU_SOURCE
#include <criterion/criterion.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf_priv.h"
#include "vtdb.h"

static const char *source(const char *file)
{
	static char path[512];
	const char *dir = getenv("EVBD_SOURCE_DIR");

	cr_assert_not_null(dir, "EVBD_SOURCE_DIR is set by ctest");
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return path;
}

static char *slurp(const char *file)
{
	FILE *f = fopen(source(file), "r");
	char *text = calloc(1, 65536);

	cr_assert_not_null(f, "%s", file);
	cr_assert_lt(fread(text, 1, 65535, f), 65535);
	fclose(f);
	return text;
}

/* "#setting" becomes "setting"; "# prose" stays. */
static const char *with_optional_settings(const char *file)
{
	static char path[64];
	char *text = slurp(file);
	int fd = memfd_create("conf", 0);

	for (char *p = text; *p != '\0'; p++)
		if (*p == '#' && p[1] != ' ' && p[1] != '\n' && p[1] != '\0')
			*p = ' ';
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	free(text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static struct conf *load(const char *path)
{
	struct conf_error err;
	struct conf *c = NULL;

	cr_assert_eq(conf_load(path, &c, &err), 0, "%s:%d: %s", path, err.line, err.text);
	return c;
}

Test(conf_docs, the_example_is_the_defaults)
{
	struct conf *example = load(source("conf/evbd.conf.example")), bare;
	struct conf_change change[4];
	struct conf_port ports[4];

	conf_default_globals(&bare);
	gethostname(bare.system_name, sizeof(bare.system_name) - 1);
	bare.n_ports = 4;
	bare.ports = ports;
	for (unsigned i = 0; i < 4; i++) {
		static const char *const names[] = { "eth0", "eth1", "swp1", "swp2" };
		static const enum conf_role roles[] = { CONF_STATION, CONF_STATION, CONF_BRIDGE,
			CONF_ORDINARY };

		conf_default_port(&ports[i]);
		snprintf(ports[i].name, sizeof(ports[i].name), "%s", names[i]);
		ports[i].role = roles[i];
		conf_derive_port(&ports[i], (struct conf_given){ 0 });
	}
	cr_expect_eq(conf_diff(example, &bare, change, 4), 0, "first: %s %s: %s, by default %s",
		change[0].port, change[0].setting, change[0].from, change[0].to);
	conf_free(example);
}

Test(conf_docs, the_example_loads_with_its_optional_settings)
{
	struct conf *c = load(with_optional_settings("conf/evbd.conf.example"));
	const struct conf_port *p = conf_find_port(c, "eth0"), *channel = conf_find_channel(c, "eth0", 2);

	cr_assert_not_null(channel);
	cr_expect(channel->svid == 100 && channel->relay == CONF_RELAY_VEB && !channel->evb.reflective_relay);
	cr_expect_eq(conf_find_port(c, "eth1")->pe.tag, CONF_TAG_VN);
	cr_expect(c->n_vifs == 2 && c->vifs[0].pvid == 11 && c->n_lists == 1 && c->lists[0].n_members == 2);
	cr_expect_neq(c->types_file[0], '\0');
	cr_expect_eq(p->n_vm_patterns, 1);
	cr_expect(p->host_vsi.is_set && p->host_vsi.has_id && p->host_vsi.vid == 1);
	cr_expect_neq(conf_find_port(c, "swp2")->vlans[20 / 8], 0);
	conf_free(c);
}

/* "# HELP (RANGE)", a line end, and the setting itself. */
Test(conf_docs, the_example_explains_every_setting)
{
	char *text = slurp("conf/evbd.conf.example");

	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		const char *dot = strrchr(s->path, '.'), *name = dot == NULL ? s->path : dot + 1, *at;
		char range[CONF_RANGE_TEXT], comment[512];

		snprintf(comment, sizeof(comment), "# %s (%s)\n", s->help, conf_setting_range(s, range));
		at = strstr(text, comment);
		cr_expect_not_null(at, "%s: %s", s->path, comment);
		if (at == NULL)
			continue;
		at += strlen(comment);
		at += strspn(at, "\t#");
		cr_expect_eq(strncmp(at, name, strlen(name)), 0, "%s is not below its comment", s->path);
		cr_expect_eq(strncmp(at + strlen(name), " = ", 3), 0, "%s", s->path);
	}
	free(text);
}

/* ".It Ic PATH" with the range, and the effect in words. */
Test(conf_docs, the_manual_page_has_every_setting)
{
	char *text = slurp("man/evbd.conf.5");

	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		char item[96];
		const char *at, *end;

		if (s->kind == CONF_GROUP && s->size == 0)
			continue;
		snprintf(item, sizeof(item), "\n.It Ic %s", s->path);
		at = strstr(text, item);
		cr_expect_not_null(at, "%s", s->path);
		if (at == NULL)
			continue;
		cr_expect(at[strlen(item)] == '\n' || at[strlen(item)] == ' ', "%s", s->path);
		if (s->kind != CONF_NUMBER)
			continue;
		end = strstr(at + 1, "\n.It ");
		snprintf(item, sizeof(item), "%lld..%lld", (long long)s->min, (long long)s->max);
		at = strstr(at, item);
		cr_expect(at != NULL && (end == NULL || at < end), "%s: range %s", s->path, item);
	}
	free(text);
}

Test(conf_docs, the_demo_lab_loads)
{
	struct conf *host = load(source("conf/demo-host.conf"));
	struct conf *lab = load(source("conf/demo-switch.conf"));
	struct vtdb_types *types = NULL;
	struct conf_error err;
	const struct conf_port *p = conf_find_port(host, "eth0");

	cr_expect_str_eq(host->control_socket, "/run/evbd-demo/host.sock");
	cr_expect_str_eq(lab->control_socket, "/run/evbd-demo/switch.sock");
	cr_expect_str_neq(host->state_dir, lab->state_dir);
	cr_expect(p->role == CONF_STATION && p->relay == CONF_RELAY_VEPA && p->evb.reflective_relay);
	cr_expect(p->host_vsi.is_set && p->host_vsi.subject.type_id == 2);
	cr_expect_str_eq(p->vm_patterns[0], "vnet*");
	cr_expect_eq(conf_find_port(lab, "swp1")->role, CONF_BRIDGE);
	cr_expect_eq(conf_find_port(lab, "swp2")->pvid, 100);
	cr_expect_eq(conf_find_port(lab, "swp3")->pvid, 1);
	cr_assert_eq(conf_types_load(lab->types_file, &types, &err), 0, "%s", err.text);
	cr_expect_eq(types->n_types, 4);
	conf_types_free(types);
	conf_free(host);
	conf_free(lab);
}

Test(conf_docs, the_demo_lab_with_channels_loads)
{
	struct conf *host = load(source("conf/demo-channels-host.conf"));
	struct conf *lab = load(source("conf/demo-channels-switch.conf"));
	const struct conf_port *p = conf_find_port(host, "eth0");

	cr_expect(p->cdcp.is_enabled && p->host_vsi.is_set && p->n_vm_patterns == 0);
	for (uint16_t scid = 2; scid <= 3; scid++) {
		const struct conf_port *q = conf_find_channel(host, "eth0", scid);
		char vm[CONF_NAME];

		snprintf(vm, sizeof(vm), "vnet%u", scid - 1u);
		cr_assert_not_null(q);
		cr_expect(q->relay == CONF_RELAY_VEPA && q->evb.reflective_relay);
		cr_expect_str_eq(q->vm_patterns[0], vm);
	}
	p = conf_find_port(lab, "swp1");
	cr_expect(p->cdcp.is_enabled && p->cdcp.svid_low == 100 && p->cdcp.svid_high == 199);
	cr_expect_eq(conf_find_port(lab, "swp2")->pvid, 100);
	conf_free(host);
	conf_free(lab);
}

Test(conf_docs, the_demo_lab_with_vn_tag_loads)
{
	struct conf *host = load(source("conf/demo-vntag-host.conf"));
	struct conf *lab = load(source("conf/demo-vntag-switch.conf"));
	const struct conf_port *p = conf_find_port(host, "eth0"), *q = conf_find_port(lab, "swp1");

	cr_expect(p->pe.tag == CONF_TAG_VN && p->pe.is_signalled && host->n_vifs == 0);
	cr_expect_str_eq(p->vm_patterns[0], "vnet*");
	cr_expect(q->pe.tag == CONF_TAG_ANY && q->pe.is_signalled && q->pe.subtype == p->pe.subtype);
	conf_free(host);
	conf_free(lab);
}

Test(conf_docs, the_type_file_loads_with_every_key)
{
	struct vtdb_types *types = NULL;
	struct conf_error err;
	const struct vtdb_type *t;

	cr_assert_eq(conf_types_load(with_optional_settings("conf/types.conf"), &types, &err), 0, "%d: %s",
		err.line, err.text);
	cr_assert_eq(types->n_types, 5);
	t = &types->types[4];
	cr_expect_eq(t->type_id, 5, "its manager sorts last");
	cr_expect_str_eq(t->name, "everything");
	cr_expect(t->version_low == 1 && t->version_high == 3 && t->n_vids == 2 && t->default_vid == 100);
	cr_expect(t->has_pcp && t->pcp == 3 && t->n_groups == 1 && t->max_macs == 4);
	cr_expect(t->n_vsis == 1 && t->n_macs == 1 && !t->echo_org);
	cr_expect(t->is_refused && t->refuse_error == VDP_E_RESOURCES && !t->refuse_hard);
	cr_expect_str_eq(t->refuse_reason, "moved to another rack");
	conf_types_free(types);
}
