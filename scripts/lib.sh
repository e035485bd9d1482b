# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, never run.
#
# Packages: every script names what it needs with deps_need (lists below) and installs only what is missing. Packages
# that start services on a user's real network interfaces go through deps_need_quiet, which keeps dpkg from starting
# anything and puts things back on exit.

EVB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export EVB_ROOT

# ---- talking -------------------------------------------------------------------------------------------------------

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	C_BOLD=$'\e[1m' C_DIM=$'\e[2m' C_GOOD=$'\e[32m' C_BAD=$'\e[31m' C_OFF=$'\e[0m'
else
	C_BOLD='' C_DIM='' C_GOOD='' C_BAD='' C_OFF=''
fi

title() { printf '\n%s%s%s\n' "$C_BOLD" "$*" "$C_OFF"; }
note() { printf '%s%s%s\n' "$C_DIM" "$*" "$C_OFF"; }
good() { printf '%sok%s  %s\n' "$C_GOOD" "$C_OFF" "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	printf '%s%s: %s%s\n' "$C_BAD" "${0##*/}" "$*" "$C_OFF" >&2
	exit 1
}
need_root() { [[ $(id -u) -eq 0 ]] || die "needs root (network namespaces, packet sockets): sudo $0 $*"; }

# ---- leaving -------------------------------------------------------------------------------------------------------

# Commands given to at_exit run in reverse order, once, however the script ends.
AT_EXIT=()
at_exit() { AT_EXIT=("$*" "${AT_EXIT[@]}"); }
run_at_exit() {
	local status=$? cmd
	trap '' INT TERM HUP
	trap - EXIT
	set +e
	for cmd in "${AT_EXIT[@]}"; do
		eval "$cmd"
	done
	exit "$status"
}
trap run_at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# ---- packages ------------------------------------------------------------------------------------------------------

deps_list() { # names of the packages of one group
	case $1 in
	build) echo cmake ninja-build pkg-config gcc libc6-dev linux-libc-dev libevent-dev libpcap-dev libconfig-dev \
		libjansson-dev libsmartcols-dev libcap-ng-dev libmnl-dev libsqlite3-dev libseccomp-dev libsystemd-dev \
		clang libbpf-dev ;;
	run) echo iproute2 iputils-ping procps jq tcpdump ;;
	test) echo libcriterion-dev libclang-rt-14-dev llvm binutils git ethtool perl-base \
		iperf3 tshark ;;
	lint) echo clang clang-format clang-tidy cppcheck shellcheck mandoc git jq ;;
	interop) echo lldpad libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 ;;
	peers) echo "$(deps_list interop)" openvswitch-switch ;;
	*) die "no package group called '$1' (build, run, test, lint, interop, peers)" ;;
	esac
}

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# deps_need GROUP...: install what is missing.
deps_need() {
	local group pkg missing=()
	[[ -z ${EVBD_SKIP_DEPS:-} ]] || return 0
	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
		die "can only install packages on Debian 12 or a relative; install these by other means and set" \
			"EVBD_SKIP_DEPS=1: $(for group; do deps_list "$group"; done | tr '\n' ' ')"
	fi
	for group; do
		for pkg in $(deps_list "$group"); do
			is_installed "$pkg" || missing+=("$pkg")
		done
	done
	((${#missing[@]} > 0)) || return 0
	mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
	[[ $(id -u) -eq 0 ]] || die "needs root to install: ${missing[*]}"
	note "installing: ${missing[*]}"
	apt_install "${missing[@]}"
}

# Package lists are fetched when there are none, or when what they say can't be installed any more.
apt_install() {
	local log
	log=$(mktemp)
	at_exit "rm -f '$log'"
	if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
		apt-get -q update >"$log" 2>&1 || apt_failed "$log"
	fi
	if ! apt_get_install "$@" >"$log" 2>&1; then
		apt-get -q update >"$log" 2>&1 || apt_failed "$log"
		apt_get_install "$@" >"$log" 2>&1 || apt_failed "$log"
	fi
}
apt_get_install() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 \
		-o Dpkg::Options::=--force-confold install "$@" </dev/null
}
apt_failed() {
	tail -n 20 "$1" >&2
	die "apt-get could not install what is needed (see above)"
}

# deps_need_quiet GROUP...: the same, with every service start refused meanwhile, and none enabled for the next boot.
# The answer to dpkg's "may I start it?" is policy-rc.d; one that was there before is put back, also by the next run
# after a crash. One run at a time.
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# made by evbd scripts: services stay stopped while test peers are installed'
POLICY_LOCK=/run/lock/evbd-deps
POLICY_IS_OURS=
deps_need_quiet() {
	local pkg group lock missing=()
	[[ -z ${EVBD_SKIP_DEPS:-} ]] || return 0
	for group; do
		for pkg in $(deps_list "$group"); do
			is_installed "$pkg" || missing+=("$pkg")
		done
	done
	if [[ $(id -u) -ne 0 ]] || { ((${#missing[@]} == 0)) && ! policy_is_made; }; then
		deps_need "$@" # says what is wrong, if anything
		return
	fi
	exec {lock}>"$POLICY_LOCK"
	flock "$lock"
	policy_restore
	policy_block
	deps_need "$@"
	services_disable "${missing[@]}"
	policy_end
	exec {lock}>&-
}
services_disable() { # PACKAGE...
	local unit
	(($# > 0)) && command -v systemctl >/dev/null || return 0
	for unit in $(dpkg -L "$@" | sed -nE 's,.*/systemd/system/([^/]+\.(service|socket))$,\1,p'); do
		systemctl --quiet disable "$unit" >/dev/null 2>&1 || true # templates and the like
	done
}
policy_end() {
	[[ -z $POLICY_IS_OURS ]] || policy_restore
	POLICY_IS_OURS=
}
policy_block() {
	POLICY_IS_OURS=1
	at_exit policy_end
	[[ ! -e $POLICY ]] || mv "$POLICY" "$POLICY.evbd-saved"
	printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" >"$POLICY"
	chmod 755 "$POLICY"
}
policy_is_made() { [[ -e $POLICY ]] && grep -qF "$POLICY_MARK" "$POLICY"; }
policy_restore() {
	if policy_is_made; then
		rm -f "$POLICY"
	fi
	if [[ -e $POLICY.evbd-saved ]]; then
		mv "$POLICY.evbd-saved" "$POLICY"
	fi
}

# ---- building ------------------------------------------------------------------------------------------------------

# build PRESET [TARGET...]: configure and compile; quiet unless it fails.
build() {
	local preset=$1 log=$EVB_ROOT/build/$1.log target=("${@:2}")
	mkdir -p "$EVB_ROOT/build"
	note "building preset $preset"
	if ! (cd "$EVB_ROOT" && cmake --preset "$preset" && cmake --build --preset "$preset" ${target:+--target "${target[@]}"}) >"$log" 2>&1; then
		grep -E -A 8 'error|CMake Error|FAILED' "$log" | head -n 60 >&2
		die "build of preset $preset failed; all of it: build/$preset.log"
	fi
}
