"""Nothing leaves: the whole pipeline where there is only loopback, and the kernel's count of who tried otherwise."""

import pytest

from tests.e2e import leaver, loopback_only, whole_pipeline

_REFUSAL = loopback_only.refusal()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(_REFUSAL is not None, reason=str(_REFUSAL))]


@pytest.mark.parametrize("way", leaver.WAYS)
def test_whoever_tries_is_counted(way: str) -> None:
    ended = loopback_only.run(leaver.__name__, way)
    assert ended["interfaces"] == ["lo"]
    assert (ended["attempts"] > 0) == (way != "loopback")


def test_the_whole_pipeline_tries_nothing_outside() -> None:
    ended = loopback_only.run(whole_pipeline.__name__)
    found = ended["found"]
    assert found["delivered"] == ["image", "audio", "video"]
    assert {"concepts", "detector", "text", "speech", "audio_quality"} <= set(found["models"])
    assert (found["sizes_are_right"], found["signatures_are_right"]) == (True, True)
    assert (found["found"], found["exported"]) == (2, 1)  # chords mean nothing to the search
    assert found["answers"] == {"/readyz": 200, "/docs": 200, "/metrics": 200}
    assert found["tries_of_what_was_left"], "all was scored before the stack was stopped"
    assert set(found["tries_of_what_was_left"]) == {0}, "a stop gives back what it interrupts, and no try is counted"
    assert ended["attempts"] == 0, "see who tried: strace -f -e trace=connect,sendto"
