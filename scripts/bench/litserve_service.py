"""Our ensemble on LitServe: `python -m scripts.bench.litserve_service PORT MAX_BATCH_SIZE`.

One worker holds all models, since each of them uses both cores; LitServe puts requests together.
"""

import asyncio
import base64
import sys
from typing import Any

import litserve
import litserve.server

from pipeline.brief import JobBrief
from pipeline.result import ScoreRequest, ScoreResult
from scripts.bench.plain import PlainEnsemble

BATCH_WAIT_SECONDS = 0.005

# It takes any `mcp` for the one that its own MCP server needs, and then does not start.
litserve.server._MCP_AVAILABLE = False


class EnsembleApi(litserve.LitAPI):  # type: ignore[misc]  # LitServe is not typed
    """The plain ensemble behind LitServe's queue."""

    def setup(self, device: str) -> None:
        self._ensemble = PlainEnsemble()

    def decode_request(self, request: dict[str, str]) -> ScoreRequest:
        brief = JobBrief(description=request["description"], content_type=request["content_type"])  # type: ignore[arg-type]
        return ScoreRequest(base64.b64decode(request["content"]), brief)

    def batch(self, inputs: list[ScoreRequest]) -> list[ScoreRequest]:
        return inputs

    def predict(self, inputs: list[ScoreRequest]) -> list[ScoreResult]:
        return asyncio.run(self._ensemble.score(inputs))

    def unbatch(self, output: list[ScoreResult]) -> list[ScoreResult]:
        return output

    def encode_response(self, output: ScoreResult) -> dict[str, Any]:
        return output.to_json()


if __name__ == "__main__":
    api = EnsembleApi(max_batch_size=int(sys.argv[2]), batch_timeout=BATCH_WAIT_SECONDS)
    server = litserve.LitServer(api, accelerator="cpu", timeout=False)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
