#!/usr/bin/env bash
# Builds a Debian package of a `weir` that has been built: build-deb.sh BINARY FOLDER. Prints the package's path.
#
# The version is that of the binary, the maintainer $WEIR_MAINTAINER. A binary that is linked with Swift's own shared
# libraries, in the folder $SWIFT_LIBRARIES, can be packaged to try the packaging; the package then needs that folder.
set -euo pipefail
binary=$(realpath "$1")
target=$(realpath -m "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$("$binary" --version | awk '{ print $2 }')
architecture=$(dpkg --print-architecture)
maintainer=${WEIR_MAINTAINER:-Weir maintainers <maintainers@weir.example>}
# The time of the source, so that the same source makes the same package.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
day=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%d)

work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
root=$work/weir
umask 022

put() { # MODE TARGET FILE...
    local mode=$1 folder=$2
    shift 2
    install -D --mode="$mode" --target-directory="$root/$folder" "$@"
}

put 755 usr/bin "$binary"
# No library of it lies outside of the system's folders once it is installed.
patchelf --remove-rpath "$root/usr/bin/weir"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/weir"
put 644 lib/systemd/system packaging/weir.service
put 644 etc/weir packaging/weir.yaml
install -D --mode=644 packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/weir"
put 644 usr/share/weir/dashboards dashboards/weir-*.json
put 644 usr/share/weir/alerts alerts/weir.rules.yml alerts/alertmanager.example.yml alerts/prometheus.example.yml
put 644 usr/share/doc/weir README.md docs/*.md docs/status.schema.json packaging/debian/copyright
put 644 usr/share/doc/weir/runbooks docs/runbooks/*.md
put 644 usr/share/doc/weir/examples examples/*.yaml
(cd dashboards && find provisioning -type f) | while read -r file; do
    put 644 "usr/share/weir/dashboards/$(dirname "$file")" "dashboards/$file"
done

mkdir -p "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions"
"$binary" --experimental-dump-help | python3 packaging/manpage.py "$version" "$day" |
    gzip --best --no-name >"$root/usr/share/man/man1/weir.1.gz"
"$binary" --generate-completion-script bash | sed '1{/^#!/d}' >"$root/usr/share/bash-completion/completions/weir"
gzip --best --no-name --stdout CHANGELOG.md >"$root/usr/share/doc/weir/NEWS.gz"
gzip --best --no-name >"$root/usr/share/doc/weir/changelog.gz" <<END
weir ($version) unstable; urgency=medium

  * Built from its source; what changed is in NEWS.gz.

 -- $maintainer  $(date --utc --date="@$SOURCE_DATE_EPOCH" --rfc-email)
END

# dpkg-shlibdeps wants a source package's control file; libraries that no package has are told of and left out.
mkdir -p "$work/debian"
printf 'Source: weir\n\nPackage: weir\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps --ignore-missing-info -O "$root/usr/bin/weir" \
    ${SWIFT_LIBRARIES:+-l"$SWIFT_LIBRARIES"} 2>"$work/shlibdeps.log" | sed -n 's/^shlibs:Depends=//p')
grep 'no dependency information' "$work/shlibdeps.log" >&2 || true

mkdir -p "$root/DEBIAN"
sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@MAINTAINER@|$maintainer|; s|@DEPENDS@|$depends|" \
    -e "s|@SIZE@|$(du --summarize --apparent-size --block-size=1024 "$root" | cut -f1)|" \
    packaging/debian/control.in >"$root/DEBIAN/control"
echo /etc/weir/weir.yaml >"$root/DEBIAN/conffiles"
install --mode=755 --target-directory="$root/DEBIAN" packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm
(cd "$root" && find . -type f -not -path './DEBIAN/*' -not -path './etc/*' -printf '%P\0' | sort -z |
    xargs -0 md5sum) >"$root/DEBIAN/md5sums"

find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$target"
package=$target/weir_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
