/* What every fuzzer of this folder has: libFuzzer's entry point and a check that survives NDEBUG. */
#ifndef EVB_FUZZ_H
#define EVB_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A law that no input may break. */
#define FUZZ_LAW(condition)                                                                                  \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);              \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#endif
