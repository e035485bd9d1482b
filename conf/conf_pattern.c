/*
 * conf_pattern.c - shell patterns of interface names: is one well-formed, and can two match the same name?
 *
 * A pattern is a sequence of steps: a star, or a set of characters that takes exactly one. Two patterns overlap when
 * the product of their automata can reach both ends: position (i, j) is good if some name matches the rest of both.
 * Interface names have at most 15 characters, so a table of 16 by 16 positions decides it without recursion.
 * Left out on purpose: backslash quoting and character classes; the overlap ignores that a name is at most 15 long,
 * which can only refuse too much.
 */
#include "conf_priv.h"

#include <string.h>

struct step {
	bool is_star;
	uint64_t set[2]; /* ASCII characters it takes */
};
struct steps {
	unsigned n;
	struct step v[CONF_NAME];
};

static bool may_be_in_name(char c)
{
	return c > ' ' && c < 0x7f && c != '/' && c != ':';
}

static void set_add(struct step *st, char low, char high)
{
	for (int c = (unsigned char)low; c <= (unsigned char)high; c++)
		if (may_be_in_name((char)c))
			st->set[c / 64] |= UINT64_C(1) << c % 64;
}

/* "[a-z0]" or "[!a-z]", p after the bracket; NULL when it does not end. */
static const char *parse_set(const char *p, struct step *st)
{
	struct step all = { 0 };
	bool is_inverted = *p == '!';
	const char *first;

	set_add(&all, '!', '~');
	p += is_inverted;
	for (first = p; *p != ']' || p == first; p++) {
		char low = *p;

		if (!may_be_in_name(low))
			return NULL;
		if (p[1] == '-' && p[2] != ']') {
			p += 2;
			if (!may_be_in_name(*p) || *p < low)
				return NULL;
		}
		set_add(st, low, *p);
	}
	for (int i = 0; is_inverted && i < 2; i++)
		st->set[i] = all.set[i] & ~st->set[i];
	return p;
}

static bool parse(const char *p, struct steps *ret)
{
	*ret = (struct steps){ 0 };
	for (; *p != '\0'; p++) {
		struct step *st = &ret->v[ret->n];

		if (ret->n++ == CONF_NAME - 1 || !may_be_in_name(*p) || *p == '\\')
			return false;
		if (*p == '*') {
			st->is_star = true;
		} else if (*p == '?') {
			set_add(st, '!', '~');
		} else if (*p != '[') {
			set_add(st, *p, *p);
		} else {
			p = parse_set(p + 1, st);
			if (p == NULL)
				return false;
		}
	}
	return ret->n > 0;
}

bool conf_pattern_is_valid(const char *pattern)
{
	struct steps steps;

	return parse(pattern, &steps);
}

bool conf_pattern_overlap(const char *a, const char *b)
{
	bool good[CONF_NAME + 1][CONF_NAME + 1] = { 0 };
	struct steps x, y;

	if (!parse(a, &x) || !parse(b, &y))
		return false;
	for (unsigned i = x.n + 1; i-- > 0;) {
		for (unsigned j = y.n + 1; j-- > 0;) {
			const struct step *p = i < x.n ? &x.v[i] : NULL, *q = j < y.n ? &y.v[j] : NULL;

			if (p == NULL && q == NULL)
				good[i][j] = true;
			else if (p != NULL && p->is_star)
				good[i][j] = good[i + 1][j] || (q != NULL && good[i][j + 1]);
			else if (q != NULL && q->is_star)
				good[i][j] = good[i][j + 1] || (p != NULL && good[i + 1][j]);
			else if (p != NULL && q != NULL)
				good[i][j] = good[i + 1][j + 1] &&
					     ((p->set[0] & q->set[0]) != 0 || (p->set[1] & q->set[1]) != 0);
		}
	}
	return good[0][0];
}

bool conf_name_is_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= CONF_NAME || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++)
		if (!may_be_in_name(*name))
			return false;
	return true;
}

bool conf_name_is_plain(const char *name)
{
	return conf_name_is_valid(name) && strpbrk(name, "*?[\\") == NULL;
}
