#!/usr/bin/env bash
# pytest 9.2.0, pytest-xdist 3.8.0
# Tests marked with one xdist_group are spread over the workers by --dist loadgroup, without a
# word: the group that xdist adds to each test's id is lost under pytest 9.2.0. Under pytest 9.1.1
# one worker runs them all. Tests that rely on a group for one server or one order then share
# neither.
# Seen:
#   pytest 9.1.1: 1 worker for the group
#   pytest 9.2.0: 2 workers for the group
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
cd "$here"
cat > test_group.py <<'TEST'
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(6))
def test_it(number, worker_id):
    time.sleep(0.2)
    Path("workers", worker_id).touch()
TEST

workers() {
  venv/bin/pip install --quiet --disable-pip-version-check --no-compile "pytest==$1" pytest-xdist==3.8.0
  rm -rf workers && mkdir workers
  venv/bin/python -m pytest --quiet -p no:cacheprovider -n 2 --dist loadgroup test_group.py > said.txt
  ls workers | wc -l
}

before=$(workers 9.1.1)
after=$(workers 9.2.0)
echo "pytest 9.1.1: $before worker for the group"
echo "pytest 9.2.0: $after workers for the group"
[ "$before" = 1 ]
[ "$after" = 2 ]
