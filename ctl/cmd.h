/* evbctl's commands and options as tables: what is parsed, and what usage, completion and the manual page's synopsis
 * are made from. */
#ifndef EVB_CMD_H
#define EVB_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum cmd_opt { /* index into cmd_options[] */
	OPT_SOCKET,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
	OPT_COMPLETION,
	OPT_VERBOSE,
	OPT_FILE,
	OPT_ID,
	OPT_PORT,
	OPT_CHANNEL,
	OPT_TYPE_ID,
	OPT_TYPE_VERSION,
	OPT_MANAGER,
	OPT_FILTERS,
	OPT_VM_PORT,
	OPT_ORG,
	OPT_MIGRATING,
	OPT_SUSPENDED,
	OPT_RESERVATION,
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_SCID,
	OPT_SVID,
	OPT_RELAY,
	OPT_VM_PORTS,
	OPT_PVID,
	OPT_REFLECTIVE_RELAY,
	OPT_LEARNING,
	OPT_PRIORITY,
	OPT_UNTAGGED,
	OPT_TRANSIT,
	OPT_TYPE,
	OPT_GENERATION,
	OPT_QUIET,
	OPT_HTML,
	OPT_AS,
	OPT_LIVE,
	OPT_MISBEHAVE,
	OPT_N,
};
enum cmd_value { CMD_FLAG, CMD_TEXT, CMD_LIST }; /* a list option may be given more than once */
struct cmd_option {
	const char *name; /* with dashes; underscores are accepted too */
	const char *arg;  /* what stands for the value in usage texts; NULL for a flag */
	const char *help;
	enum cmd_value value;
	char letter;     /* 0: long form only */
	bool is_vsi_key; /* a key of a VSI object, under the same name */
};
extern const struct cmd_option cmd_options[OPT_N];

enum { CMD_LIST_MAX = 256, CMD_WORDS_MAX = 4 };
struct cmd_args {
	bool given[OPT_N];
	const char *text[OPT_N]; /* last value */
	const char *list[CMD_LIST_MAX];
	unsigned n_list; /* --filters is the only list */
	const char *words[CMD_WORDS_MAX];
	unsigned n_words;
	const char *socket; /* never NULL */
};

struct command {
	const char *name;
	const char *sub;      /* second word; NULL: the command has one */
	const char *operands; /* for usage texts; NULL: none */
	uint64_t options;     /* CMD_BIT(OPT_...) beside the global ones */
	int (*run)(const struct command *cmd, const struct cmd_args *args); /* an EXIT_ value */
	const char *help;
};
extern const struct command cmd_commands[]; /* ends with a NULL name */
#define CMD_BIT(option) (UINT64_C(1) << (option))
_Static_assert(OPT_N <= 64, "an option is a bit of a command's");
extern const uint64_t cmd_global_options;

/** Parse a command line. False with *ret_exit after printing why, or what was asked for (help, version). */
bool cmd_parse(int argc, char **argv, struct cmd_args *ret, const struct command **ret_cmd, int *ret_exit);

void help_usage(FILE *f);
void help_command(FILE *f, const struct command *cmd);
/** Explain the command, or all commands, that the words name. The exit code. */
int help_words(const char *const *words, unsigned n);
void help_bash(FILE *f);
void help_mdoc(FILE *f);
int cmd_help(const struct command *cmd, const struct cmd_args *args);
int cmd_show(const struct command *cmd, const struct cmd_args *args);
int cmd_vsi(const struct command *cmd, const struct cmd_args *args);
int cmd_channel(const struct command *cmd, const struct cmd_args *args);
int cmd_vif(const struct command *cmd, const struct cmd_args *args);
int cmd_monitor(const struct command *cmd, const struct cmd_args *args);
int cmd_pcap_show(const struct command *cmd, const struct cmd_args *args);
int cmd_pcap_replay(const struct command *cmd, const struct cmd_args *args);
int cmd_pcap_check(const struct command *cmd, const struct cmd_args *args);
int cmd_record(const struct command *cmd, const struct cmd_args *args);
int cmd_reload(const struct command *cmd, const struct cmd_args *args);

/** "evbctl: ..." on stderr; returns `code`. */
__attribute__((format(printf, 2, 3))) int cmd_fail(int code, const char *format, ...);
/** One JSON object and a newline on stdout, flushed. */
void cmd_print_json(const json_t *j);
/** A number from low to high, decimal, or hexadecimal with 0x; false after saying that it is none. */
bool cmd_number(const struct cmd_args *args, enum cmd_opt option, long low, long high, long *ret);
/** settings[key] = such a number, if the option is given. */
bool cmd_put_number(json_t *settings, const char *key, const struct cmd_args *args, enum cmd_opt option,
	long low, long high);
struct out;
/** Standard output as it is: terminal width, current time. */
struct out cmd_out(void);
/** EXIT_ value of a status of the control protocol. */
int cmd_exit_code(const json_t *reply);
/** What an answer says: its result, borrowed; NULL after saying why there is none. *ret_exit is an EXIT_ value. */
const json_t *cmd_result(const json_t *reply, int *ret_exit);
/** Connect, ask (request is stolen), disconnect. NULL after saying why, with EXIT_FAILED in *ret_exit. */
json_t *cmd_ask(const struct cmd_args *args, json_t *request, int timeout_s, int *ret_exit);

/** The program, without the process around it. */
int evbctl_run(int argc, char **argv);

#endif
