#!/usr/bin/env bash
# Makes `sam local invoke` possible where its image, public.ecr.aws/lambda/python, cannot be pulled:
# on a Debian machine (root, apt) it installs and starts Debian's Docker engine where none answers,
# and builds a stand-in under the official tag out of Debian packages, this machine's Python 3.13
# and the Lambda runtime interface client. SAM CLI adds its runtime interface emulator itself.
# Does nothing where all of it is there, and pulls the image where that works after all.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3.13}
case $(uname -m) in
  x86_64) architecture=x86_64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *) echo "Lambda knows no machine like this: $(uname -m)" >&2; exit 1 ;;
esac
image=public.ecr.aws/lambda/python:3.13-$architecture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quietly() { # quietly COMMAND...: its last lines only if it fails
  "$@" >"$work/output" 2>&1 || { echo "failed: $*" >&2; tail -n 15 "$work/output" >&2; exit 1; }
}

install_packages() {
  command -v apt-get >/dev/null || { echo "needs $* and finds no apt-get" >&2; exit 1; }
  [ "$(id -u)" = 0 ] || { echo "needs to install $*: run it as root" >&2; exit 1; }
  quietly env DEBIAN_FRONTEND=noninteractive apt-get update -q
  quietly env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$@"
}

start_engine() {
  command -v dockerd >/dev/null || install_packages docker.io iptables
  local log
  log=$(mktemp -t dockerd.XXXXXX)
  setsid nohup dockerd >"$log" 2>&1 </dev/null &
  for _ in $(seq 120); do
    docker info >/dev/null 2>&1 && return
    sleep 0.5
  done
  echo "the Docker engine does not start; the end of its log:" >&2
  tail -n 15 "$log" >&2
  exit 1
}

build_image() {
  local root=$work/root prefix
  command -v debootstrap >/dev/null || install_packages debootstrap
  local needed=ca-certificates,libbz2-1.0,libffi8,liblzma5,libreadline8,libsqlite3-0,libssl3
  quietly debootstrap --variant=minbase --include="$needed,libuuid1,zlib1g" bookworm "$root"

  # The interpreter, without what was installed into it: functions find that missing on Lambda too.
  prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
  mkdir -p "$root"/var/{lang,task,runtime} "$root/opt"
  cp -a "$prefix/." "$root/var/lang/"
  rm -rf "$root"/var/lang/lib/python3.13/{test,site-packages}
  mkdir "$root/var/lang/lib/python3.13/site-packages"
  sed -n 's/^\([a-z0-9._-]*==[^ ;]*\).*/\1/p' requirements-dev.txt >"$work/versions"
  quietly "$python" -m pip install --root-user-action=ignore --target "$root/var/runtime" \
    --constraint "$work/versions" awslambdaric boto3

  cat >"$root/var/runtime/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT:/opt/python:/opt/python/lib/python3.13/site-packages:/var/runtime"
exec /var/lang/bin/python3.13 -m awslambdaric "$_HANDLER"
BOOTSTRAP
  cat >"$root/lambda-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/sh
export _HANDLER="$1"
exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
ENTRYPOINT
  chmod +x "$root/var/runtime/bootstrap" "$root/lambda-entrypoint.sh"

  tar -C "$root" -cf "$work/image.tar" .
  quietly docker import \
    --change 'ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime LANG=C.UTF-8 TZ=:/etc/localtime PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/task:/opt/lib' \
    --change 'WORKDIR /var/task' --change 'ENTRYPOINT ["/lambda-entrypoint.sh"]' \
    "$work/image.tar" "$image"
}

docker info >/dev/null 2>&1 || start_engine
if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image is here"
elif timeout 300 docker pull --quiet "$image" 2>/dev/null; then
  echo "$image is pulled"
else
  echo "building a stand-in for $image"
  build_image
  echo "$image is built"
fi
