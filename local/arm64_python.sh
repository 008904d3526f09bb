#!/usr/bin/env bash
# Makes .local/arm64/python, an arm64 Python 3.13 in an emulator, both out of Debian's packages. Nothing
# is installed: it needs apt, dpkg and this machine's mirror. Does nothing where it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

place=$PWD/.local/arm64
[ -x "$place/python" ] && exit
command -v apt-get >/dev/null || { echo "needs apt-get to fetch Debian's packages" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

quietly() { # quietly COMMAND...: its last lines only if it fails
  "$@" >output 2>&1 || { echo "failed: $*" >&2; tail -n 15 output >&2; exit 1; }
}

# Lists and packages of arm64, apart from those of this machine and without touching them.
mkdir -p lists/partial cache/archives/partial root
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror() { apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -n 1; }
[ -n "$(mirror)" ] || quietly apt-get update
echo "deb [arch=arm64 signed-by=$keyring] $(mirror) trixie main" >sources.list
of_arm64=(
  -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=-
  -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o Dir::State::status=/dev/null
  -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
)
quietly apt-get "${of_arm64[@]}" update
quietly apt-get "${of_arm64[@]}" download python3.13-minimal libpython3.13-minimal \
  libpython3.13-stdlib libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libssl3t64 libffi8 libbz2-1.0 \
  liblzma5 libzstd1 libsqlite3-0 libuuid1
for package in *_arm64.deb; do
  dpkg -x "$package" root
done
[ -e root/lib ] || ln -s usr/lib root/lib

quietly apt-get -o APT::Sandbox::User=root download qemu-user-static
dpkg -x qemu-user-static_*.deb emulator
cp emulator/usr/bin/qemu-aarch64-static root/emulator
cat >python <<SH
#!/bin/sh
exec "$place/root/emulator" -L "$place/root" "$place/root/usr/bin/python3.13" "\$@"
SH
chmod +x python

mkdir -p "$place"
rm -rf "$place/root"
mv root "$place/root"
mv python "$place/python"
"$place/python" -c 'import platform; assert platform.machine() == "aarch64"'
