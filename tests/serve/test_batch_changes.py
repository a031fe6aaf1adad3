"""Which batches a running engine takes."""

from configs.settings import BatchSettings, Role, load_settings
from serve.batch_changes import parted


def test_batches_that_a_replica_is_never_handed_keep_no_others_away() -> None:
    settings = load_settings("embedded")
    smaller = settings.models["concepts"].batch.model_copy(update={"max_items": 4})
    larger = settings.models["detector"].batch.model_copy(update={"max_items": 512})
    asked: dict[Role, BatchSettings] = {"concepts": smaller, "detector": larger, "safety": smaller}
    taken, refused = parted(settings, asked)
    assert taken == {"concepts": smaller}
    assert refused["detector"].startswith("max_ongoing_requests 64 is below")
    assert refused["safety"].startswith("no model for safety")
