"""What the server answers with, as models with attributes.

Fields that this version does not know are kept, and can be read as attributes too.
"""

from assay_sdk.types.annotations import (
    AnnotationQuality,
    Annotations,
    Keyframe,
    ModelVersion,
    ObjectLabel,
    Resolution,
    Scene,
    SpokenWord,
    TranscriptSegment,
    WrittenWord,
)
from assay_sdk.types.api_keys import ApiKey, NewApiKey
from assay_sdk.types.base import Resource
from assay_sdk.types.credits import CreditBalance, CreditPurchase, CreditTransaction
from assay_sdk.types.exports import Export
from assay_sdk.types.files import File
from assay_sdk.types.jobs import AuditEntry, Job, Location, LocationParam, Requirements, RequirementsParam
from assay_sdk.types.ops import (
    BatchSettings,
    OpsBatch,
    OpsFailure,
    OpsLatency,
    OpsModel,
    OpsOverview,
    OpsQueue,
    OpsRatePoint,
    OpsThroughput,
)
from assay_sdk.types.organization import OrganizationSettings
from assay_sdk.types.scores import Score, ScoreBreakdown
from assay_sdk.types.search import SearchResult
from assay_sdk.types.submissions import PartedUpload, Submission, SubmissionSummary, Upload, UploadPart
from assay_sdk.types.webhooks import (
    EventData,
    NewWebhookEndpoint,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookEventWithDeliveries,
)
from assay_sdk.types.workers import NewWorker, Worker, WorkerInvitation, WorkerJob, WorkerSelf, WorkerSubmission

__all__ = [
    "AnnotationQuality",
    "Annotations",
    "ApiKey",
    "AuditEntry",
    "BatchSettings",
    "CreditBalance",
    "CreditPurchase",
    "CreditTransaction",
    "EventData",
    "Export",
    "File",
    "Job",
    "Keyframe",
    "Location",
    "LocationParam",
    "ModelVersion",
    "NewApiKey",
    "NewWebhookEndpoint",
    "NewWorker",
    "ObjectLabel",
    "OpsBatch",
    "OpsFailure",
    "OpsLatency",
    "OpsModel",
    "OpsOverview",
    "OpsQueue",
    "OpsRatePoint",
    "OpsThroughput",
    "OrganizationSettings",
    "PartedUpload",
    "Requirements",
    "RequirementsParam",
    "Resolution",
    "Resource",
    "Scene",
    "Score",
    "ScoreBreakdown",
    "SearchResult",
    "SpokenWord",
    "Submission",
    "SubmissionSummary",
    "TranscriptSegment",
    "Upload",
    "UploadPart",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookEventWithDeliveries",
    "Worker",
    "WorkerInvitation",
    "WorkerJob",
    "WorkerSelf",
    "WorkerSubmission",
    "WrittenWord",
]
