"""Serving: every model behind its own queue, in Ray Serve or in one process.

Ray reads its environment when it is imported, so what it must find there is written here, before any
module of this package imports it. An operator's own value wins.
"""

import os
import sys

import configs as configs  # before any library: it turns off what they send by themselves

_RAY_ENVIRONMENT = {
    # Every port of Ray asks for the token (DESIGN decision 10).
    "RAY_AUTH_MODE": "token",
    # Our replicas never block their event loop, so user code may share Serve's: one thread hop less per call.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    # A request names the earlier files of its job, 6 kB each for up to 10,000; gRPC's default is 4 MB.
    "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(256 * 1024**2),
    # Our middleware in the HTTP proxy.
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve.request_ids.middlewares",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    # What Ray and Serve do for their own dashboards, with nothing to serve: 185 ms of CPU time a second before,
    # 102 ms with these (two cores, three models). The engine has counters of its own (`Engine.stats`).
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "10000",
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_event_stats": "0",
    # Ray's workers run at niceness 15, as batch work does; ours answer people.
    "RAY_worker_niceness": "0",
    # Else an idle worker of 50 MB starts for each CPU that Ray is told of.
    "RAY_prestart_worker_first_driver": "0",
}
if "RAY_ADDRESS" not in os.environ:
    # Despite its name, this keeps a local Ray on 127.0.0.1 on Linux too (`services.get_node_ip_address`).
    # An explicit `_node_ip_address="127.0.0.1"` is replaced by the outward address of the machine.
    _RAY_ENVIRONMENT["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"

RAY_CAME_FIRST = "ray" in sys.modules and not _RAY_ENVIRONMENT.keys() <= os.environ.keys()
"""Ray was imported too early to have seen this; it must not be started from here."""

for _name, _value in _RAY_ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
