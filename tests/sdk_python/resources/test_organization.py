"""Keys, credits, settings, workers and operations: every method of both clients; a test is named for its method."""

from datetime import UTC, datetime, timedelta

import pytest
from assay_sdk import Client, NotFound, WorkerClient

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call


def test_api_keys_create(call: Call, server: RunningServer) -> None:
    made = call("api_keys.create", name="CI", scopes=["usage:read"], expires_in_days=3, mode="live")
    assert made.key.startswith("fh_live_")
    assert made.key not in repr(made)
    with Client(made.key, server.url) as other:
        assert other.credits.balance().currency == "usd"


def test_api_keys_list(call: Call) -> None:
    made = call("api_keys.create", name="CI")
    assert [key.id for key in call("api_keys.list", limit=1).data] == [made.id]


def test_api_keys_rotate(call: Call) -> None:
    old = call("api_keys.create", name="CI")
    new = call("api_keys.rotate", old.id)
    assert new.key != old.key
    assert {key.status for key in call("api_keys.list", limit=2).data} == {"active", "expiring"}


def test_api_keys_revoke(call: Call) -> None:
    made = call("api_keys.create", name="CI")
    assert call("api_keys.revoke", made.id) is None
    assert call("api_keys.list", limit=1).data[0].status == "revoked"


def test_credits_balance(call: Call) -> None:
    balance = call("credits.balance")
    assert balance.total_credits == balance.available_credits + balance.held_credits


def test_credits_transactions(call: Call) -> None:
    job = call("jobs.create", **JOB)
    (hold,) = call("credits.transactions", type="hold", job_id=job.id).data
    assert (hold.amount_credits, hold.job_id) == (-150, job.id)


def test_credits_purchase(call: Call) -> None:
    bought = call("credits.purchase", amount_credits=500)
    assert (bought.status, bought.amount_cents, bought.transaction.type) == ("completed", 500, "purchase")


def test_organization_settings(call: Call, server: RunningServer) -> None:
    assert call("organization.settings").organization_id == server.organization_id


def test_organization_update_settings(call: Call) -> None:
    changed = call("organization.update_settings", retention_days=30, low_balance_credits=5)
    assert (changed.retention_days, changed.low_balance_credits) == (30, 5)
    back = call("organization.update_settings", retention_days=None)
    assert (back.retention_days, back.low_balance_credits) == (90, 5)


def test_organization_audit(call: Call) -> None:
    call("organization.update_settings", retention_days=30)
    (changed,) = call("organization.audit", action="organization.settings_changed", limit=1).data
    assert (changed.action, changed.actor[:4]) == ("organization.settings_changed", "key_")


def test_workers_create(call: Call, server: RunningServer) -> None:
    made = call("workers.create", name="Ada", email="ada@example.com", metadata={"city": "Berlin"})
    assert (made.name, made.email, made.metadata, made.status) == (
        "Ada", "ada@example.com", {"city": "Berlin"}, "active",
    )  # fmt: skip
    with WorkerClient(made.token, server.url) as worker:
        assert worker.me().id == made.id


def test_workers_get(call: Call) -> None:
    made = call("workers.create", name="Ada")
    assert call("workers.get", made.id).name == "Ada"


def test_workers_list(call: Call) -> None:
    made = call("workers.create", name="Ada")
    assert call("workers.list", status="active", limit=1).data[0].id == made.id


def test_workers_ban(call: Call) -> None:
    made = call("workers.create", name="Ada")
    banned = call("workers.ban", made.id, reason="Copies")
    assert (banned.status, banned.banned_reason) == ("banned", "Copies")


def test_workers_unban(call: Call) -> None:
    made = call("workers.create", name="Ada")
    call("workers.ban", made.id)
    assert call("workers.unban", made.id).status == "active"


def test_workers_invite(call: Call, server: RunningServer) -> None:
    made = call("workers.create", name="Ada")
    invitation = call("workers.invite", made.id)
    assert invitation.worker_id == made.id
    assert invitation.url.startswith(f"{server.url}/capture#inv_")
    assert invitation.qr_svg.startswith("<svg")
    assert invitation.expires_at > datetime.now(UTC) + timedelta(days=6)


def test_workers_rotate_token(call: Call) -> None:
    made = call("workers.create", name="Ada")
    assert call("workers.rotate_token", made.id).token != made.token


def test_ops_overview(call: Call) -> None:
    told = call("ops.overview")
    assert (told.object, told.checks) == ("ops_overview", {"database": "ok", "store": "ok", "engine": "ok"})
    assert told.queue.waiting >= 0
    assert [one.stage for one in told.latencies] == ["queue", "score", "deliver", "settle"]
    assert [one.role for one in told.models] == ["concepts"]
    assert told.models[0].batch.max_items > 0


def test_ops_change_batch(call: Call) -> None:
    changed = call("ops.change_batch", "concepts", max_items=5, wait_seconds=0.5)
    assert (changed.role, changed.max_items, changed.wait_seconds) == ("concepts", 5, 0.5)
    assert call("ops.overview").models[0].batch.max_items == 5
    with pytest.raises(NotFound):
        call("ops.change_batch", "translator", max_items=5)


def test_close(server: RunningServer) -> None:
    client = Client(server.api_key, server.url)
    client.credits.balance()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.credits.balance()
