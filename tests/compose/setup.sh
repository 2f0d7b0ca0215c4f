#!/bin/sh
# What the tests of this folder need, as root: Debian's Docker engine and Compose 1.29, and Compose 2 from the suite after
# Debian 12, unpacked under .stack/packages/compose. Without a part of it the tests that need it are skipped and say so.
set -eu
cd "$(dirname "$0")/../.."
target=$PWD/.stack/packages/compose
plugin=$target/cli-plugins/docker-compose
policy=/usr/sbin/policy-rc.d

if ! command -v dockerd >/dev/null || ! command -v docker-compose >/dev/null; then
    [ "$(id -u)" = 0 ] || { echo "tests/compose/setup.sh: needs root to install docker.io and docker-compose" >&2; exit 0; }
    echo "installing docker.io docker-compose with apt-get" >&2
    # No engine is started: the tests start one of their own.
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && trap 'rm -f $policy' EXIT; }
    export DEBIAN_FRONTEND=noninteractive
    ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get update -q >/dev/null
    apt-get install -q -y --no-install-recommends docker.io docker-compose iptables >/dev/null ||
        echo "tests/compose/setup.sh: apt-get could not install docker.io and docker-compose" >&2
fi

if [ ! -x "$plugin" ]; then
    echo "downloading Compose 2" >&2
    work=$(mktemp -d)
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "${plugin%/*}"
    mirror=$(sed -n 's|^\(URIs: *\)\?\(deb \)\?\(http[^ ]*/debian\)/\?\( .*\)\?$|\3|p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
    cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
END
    if (cd "$work" && export APT_CONFIG="$work/apt.conf" && apt-get update -q && apt-get download -q docker-compose) >"$work/log" 2>&1; then
        dpkg --extract "$work"/docker-compose_*.deb "$work/root"
        install -m 755 "$work/root/usr/libexec/docker/cli-plugins/docker-compose" "$plugin"
    else
        echo "tests/compose/setup.sh: Compose 2 cannot be downloaded: $(tail -n 1 "$work/log")" >&2
    fi
    rm -rf "$work"
fi
