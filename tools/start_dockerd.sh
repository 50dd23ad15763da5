#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Start the Docker daemon unless one answers: as a service where there is an init system, else as a process of its own.
set -eu
PATH=$PATH:/usr/sbin:/sbin
cache=${NSFL_LAB_CACHE_DIR:-$HOME/.cache/neursafe-fl}
pid=$cache/dockerd.pid
log=$cache/dockerd.log

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

answers && exit 0
case ${DOCKER_HOST:-unix:///var/run/docker.sock} in
unix:///var/run/docker.sock) ;;
*)
    echo "setup: no Docker daemon answers at DOCKER_HOST=$DOCKER_HOST; start it, or unset DOCKER_HOST" >&2
    exit 1
    ;;
esac
if [ "$(id -u)" -ne 0 ]; then
    echo "setup: no Docker daemon answers; start it as root, or let root run tools/start_dockerd.sh" >&2
    exit 1
fi
if [ -d /run/systemd/system ]; then
    systemctl start docker
else
    mkdir -p "$cache"
    # A machine that went down hard leaves a pid file behind, and with it dockerd would refuse to start.
    if [ -f "$pid" ] && ! grep -qs dockerd "/proc/$(cat "$pid")/cmdline"; then
        rm -f "$pid"
    fi
    echo "setup: starting dockerd (log: $log)"
    setsid -f dockerd --pidfile "$pid" --storage-driver overlay2 >>"$log" 2>&1 </dev/null
fi
for _ in $(seq 60); do
    answers && exit 0
    sleep 0.5
done
echo "setup: the Docker daemon did not answer within 30 s; the end of its log:" >&2
tail -n 20 "$log" >&2 2>/dev/null || true
exit 1
