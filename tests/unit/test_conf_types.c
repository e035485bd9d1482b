/* The VSI type file: what it becomes, and every kind of complaint. */
#define _GNU_SOURCE
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf.h"
#include "vtdb.h"

static const char *file_of(const char *text)
{
	static char path[64];
	int fd = memfd_create("types", 0);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static struct vtdb_types *load(const char *text)
{
	struct conf_error err;
	struct vtdb_types *types = NULL;

	cr_assert_eq(conf_types_load(file_of(text), &types, &err), 0, "line %d: %s", err.line, err.text);
	return types;
}

static void refuse(const char *text, int line, const char *message)
{
	struct conf_error err;
	struct vtdb_types *types = NULL;

	cr_assert_eq(conf_types_load(file_of(text), &types, &err), -EINVAL, "accepted: %s", text);
	cr_expect_null(types);
	cr_expect_str_eq(err.text, message, "\n  got      %s\n  expected %s", err.text, message);
	cr_expect_eq(err.line, line, "\"%s\" at line %d, not %d", err.text, err.line, line);
}

/* In the third line, inside of type 7. */
static void refuse_in_type(const char *settings, const char *message)
{
	char text[1024];

	snprintf(text, sizeof(text), "default_manager = \"::1\";\ntypes = ( { id = 7;\n %s } );\n", settings);
	refuse(text, 3, message);
}

Test(conf_types, defaults_of_a_type)
{
	struct vtdb_types *types = load("default_manager = \"::1\"; types = ( { id = 7; } );");
	const struct vtdb_type *t = types->types;

	cr_assert_eq(types->n_types, 1);
	cr_expect(types->has_default_manager && vdp_manager_equal(&t->manager, &types->default_manager));
	cr_expect_eq(t->manager.id[15], 1);
	cr_expect_eq(t->type_id, 7);
	cr_expect_str_eq(t->name, "");
	cr_expect(t->version_low == 0 && t->version_high == 255);
	cr_expect(
		t->n_vids == 0 && t->default_vid == 0 && !t->has_pcp && t->n_groups == 0 && t->max_macs == 0);
	cr_expect(t->n_vsis == 0 && t->n_macs == 0 && !t->is_refused && !t->echo_org);
	cr_expect_null(t->refuse_reason);
	conf_types_free(types);
}

Test(conf_types, every_key_is_read)
{
	struct vtdb_types *types = load(
		"types = ( { id = 9; name = \"web\"; manager = \"192.0.2.1\"; versions = \"3-9\"; vids = ( "
		"5, \"7-8\" );\n"
		"default_vid = 8; pcp = 0; groups = ( { group = 4294967295L; vid = 5; }, { vid = 7; group = "
		"1; } ); max_macs = 3;\n"
		"users = { vsis = [ \"local:0a\", \"192.0.2.7\" ]; macs = [ \"52:54:00:00:00:01\" ]; }; "
		"echo_org = true;\n"
		"refuse = { error = \"address\"; hard = false; reason = \"no\"; }; } );");
	const struct vtdb_type *t = types->types;

	cr_expect_not(types->has_default_manager);
	cr_expect_eq(t->manager.id[10], 0xff);
	cr_expect_str_eq(t->name, "web");
	cr_expect(t->version_low == 3 && t->version_high == 9);
	cr_assert_eq(t->n_vids, 2);
	cr_expect(t->vids[0].low == 5 && t->vids[0].high == 5 && t->vids[1].low == 7 && t->vids[1].high == 8);
	cr_expect_eq(t->default_vid, 8);
	cr_expect(t->has_pcp && t->pcp == 0);
	cr_assert_eq(t->n_groups, 2);
	cr_expect(t->groups[0].group_id == UINT32_MAX && t->groups[0].vid == 5);
	cr_expect(t->groups[1].group_id == 1 && t->groups[1].vid == 7);
	cr_expect_eq(t->max_macs, 3);
	cr_assert(t->n_vsis == 2 && t->n_macs == 1);
	cr_expect(t->vsis[0].format == VSI_ID_LOCAL && t->vsis[1].format == VSI_ID_IPV4);
	cr_expect_eq(t->macs[0].b[5], 1);
	cr_expect(t->echo_org && t->is_refused && t->refuse_error == VDP_E_ADDRESS && !t->refuse_hard);
	cr_expect_str_eq(t->refuse_reason, "no");
	conf_types_free(types);
}

Test(conf_types, a_refused_type_is_refused_for_good_by_default)
{
	struct vtdb_types *types = load("default_manager = \"::1\"; types = ( { id = 7; refuse = { }; } );");

	cr_expect(types->types->is_refused && types->types->refuse_hard);
	cr_expect_eq(types->types->refuse_error, VDP_E_OTHER);
	cr_expect_null(types->types->refuse_reason);
	conf_types_free(types);
}

Test(conf_types, are_sorted_by_manager_id_and_version)
{
	struct vtdb_types *types = load("default_manager = \"::2\"; types = ( { id = 2; versions = \"5-9\"; "
					"}, { id = 2; version = 4; },"
					"{ id = 1; }, { id = 16777215; manager = \"::1\"; } );");
	const struct vtdb_type *t = types->types;

	cr_assert_eq(types->n_types, 4);
	cr_expect_eq(t[0].type_id, 0xffffffu);
	cr_expect_eq(t[1].type_id, 1);
	cr_expect(t[2].type_id == 2 && t[2].version_low == 4 && t[2].version_high == 4);
	cr_expect(t[3].type_id == 2 && t[3].version_low == 5);
	conf_types_free(types);
}

Test(conf_types, an_empty_file_is_an_empty_database)
{
	struct vtdb_types *types = load("");

	cr_expect_eq(types->n_types, 0);
	conf_types_free(types);
	conf_types_free(NULL);
}

Test(conf_types, managers)
{
	refuse("\ndefault_manager = \"::\";", 2,
		"default_manager is all zeros, which in a request means \"the default manager\"");
	refuse("default_manager = \"me\";", 1,
		"default_manager is \"me\"; allowed: an IPv6 or IPv4 address, or 32 hex digits");
	refuse("types = (\n { id = 7; } );", 2, "type 7 has no manager and the file no default_manager");
	refuse_in_type("manager = 5;", "manager of type 7 must be a text in double quotes");
}

Test(conf_types, one_type_for_one_question)
{
	refuse("default_manager = \"::1\"; types = ( { id = 7; versions = \"1-3\"; },\n { id = 7; version = "
	       "3; } );",
		2, "type 7 is there twice for the same manager and version");
	conf_types_free(
		load("default_manager = \"::1\"; types = ( { id = 7; }, { id = 7; manager = \"::2\"; } );"));
}

Test(conf_types, unknown_and_missing_keys)
{
	refuse("type = ();", 1, "unknown setting \"type\"; did you mean \"types\"?");
	refuse("default_manager = \"::1\"; types = (\n { name = \"x\"; } );", 2,
		"id of type number 1 is missing");
	refuse_in_type("vidss = [ 1 ];", "unknown setting \"vidss\" in type 7; did you mean \"vids\"?");
	refuse_in_type("users = { mac = []; };",
		"unknown setting \"mac\" in users of type 7; did you mean \"macs\"?");
	refuse_in_type("refuse = { why = 1; };", "unknown setting \"why\" in refuse of type 7");
	refuse_in_type("groups = ( { group = 1; vid = 1; pcp = 1; } );",
		"unknown setting \"pcp\" in groups of type 7");
	refuse_in_type("groups = ( { group = 1; } );", "groups of type 7: each needs group and vid");
	refuse_in_type("groups = ( { vid = 1; } );", "groups of type 7: each needs group and vid");
}

Test(conf_types, values_out_of_range)
{
	refuse("types = (\n { id = 16777216; } );", 2,
		"id of type 16777216 is 16777216; allowed: 0..16777215");
	refuse("types = (\n { id = \"7\"; } );", 2, "id of type number 1 must be a number, 0..16777215");
	refuse_in_type("version = 256;", "version of type 7 is 256; allowed: 0..255");
	refuse_in_type(
		"versions = \"3-1\";", "versions of type 7 is \"3-1\"; allowed: \"low-high\" within 0..255");
	refuse_in_type("versions = \"1-256\";",
		"versions of type 7 is \"1-256\"; allowed: \"low-high\" within 0..255");
	refuse_in_type("versions = \"1-2x\";",
		"versions of type 7 is \"1-2x\"; allowed: \"low-high\" within 0..255");
	refuse_in_type(
		"version = 1; versions = \"1-2\";", "type 7 has version and versions: one of them is enough");
	refuse_in_type("vids = [ 4095 ];", "vids of type 7 is 4095; allowed: 1..4094");
	refuse_in_type("vids = [ \"0-5\" ];",
		"vids of type 7 has \"0-5\"; allowed: VIDs 1..4094 and ranges \"low-high\"");
	refuse_in_type("vids = 5;", "vids of type 7 must be a list ( ... )");
	refuse_in_type("default_vid = 0;", "default_vid of type 7 is 0; allowed: 1..4094");
	refuse_in_type("pcp = 8;", "pcp of type 7 is 8; allowed: 0..7");
	refuse_in_type("max_macs = -1;", "max_macs of type 7 is -1; allowed: 0..243");
	refuse_in_type("echo_org = 1;", "echo_org of type 7 must be true or false");
	refuse_in_type("name = \"a234567890123456789012345678901234567890123456789012345678901234\";",
		"name of type 7 is too long: 64 octets, at most 63");
	refuse_in_type("groups = ( { group = 0; vid = 1; } );",
		"groups.group of type 7 is 0; allowed: 1..4294967295");
	refuse_in_type("refuse = { error = \"bad\"; };", "refuse.error of type 7 is \"bad\"; allowed: "
							 "format, resources, no_manager, other, address");
	refuse_in_type("refuse = { hard = 1; };", "refuse.hard of type 7 must be true or false");
	refuse_in_type("users = { vsis = [ \"x\" ]; };", "users.vsis of type 7 is \"x\"; allowed: a UUID, "
							 "a MAC, IPv4 or IPv6 address, or local:HEX");
	refuse_in_type("users = { macs = [ \"x\" ]; };",
		"users.macs of type 7 has \"x\", which is no MAC address of a station");
	refuse_in_type("users = { macs = [ \"01:00:5e:00:00:01\" ]; };",
		"users.macs of type 7 has \"01:00:5e:00:00:01\", which is no MAC address of a station");
	refuse_in_type("users = { macs = [ \"00:00:00:00:00:00\" ]; };",
		"users.macs of type 7 has \"00:00:00:00:00:00\", which is no MAC address of a station");
	refuse_in_type("users = 5;", "users of type 7 must be a group { ... }");
}

Test(conf_types, what_a_type_gives_it_allows)
{
	refuse_in_type("vids = [ \"5-6\" ]; default_vid = 7;",
		"default_vid of type 7 is 7, which is not among its vids");
	refuse_in_type("vids = [ \"5-6\" ]; groups = ( { group = 1; vid = 4; } );",
		"groups of type 7: VID 4 is not among the type's vids");
	refuse_in_type("groups = ( { group = 1; vid = 4; }, { group = 1; vid = 5; } );",
		"groups of type 7 has group 1 twice");
}

Test(conf_types, a_reason_fits_an_answer)
{
	char settings[256];

	snprintf(settings, sizeof(settings), "refuse = { reason = \"%0*d\"; };", VTDB_REASON, 1);
	refuse_in_type(settings, "refuse.reason of type 7 is too long: 80 octets, at most 79");
}

Test(conf_types, files_that_can_not_be_read)
{
	struct conf_error err;
	struct vtdb_types *types = NULL;

	cr_expect_eq(conf_types_load("/nonexistent", &types, &err), -ENOENT);
	cr_expect_str_eq(err.file, "/nonexistent");
	cr_expect_eq(conf_types_load("/", &types, &err), -EISDIR);
	cr_expect_null(types);
	refuse("types = (\n { id = 1 } }", 2, "syntax error");
}
