/*
 * cmd_parse.c - the command line: options before, between and after the words of the command.
 *
 * Words and options are sorted out first, since every option means the same everywhere; then the words are looked up
 * and the options checked against the command. Every mistake ends with exit code 2 and, where one is near, a
 * suggestion.
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "ctl_proto.h"

#ifndef EVBD_VERSION
#define EVBD_VERSION "0"
#endif

static bool same_name(const char *given, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if ((given[i] == '_' ? '-' : given[i]) != name[i]) /* stops at name's end */
			return false;
	return name[len] == '\0';
}

static int find_long(const char *given, size_t len)
{
	for (int i = 0; i < OPT_N; i++)
		if (same_name(given, len, cmd_options[i].name))
			return i;
	return -1;
}

static int find_letter(char c)
{
	for (int i = 0; i < OPT_N; i++)
		if (cmd_options[i].letter != 0 && cmd_options[i].letter == c)
			return i;
	return -1;
}

static bool store(struct cmd_args *a, int option, const char *value)
{
	/* Of other options the last one counts, for a script that adds to its defaults; two IDs are two wishes. */
	if (option == OPT_ID && a->text[OPT_ID] != NULL && value != NULL &&
		strcmp(a->text[OPT_ID], value) != 0) {
		cmd_fail(EXIT_USAGE, "--id %s and --id %s: one at a time, or a file with -f", a->text[OPT_ID],
			value);
		return false;
	}
	if (cmd_options[option].value == CMD_LIST) {
		if (a->n_list == CMD_LIST_MAX) {
			cmd_fail(EXIT_USAGE, "--%s given more than %d times", cmd_options[option].name,
				CMD_LIST_MAX);
			return false;
		}
		a->list[a->n_list++] = value;
	}
	a->given[option] = true;
	a->text[option] = value;
	return true;
}

/* argv[*i] starts with "--"; takes the next word too when the value stands there. */
static bool take_long(int argc, char **argv, int *i, struct cmd_args *a)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	int option = find_long(name, len);

	if (option < 0) {
		const char *names[OPT_N + 1] = { NULL };
		const char *near;

		for (int k = 0; k < OPT_N; k++)
			names[k] = cmd_options[k].name;
		near = ctl_suggest(name, names);
		cmd_fail(EXIT_USAGE, "unknown option --%.*s%s%s%s", (int)len, name,
			near ? ", did you mean --" : "", near ? near : "", near ? "?" : "");
		return false;
	}
	if (cmd_options[option].value == CMD_FLAG) {
		if (value != NULL) {
			cmd_fail(EXIT_USAGE, "--%s takes no value", cmd_options[option].name);
			return false;
		}
	} else if (value == NULL && (value = ++*i < argc ? argv[*i] : NULL) == NULL) {
		cmd_fail(EXIT_USAGE, "--%s needs a value: %s", cmd_options[option].name,
			cmd_options[option].arg);
		return false;
	}
	return store(a, option, value);
}

/* argv[*i] is "-x": flags may be joined, a value may follow directly. */
static bool take_letters(int argc, char **argv, int *i, struct cmd_args *a)
{
	for (const char *p = argv[*i] + 1; *p != '\0'; p++) {
		int option = find_letter(*p);
		const char *value = NULL;

		if (option < 0) {
			cmd_fail(EXIT_USAGE, "unknown option -%c", *p);
			return false;
		}
		if (cmd_options[option].value != CMD_FLAG) {
			value = p[1] != '\0' ? p + 1 : ++*i < argc ? argv[*i] : NULL;
			if (value == NULL) {
				cmd_fail(EXIT_USAGE, "-%c needs a value: %s", *p, cmd_options[option].arg);
				return false;
			}
			return store(a, option, value);
		}
		if (!store(a, option, value))
			return false;
	}
	return true;
}

static bool sort_out(int argc, char **argv, struct cmd_args *a)
{
	bool is_only_words = false;

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (!is_only_words && strcmp(arg, "--") == 0) {
			is_only_words = true;
		} else if (!is_only_words && arg[0] == '-' && arg[1] == '-') {
			if (!take_long(argc, argv, &i, a))
				return false;
		} else if (!is_only_words && arg[0] == '-' && arg[1] != '\0') {
			if (!take_letters(argc, argv, &i, a))
				return false;
		} else if (a->n_words == CMD_WORDS_MAX) {
			cmd_fail(EXIT_USAGE, "unexpected argument \"%s\"", arg);
			return false;
		} else {
			a->words[a->n_words++] = arg;
		}
	}
	return true;
}

