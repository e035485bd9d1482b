#!/bin/sh
# evb_random with a seed of the day's own. "evb_random SEED" plays a failed one again.
set -eu
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
echo "seed $seed"
exec "$1" "$seed" 30
