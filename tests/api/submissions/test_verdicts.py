"""What stars mean for a job: pure functions of a score."""

import pytest

from api.decisions import as_announced, decision_of
from api.tables import Job, Submission
from pipeline.decision import Decision
from pipeline.evidence import Evidence
from pipeline.media import MediaFacts
from pipeline.reasons import Deduction
from pipeline.result import ScoreResult
from pipeline.score import Score

FACTS = MediaFacts("image", "png", "image/png", 1000, "1" * 64, 96, 64)
REJECTED, STRUCK = Decision("rejected", strike=False), Decision("rejected", strike=True)


def result(stars: int, *codes: str) -> ScoreResult:
    flaws = tuple(Deduction(code, "completeness", 4.0) for code in codes)
    return ScoreResult(Score(stars, 4.0, 4.0, 4.0, flaws, "", "test"), Evidence(FACTS), None, None, ())


def decided(scored: ScoreResult, minimum: int, attempt: int = 1) -> Decision:
    submission = Submission(worker_id="wrk_1", attempt=attempt)
    return decision_of(Job(min_star_rating=minimum), submission, scored)


@pytest.mark.parametrize("minimum", [1, 2])
def test_a_job_that_takes_little_pays_for_nothing_that_breaks_its_conditions(minimum: int) -> None:
    broken = result(2, "requirements.min_width")
    assert decided(broken, minimum) == Decision("retry_pending", strike=False)
    assert decided(broken, minimum, attempt=2) == REJECTED
    assert decided(result(2, "image.dark"), minimum) == Decision("approved", strike=False)


def test_what_is_not_allowed_is_paid_by_no_job() -> None:
    assert decided(result(1, "policy.unsafe"), minimum=1) == STRUCK


def test_a_wrong_digest_shows_nothing_of_the_score_and_hides_nothing_unsafe() -> None:
    altered = as_announced(result(4, "image.dark"), "2" * 64)
    assert altered.score.reasons == ("integrity.checksum",)
    assert {altered.score.relevance, altered.score.quality, altered.score.completeness} == {1.0}
    assert decided(altered, minimum=3) == Decision("retry_pending", strike=False)
    unsafe = as_announced(result(1, "policy.unsafe", "image.dark"), "2" * 64)
    assert unsafe.score.reasons == ("integrity.checksum", "policy.unsafe")
    assert decided(unsafe, minimum=3) == STRUCK


def test_a_clients_own_file_strikes_nobody() -> None:
    submission = Submission(worker_id=None, attempt=1)
    assert decision_of(Job(min_star_rating=3), submission, result(1, "policy.unsafe")) == REJECTED
