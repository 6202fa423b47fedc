#!/usr/bin/env bash
# Installs a package of Weir, tries what it installed, and removes it again: test-deb.sh PACKAGE. Only root can: anyone
# else, and a machine that has a Weir, is told that nothing was tried. $SWIFT_LIBRARIES as for build-deb.sh.
set -euo pipefail
package=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "test-deb.sh: $*" >&2
    exit 1
}
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null && exec sudo -n --preserve-env=SWIFT_LIBRARIES "$PWD/packaging/test-deb.sh" "$package"
    echo "package: not tried, only root can install it: $package" >&2
    exit 0
fi
if dpkg-query --show weir >/dev/null 2>&1 || [ -e /etc/weir ]; then
    echo "package: not tried, there is a Weir on this machine that is left alone" >&2
    exit 0
fi

# Warnings are shown; an error is a fault of the package.
lintian --allow-root --fail-on error "$package"

work=$(mktemp --directory)
pid=
clean() {
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    dpkg --purge weir >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean EXIT
dpkg --install "$package" >/dev/null
[ -n "${SWIFT_LIBRARIES:-}" ] && export LD_LIBRARY_PATH=$SWIFT_LIBRARIES
cd "$work"

# The man page, where this machine keeps such, names every command and option.
dpkg-deb --fsys-tarfile "$package" | tar --extract --to-stdout ./usr/share/man/man1/weir.1.gz | gunzip >weir.1
LC_ALL=C.UTF-8 man --warnings --local-file weir.1 2>warnings | col -b >page
[ ! -s warnings ] || fail "the man page: $(cat warnings)"
for word in $(weir --help | sed -n 's/^  \([a-z]\{3,\}\) .*/\1/p'); do
    grep --quiet "weir $word" page || fail "the man page does not name the command $word"
    for option in $(weir "$word" --help | grep --only-matching -e '  --[a-z-]*'); do
        grep --quiet -e "$option" page || fail "the man page does not name $option of $word"
    done
done
[ "$(grep --count --extended-regexp '^ +weir [a-z]+' page)" -ge 14 ] || fail "the man page names too few commands"

# The service gives up what it does not need, and means something to systemd.
unit=/lib/systemd/system/weir.service
systemd-analyze security --offline=true --no-pager --threshold=20 "$unit" >security ||
    fail "$(tail -1 security)"
systemd-analyze verify --man=no "$unit" || fail "the unit is not understood"

# The example is found where no option names it, and serves.
weir check || fail "the installed example is refused"
sed 's/127\.0\.0\.1:[0-9]*/127.0.0.1:0/' /etc/weir/weir.yaml >ephemeral.yaml
weir run --config ephemeral.yaml 2>log &
pid=$!
for _ in $(seq 100); do
    admin=$(sed -n 's/.* address=\([^ ]*\) \[WeirSidecar\] admin$/\1/p' log)
    [ -z "$admin" ] || break
    sleep 0.1
done
[ -n "$admin" ] || fail "the installed example does not serve: $(cat log)"
[ "$(curl --silent --max-time 10 "http://$admin/readyz")" = ok ] || fail "it is not ready: $(cat log)"
curl --silent --max-time 10 "http://$admin/config" | grep --quiet api.example.com || fail "it serves something else"
kill -TERM "$pid"
wait "$pid" || fail "it ended with $?"
pid=

# Rules and dashboards are as usable as those in the source.
promtool check rules /usr/share/weir/alerts/weir.rules.yml >/dev/null || fail "the rules are refused"
python3 -m json.tool /usr/share/weir/dashboards/weir-overview.json >/dev/null

# What is changed is kept when the package goes, and goes when it is purged.
echo "# ours" >>/etc/weir/weir.yaml
dpkg --remove weir >/dev/null
[ ! -e /usr/bin/weir ] || fail "the program is there after removal"
grep --quiet "# ours" /etc/weir/weir.yaml || fail "a changed configuration was not kept"
dpkg --purge weir >/dev/null
[ ! -e /etc/weir ] || fail "something is left in /etc/weir: $(ls /etc/weir)"
echo "package: ok ($(basename "$package"), $(stat --format=%s "$package") bytes)"
