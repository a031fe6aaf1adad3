"""What schemathesis has to know of this API beyond its document; the command loads it by its module name."""

import json
import os

import schemathesis
from schemathesis import Case, CheckContext, GenerationMode, HookContext, Response

UNKNOWN = "01JDZ3N8RT0000000000000000"
SPARE: dict[str, str] = json.loads(os.environ["ASSAY_SPARE_IDS"])
"""By the parameter's name: what exists and may be changed. Each operation is asked for it once, and for the rest finds
what it can: whether a walk from answer to answer comes to a resource is a matter of chance."""
_reached: set[str] = set()
OUR_VALIDATORS = "Value error, "
"""How pydantic begins the message of a rule that no schema can state."""


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, object]) -> None:
    """The run must not end the credentials that it runs with: lists show it their ids, and it tries what it saw.

    Formats of one kind are what a schema cannot ask for; without them there would hardly be a job.
    """
    in_use = os.environ["ASSAY_IDS_IN_USE"].split()
    for name, value in (case.path_parameters or {}).items():
        if value in in_use:
            case.path_parameters[name] = f"{value.partition('_')[0]}_{UNKNOWN}"
        if name in SPARE and case.operation.label not in _reached and _is_positive(case):
            case.path_parameters[name] = SPARE[name]
            _reached.add(case.operation.label)
    if case.operation.path == "/v1/jobs" and _is_positive(case) and isinstance(case.body, dict):
        case.body |= {"content_type": "image", "file_formats": None}


@schemathesis.check
def refusals_are_beyond_the_schema(ctx: CheckContext, response: Response, case: Case) -> None:
    """A body that the document allows is refused only for what a schema cannot tell: a date in the past, a host."""
    if response.status_code != 400 or not _is_positive(case):
        return
    error = json.loads(response.content)["error"]
    # A refusal that is none of the schema's is itself its only detail.
    faults = [fault["message"] for fault in error["details"] if fault["message"] != error["message"]]
    told = [message for message in faults if not message.startswith(OUR_VALIDATORS)]
    assert not told, f"the document allows what the code refuses: {told}"


def _is_positive(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
