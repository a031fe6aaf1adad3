"""`assay org`, `assay credits` and `assay ledger`, as an operator meets them."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from api.auth import ALL_SCOPES, DEFAULT_SCOPES


@pytest.fixture
def assay(tmp_path: Path):
    environment = os.environ | {"ASSAY_STATE_DIR": str(tmp_path), "COLUMNS": "200"}

    def assay(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scripts.cli", *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, env=environment)

    return assay


def _created(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"organization  (org_\w+)\nAPI key       (fh_live_\S+)  \(shown once\)\n", done.stdout)
    assert found, done.stdout
    return found[1], found[2]


def test_an_organization_is_opened_granted_credits_and_found_in_order(assay, tmp_path):
    organization_id, key = _created(assay("org", "create", "--name", "Menus", "--credits", "500"))
    granted = assay("credits", "grant", organization_id, "250", "--reason", "goodwill")
    assert granted.stdout == f"{organization_id} has 750 credits available, 0 held\n"
    checked = assay("ledger", "check")
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "the ledger is consistent")
    assert re.search(r"available\s*│ 750 ", checked.stdout)
    listed = assay("org", "list").stdout
    assert re.search(rf"{organization_id} │ Menus │ \S+Z\s+│ 750\s+│ 0 ", listed), listed
    for file in tmp_path.iterdir():
        assert key.encode() not in file.read_bytes()


def test_an_operator_makes_keys_and_says_what_they_may_do(assay, tmp_path):
    opened = assay("org", "create", "--name", "Menus", "--scopes", "jobs:read, jobs:write")
    assert f"a new database: {tmp_path / 'assay.db'}" in opened.stderr
    organization_id, _ = _created(opened)
    for arguments, prefix in (((), "fh_live_"), (("--test", "--scopes", "all", "--name", "CI"), "fh_test_")):
        made = assay("org", "key", organization_id, *arguments)
        assert re.fullmatch(rf"API key       {prefix}\S+  \(shown once\)\n", made.stdout), made
    connection = sqlite3.connect(tmp_path / "assay.db")
    keys = connection.execute("SELECT name, livemode, scopes FROM api_keys ORDER BY created_at, id").fetchall()
    audit = connection.execute("SELECT count(*) FROM audit_entries WHERE action = 'api_key.created'").fetchone()
    connection.close()
    scopes = [json.loads(key[2]) for key in keys]
    assert [key[:2] for key in keys] == [("First key", 1), ("Operator's key", 1), ("CI", 0)]
    assert scopes == [["jobs:read", "jobs:write"], list(DEFAULT_SCOPES), list(ALL_SCOPES)]
    assert audit == (2,)


def test_books_that_are_off_end_with_1(assay, tmp_path):
    organization_id, _ = _created(assay("org", "create", "--name", "Menus", "--credits", "500"))
    connection = sqlite3.connect(tmp_path / "assay.db")
    with connection:
        connection.execute("UPDATE accounts SET balance = 501 WHERE name = 'available'")
    connection.close()
    checked = assay("ledger", "check")
    assert checked.returncode == 1
    assert f"{organization_id} available: the balance is 501, and should be 500" in checked.stdout
    assert checked.stdout.splitlines()[-1] == "inconsistencies: 1"


def test_mistakes_are_one_line(assay):
    assert "there is no database" in assay("ledger", "check").stderr
    _created(assay("org", "create", "--name", "Menus", "--email", "ops@menus.example"))
    for arguments, message in (
        (("org", "create", "--name", "Menus", "--email", "ops@menus.example"), "another organization has this address"),
        (("org", "create", "--name", "Menus", "--email", "nobody"), "email: Value error"),
        (("org", "create", "--name", " "), "name: "),
        (("org", "create", "--name", "Menus", "--scopes", "jobs:read,money"), "no scope 'money'; there are jobs:read"),
        (("org", "key", "org_nobody"), "there is no organization org_nobody"),
        (("credits", "grant", "org_nobody", "5", "--reason", "x"), "there is no organization org_nobody"),
    ):
        done = assay(*arguments)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done
        assert message in done.stderr
