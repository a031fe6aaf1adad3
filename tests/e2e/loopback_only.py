"""A network namespace that has only loopback, in which the kernel counts who tries to leave.

Every packet or connection to an address that has no route, UDP sockets that are merely connected included, fails with
"network is unreachable" and is counted in `OutNoRoutes` (RFC 4293) of the namespace. The resolver's address is one
without a route too, so that the look-up of a name counts. `python -m tests.e2e.loopback_only MODULE` runs a module's
`main()` in there and prints `{"attempts": …, "found": …}` with what `main` returned.
"""

import contextlib
import fcntl
import io
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

RESOLVER = "192.0.2.53"
"""Of TEST-NET-1, which nobody has."""
HUSHES = ("CI", "ORT_DISABLE_TELEMETRY", "RAY_USAGE_STATS_ENABLED", "DO_NOT_TRACK")
"""Variables that keep libraries quiet by themselves; ours have to be thrown by the code."""
UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")
_SIOCSIFFLAGS, _IFF_UP_RUNNING = 0x8914, 0x41


def refusal() -> str | None:
    """Why this machine has no such namespace; `None` when it has."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return "unshare and mount (Debian: util-linux, mount) are not installed"
    tried = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"namespaces are forbidden here: {tried.stderr.strip()}"


def run(module: str, *arguments: str) -> dict[str, Any]:
    """What a module's `main(*arguments)` returns in there, as `found`, and how often somebody tried to leave."""
    command = [*UNSHARE, sys.executable, "-m", __name__, module, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in HUSHES}
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-6000:]
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return said


def attempts() -> int:
    """Packets and connections without a route since the namespace was made, over IPv4 and IPv6."""
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:"))
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return int(dict(zip(names, values, strict=True))["OutNoRoutes"]) + int(six["Ip6OutNoRoutes"])


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP_RUNNING))


def _name_resolver() -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as made:
        made.write(f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n")
        made.flush()
        subprocess.run(["mount", "--bind", made.name, "/etc/resolv.conf"], check=True)


def main() -> None:
    """Prepare the namespace that this process was started in, and run the module."""
    _raise_loopback()
    _name_resolver()
    interfaces = sorted(name for _, name in socket.if_nameindex())
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        found = import_module(sys.argv[1]).main(*sys.argv[2:])
    print(json.dumps({"interfaces": interfaces, "attempts": attempts(), "found": found}))


if __name__ == "__main__":
    main()
