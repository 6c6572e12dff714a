#!/bin/sh
# Makes .venv and node_modules as the lock files say. Called by make; does nothing, quickly, when nothing changed.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
PYTHON_STAMP=$VENV/.installed
LOCK=.motorpool/setup.lock

say() { printf '%s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

checksum() { cksum <"$1"; }

python_is_ready() {
    [ -x $VENV/bin/python ] && [ "$(cat $PYTHON_STAMP 2>/dev/null)" = "$(checksum requirements-dev.txt)" ]
}

node_is_ready() { # folder
    [ "$(cat "$1/node_modules/.installed" 2>/dev/null)" = "$(checksum "$1/package-lock.json")" ]
}

node_folders() {
    for folder in . web; do
        if [ -f $folder/package-lock.json ]; then echo $folder; fi
    done
}

all_is_ready() {
    python_is_ready || return 1
    for folder in $(node_folders); do node_is_ready "$folder" || return 1; done
}

is_python_3_13() { # command
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

# pyenv's shims are on PATH for versions that are not chosen too, so a candidate counts only when it runs
find_python() {
    for candidate in python3.13 python3 python; do
        if is_python_3_13 $candidate; then command -v $candidate; return; fi
    done
    if command -v pyenv >/dev/null; then
        version=$(pyenv latest "$(cat .python-version)" 2>/dev/null || true)
        candidate=$(pyenv root)/versions/$version/bin/python
        if is_python_3_13 "$candidate"; then echo "$candidate"; return; fi
    fi
    if command -v uv >/dev/null; then
        candidate=$(uv python find 3.13 2>/dev/null || true)
        if is_python_3_13 "$candidate"; then echo "$candidate"; return; fi
    fi
    stop "Python 3.13 is missing: install it (uv python install 3.13, pyenv install 3.13, or your system's packages python3.13 and python3.13-venv) and run make again."
}

make_venv() {
    if is_python_3_13 $VENV/bin/python; then return; fi
    python=$(find_python)
    say "Making .venv with $python"
    rm -rf $VENV
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$python" $VENV
    else
        "$python" -m venv $VENV ||
            stop "Python's venv module does not work here: install python3.13-venv, or uv, and run make again."
    fi
}

install_python_packages() {
    say "Installing $(grep -c '^[a-z].*==' requirements-dev.txt) Python packages (about a minute the first time) …"
    if command -v uv >/dev/null; then
        uv pip install --quiet --python $VENV/bin/python --require-hashes -r requirements-dev.txt
    else
        $VENV/bin/python -m pip --version >/dev/null 2>&1 || $VENV/bin/python -m ensurepip >/dev/null
        $VENV/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
    fi
    checksum requirements-dev.txt >$PYTHON_STAMP
}

check_node() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
        stop "Node.js 20.19 or newer is missing (found: $(node --version 2>/dev/null || echo none)): install it from https://nodejs.org or with your system's packages and run make again."
    command -v npm >/dev/null || stop "npm is missing: it comes with Node.js from https://nodejs.org; install it and run make again."
}

install_node_packages() { # folder
    say "Installing npm packages in $1 (about half a minute the first time) …"
    npm ci --prefix "$1" --no-progress --loglevel=error
    checksum "$1/package-lock.json" >"$1/node_modules/.installed"
}

set_up() {
    if ! python_is_ready; then
        make_venv
        install_python_packages
    fi
    for folder in $(node_folders); do
        node_is_ready "$folder" && continue
        check_node
        install_node_packages "$folder"
    done
}

if all_is_ready; then exit 0; fi

# two makes at once: the second waits here and then finds everything done
if [ "${1:-}" != --locked ] && command -v flock >/dev/null; then
    mkdir -p .motorpool
    flock -n $LOCK true || say "Another set-up is running; waiting for it …"
    exec flock $LOCK "$0" --locked
fi
set_up
say "Set up."
