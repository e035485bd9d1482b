#!/usr/bin/perl
# Many VSIs at once through lldpad's control socket: vdptool takes one and ends.
#
#   lldpad_vsis.pl INTERFACE assoc|deassoc FIRST COUNT SECONDS
#
# VSI n has MAC 52:54:01:00:00:00 + n, VID 100, type 5 version 4, manager "mgr1". 16 requests are outstanding. Prints
# "NUMBER ok, NUMBER failed, SECONDS s"; status 0 if all are ok.
use strict;
use warnings;
use Socket;
use Time::HiRes 'time';

my ($dev, $op, $first, $count, $patience) = @ARGV;
my $name = "\0/com/intel/lldpad";
my %tlv = (assoc => 3, deassoc => 4);
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
setsockopt($s, SOL_SOCKET, SO_RCVBUF, 1 << 20);
bind($s, pack('S a*', AF_UNIX, "$name/$$")) or die "bind: $!"; # sockaddr_un without trailing zeros
connect($s, pack('S a*', AF_UNIX, $name)) or die "no lldpad: $!";

sub argument { sprintf('%02x%s%04x%s', length $_[0], $_[0], length $_[1], $_[1]) }

sub command {
	my $n = shift;
	my $mac = sprintf('52:54:01:%02x:%02x:%02x', $n >> 16, $n >> 8 & 255, $n & 255);
	my $uuid = sprintf('%08x-0000-4000-8000-%012x', $n, $n);
	return sprintf('M000080c4C302%08x%02x%s02%08x', 0x11d, length $dev, $dev, $tlv{$op})
		. argument(mode => $op) . argument(mgrid2 => 'mgr1') . argument(typeid => 5) . argument(typeidver => 4)
		. argument(uuid => $uuid) . argument(hints => 'none') . argument(filter => "100-$mac");
}

my ($next, $ok, $failed, $started, %waiting, @unanswered) = ($first, 0, 0, time);
send($s, 'A80c4', 0); # events of this module
recv($s, my $attached, 4096, 0);
while ($ok + $failed < $count) {
	while (keys %waiting < 16 && $next < $first + $count) {
		send($s, command($next), 0) or die "send: $!";
		$waiting{$next} = 1;
		push @unanswered, $next++;
	}
	my $ready = '';
	vec($ready, fileno $s, 1) = 1;
	my $left = $started + $patience - time;
	last if $left <= 0 || !select($ready, undef, undef, $left);
	recv($s, my $m, 65536, 0);
	if ($m =~ /^R(..)/) { # the command was taken, or not
		my $n = shift @unanswered;
		if ($1 eq '0d') { # VDP is off: lldpad has not taken up what it negotiated, so again
			select(undef, undef, undef, 0.1);
			send($s, command($n), 0);
			push @unanswered, $n;
		}
		next if $1 eq '00' || $1 eq '0d' || !delete $waiting{$n};
		$failed++;
		warn "VSI $n: status $1\n";
	} elsif ($m =~ /04uuid0024([0-9a-f]{8})-/) { # the outcome
		my $n = hex $1;
		next unless delete $waiting{$n};
		if ($m =~ /05hints000(.)(.*)$/s && substr($2, 0, $1) eq '0') {
			$ok++;
		} else {
			$failed++;
			warn "VSI $n: ", $m =~ s/[^ -~]/./gr, "\n";
		}
	}
}
printf "%d ok, %d failed, %.2f s\n", $ok, $failed, time - $started;
exit($ok == $count ? 0 : 1);