/* Names that could stand at the failing place, for the suggestion; without repetitions. */
static void unknown_word(const struct cmd_args *a, const char *below)
{
	enum { MANY = 64 };
	const char *names[MANY + 1] = { NULL };
	const char *word = a->words[below != NULL];
	const char *near;
	unsigned n = 0;

	for (const struct command *c = cmd_commands; c->name != NULL && n < MANY; c++)
		if (below == NULL)
			names[n++] = c->name;
		else if (c->sub != NULL && strcmp(c->name, below) == 0)
			names[n++] = c->sub;
	if (word == NULL) {
		fprintf(stderr, "evbctl: %s what?", below);
		for (unsigned i = 0; i < n; i++)
			fprintf(stderr, "%s%s", i == 0 ? " " : ", ", names[i]);
		fputc('\n', stderr);
		return;
	}
	near = ctl_suggest(word, names);
	cmd_fail(EXIT_USAGE, "unknown command \"%s%s%s\"%s%s%s", below ? below : "", below ? " " : "", word,
		near ? ", did you mean \"" : "; \"evbctl help\" lists them", near ? near : "",
		near ? "\"?" : "");
}

/* The command that words[first..] name; *ret_used: how many words that took. */
static const struct command *find_command(const struct cmd_args *a, unsigned *ret_used)
{
	const char *below = NULL;

	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		if (strcmp(c->name, a->words[0]) != 0)
			continue;
		if (c->sub == NULL || (a->n_words > 1 && strcmp(c->sub, a->words[1]) == 0)) {
			*ret_used = c->sub != NULL ? 2 : 1;
			return c;
		}
		below = c->name;
	}
	unknown_word(a, below);
	return NULL;
}

static bool check_options(const struct cmd_args *a, const struct command *c)
{
	for (unsigned i = 0; i < OPT_N; i++) {
		if (a->given[i] && ((c->options | cmd_global_options) & CMD_BIT(i)) == 0) {
			cmd_fail(EXIT_USAGE, "%s%s%s has no option --%s", c->name, c->sub ? " " : "",
				c->sub ? c->sub : "", cmd_options[i].name);
			return false;
		}
	}
	return true;
}

/* What runs no command: --version, --completion, --help, nothing at all. True when that was it. */
static bool answered(const struct cmd_args *a, int *ret_exit)
{
	*ret_exit = EXIT_DONE;
	if (a->given[OPT_VERSION]) {
		puts("evbctl " EVBD_VERSION);
	} else if (a->given[OPT_COMPLETION]) {
		if (strcmp(a->text[OPT_COMPLETION], "bash") == 0)
			help_bash(stdout);
		else if (strcmp(a->text[OPT_COMPLETION], "mdoc") == 0)
			help_mdoc(stdout);
		else
			*ret_exit = cmd_fail(EXIT_USAGE, "--completion: bash or mdoc");
	} else if (a->n_words == 0) {
		help_usage(a->given[OPT_HELP] ? stdout : stderr);
		*ret_exit = a->given[OPT_HELP] ? EXIT_DONE : EXIT_USAGE;
	} else if (a->given[OPT_HELP]) {
		*ret_exit = help_words(a->words, a->n_words);
	} else {
		return false;
	}
	return true;
}

bool cmd_parse(int argc, char **argv, struct cmd_args *ret, const struct command **ret_cmd, int *ret_exit)
{
	unsigned used = 0;

	memset(ret, 0, sizeof(*ret));
	*ret_exit = EXIT_USAGE;
	if (!sort_out(argc, argv, ret) || answered(ret, ret_exit))
		return false;
	*ret_exit = EXIT_USAGE;
	*ret_cmd = find_command(ret, &used);
	if (*ret_cmd == NULL)
		return false;
	if ((*ret_cmd)->operands == NULL && ret->n_words > used) {
		cmd_fail(EXIT_USAGE, "unexpected argument \"%s\"", ret->words[used]);
		return false;
	}
	ret->socket = ret->given[OPT_SOCKET] ? ret->text[OPT_SOCKET] : CTL_SOCKET_DEFAULT;
	return check_options(ret, *ret_cmd);
}

int evbctl_run(int argc, char **argv)
{
	struct cmd_args args;
	const struct command *cmd;
	int code;

	if (cmd_parse(argc, argv, &args, &cmd, &code))
		code = cmd->run(cmd, &args);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_DONE)
		code = cmd_fail(EXIT_FAILED, "standard output: %s", strerror(errno));
	return code;
}
