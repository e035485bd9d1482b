# shellcheck shell=bash
# libvirt in a lab: sourced after lab.sh. Its node "host" has a /run and a /var/lib/libvirt of its own, so that no libvirt or
# lldpad of this machine is met, and qemu guests without a disk, emulated in software, whose firmware asks for an address.
#
#   lab_tapwire HOST:IF NODE:IF     a wire of two taps: libvirt walks from a device to the one it is linked to, and a veth leads it
#                                   astray; a tap is linked to nothing
#   hv_up                           the hypervisor; then hv COMMAND..., hv_spawn NAME COMMAND..., hv_evbd CONF
#   hv_libvirtd                     virtlogd and libvirtd in it; then hv_virsh ARGUMENTS...
#   hv_guest NAME MAC UUID TYPE     the definition of a guest on eth0: VSI manager 11, type version 2

lab_tapwire() {
	# shellcheck disable=SC2016 # it is perl
	lab_spawn "${1%%:*}" wire perl -e '
		sub tap {
			open(my $t, "+<", "/dev/net/tun") or die "/dev/net/tun: $!";
			ioctl($t, 0x400454ca, pack("a16 S x22", $_[0], 0x1002)) or die "$_[0]: $!"; # TUNSETIFF: IFF_TAP, IFF_NO_PI
			fcntl($t, 4, 2 | 2048) or die "$!";                                         # F_SETFL: O_RDWR, O_NONBLOCK
			return $t;
		}
		my ($near, $netns, $far) = @ARGV;
		my @end = (tap($near), tap("wire"));
		system("ip", "link", "set", "wire", "netns", $netns, "name", $far) == 0 or die "ip: $?";
		$| = 1;
		print "up\n";
		while (1) {
			my $r = "";
			vec($r, fileno($_), 1) = 1 for @end;
			select($r, undef, undef, undef);
			for my $i (0, 1) {
				while (sysread($end[$i], my $frame, 65536)) {
					syswrite($end[1 - $i], $frame);
				}
			}
		}' "${1#*:}" "$LAB_PREFIX${2%%:*}" "${2#*:}"
	wait_until 10 "the wire is up" grep -qs '^up' "$LAB_RUN/wire.log" || die "no wire: $(<"$LAB_RUN/wire.log")"
	ip -n "$LAB_PREFIX${1%%:*}" link set "${1#*:}" up
	ip -n "$LAB_PREFIX${2%%:*}" link set "${2#*:}" up
}

# The lab's own files stay visible in its new /run.
# shellcheck disable=SC2016 # expanded in there
hv_up() {
	lab_spawn host hv unshare --mount --propagation private bash -c '
		exec 3<"$1" && mount -t tmpfs none /run && mkdir -p "$1" && mount -c --bind /proc/self/fd/3 "$1" &&
			for d in /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt; do
				mkdir -p "$d" && mount -t tmpfs none "$d" || exit 1
			done
		echo "log_outputs = \"3:stderr\"" >/etc/libvirt/libvirtd.conf
		printf "%s\n" "user = \"root\"" "group = \"root\"" "security_driver = \"none\"" "namespaces = []" \
			"cgroup_controllers = []" >/etc/libvirt/qemu.conf
		touch "$1/hv.ready" && exec sleep infinity' bash "$LAB_RUN"
	wait_until 10 "the hypervisor has its own /run" test -e "$LAB_RUN/hv.ready" || die "$(<"$LAB_RUN/hv.log")"
}
hv() { nsenter -t "$(<"$LAB_RUN/hv.pid")" -m -n "$@"; }
hv_spawn() {
	setsid nsenter -t "$(<"$LAB_RUN/hv.pid")" -m -n "${@:2}" >>"$LAB_RUN/$1.log" 2>&1 </dev/null &
	echo $! >"$LAB_RUN/$1.pid"
}
hv_evbd() {
	hv_spawn host "$EVBD_BIN/evbd" -c "$1" "${EVBD_OPTIONS[@]}"
	wait_until 10 "evbd of host answers" lab_answers host || die "evbd of host does not start: $(tail -n 3 "$LAB_RUN/host.log")"
}
# libvirtd takes the number of its netlink socket for an error where its top bit is set, and then sends nothing to lldpad, or to
# us. libnl makes that number of the process id and of the time: for eight and a half minutes it is good, for as many bad. Here
# the bad ones are in use already, so that libnl goes on to a good one.
hv_libvirtd() {
	hv_spawn virtlogd virtlogd
	# shellcheck disable=SC2016 # it is perl
	hv_spawn libvirtd perl -e '
		$^F = 4096; # what is opened stays open
		for my $n (512 .. 1023) {
			socket(my $s, 16, 3, 0) or die "netlink socket: $!"; # AF_NETLINK, SOCK_RAW, NETLINK_ROUTE
			bind($s, pack("S S L L", 16, 0, ($$ & 0x3fffff) | $n << 22, 0));
			push @held, $s;
		}
		exec @ARGV or die "$ARGV[0]: $!";' libvirtd
	wait_until 20 "libvirtd answers" hv_answers || die "libvirtd does not answer: $(tail -n 5 "$LAB_RUN/libvirtd.log")"
}
hv_answers() { hv_virsh list >/dev/null 2>&1; }
hv_virsh() { hv timeout 60 virsh -q -c qemu:///system "$@"; }
hv_guest() {
	cat <<-XML
		<domain type='qemu'><name>$1</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='network'/></os>
		<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
		<interface type='direct'><mac address='$2'/><source dev='eth0' mode='vepa'/>
		<virtualport type='802.1Qbg'><parameters managerid='11' typeid='$4' typeidversion='2' instanceid='$3'/></virtualport>
		<model type='virtio'/></interface></devices></domain>
	XML
}
