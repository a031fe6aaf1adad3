import type { components, operations } from "./schema.js";

type Schemas = components["schemas"];
type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

/** A job: what is asked for, what it costs, how far it is. */
export type Job = Schemas["JobResource"];
/** What a new job asks for; `description`, `quantity` and `reward_per_file` (credits) are required. */
export type JobCreate = Schemas["JobCreate"];
/** How content one is with the files of a job. */
export type JobRating = Schemas["JobRating"];
/** Which jobs to list. */
export type JobListQuery = QueryOf<"list_jobs">;
/** One thing that was done to a job or an account, and by whom. */
export type AuditEntry = Schemas["AuditResource"];
/** Which entries to list. */
export type AccountAuditQuery = QueryOf<"get_account_audit">;
/** Which page of a list. */
export type PageQuery = QueryOf<"get_job_audit">;
/** Hard conditions that a file must meet. */
export type Requirements = Schemas["Requirements"];
/** Where files must have been captured. */
export type Place = Schemas["Place"];

/** A scored file with its annotations; `download_url` is there once it is approved. */
export type AssayFile = Schemas["FileResource"];
/** Which files to list. */
export type FileListQuery = QueryOf<"list_files">;

/** A slot of a job and what came of it, as the client sees it. */
export type Submission = Schemas["SubmissionResource"];
/** Announces a file of the client's own. */
export type SubmissionCreate = operations["create_submission"]["requestBody"]["content"]["application/json"];
/** Which submissions to list. */
export type SubmissionListQuery = QueryOf<"list_submissions">;
/** Submissions counted by status and score. */
export type SubmissionSummary = Schemas["SubmissionSummary"];
/** A person's verdict on a submission. */
export type Review = Schemas["Review"];
/** Where, how and until when the bytes of a submission are to be sent. */
export type Upload = Schemas["Upload"];
/** An upload in parts: how much is there, and where the next parts go. */
export type PartedUpload = Schemas["PartedUpload"];
/** Where one part of a file goes. */
export type UploadPart = Schemas["UploadPart"];

/** What the engine says about one file. */
export type Score = Schemas["ScoreResource"];
/** A delivered file and how near it is to the query. */
export type SearchResult = Schemas["SearchResult"];
/** What to search for, and where. */
export type SearchQuery = QueryOf<"search_files">;

/** A dataset of a job's delivered files. */
export type Export = Schemas["ExportResource"];
/** The format of an export. */
export type ExportCreate = Schemas["ExportCreate"];

/** An API key, without its secret. */
export type ApiKey = Schemas["KeyResource"];
/** An API key with its secret, which is shown once. */
export type NewApiKey = Schemas["NewKeyResource"];
/** What a new key may do, and how long. */
export type ApiKeyCreate = Schemas["KeyCreate"];

/** A receiver of events. */
export type WebhookEndpoint = Schemas["EndpointResource"];
/** A receiver of events with its signing secret, which is shown once. */
export type WebhookEndpointWithSecret = Schemas["EndpointWithSecret"];
/** A receiver to add. */
export type WebhookEndpointCreate = Schemas["EndpointCreate"];
/** What to change of a receiver. */
export type WebhookEndpointUpdate = Schemas["EndpointUpdate"];
/** Which events to list. */
export type WebhookEventListQuery = QueryOf<"list_webhook_events">;
/** The types of events. */
export type WebhookEventType = NonNullable<WebhookEventListQuery["type"]>;
/** An event with how far it has come on its way to each receiver. */
export type WebhookEventWithDeliveries = Schemas["EventResource"];
/** An event as a receiver gets it. */
export type WebhookEvent = Omit<WebhookEventWithDeliveries, "deliveries" | "type"> & { type: WebhookEventType };

/** What an organization has, in credits of one cent. */
export type CreditBalance = Schemas["BalanceResource"];
/** One movement of credits. */
export type CreditTransaction = Schemas["TransactionResource"];
/** Which movements of credits to list. */
export type CreditTransactionListQuery = QueryOf<"list_transactions">;
/** Credits to buy. */
export type CreditPurchaseCreate = Schemas["PurchaseCreate"];
/** A purchase: done, or waiting for the buyer at `checkout_url`. */
export type CreditPurchase = Schemas["PurchaseResource"];

/** An organization that was just opened, with its first key. */
export type Organization = Schemas["OrganizationResource"];
/** An organization to open. */
export type SignUp = Schemas["Signup"];
/** What an organization has set. */
export type OrganizationSettings = Schemas["SettingsResource"];
/** What to change of the settings; `null` brings a default back. */
export type OrganizationSettingsUpdate = Schemas["SettingsUpdate"];

/** A person who captures files. */
export type Worker = Schemas["WorkerResource"];
/** A worker with the token that the person signs in with, which is shown once. */
export type NewWorker = Schemas["NewWorkerResource"];
/** A worker to add. */
export type WorkerCreate = Schemas["WorkerCreate"];
/** A link that signs a worker in on the capture page, once. */
export type WorkerInvitation = Schemas["InvitationResource"];
/** Why a worker gets no more work. */
export type WorkerBan = Schemas["WorkerBan"];
/** Which workers to list. */
export type WorkerListQuery = QueryOf<"list_workers">;

/** The worker whose token it is. */
export type WorkerSelf = Schemas["WorkerSelf"];
/** A job as workers see it. */
export type WorkerJob = Schemas["WorkerJob"];
/** A slot as its worker sees it. */
export type WorkerSubmission = Schemas["WorkerSubmissionResource"];
/** Which of the worker's own submissions to list. */
export type WorkerSubmissionListQuery = QueryOf<"list_own_submissions">;
/** What a worker may say about the file that was uploaded. */
export type Submit = Schemas["Submit"];

/** Queue, throughput, latencies, models and failures of the whole installation at one moment. */
export type OpsOverview = Schemas["OpsOverview"];
/** One model of the ensemble: its weights, how its batches form, what it does. */
export type OpsModel = Schemas["OpsModel"];
/** Which model of the ensemble. */
export type ModelRole = OpsModel["role"];
/** How a model's batches form. */
export type BatchSettings = Schemas["BatchResource"];
/** What to change of how a model's batches form; what is absent stays. */
export type BatchUpdate = Schemas["BatchUpdate"];
