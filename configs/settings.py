"""One `Settings` for the whole engine: profile file, then environment, then flags."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)

from configs.yaml_text import NOT_UTF8, BadConfiguration, parse_yaml, read_mapping

CONFIGS = Path(__file__).parent
ENVIRONMENT_PREFIX = "ASSAY_"
FILE_SUFFIX = "_FILE"
"""No field ends in it."""
CLIENT_VARIABLES = frozenset({"ASSAY_API_KEY", "ASSAY_BASE_URL", "ASSAY_WORKER_TOKEN", "ASSAY_WEBHOOK_SECRET"})
"""What our SDKs and `assay mcp` read: they name a server and a key, and are no settings of it."""

Role = Literal["detector", "safety", "concepts", "text", "speech", "audio_quality"]
ROLES: tuple[Role, ...] = get_args(Role)
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "f32", "bf16", "f16", "int8"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DecodeSettings(_Section):
    """Limits on what one file may cost before it is refused."""

    workers: PositiveInt = 1
    """Decoding processes."""
    view_pixels: PositiveInt = 2016
    """Long side of the picture that the models see."""
    max_image_pixels: PositiveInt = 200_000_000
    max_size_bytes: PositiveInt = 2 * 1024**3
    max_audio_seconds: PositiveFloat = 3600.0
    max_video_seconds: PositiveFloat = 600.0
    max_frames: PositiveInt = 12
    """Frames of a video that the models look at."""
    frame_pixels: PositiveInt = 1280
    """Long side of a video frame."""
    timeout_seconds: PositiveFloat = 30.0
    memory_bytes: PositiveInt = 4 * 1024**3
    """Address space of a decoding process; with `video_device: cuda` its private memory, since CUDA reserves more."""
    video_device: Literal["cpu", "cuda"] = "cpu"
    """`cuda` decodes video on the GPU (NVDEC) where its driver and the codec allow, else on the CPU."""


class BatchSettings(_Section):
    """When a batch is closed: full by cost, full by count, or the first item waited long enough."""

    max_cost: PositiveFloat
    """In the family's unit: megapixels for pictures, seconds for sound."""
    max_items: PositiveInt = 16
    wait_seconds: float = Field(default=0.005, ge=0, le=5)
    concurrent: PositiveInt = 1
    """Batches that one replica runs at once."""


class ReplicaSettings(_Section):
    """How many replicas Ray Serve runs and what each of them reserves."""

    num_cpus: float = Field(default=0.1, ge=0)
    num_gpus: float = Field(default=0.0, ge=0)
    min_replicas: PositiveInt = 1
    max_replicas: PositiveInt = 1
    max_ongoing_requests: PositiveInt = 32
    target_ongoing_requests: PositiveFloat | None = None
    """Autoscaling aims at so many requests under way in each replica: half of `max_ongoing_requests` when absent.
    Serve's own default is 2, which would add replicas long before a batch fills."""

    @model_validator(mode="after")
    def _replicas_are_ordered(self) -> "ReplicaSettings":
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"min_replicas {self.min_replicas} is above max_replicas {self.max_replicas}")
        return self


class FrontEndReplicas(ReplicaSettings):
    """Of the API or of the background work: `min_replicas` always, since those of one machine share its socket, and the
    loops have work when no request comes."""

    @model_validator(mode="after")
    def _nothing_scales(self) -> "FrontEndReplicas":
        if self.max_replicas != self.min_replicas:
            raise ValueError(
                f"these replicas do not come and go with the load: min_replicas {self.min_replicas} and "
                f"max_replicas {self.max_replicas} have to be the same"
            )
        if self.target_ongoing_requests is not None or self.num_gpus:
            raise ValueError("these replicas have no use for target_ongoing_requests or num_gpus")
        return self


