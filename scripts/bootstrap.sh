#!/usr/bin/env bash
# Makes a virtual environment with what is asked for, and sees to headless OpenGL: bash scripts/bootstrap.sh VENV EXTRAS
# Debian packages are installed only where something is missing, and only as root; otherwise the line to run is printed.
set -euo pipefail
venv=$1
extras=${2:-}
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "expected Python 3.11 or newer, got $("$python" --version 2>&1); set PYTHON=/path/to/python3.11" >&2
  exit 2
}

install_debian() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian packages: $*"
    { apt-get install -y -qq --no-install-recommends "$@" || { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }; } >/dev/null
  else
    echo "missing system packages; run: sudo apt-get install $*" >&2
    return 1
  fi
}

if [ ! -x "$venv/bin/python" ]; then
  "$python" -m venv "$venv" 2>/dev/null || { install_debian python3-venv && "$python" -m venv --clear "$venv"; }
fi

# MuJoCo renders through EGL; Mesa draws on the CPU where there is no GPU.
libraries=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)
case "$libraries" in
  *libEGL.so.1*) ;;
  *) install_debian libegl1 libgl1-mesa-dri libgl1 || echo "without them only simulator=symbolic works" >&2 ;;
esac

pip="$venv/bin/python -m pip --disable-pip-version-check"
target=.
case ",$extras," in
  ,,) ;;
  *,vlm,* | *,train,* | *,rl,* | *,neural,*) $pip install -qq torch==2.13.0; target=".[$extras]" ;;
  *) target=".[$extras]" ;;
esac
$pip install -qq -c requirements.lock -e "$target"

# VirtualHome's own graph executor, for its tests; its pinned dependencies no longer build, and it needs none of them.
case ",$extras," in *,dev,*) $pip install -qq --no-deps virtualhome==2.3.0 ;; esac
