/* The flight recorder: rings of frames, their notes, and the file made of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cap_comments.h"
#include "cap_file.h"
#include "recorder.h"

static void put(struct recorder *r, uint16_t port, unsigned n, bool is_out)
{
	uint8_t octets[64] = { 1, 0x80, 0xc2 };

	octets[20] = (uint8_t)n;
	recorder_frame(r, port, is_out, span_of(octets, 14), span_of(octets + 14, 20 + n % 30),
		(struct mono){ 1000 + n });
}

Test(recorder, a_full_ring_forgets_the_oldest)
{
	struct recorder *r = recorder_new(4, 5);

	for (unsigned n = 0; n < 12; n++)
		put(r, 2, n, n % 2 == 1);
	cr_assert_eq(recorder_count(r, 2), 5);
	cr_expect_eq(recorder_count(r, 1), 0);
	for (unsigned i = 0; i < 5; i++) {
		struct recorder_frame f = recorder_at(r, 2, i);

		cr_expect_eq(f.at.ns, 1000 + 7 + i);
		cr_expect_eq(f.octets.len, 34 + (7 + i) % 30);
		cr_expect_eq(f.octets.ptr[20], 7 + i);
		cr_expect_eq(f.is_out, (7 + i) % 2 == 1);
		cr_expect_null(f.notes);
	}
	recorder_free(r);
}

Test(recorder, notes_belong_to_the_newest_frame_and_go_with_it)
{
	struct recorder *r = recorder_new(1, 2);

	recorder_note(r, 0, "before any frame");
	put(r, 0, 1, false);
	recorder_note(r, 0, "refused: no room");
	recorder_note(r, 0, "and told");
	put(r, 0, 2, true);
	cr_expect_str_eq(recorder_at(r, 0, 0).notes, "refused: no room\nand told");
	cr_expect_null(recorder_at(r, 0, 1).notes);
	put(r, 0, 3, true);
	put(r, 0, 4, true);
	cr_expect_null(recorder_at(r, 0, 0).notes);
	for (unsigned i = 0; i < 200; i++)
		recorder_note(r, 0, "many words");
	cr_expect_lt(strlen(recorder_at(r, 0, 1).notes), RECORDER_NOTES);
	recorder_forget(r, 0);
	cr_expect_eq(recorder_count(r, 0), 0);
	recorder_free(r);
}

Test(recorder, remembers_nothing_when_told_so)
{
	struct recorder *r = recorder_new(1, 0);

	put(r, 0, 1, false);
	put(r, 7, 1, false);
	recorder_note(r, 7, "no such port");
	cr_expect_eq(recorder_count(r, 0), 0);
	cr_expect_eq(recorder_count(r, 7), 0);
	recorder_free(r);
}

/* Written by pcapng.c, read by libpcap and by cap_comments.c. */
Test(recorder, its_file_is_read_back_octet_for_octet)
{
	enum { OFFSET_S = 1700000000 };
	struct recorder *r = recorder_new(1, 10);
	char path[] = "/tmp/evbd-recorder-XXXXXX", err[CAP_ERROR_TEXT];
	int fd = mkstemp(path);
	struct cap_comments *comments;
	struct cap_frame frame;
	struct cap_file *file;
	uint8_t *octets;
	size_t len;

	for (unsigned n = 0; n < 4; n++) {
		put(r, 0, n, n == 1);
		if (n == 2)
			recorder_note(r, 0, "a decision");
		if (n == 2)
			recorder_note(r, 0, "and\tanother");
	}
	octets = recorder_file(r, 0, "swp1", (int64_t)OFFSET_S * 1000000000, &len);
	cr_assert_not_null(octets);
	cr_assert_eq(write(fd, octets, len), (ssize_t)len);
	close(fd);
	file = cap_file_open(path, err);
	comments = cap_comments_open(path);
	cr_assert(file != NULL && comments != NULL, "%s", err);
	for (unsigned n = 0; n < 4; n++) {
		cr_assert_eq(cap_file_next(file, &frame), CAP_STEP_FRAME);
		cr_expect_eq(frame.time.ns, (uint64_t)OFFSET_S * 1000000000 + 1000 + n);
		cr_expect(span_equal(frame.octets, recorder_at(r, 0, n).octets));
		cr_assert_eq(cap_comments_next(comments), n == 2 ? 2 : 0);
		if (n == 2)
			cr_expect_str_eq(cap_comments_text(comments, 0), "a decision");
		if (n == 2)
			cr_expect_str_eq(cap_comments_text(comments, 1), "and another");
	}
	cr_expect_eq(cap_file_next(file, &frame), CAP_STEP_END);
	cr_expect_eq(cap_comments_next(comments), 0);
	cap_comments_close(comments);
	cap_file_close(file);
	unlink(path);
	free(octets);
	recorder_free(r);
}

/* Whatever is cut off or changed in a file: no comment is made of it that is not there. */
Test(recorder, damaged_files_have_fewer_comments)
{
	struct recorder *r = recorder_new(1, 3);
	char path[] = "/tmp/evbd-recorder-XXXXXX";
	uint8_t *octets;
	size_t len;
	int fd = mkstemp(path);

	put(r, 0, 1, false);
	recorder_note(r, 0, "one");
	put(r, 0, 2, false);
	recorder_note(r, 0, "two");
	octets = recorder_file(r, 0, "eth0", 0, &len);
	for (size_t at = 0; at < len; at++) {
		struct cap_comments *c;

		octets[at] ^= 0xff;
		cr_assert_eq(pwrite(fd, octets, len, 0), (ssize_t)len);
		octets[at] ^= 0xff;
		cr_assert_eq(ftruncate(fd, (off_t)(len - at % 7)), 0);
		c = cap_comments_open(path);
		for (unsigned i = 0; c != NULL && i < 5; i++)
			cr_expect_leq(cap_comments_next(c), CAP_COMMENTS_MAX);
		cap_comments_close(c);
	}
	close(fd);
	unlink(path);
	free(octets);
	recorder_free(r);
}