class ModelSettings(_Section):
    """One model of the ensemble: which weights, how they run, how batches form."""

    weights: str
    """A name in `weights.yaml`."""
    backend: str
    """The implementation within the family, for example `ppocr` or `easyocr` for text."""
    device: Device = "auto"
    precision: Precision = "auto"
    threads: PositiveInt = 2
    batch: BatchSettings
    replicas: ReplicaSettings = ReplicaSettings()
    options: dict[str, Any] = Field(default_factory=dict)
    """Backend-specific; unknown keys are refused by the backend."""

    @model_validator(mode="after")
    def _queue_holds_the_batches(self) -> "ModelSettings":
        """Serve hands a replica at most `max_ongoing_requests`; fewer than a batch starves it (ray issue 43288)."""
        needed = self.batch.max_items * self.batch.concurrent
        if self.replicas.max_ongoing_requests < needed:
            raise ValueError(
                f"max_ongoing_requests {self.replicas.max_ongoing_requests} is below "
                f"max_items × concurrent = {needed}; batches could never fill"
            )
        return self


class DatabaseSettings(_Section):
    """Where the front end keeps jobs, submissions and money."""

    url: str = "sqlite"
    """`sqlite` (a file in `state_dir`) or a SQLAlchemy URL, for example `postgresql://user:password@host/assay`."""
    password: SecretStr | None = None
    """In place of the one in `url`, so that it can come from a file: `ASSAY_DATABASE__PASSWORD_FILE`."""
    pool_size: PositiveInt = 20
    """Connections to Postgres that each process of the API and of the background work opens at most."""


class SignupSettings(_Section):
    """Whether strangers may open an organization."""

    enabled: bool = False
    starter_credits: int = Field(default=0, ge=0)


class LimitSettings(_Section):
    """Requests that one organization (or address, before it is known) may make in a minute, by class of route.

    Every API process counts by itself: with N replicas of the API up to N times as many pass.
    """

    read_per_minute: PositiveInt = 1200
    write_per_minute: PositiveInt = 600
    score_per_minute: PositiveInt = 120
    anonymous_per_minute: PositiveInt = 60


class CollectionSettings(_Section):
    """How slots are given to workers."""

    upload_lease_seconds: PositiveInt = 1800
    """How long a worker may take to upload what it accepted."""
    max_open_leases: PositiveInt = 10
    """Slots of one job that a worker may hold without having submitted."""
    strikes_to_ban: PositiveInt = 3
    invitation_seconds: PositiveInt = 7 * 86400
    """How long a worker may take to open its invitation."""


class DispatcherSettings(_Section):
    """How pending submissions reach the engine."""

    concurrency: PositiveInt = 8
    """Submissions under way in the engine at once."""
    claim_seconds: PositiveFloat = 60.0
    """A claim that is not renewed for so long is free for another dispatcher."""
    poll_seconds: PositiveFloat = 0.1
    """Pause after a look that found nothing: a file that comes alone waits for half of it. A look takes 1.3 ms. SQLite
    tells whether there is anything new, and is asked that every 0.04 s (decision 34)."""
    max_attempts: PositiveInt = 3
    """Tries of the engine at one file before a person has to look at it."""
    retry_seconds: PositiveFloat = 5.0
    """Pause before the second try, on average; each further one takes six times as long."""
    sweep_seconds: PositiveFloat = 5.0
    """Between two looks for leases and deadlines that ran out."""


class WebhookSettings(_Section):
    """Which targets webhooks may be sent to, and when a delivery is given up."""

    allow_http: bool = False
    allowed_networks: tuple[str, ...] = ()
    """CIDR blocks that are allowed although they are private, loopback or link-local."""
    retry_seconds: tuple[PositiveInt, ...] = (60, 300, 1800, 7200, 28800, 86400)
    """Pauses after the first attempt, before jitter."""
    connect_timeout_seconds: PositiveFloat = 3.0
    total_timeout_seconds: PositiveFloat = 15.0
    disable_after_seconds: PositiveInt = 5 * 86400
    """An endpoint that fails for so long is disabled."""
    secret_overlap_seconds: PositiveInt = 86400
    """How long the old secret signs too after a rotation."""
    concurrency: PositiveInt = 16
    """Deliveries under way at a time: at most a quarter of them to one endpoint, and three quarters to one
    organization's."""
    max_endpoints: PositiveInt = 20
    """Of an organization, in both modes together."""

    @field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, blocks: tuple[str, ...]) -> tuple[str, ...]:
        for block in blocks:
            ip_network(block)
        return blocks


