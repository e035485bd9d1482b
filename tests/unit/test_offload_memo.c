/* What a daemon that was killed had turned off: written down, read by its successor, forgotten where it says nothing. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "offload_memo.h"

static char dir[] = "/tmp/evbd-memo-XXXXXX", path[64];
static struct offload_memo *memo;

static void start(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/offloads", dir);
	memo = offload_memo_open(path);
	cr_assert_not_null(memo);
}
static void finish(void)
{
	offload_memo_close(memo);
	unlink(path);
	cr_assert_eq(rmdir(dir), 0, "nothing else is left");
}

TestSuite(offload_memo, .init = start, .fini = finish);

struct rows {
	const struct offload_row *row;
	unsigned n;
};

static bool next(void *ctx, struct offload_row *ret)
{
	struct rows *r = ctx;

	if (r->n == 0)
		return false;
	*ret = *r->row++;
	r->n--;
	return true;
}

static const struct offload_row two[] = {
	{ 7, "eth0", false, 0, { 2, { { "rx-gro", true }, { "rx-vlan-hw-parse", true } } } },
	{ 8, "vnet1", false, 0, { 0, { { "", false } } } },
};

static void successor(void)
{
	memo = offload_memo_open(path); /* the one that was killed closed nothing */
	cr_assert_not_null(memo);
}

static unsigned taken(int ifindex, const char *name, struct offload_saved *saved)
{
	bool has_no_carrier = false;
	uint32_t program = 0;

	offload_memo_take(memo, ifindex, name, saved, &has_no_carrier, &program);
	cr_assert_not(has_no_carrier);
	return saved->n;
}

Test(offload_memo, a_successor_knows_whose_carrier_was_taken)
{
	static const struct offload_row rows[] = { { 7, "vnet1", true, 0, { 0, { { "", false } } } },
		{ 8, "vnet2", true, 77, { 1, { { "rx-gro", true } } } } };
	struct offload_memo *killed = memo;
	struct offload_saved saved = { 0 };
	bool has_no_carrier = false;
	uint32_t program = 0;

	cr_assert_eq(offload_memo_write(memo, next, &(struct rows){ rows, 2 }), 0);
	successor();
	offload_memo_take(memo, 7, "vnet1", &saved, &has_no_carrier, &program);
	cr_assert(has_no_carrier && saved.n == 0 && program == 0);
	has_no_carrier = false;
	offload_memo_take(memo, 8, "vnet2", &saved, &has_no_carrier, &program);
	cr_assert(has_no_carrier && saved.n == 1, "no feature is called so");
	cr_assert_eq(program, 77, "whose program it is");
	cr_assert_str_eq(saved.item[0].name, "rx-gro");
	has_no_carrier = false;
	offload_memo_take(memo, 9, "vnet1", &saved, &has_no_carrier, &program);
	cr_assert_not(has_no_carrier, "another device");
	free(killed);
}

Test(offload_memo, a_successor_takes_what_is_off_on_the_same_device)
{
	struct offload_memo *killed = memo;
	struct offload_saved saved = { 1, { { "rx-gro", true } } }, other = { 0 };

	cr_assert_eq(offload_memo_write(memo, next, &(struct rows){ two, 2 }), 0);
	successor();
	cr_assert_eq(taken(7, "eth0", &saved), 2, "somebody turned rx-gro on meanwhile: once is enough");
	cr_assert_str_eq(saved.item[1].name, "rx-vlan-hw-parse");
	cr_assert(saved.item[1].was_on);
	cr_assert_eq(taken(8, "eth0", &other), 0, "another device of that name");
	cr_assert_eq(taken(7, "eth1", &other), 0, "a device that was renamed");
	cr_assert_eq(taken(8, "vnet1", &other), 0);
	free(killed);
}

Test(offload_memo, a_clean_end_leaves_no_memo_and_a_failed_start_leaves_the_predecessors)
{
	struct offload_memo *killed = memo;

	cr_assert_eq(offload_memo_write(memo, next, &(struct rows){ two, 2 }), 0);
	successor();
	offload_memo_close(memo);
	cr_assert_eq(access(path, F_OK), 0);
	successor();
	cr_assert_eq(offload_memo_write(memo, next, &(struct rows){ two, 1 }), 0);
	offload_memo_close(memo);
	cr_assert_neq(access(path, F_OK), 0);
	memo = killed;
}

Test(offload_memo, what_makes_no_sense_says_nothing)
{
	static const char *const bad[] = { "", "7 eth0 rx-gro\n",
		"evbd offloads another-boot 1\n7 eth0 rx-gro\n" };
	struct offload_saved saved = { 0 };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FILE *f = fopen(path, "w");

		fputs(bad[i], f);
		fclose(f);
		offload_memo_close(memo);
		successor();
		cr_assert_eq(taken(7, "eth0", &saved), 0, "%s", bad[i]);
	}
}

Test(offload_memo, lines_that_make_no_sense_are_passed_over)
{
	static const char lines[] =
		"\neth0 rx-gro\n-7 eth0 rx-gro\n7\n9 a-name-much-too-long rx-gro\n"
		"7 eth0 1 2 3 4 5 6 7 8 9\n7 eth0 a-feature-with-a-name-that-is-too-long\n"
		"7 eth0 rx-lro\n";
	struct offload_memo *killed = memo;
	struct offload_saved saved = { 0 };
	FILE *f;

	cr_assert_eq(offload_memo_write(memo, next, &(struct rows){ two, 0 }), 0);
	f = fopen(path, "a");
	fputs(lines, f);
	fclose(f);
	successor();
	cr_assert_eq(taken(7, "eth0", &saved), 1);
	cr_assert_str_eq(saved.item[0].name, "rx-lro");
	free(killed);
}

Test(offload_memo, where_it_cannot_be_written_it_says_so)
{
	offload_memo_close(memo);
	memo = offload_memo_open("/proc/evbd/offloads");
	cr_assert_lt(offload_memo_write(memo, next, &(struct rows){ two, 2 }), 0);
}
