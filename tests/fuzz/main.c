/*
 * main.c - runs a fuzzer without libFuzzer, with any compiler: every seed as it is, prefixes of it, and mutations that
 * are the same on every run. Files that broke something once are seeds, so this is also their regression test.
 *
 *     fuzz_NAME [-runs=N] FILE-OR-FOLDER...      N prefixes and N mutations of each seed, default 100
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "prng.h"

enum { INPUT_MAX = 64 * 1024 };

static uint64_t n_inputs;

/* In a piece of its own size, so that a sanitizer sees one octet too many. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		exit(1);
	if (size > 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	n_inputs++;
}

static size_t mutate(struct prng *p, uint8_t *data, size_t size)
{
	static const uint8_t special[] = { 0, 1, 0x7f, 0x80, 0xfe, 0xff };
	size_t at = prng_below(p, size), n;

	switch (prng_below(p, 5)) {
	case 0:
		data[at] ^= (uint8_t)(1u << prng_below(p, 8));
		break;
	case 1:
		data[at] = special[prng_below(p, sizeof(special))];
		break;
	case 2: /* a piece goes */
		n = prng_below(p, size - at) + 1;
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	case 3: /* a piece comes twice */
		n = prng_below(p, size - at) + 1;
		if (size + n > INPUT_MAX)
			break;
		memmove(data + at + n, data + at, size - at);
		return size + n;
	default:
		data[at] = (uint8_t)prng_next(p);
		break;
	}
	return size;
}

static void run_file(const char *path, unsigned n_mutations)
{
	static uint8_t seed[INPUT_MAX], data[INPUT_MAX];
	struct prng p = { 1 };
	FILE *f = fopen(path, "rb");
	size_t size, len;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	size = fread(seed, 1, sizeof(seed), f);
	fclose(f);
	run(seed, size);
	for (size_t n = 0; n < size && n_mutations > 0; n += 1 + size / n_mutations)
		run(seed, n);
	for (unsigned k = 0; k < n_mutations; k++) {
		memcpy(data, seed, size);
		len = size;
		for (uint64_t m = 1 + prng_below(&p, 6); m > 0 && len > 0; m--)
			len = mutate(&p, data, len);
		run(data, len);
	}
}

static void run_path(const char *path, unsigned n_mutations)
{
	char file[4096];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) < 0) {
		perror(path);
		exit(1);
	}
	if (!S_ISDIR(st.st_mode)) {
		run_file(path, n_mutations);
		return;
	}
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		run_file(file, n_mutations);
	}
	if (d != NULL)
		closedir(d);
}

int main(int argc, char **argv)
{
	unsigned n_mutations = 100;

	run(NULL, 0);
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-runs=", 6) == 0)
			n_mutations = (unsigned)strtoul(argv[i] + 6, NULL, 10);
		else
			run_path(argv[i], n_mutations);
	}
	printf("%llu inputs\n", (unsigned long long)n_inputs);
	return n_inputs > 1 ? 0 : 1; /* no seeds: nothing was tested */
}