class ApiSettings(_Section):
    """The HTTP front end."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = None
    """How clients reach it, where that is not `http://host:port`; part of every URL that it signs."""
    secret_key: SecretStr | None = None
    """Seals what must be read again (webhook secrets) and signs URLs and cursors; made in `state_dir` when absent."""
    replicas: FrontEndReplicas = FrontEndReplicas(max_ongoing_requests=1000)
    """With SQLite one is enough, since it writes one transaction at a time. `max_ongoing_requests` counts behind the
    proxies that a cluster has; replicas that listen themselves take what comes."""
    score_max_bytes: PositiveInt = 64 * 1024**2
    """Largest file of `POST /v1/score`."""
    score_concurrency: PositiveInt = 16
    """Files of `POST /v1/score` that an API process has in the engine at once; the next one is answered 503."""
    key_overlap_seconds: PositiveInt = 86400
    """How long the old API key works after a rotation."""
    cors_origins: tuple[str, ...] = ()
    """Pages that may call the API from a browser, for example `https://capture.example.com`; `*` is all of them."""
    log_to_stderr: bool = False
    """Rather than to `state_dir/logs`, as containers want it."""
    stderr_of: PositiveInt | None = None
    """Process whose stderr that is, on the machine of the replicas; `assay up` names itself, since theirs is a file of
    Ray's. Where that cannot be opened (a socket), it is their own."""

    @property
    def url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class BillingSettings(_Section):
    """Where credits come from."""

    provider: Literal["internal", "stripe"] = "internal"
    """`internal` grants purchases at once, on an operator's word; `stripe` is the one thing that goes outside."""
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_url: str = "https://api.stripe.com"
    """Base of Stripe's API."""
    return_url: str | None = None
    """Page to which a buyer comes back from the checkout; `api.url` when absent."""
    low_balance_credits: int = Field(default=1000, ge=0)
    """`credits.low_balance` fires when the available credits fall below it."""
    max_purchase_credits: PositiveInt = 100_000_000

    @model_validator(mode="after")
    def _stripe_has_its_secrets(self) -> "BillingSettings":
        if self.provider == "stripe" and (self.stripe_secret_key is None or self.stripe_webhook_secret is None):
            raise ValueError("the stripe provider needs stripe_secret_key and stripe_webhook_secret")
        return self


