/*
 * fuzz_conf.c - the text of a configuration file. Laws: it is taken or refused with a reason; taken twice it is the
 * same, so that a reload without a change changes nothing.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf_diff.h"
#include "fuzz.h"
#include "text_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_file f = text_file_new(data, size);
	struct conf_error error = { .line = 0 };
	struct conf *a = NULL, *b = NULL;
	struct conf_change change;
	int err = conf_load(f.path, &a, &error);

	if (err != 0) {
		FUZZ_LAW(err < 0 && error.text[0] != '\0');
		FUZZ_LAW(memchr(error.text, 0, sizeof(error.text)) != NULL);
		text_file_free(&f);
		return 0;
	}
	FUZZ_LAW(conf_load(f.path, &b, &error) == 0);
	FUZZ_LAW(conf_diff(a, b, &change, 1) == 0);
	conf_free(a);
	conf_free(b);
	text_file_free(&f);
	return 0;
}
