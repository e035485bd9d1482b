#!/bin/bash
# evbd as a service: readiness, watchdog and stopping are told to the service manager, what it may do is cut down once it
# runs. (That nothing else is needed is what the other tests show: a system call off the list ends their daemons.)
. "$(dirname "$0")/lib.sh"
netns_test service
built=$("$EVBD_BIN/evbd" --version)
status() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(ctl switch -j show status | jq '.status[0].pid')/status"; } # KEY
told() { grep -q "^$1" "$LAB_RUN/told"; }                                                                       # TEXT

# A service manager's end of sd_notify(3), and the watchdog interval it would set: 2 s.
export NOTIFY_SOCKET=$LAB_RUN/notify
: >"$LAB_RUN/told"
perl -e '
	use Socket; $| = 1;
	socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
	bind($s, sockaddr_un($ARGV[0])) or die "$ARGV[0]: $!";
	print "listening\n";
	while (defined recv($s, my $text, 4096, 0)) { print "$text\n" }' "$NOTIFY_SOCKET" >"$LAB_RUN/told" 2>&1 &
manager=$!
at_exit "kill $manager 2>/dev/null || true"
eventually 5 "a service manager listens" told listening
export WATCHDOG_USEC=2000000
vm_lab
if [[ $built == *systemd* ]]; then
	eventually 5 "it is told that evbd is ready" told READY=1
	alive() { [[ $(grep -c '^WATCHDOG=1' "$LAB_RUN/told") -ge 3 ]]; }
	eventually 8 "and, twice per interval, that it lives" alive
else
	note "built without libsystemd"
fi

ok "two capabilities are left: NET_ADMIN, NET_RAW" equal "$(status CapEff)" 0000000000003000
ok "and permitted" equal "$(status CapPrm)" 0000000000003000
if [[ $built == *seccomp* ]]; then
	ok "system calls are filtered" equal "$(status Seccomp)" 2
	ok "no new privileges" equal "$(status NoNewPrivs)" 1
else
	note "built without libseccomp"
fi

lab_stop switch || die "evbd ended with status $? on SIGTERM"
[[ $built != *systemd* ]] || eventually 5 "it is told that evbd stops" told STOPPING=1
[[ $built != *seccomp* ]] || ! grep -q 'not filtered' "$LAB_RUN/switch.log" || die "the filter was not there"
