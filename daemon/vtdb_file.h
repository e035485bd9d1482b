/* VSI type database, file driver: answers at once from the types file (conf/types.conf), reloaded on demand. */
#ifndef EVB_VTDB_FILE_H
#define EVB_VTDB_FILE_H

#include "node.h"

struct vtdb_file {
	struct vtdb_types *types;  /* NULL: no file configured, every request is refused with error 3 */
	struct vtdb_answer answer; /* of the question being answered */
};

/** Driver for node_io.vtdb. */
struct node_vtdb vtdb_file_driver(struct vtdb_file *f);
/** Read `path` (empty: none). On error the records in force stay. 0 or negative errno. */
int vtdb_file_load(struct vtdb_file *f, const char *path, struct conf_error *ret_error);
/** Withdraw the associations the records no longer allow (VDPB-29). */
void vtdb_file_recheck(struct vtdb_file *f, struct node *n, struct mono now);
void vtdb_file_fini(struct vtdb_file *f);

#endif