class StoreSettings(_Section):
    """Where the bytes of files are kept, and how long signed URLs to them live."""

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, given: Any) -> Any:
        """`upload_url_seconds` was a setting once, and did nothing."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if name != "upload_url_seconds"}

    backend: Literal["local", "s3"] = "local"
    """`local` keeps them in `state_dir`; `s3` on any server that speaks S3."""
    bucket: str | None = None
    """Made at start where it is missing and may be made."""
    endpoint_url: str | None = None
    """How the engine reaches the server; AWS itself when absent."""
    public_endpoint_url: str | None = None
    """How clients and workers reach the same server, where that differs; signed URLs name it."""
    region: str = "us-east-1"
    path_style: bool = True
    """The bucket in the path rather than in the host name, which needs no DNS entry for each bucket."""
    ca_bundle: Path | None = None
    """PEM file with the authorities that the server's certificate is checked against; the system's when absent."""
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    """Both or none; without them boto3 looks for credentials where it always does."""
    max_upload_bytes: PositiveInt = 2 * 1024**3
    download_url_seconds: PositiveInt = Field(default=7 * 86400, le=7 * 86400)
    """Signature version 4 allows a week at most."""

    @model_validator(mode="after")
    def _s3_is_whole(self) -> "StoreSettings":
        if self.backend == "s3" and not self.bucket:
            raise ValueError("store.backend s3 needs store.bucket")
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("store.access_key_id and store.secret_access_key go together")
        return self


class Settings(_Section):
    """Everything the engine needs to know to start."""

    profile: str
    data_dir: Path = Path("~/.cache/assay")
    """Compiled models and other things that can be made again."""
    state_dir: Path = Path("~/.local/share/assay")
    """What must not be lost: the secret key, and the database and files where they are kept on this machine."""
    rubric: Path = CONFIGS / "rubric.yaml"
    weights: Path = CONFIGS / "weights.yaml"
    decode: DecodeSettings = DecodeSettings()
    models: dict[Role, ModelSettings]
    object_store_mb: int = Field(default=512, ge=128)
    """Shared memory of a Ray that we start, for pictures on their way to the models: at 2,016 pixels 9 MB a photo and
    33 MB a video, of `scorer.max_ongoing_requests` submissions. What does not fit is written to disk."""
    loading_niceness: int = Field(default=0, ge=0, le=19)
    """Of a model's replica until it is loaded, where the machine has few cores and its user may raise it again after
    that (`serve.niceness`). Not for clusters whose nodes have Python elsewhere than the head."""
    scorer: ReplicaSettings = ReplicaSettings()
    api: ApiSettings = ApiSettings()
    background: FrontEndReplicas = FrontEndReplicas()
    """The front end's loops: dispatcher, webhooks, exports."""
    database: DatabaseSettings = DatabaseSettings()
    signup: SignupSettings = SignupSettings()
    limits: LimitSettings = LimitSettings()
    collection: CollectionSettings = CollectionSettings()
    dispatcher: DispatcherSettings = DispatcherSettings()
    webhooks: WebhookSettings = WebhookSettings()
    billing: BillingSettings = BillingSettings()
    store: StoreSettings = StoreSettings()

    @model_validator(mode="after")
    def _expand(self) -> "Settings":
        object.__setattr__(self, "data_dir", self.data_dir.expanduser())
        object.__setattr__(self, "state_dir", self.state_dir.expanduser())
        return self


def load_settings(profile: str | Path = "embedded", **flags: Any) -> Settings:
    """Read a profile by name or path, then `ASSAY_…` variables, then flags (`None` leaves a value alone).

    A variable names the path of a field with double underscores: `ASSAY_DECODE__WORKERS=2`. With `_FILE` at its end it
    names a file that holds the value, as container engines hand out secrets: `ASSAY_API__SECRET_KEY_FILE`.

    Raises:
        FileNotFoundError: no such profile.
        BadConfiguration: the profile or a variable is no YAML, or a file that a variable names cannot be read.
        pydantic.ValidationError: a value is unknown or out of range; the message names the field.
    """
    path = Path(profile) if str(profile).endswith((".yaml", ".yml")) else CONFIGS / f"{profile}.yaml"
    if not path.exists():
        known = sorted(p.stem for p in CONFIGS.glob("*.yaml") if p.stem not in {"weights", "rubric"})
        raise FileNotFoundError(f"no profile {str(profile)!r}; known: {', '.join(known)}, or the path of a .yaml file")
    values = read_mapping(path)
    values.setdefault("profile", path.stem)
    for name, text in os.environ.items():
        if name.startswith(ENVIRONMENT_PREFIX) and name not in CLIENT_VARIABLES:
            field = name.removeprefix(ENVIRONMENT_PREFIX).removesuffix(FILE_SUFFIX).lower()
            _set(values, field.split("__"), _held(name, text) if name.endswith(FILE_SUFFIX) else parse_yaml(text, name))
    for name, value in flags.items():
        if value is not None:
            _set(values, name.split("__"), value)
    return Settings.model_validate(values)


def _held(name: str, path: str) -> str:
    """What a secret's file holds, as text whatever it looks like, without the newline that editors put at its end."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfiguration(f"{name}: {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"{name}: {path} {NOT_UTF8}") from error


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise BadConfiguration(f"{'.'.join(path)}: {parent} is {values!r} already, which has nothing in it")
    values[last] = value
