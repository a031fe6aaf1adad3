// Made from docs/openapi.json by `npm run generate`; not to be edited.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Healthz
         * @description 200 while this process runs.
         */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description For Prometheus.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readyz
         * @description 200 when the database, the store and every model answer, 503 else.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Api Keys
         * @description Newest first, ended ones too. A test key sees those of test mode.
         */
        get: operations["list_api_keys"];
        put?: never;
        /**
         * Create Api Key
         * @description Make a key. It is in this answer, and in no other.
         */
        post: operations["create_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{key_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke Api Key
         * @description End a key at once.
         */
        post: operations["revoke_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{key_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate Api Key
         * @description Make the successor of a key, which works for 24 hours more.
         */
        post: operations["rotate_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/signup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign Up
         * @description Open an organization. Its first key is in this answer, and in no other.
         */
        post: operations["sign_up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/credits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Credit Balance
         * @description What the organization has.
         */
        get: operations["get_credit_balance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/credits/purchase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Purchase Credits
         * @description Buy credits: done at once, or at the checkout whose URL is answered, as the operator has set it up.
         */
        post: operations["purchase_credits"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/stripe/webhook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive Stripe Event
         * @description Where Stripe tells that a checkout was paid.
         */
        post: operations["receive_stripe_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Transactions
         * @description Newest first.
         */
        get: operations["list_transactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/{export_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Export
         * @description One export, with a fresh download URL once it is completed.
         */
        get: operations["get_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Files
         * @description Files of all jobs, or of one.
         */
        get: operations["list_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{file_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get File
         * @description One file, with a fresh download URL.
         */
        get: operations["get_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{file_id}/refresh_url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh Url
         * @description The same as reading it, for clients that expect a call of its own; nothing is changed.
         */
        post: operations["refresh_url"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs
         * @description Newest first.
         */
        get: operations["list_jobs"];
        put?: never;
        /**
         * Create Job
         * @description Post a job; what it may cost is held.
         */
        post: operations["create_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job
         * @description One job.
         */
        get: operations["get_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job Audit
         * @description Who did what to a job, newest first.
         */
        get: operations["get_job_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Job
         * @description End a job; what it still holds returns at once.
         */
        post: operations["cancel_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Job Exports
         * @description Newest first.
         */
        get: operations["list_job_exports"];
        put?: never;
        /**
         * Export Job
         * @description Ask for a dataset of the files that the job has delivered; `export.completed` tells when it is there.
         */
        post: operations["export_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job Files
         * @description The delivered files of a job; with `status` those that came to another end.
         */
        get: operations["get_job_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/rate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rate Job
         * @description Say how good the files of a job are.
         */
        post: operations["rate_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/submissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job Submissions
         * @description Submissions of one job.
         */
        get: operations["get_job_submissions"];
        put?: never;
        /**
         * Create Submission
         * @description Bring a file of your own: JSON announces it and is answered with an upload URL, a form has it in `file`.
         *
         *     A form may also tell the `sha256` of the file, as JSON does; another file is refused then.
         */
        post: operations["create_submission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/models/{role}/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update Model Batch
         * @description Let a model's batches form in another way from the next one on; no replica is started anew.
         */
        patch: operations["update_model_batch"];
        trace?: never;
    };
    "/v1/ops/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Overview
         * @description Queue, throughput, latencies, models and failures at this moment, over all organizations.
         */
        get: operations["get_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Account Audit
         * @description Who did what to the account, newest first: keys, people, endpoints, credits, settings, rubrics, the engine.
         *
         *     What was done to a job, its exports among it, is in the job's audit. There is one account for both modes.
         */
        get: operations["get_account_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Settings
         * @description What the organization has set.
         */
        get: operations["get_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update Settings
         * @description Change some of it. They hold for both modes, so a live key is needed.
         */
        patch: operations["update_settings"];
        trace?: never;
    };
    "/v1/score": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Score File
         * @description Score and annotate one file; nothing is stored, nothing is charged.
         */
        post: operations["score_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search Files
         * @description Delivered files by meaning: the query against what is seen, read and heard in them. One page, best first.
         */
        get: operations["search_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/submissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Submissions
         * @description Submissions of all jobs, or of one.
         */
        get: operations["list_submissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/submissions/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Submission Summary
         * @description Submissions counted by status and score.
         */
        get: operations["get_submission_summary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/submissions/{submission_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Submission
         * @description One submission.
         */
        get: operations["get_submission"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/submissions/{submission_id}/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Review Submission
         * @description Decide in the engine's place; the money follows, and the verdict is kept for calibration.
         */
        post: operations["review_submission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Webhook Endpoints
         * @description Newest first. A test key sees those of test mode.
         */
        get: operations["list_webhook_endpoints"];
        put?: never;
        /**
         * Create Webhook Endpoint
         * @description Add a receiver of events. Its secret is in this answer, and in no other.
         */
        post: operations["create_webhook_endpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Webhook Endpoint
         * @description One receiver.
         */
        get: operations["get_webhook_endpoint"];
        put?: never;
        post?: never;
        /**
         * Delete Webhook Endpoint
         * @description Take a receiver away, with what was still on its way to it.
         */
        delete: operations["delete_webhook_endpoint"];
        options?: never;
        head?: never;
        /**
         * Update Webhook Endpoint
         * @description Change a receiver, disable it, or enable it again.
         */
        patch: operations["update_webhook_endpoint"];
        trace?: never;
    };
    "/v1/webhook_endpoints/{endpoint_id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate Webhook Secret
         * @description Make a new secret. For 24 hours the old one signs too, in a second signature.
         */
        post: operations["rotate_webhook_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Webhook Events
         * @description Newest first, with how far each has come on its way to every endpoint.
         */
        get: operations["list_webhook_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_events/{event_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay Webhook Event
         * @description Send an event anew, under its id, to every enabled endpoint that wants its type.
         *
         *     Where there is none, the answer is 409 `no_endpoint`.
         */
        post: operations["replay_webhook_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs For Worker
         * @description Jobs with open slots.
         */
        get: operations["list_jobs_for_worker"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job For Worker
         * @description One active job, or one that I took a slot of.
         */
        get: operations["get_job_for_worker"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/jobs/{job_id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept Job
         * @description Take a slot: the answer says where to PUT the file, and until when.
         */
        post: operations["accept_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Me
         * @description Who I am, what I earned, how many strikes I have.
         */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/submissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Own Submissions
         * @description My submissions, newest first.
         */
        get: operations["list_own_submissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/submissions/{submission_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Own Submission
         * @description One of my submissions: its score, reasons and what to do better; the upload URL while it waits for a file.
         */
        get: operations["get_own_submission"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/submissions/{submission_id}/parted_upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Parted Upload
         * @description What of it is there and where the next parts go; once nothing is missing, submit the file.
         */
        get: operations["get_parted_upload"];
        put?: never;
        /**
         * Create Parted Upload
         * @description Send a large file in parts, so that a broken connection costs one of them; an earlier upload's parts go.
         */
        post: operations["create_parted_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/submissions/{submission_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry Submission
         * @description Try once more after 2 stars; the answer has a new upload URL.
         */
        post: operations["retry_submission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worker/submissions/{submission_id}/submit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Submit
         * @description Say that the file is uploaded; it is scored next.
         */
        post: operations["submit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Workers
         * @description Newest first.
         */
        get: operations["list_workers"];
        put?: never;
        /**
         * Create Worker
         * @description Make a worker. Its token is in this answer, and in no other.
         */
        post: operations["create_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{worker_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Worker
         * @description One worker.
         */
        get: operations["get_worker"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{worker_id}/ban": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ban Worker
         * @description Give a worker no more work. What was earned stays earned.
         */
        post: operations["ban_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{worker_id}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Worker Invitation
         * @description Make a link, and its QR code, that signs the worker in on the capture page, once. An older one ends.
         */
        post: operations["create_worker_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{worker_id}/rotate_token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate Worker Token
         * @description Give a worker a new token. The old one ends at once.
         */
        post: operations["rotate_worker_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{worker_id}/unban": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unban Worker
         * @description Let a worker in again, with no strikes.
         */
        post: operations["unban_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AuditResource
         * @description One thing that was done to a job or an account.
         */
        AuditResource: {
            /** Action */
            action: string;
            /** Actor */
            actor: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Details */
            details: {
                [key: string]: unknown;
            };
            /** Id */
            id: string;
            /**
             * Object
             * @default audit_entry
             * @constant
             */
            object: "audit_entry";
            /** Request Id */
            request_id: string | null;
            /** Subject Id */
            subject_id: string | null;
        };
        /**
         * BalanceResource
         * @description What an organization has.
         */
        BalanceResource: {
            /** Available Cents */
            available_cents: number;
            /**
             * Available Credits
             * @description Free for new jobs.
             */
            available_credits: number;
            /**
             * Currency
             * @default usd
             * @constant
             */
            currency: "usd";
            /** Held Cents */
            held_cents: number;
            /**
             * Held Credits
             * @description Set aside for the open slots of active jobs.
             */
            held_credits: number;
            /**
             * Object
             * @default credit_balance
             * @constant
             */
            object: "credit_balance";
            /** Total Cents */
            total_cents: number;
            /** Total Credits */
            total_credits: number;
            /**
             * Updated At
             * Format: date-time
             * @description Of the last transaction.
             */
            updated_at: string;
        };
        /**
         * Batch
         * @description When a batch is closed: full by cost, full by count, or its oldest item waited long enough.
         */
        Batch: {
            /**
             * Concurrent
             * @description Batches that one replica runs at once.
             */
            concurrent: number;
            /**
             * Max Cost
             * @description In the model's unit: megapixels of pictures, seconds of sound.
             */
            max_cost: number;
            /** Max Items */
            max_items: number;
            /** Wait Seconds */
            wait_seconds: number;
        };
        /**
         * BatchResource
         * @description How a model's batches form from now on.
         */
        BatchResource: {
            /**
             * Concurrent
             * @description Batches that one replica runs at once.
             */
            concurrent: number;
            /**
             * Max Cost
             * @description In the model's unit: megapixels of pictures, seconds of sound.
             */
            max_cost: number;
            /** Max Items */
            max_items: number;
            /**
             * Object
             * @default batch_settings
             * @constant
             */
            object: "batch_settings";
            /**
             * Role
             * @enum {string}
             */
            role: "detector" | "safety" | "concepts" | "text" | "speech" | "audio_quality";
            /** Wait Seconds */
            wait_seconds: number;
        };
        /**
         * BatchUpdate
         * @description What to change of how a model's batches form; what is absent stays.
         */
        BatchUpdate: {
            /** Concurrent */
            concurrent?: number | null;
            /** Max Cost */
            max_cost?: number | null;
            /** Max Items */
            max_items?: number | null;
            /** Wait Seconds */
            wait_seconds?: number | null;
        };
        /**
         * DeliverySummary
         * @description How far an event has come on its way to an endpoint.
         */
        DeliverySummary: {
            /**
             * Attempts
             * @description Since the event happened or was last replayed.
             */
            attempts: number;
            /** Endpoint Id */
            endpoint_id: string;
            /** Last Error */
            last_error: string | null;
            /**
             * Last Status
             * @description HTTP status of the last attempt; `null` when there was no answer.
             */
            last_status: number | null;
            /** Next Attempt At */
            next_attempt_at: string | null;
            /**
             * Status
             * @description `failed` can be replayed.
             * @enum {string}
             */
            status: "pending" | "succeeded" | "failed";
        };
        /**
         * EndpointCreate
         * @description A receiver to add.
         */
        EndpointCreate: {
            /** Description */
            description?: string | null;
            /**
             * Events
             * @description Types that it wants; all of them, also those to come, when absent. Also taken as `enabled_events`.
             */
            events?: (("submission.scored" | "submission.approved" | "submission.rejected" | "submission.needs_review" | "job.completed" | "job.cancelled" | "job.timed_out" | "credits.low_balance" | "export.completed") | "*")[] | null;
            /** Metadata */
            metadata?: {
                [key: string]: string | boolean | number | null;
            } | null;
            /**
             * Url
             * @description Where events are posted to: https, a public address.
             * @example https://example.com/hook
             */
            url: string;
        };
        /**
         * EndpointResource
         * @description A receiver of events.
         */
        EndpointResource: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Description */
            description: string | null;
            /**
             * Disabled Reason
             * @description What disabled it, in words.
             */
            disabled_reason: string | null;
            /**
             * Events
             * @description `*` is all of them.
             */
            events: (("submission.scored" | "submission.approved" | "submission.rejected" | "submission.needs_review" | "job.completed" | "job.cancelled" | "job.timed_out" | "credits.low_balance" | "export.completed") | "*")[];
            /** Id */
            id: string;
            /** Livemode */
            livemode: boolean;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
            /**
             * Object
             * @default webhook_endpoint
             * @constant
             */
            object: "webhook_endpoint";
            /**
             * Status
             * @enum {string}
             */
            status: "enabled" | "disabled";
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Url */
            url: string;
        };
        /**
         * EndpointUpdate
         * @description What is to change; what is absent stays.
         */
        EndpointUpdate: {
            /**
             * Description
             * @description `null` takes it away.
             */
            description?: string | null;
            /**
             * Events
             * @description Also taken as `enabled_events`.
             */
            events?: (("submission.scored" | "submission.approved" | "submission.rejected" | "submission.needs_review" | "job.completed" | "job.cancelled" | "job.timed_out" | "credits.low_balance" | "export.completed") | "*")[] | null;
            /**
             * Metadata
             * @description Replaces all of it.
             */
            metadata?: {
                [key: string]: string | boolean | number | null;
            } | null;
            /**
             * Status
             * @description `enabled` starts anew after whatever disabled it.
             */
            status?: ("enabled" | "disabled") | null;
            /** Url */
            url?: string | null;
        };
        /**
         * EndpointWithSecret
         * @description A receiver of events with its new secret.
         */
        EndpointWithSecret: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Description */
            description: string | null;
            /**
             * Disabled Reason
             * @description What disabled it, in words.
             */
            disabled_reason: string | null;
            /**
             * Events
             * @description `*` is all of them.
             */
            events: (("submission.scored" | "submission.approved" | "submission.rejected" | "submission.needs_review" | "job.completed" | "job.cancelled" | "job.timed_out" | "credits.low_balance" | "export.completed") | "*")[];
            /** Id */
            id: string;
            /** Livemode */
            livemode: boolean;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
            /**
             * Object
             * @default webhook_endpoint
             * @constant
             */
            object: "webhook_endpoint";
            /**
             * Secret
             * @description Signs what is sent from now on. It is shown here, and never again.
             */
            secret: string;
            /**
             * Status
             * @enum {string}
             */
            status: "enabled" | "disabled";
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Url */
            url: string;
        };
        /**
         * ErrorBody
         * @description The body of every response that is not a success.
         */
        ErrorBody: {
            error: components["schemas"]["ErrorFields"];
        };
        /**
         * ErrorDetail
         * @description One of several faults of a body.
         */
        ErrorDetail: {
            /** Field */
            field: string;
            /** Message */
            message: string;
        };
        /**
         * ErrorFields
         * @description What went wrong.
         */
        ErrorFields: {
            /** Code */
            code: string;
            /** Details */
            details: components["schemas"]["ErrorDetail"][];
            /** Message */
            message: string;
            /** Param */
            param: string | null;
            /** Request Id */
            request_id: string;
            /** Type */
            type: string;
        };
        /**
         * EventResource
         * @description An event with its deliveries.
         */
        EventResource: {
            /**
             * Api Version
             * @default v1
             */
            api_version: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Data
             * @description The resource that it is about.
             */
            data: {
                [key: string]: unknown;
            };
            /** Deliveries */
            deliveries: components["schemas"]["DeliverySummary"][];
            /**
             * Id
             * @description The same on every attempt and replay: what tells a repetition.
             */
            id: string;
            /** Livemode */
            livemode: boolean;
            /**
             * Object
             * @default event
             * @constant
             */
            object: "event";
            /** Type */
            type: string;
        };
        /**
         * ExportCreate
         * @description What to make of a job's delivered files.
         */
        ExportCreate: {
            /**
             * Format
             * @description `jsonl`: a ZIP of the files with a line of JSON for each; `coco`: a ZIP with boxes, of pictures only;
             *     `webdataset`: a TAR of pairs; `hf`: a ZIP of a Hugging Face dataset folder.
             * @enum {string}
             */
            format: "jsonl" | "coco" | "webdataset" | "hf";
        };
        /**
         * ExportResource
         * @description A dataset of a job's delivered files: `pending` → `running` → `completed` | `failed`.
         */
        ExportResource: {
            /** Completed At */
            completed_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Download Url
             * @description Signed; `null` until it is completed.
             */
            download_url: string | null;
            /** Download Url Expires At */
            download_url_expires_at: string | null;
            /**
             * Error
             * @description Why it failed.
             */
            error: string | null;
            /**
             * File Count
             * @description Files in it; `null`, like the size and the digest, until it is completed.
             */
            file_count: number | null;
            /**
             * Format
             * @enum {string}
             */
            format: "jsonl" | "coco" | "webdataset" | "hf";
            /** Id */
            id: string;
            /** Job Id */
            job_id: string;
            /** Livemode */
            livemode: boolean;
            /**
             * Object
             * @default export
             * @constant
             */
            object: "export";
            /**
             * Sha256
             * @description Of what `download_url` answers.
             */
            sha256: string | null;
            /** Size Bytes */
            size_bytes: number | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "running" | "completed" | "failed";
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * FileResource
         * @description A scored file; its content can be had once it is approved.
         */
        FileResource: {
            /**
             * Ai Star Rating
             * @description Same as `score`.
             */
            ai_star_rating: number;
            /** Annotations */
            annotations: {
                [key: string]: unknown;
            } | null;
            /**
             * Content Type
             * @description `null`, like the format and sizes, when the file could not be read.
             */
            content_type: ("image" | "audio" | "video") | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Download Url
             * @description Signed; `null` unless approved.
             */
            download_url: string | null;
            /** Download Url Expires At */
            download_url_expires_at: string | null;
            /** Duration Seconds */
            duration_seconds: number | null;
            /**
             * File Id
             * @description Same as `id`.
             */
            file_id: string;
            /** Filename */
            filename: string;
            /** Format */
            format: string | null;
            /** Height */
            height: number | null;
            /** Id */
            id: string;
            /** Job Id */
            job_id: string;
            /** Livemode */
            livemode: boolean;
            /** Mime Type */
            mime_type: string | null;
            /**
             * Object
             * @default file
             * @constant
             */
            object: "file";
            /** Score */
            score: number;
            /** Score Breakdown */
            score_breakdown: {
                [key: string]: unknown;
            };
            /**
             * Sha256
             * @description Of what `download_url` answers.
             */
            sha256: string | null;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Status
             * @enum {string}
             */
            status: "approved" | "rejected" | "retry_pending" | "surplus";
            /** Submission Id */
            submission_id: string;
            /** Width */
            width: number | null;
        };
        /**
         * Health
         * @description The process answers.
         */
        Health: {
            /**
             * Status
             * @default ok
             * @constant
             */
            status: "ok";
        };
        /**
         * InvitationResource
         * @description A link that signs a worker in on a device of its own, once.
         */
        InvitationResource: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Object
             * @default worker_invitation
             * @constant
             */
            object: "worker_invitation";
            /**
             * Qr Svg
             * @description The same for a phone's camera: a QR code as an SVG document.
             */
            qr_svg: string;
            /**
             * Url
             * @description Of the capture page, with a code behind the `#`. It is shown here, and never again.
             */
            url: string;
            /** Worker Id */
            worker_id: string;
        };
        /**
         * JobCreate
         * @description What a client asks for.
         */
        JobCreate: {
            /**
             * Content Type
             * @description Derived from `file_formats` when absent.
             */
            content_type?: ("image" | "audio" | "video") | null;
            /** Deadline */
            deadline?: string | null;
            /**
             * Description
             * @description What a file must show.
             */
            description: string;
            /**
             * File Formats
             * @description Names (`jpeg`) or MIME types; all of the content type else.
             */
            file_formats?: ("audio/flac" | "audio/m4a" | "audio/mp3" | "audio/mp4" | "audio/mpeg" | "audio/ogg" | "audio/wav" | "audio/wave" | "audio/x-flac" | "audio/x-m4a" | "audio/x-wav" | "flac" | "heic" | "image/heic" | "image/heif" | "image/jpeg" | "image/jpg" | "image/png" | "image/webp" | "jpeg" | "jpg" | "m4a" | "mov" | "mp3" | "mp4" | "ogg" | "png" | "video/mp4" | "video/quicktime" | "video/webm" | "wav" | "webm" | "webp")[] | null;
            /**
             * Files Per Submission
             * @default 1
             */
            files_per_submission?: number | null;
            /**
             * Keep Location
             * @description Deliver pictures with their GPS position.
             * @default false
             */
            keep_location?: boolean | null;
            location?: components["schemas"]["Place"] | null;
            /** Max Workers */
            max_workers?: number | null;
            /** Metadata */
            metadata?: {
                [key: string]: string | boolean | number | null;
            } | null;
            /**
             * Min Star Rating
             * @description The organization's default, which is 3, when absent.
             */
            min_star_rating?: number | null;
            /**
             * Quantity
             * @description Files to approve.
             */
            quantity: number;
            /**
             * @default {
             *       "forbid_faces": false,
             *       "must_contain_text": [],
             *       "must_show": []
             *     }
             */
            requirements?: components["schemas"]["Requirements"] | null;
            /**
             * Reward Per File
             * @description Credits, 10–50000; paid for approved files only.
             */
            reward_per_file: number;
            /**
             * Scoring Criteria
             * @description For people: workers and reviewers read it, and no score depends on it.
             */
            scoring_criteria?: string | null;
            /**
             * Title
             * @description From the description when absent.
             * @default
             */
            title?: string | null;
            /**
             * Type
             * @description `data_collection`; `feedback` is not offered.
             * @default data_collection
             */
            type?: string | null;
            /** Worker Guidelines */
            worker_guidelines?: string | null;
        };
        /**
         * JobRating
         * @description How content the client is with a job.
         */
        JobRating: {
            /** Comment */
            comment?: string | null;
            /** Rating */
            rating: number;
        };
        /**
         * JobResource
         * @description A job.
         */
        JobResource: {
            /**
             * Accepted Formats
             * @description MIME types.
             */
            accepted_formats: string[];
            /**
             * Content Type
             * @enum {string}
             */
            content_type: "image" | "audio" | "video";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Deadline */
            deadline: string | null;
            /** Description */
            description: string;
            /** Ended At */
            ended_at: string | null;
            /** File Formats */
            file_formats: string[];
            /** Files Approved */
            files_approved: number;
            /** Files Needed */
            files_needed: number;
            /**
             * Files Pending
             * @description Slots that are given away and not decided.
             */
            files_pending: number;
            /** Files Per Submission */
            files_per_submission: number;
            /** Held Credits */
            held_credits: number;
            /** Id */
            id: string;
            /** Keep Location */
            keep_location: boolean;
            /** Livemode */
            livemode: boolean;
            location: components["schemas"]["Place"] | null;
            /** Max Workers */
            max_workers: number | null;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
            /** Min Star Rating */
            min_star_rating: number;
            /**
             * Object
             * @default job
             * @constant
             */
            object: "job";
            /** Price Per File Cents */
            price_per_file_cents: number;
            /** Quantity */
            quantity: number;
            /** Rating */
            rating: number | null;
            /** Requirements */
            requirements: {
                [key: string]: unknown;
            };
            /**
             * Reward Per File
             * @description Credits.
             */
            reward_per_file: number;
            /**
             * Scoring Criteria
             * @description For people; no score depends on it.
             */
            scoring_criteria: string | null;
            /** Slots Open */
            slots_open: number;
            /** Spent Credits */
            spent_credits: number;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "completed" | "cancelled" | "timed_out";
            /** Title */
            title: string;
            /** Total Cost Credits */
            total_cost_credits: number;
            /** Type */
            type: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Worker Guidelines */
            worker_guidelines: string | null;
        };
        /**
         * KeyCreate
         * @description A key to make.
         */
        KeyCreate: {
            /**
             * Expires At
             * @description When it stops working; never when absent.
             */
            expires_at?: string | null;
            /**
             * Expires In Days
             * @description The same, counted from now.
             */
            expires_in_days?: number | null;
            /**
             * Mode
             * @description Also taken as `environment`, or as one of the booleans `livemode` and `test_mode`. The caller's when absent.
             */
            mode?: ("live" | "test") | null;
            /**
             * Name
             * @description To recognise it by.
             */
            name: string;
            /**
             * Scopes
             * @description What it may do: no more than the key that makes it. Everything but `ops:…`, as far as that goes, when absent.
             */
            scopes?: ("jobs:read" | "jobs:write" | "submissions:write" | "files:read" | "webhooks:read" | "webhooks:write" | "keys:manage" | "workers:manage" | "usage:read" | "billing:write" | "audit:read" | "ops:read" | "ops:write")[] | null;
        };
        /**
         * KeyResource
         * @description An API key, without its secret.
         */
        KeyResource: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /** Id */
            id: string;
            /**
             * Key Prefix
             * @description The first characters of the key.
             */
            key_prefix: string;
            /** Livemode */
            livemode: boolean;
            /** Name */
            name: string;
            /**
             * Object
             * @default api_key
             * @constant
             */
            object: "api_key";
            /** Revoked At */
            revoked_at: string | null;
            /** Scopes */
            scopes: ("jobs:read" | "jobs:write" | "submissions:write" | "files:read" | "webhooks:read" | "webhooks:write" | "keys:manage" | "workers:manage" | "usage:read" | "billing:write" | "audit:read" | "ops:read" | "ops:write")[];
            /**
             * Status
             * @description `expiring` was rotated, and works until `expires_at`.
             * @enum {string}
             */
            status: "active" | "expiring" | "expired" | "revoked";
        };
        /**
         * NewKeyResource
         * @description An API key that was just made.
         */
        NewKeyResource: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /** Id */
            id: string;
            /**
             * Key
             * @description The key itself. It is shown here, and never again.
             */
            key: string;
            /**
             * Key Prefix
             * @description The first characters of the key.
             */
            key_prefix: string;
            /** Livemode */
            livemode: boolean;
            /** Name */
            name: string;
            /**
             * Object
             * @default api_key
             * @constant
             */
            object: "api_key";
            /** Revoked At */
            revoked_at: string | null;
            /** Scopes */
            scopes: ("jobs:read" | "jobs:write" | "submissions:write" | "files:read" | "webhooks:read" | "webhooks:write" | "keys:manage" | "workers:manage" | "usage:read" | "billing:write" | "audit:read" | "ops:read" | "ops:write")[];
            /**
             * Status
             * @description `expiring` was rotated, and works until `expires_at`.
             * @enum {string}
             */
            status: "active" | "expiring" | "expired" | "revoked";
        };
        /**
         * NewWorkerResource
         * @description A worker with its new token.
         */
        NewWorkerResource: {
            /** Banned Reason */
            banned_reason: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Earned Credits */
            earned_credits: number;
            /** Email */
            email: string | null;
            /** Id */
            id: string;
            /** Metadata */
            metadata: {
                [key: string]: string | boolean | number | null;
            };
            /** Name */
            name: string;
            /**
             * Object
             * @default worker
             * @constant
             */
            object: "worker";
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "banned";
            /**
             * Strikes
             * @description Files of one star; `collection.strikes_to_ban` of them ban, three by default.
             */
            strikes: number;
            /**
             * Token
             * @description What the worker signs in with. It is shown here, and never again.
             */
            token: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * OpsFailure
         * @description A submission that the engine gave up on.
         */
        OpsFailure: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Engine Attempts */
            engine_attempts: number;
            /**
             * Failure
             * @description What it said at last.
             */
            failure: string;
            /** Job Id */
            job_id: string;
            /** Submission Id */
            submission_id: string;
        };
        /**
         * OpsModel
         * @description One model of the ensemble: its weights, how its batches form, what it does.
         */
        OpsModel: {
            /** @description In force now. */
            batch: components["schemas"]["Batch"];
            /**
             * Batches
             * @description Since the replicas' start, like the counters below.
             */
            batches: number;
            /** Failed Items */
            failed_items: number;
            /** Items */
            items: number;
            /**
             * Items Per Batch
             * @description Of the window's batches.
             */
            items_per_batch: number | null;
            /**
             * Max Ongoing Requests
             * @description Of a replica, in force now: `max_items` × `concurrent` may not be more.
             */
            max_ongoing_requests: number;
            /**
             * Mean Fill
             * @description Of the window's batches, 0 to 1: cost over `max_cost`, or count over `max_items` if that is more.
             */
            mean_fill: number | null;
            /** Name */
            name: string;
            /** Precision */
            precision: string;
            /**
             * Queued
             * @description Items that wait for a batch.
             */
            queued: number;
            /** Replicas */
            replicas: number;
            /**
             * Role
             * @enum {string}
             */
            role: "detector" | "safety" | "concepts" | "text" | "speech" | "audio_quality";
            /** Run Seconds */
            run_seconds: number;
            /**
             * Running
             * @description Batches that run.
             */
            running: number;
            /**
             * Utilisation
             * @description Share of the window in which its batch slots were at work, 0 to 1; `null` while there is no window.
             */
            utilisation: number | null;
            /** Version */
            version: string;
            /**
             * Weights Digest
             * @description SHA-256.
             */
            weights_digest: string;
        };
        /**
         * OpsOverview
         * @description The whole installation at one moment. Counters of processes are those of the node that answers.
         */
        OpsOverview: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Checks
             * @description Of `database`, `store` and `engine`: `ok`, or what is wrong.
             */
            checks: {
                [key: string]: string;
            };
            /**
             * Engine Failures
             * @description Tries that failed, in the window.
             */
            engine_failures: number;
            /** Engine Version */
            engine_version: string;
            /**
             * Failures
             * @description Newest first.
             */
            failures: components["schemas"]["OpsFailure"][];
            /** Latencies */
            latencies: components["schemas"]["StageLatency"][];
            /**
             * Models
             * @description Empty while the engine does not answer.
             */
            models: components["schemas"]["OpsModel"][];
            /**
             * Object
             * @default ops_overview
             * @constant
             */
            object: "ops_overview";
            /** Profile */
            profile: string;
            queue: components["schemas"]["Queue"];
            throughput: components["schemas"]["Throughput"];
            /**
             * Window Seconds
             * @description Length of the window that latencies and utilisation are of; `null` when all since the start is in it.
             */
            window_seconds: number | null;
        };
        /**
         * OrganizationResource
         * @description An organization that was just opened.
         */
        OrganizationResource: {
            /** @description Its first key, shown here and never again. */
            api_key: components["schemas"]["NewKeyResource"];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            credits: components["schemas"]["BalanceResource"];
            /** Email */
            email: string | null;
            /** Id */
            id: string;
            /** Name */
            name: string;
            /**
             * Object
             * @default organization
             * @constant
             */
            object: "organization";
        };
        /** Page[AuditResource] */
        Page_AuditResource_: {
            /** Data */
            data: components["schemas"]["AuditResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[EndpointResource] */
        Page_EndpointResource_: {
            /** Data */
            data: components["schemas"]["EndpointResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[EventResource] */
        Page_EventResource_: {
            /** Data */
            data: components["schemas"]["EventResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[ExportResource] */
        Page_ExportResource_: {
            /** Data */
            data: components["schemas"]["ExportResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[FileResource] */
        Page_FileResource_: {
            /** Data */
            data: components["schemas"]["FileResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[JobResource] */
        Page_JobResource_: {
            /** Data */
            data: components["schemas"]["JobResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[KeyResource] */
        Page_KeyResource_: {
            /** Data */
            data: components["schemas"]["KeyResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[SearchResult] */
        Page_SearchResult_: {
            /** Data */
            data: components["schemas"]["SearchResult"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[SubmissionResource] */
        Page_SubmissionResource_: {
            /** Data */
            data: components["schemas"]["SubmissionResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[TransactionResource] */
        Page_TransactionResource_: {
            /** Data */
            data: components["schemas"]["TransactionResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[WorkerJob] */
        Page_WorkerJob_: {
            /** Data */
            data: components["schemas"]["WorkerJob"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[WorkerResource] */
        Page_WorkerResource_: {
            /** Data */
            data: components["schemas"]["WorkerResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /** Page[WorkerSubmissionResource] */
        Page_WorkerSubmissionResource_: {
            /** Data */
            data: components["schemas"]["WorkerSubmissionResource"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
        };
        /**
         * PartedUpload
         * @description An upload in parts: how much is there, and where the next parts go.
         */
        PartedUpload: {
            /**
             * Missing
             * @description The next parts to send, in any order; empty when all are there and the file can be submitted.
             */
            missing: components["schemas"]["UploadPart"][];
            /**
             * Object
             * @default parted_upload
             * @constant
             */
            object: "parted_upload";
            /**
             * Part Bytes
             * @description Of every part but the last.
             */
            part_bytes: number;
            /** Received Bytes */
            received_bytes: number;
            /**
             * Size Bytes
             * @description Of the whole file.
             */
            size_bytes: number;
            /** Upload Id */
            upload_id: string;
        };
        /**
         * Place
         * @description Where files must have been captured.
         */
        Place: {
            /** Lat */
            lat: number;
            /** Lng */
            lng: number;
            /** Radius Km */
            radius_km: number;
        };
        /**
         * PurchaseCreate
         * @description Credits to buy.
         */
        PurchaseCreate: {
            /**
             * Amount Credits
             * @description Also taken as `credits`, `amount` or `amount_cents`, which all mean the same.
             */
            amount_credits: number;
        };
        /**
         * PurchaseResource
         * @description A purchase of credits: done, or waiting for the buyer at the checkout.
         */
        PurchaseResource: {
            /** Amount Cents */
            amount_cents: number;
            /** Amount Credits */
            amount_credits: number;
            /**
             * Checkout Url
             * @description Where to pay; `null` when it is done.
             */
            checkout_url: string | null;
            /** Id */
            id: string;
            /**
             * Object
             * @default credit_purchase
             * @constant
             */
            object: "credit_purchase";
            /**
             * Status
             * @enum {string}
             */
            status: "completed" | "pending";
            /** @description `null` until it is paid. */
            transaction: components["schemas"]["TransactionResource"] | null;
        };
        /**
         * Queue
         * @description Work that waits.
         */
        Queue: {
            /**
             * Awaiting File
             * @description Slots whose file has yet to come, for the first or the second time.
             */
            awaiting_file: number;
            /** Exports */
            exports: number;
            /**
             * In Flight
             * @description Submissions that a dispatcher has in the engine.
             */
            in_flight: number;
            /**
             * Needs Review
             * @description Submissions that a person has to decide.
             */
            needs_review: number;
            /**
             * Oldest Seconds
             * @description Since the longest waiting submission was uploaded.
             */
            oldest_seconds: number;
            /**
             * Retrying
             * @description Submissions that the engine failed on, until their next try.
             */
            retrying: number;
            /**
             * Waiting
             * @description Submissions that no dispatcher has taken yet.
             */
            waiting: number;
            /** Webhook Deliveries */
            webhook_deliveries: number;
        };
        /**
         * RatePoint
         * @description Files scored in a stretch of time.
         */
        RatePoint: {
            /**
             * At
             * Format: date-time
             * @description Its beginning.
             */
            at: string;
            /** Files */
            files: number;
        };
        /**
         * Readiness
         * @description Whether each part answers; `ok`, or what is wrong.
         */
        Readiness: {
            /** Checks */
            checks: {
                [key: string]: string;
            };
            /**
             * Status
             * @enum {string}
             */
            status: "ready" | "not_ready";
        };
        /**
         * Requirements
         * @description Hard conditions of a job; a file that breaks one is not approved.
         */
        Requirements: {
            /**
             * Forbid Faces
             * @default false
             */
            forbid_faces?: boolean;
            /** Language */
            language?: string | null;
            /** Max Duration Seconds */
            max_duration_seconds?: number | null;
            /** Min Duration Seconds */
            min_duration_seconds?: number | null;
            /** Min Height */
            min_height?: number | null;
            /** Min Width */
            min_width?: number | null;
            /**
             * Must Contain Text
             * @default []
             */
            must_contain_text?: string[];
            /**
             * Must Show
             * @default []
             */
            must_show?: string[];
        };
        /**
         * Review
         * @description A person's verdict.
         */
        Review: {
            /**
             * Decision
             * @enum {string}
             */
            decision: "approve" | "reject";
            /** Note */
            note?: string | null;
            /**
             * Score
             * @description What the person would have given; the engine's stands when absent.
             */
            score?: number | null;
        };
        /**
         * ScoreResource
         * @description What the engine says about one file; nothing of it is stored.
         */
        ScoreResource: {
            /**
             * Ai Star Rating
             * @description Same as `score`.
             */
            ai_star_rating: number;
            /**
             * Annotations
             * @description `null` for a file that could not be read or broke a policy.
             */
            annotations: {
                [key: string]: unknown;
            } | null;
            /**
             * Object
             * @default score
             * @constant
             */
            object: "score";
            /** Score */
            score: number;
            /** Score Breakdown */
            score_breakdown: {
                [key: string]: unknown;
            };
        };
        /**
         * SearchResult
         * @description A delivered file, and how near it is to the query.
         */
        SearchResult: {
            /**
             * Contains Words
             * @description Whether every word of the query stands in the file's text or speech; such files come first.
             */
            contains_words: boolean;
            file: components["schemas"]["FileResource"];
            /**
             * Matched
             * @description Of what that embedding is: the picture (or the frames), the text in it, or the speech.
             * @enum {string}
             */
            matched: "image" | "read" | "heard";
            /**
             * Object
             * @default search_result
             * @constant
             */
            object: "search_result";
            /**
             * Score
             * @description Cosine of the query and the nearest embedding of the file, -1 to 1. It compares within one answer only.
             */
            score: number;
        };
        /**
         * SettingsResource
         * @description What an organization has set, with the defaults filled in.
         */
        SettingsResource: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Default Min Star Rating
             * @description Of jobs that name none.
             */
            default_min_star_rating: number;
            /**
             * Download Url Seconds
             * @description How long a download URL works; it is signed anew on every read.
             */
            download_url_seconds: number;
            /** Email */
            email: string | null;
            /**
             * Low Balance Credits
             * @description `credits.low_balance` is sent when the available credits fall below it.
             */
            low_balance_credits: number;
            /** Name */
            name: string;
            /**
             * Object
             * @default organization_settings
             * @constant
             */
            object: "organization_settings";
            /** Organization Id */
            organization_id: string;
            /**
             * Retention Days
             * @description How long the uploaded originals are kept; what is delivered stays.
             */
            retention_days: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * SettingsUpdate
         * @description What to change. What is left out stays as it is; `null` brings a default back.
         */
        SettingsUpdate: {
            /** Default Min Star Rating */
            default_min_star_rating?: number | null;
            /** Download Url Seconds */
            download_url_seconds?: number | null;
            /** Email */
            email?: string | null;
            /** Low Balance Credits */
            low_balance_credits?: number | null;
            /**
             * Name
             * @default
             */
            name?: string;
            /** Retention Days */
            retention_days?: number | null;
        };
        /**
         * Signup
         * @description An organization to open.
         */
        Signup: {
            /**
             * Email
             * Format: email
             * @description Of the person to turn to; one address opens one organization.
             */
            email: string;
            /** Name */
            name: string;
        };
        /**
         * StageLatency
         * @description How long submissions take in one stage of their way.
         */
        StageLatency: {
            /**
             * Count
             * @description Submissions in the window.
             */
            count: number;
            /**
             * P50 Seconds
             * @description `null` while there were none.
             */
            p50_seconds: number | null;
            /** P95 Seconds */
            p95_seconds: number | null;
            /**
             * Stage
             * @description `queue` (upload to claim), `score` (the engine), `deliver` (rendering and storing), `settle` (the commit).
             */
            stage: string;
        };
        /**
         * SubmissionResource
         * @description A slot of a job and what came of it, as the client sees it.
         */
        SubmissionResource: {
            /**
             * Ai Star Rating
             * @description Same as `score`.
             */
            ai_star_rating: number | null;
            /**
             * Attempt
             * @description 1, or 2 after the retry.
             */
            attempt: number;
            /** Captured At */
            captured_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Decided At */
            decided_at: string | null;
            /**
             * Failure
             * @description What kept the engine from scoring it, in a sentence; the operator's log and overview have the error itself.
             */
            failure: string | null;
            /** Feedback */
            feedback: string | null;
            /** File Id */
            file_id: string | null;
            /** Filename */
            filename: string | null;
            /** Id */
            id: string;
            /** Job Id */
            job_id: string;
            /**
             * Lease Expires At
             * @description When the slot is taken back, while it waits for a file.
             */
            lease_expires_at: string | null;
            /** Livemode */
            livemode: boolean;
            /**
             * Object
             * @default submission
             * @constant
             */
            object: "submission";
            /** Paid Credits */
            paid_credits: number;
            /** Reasons */
            reasons: string[];
            /** Reviewed At */
            reviewed_at: string | null;
            /** Score */
            score: number | null;
            /** Score Breakdown */
            score_breakdown: {
                [key: string]: unknown;
            } | null;
            /**
             * Status
             * @enum {string}
             */
            status: "awaiting_upload" | "pending_score" | "approved" | "rejected" | "retry_pending" | "needs_review" | "expired" | "surplus";
            /** Submitted At */
            submitted_at: string | null;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** @description Only in the answer that gives the slot. */
            upload?: components["schemas"]["Upload"] | null;
            /**
             * Worker Id
             * @description `null` for the client's own file.
             */
            worker_id: string | null;
            /** Worker Ref */
            worker_ref: string | null;
        };
        /**
         * SubmissionSummary
         * @description Submissions counted.
         */
        SubmissionSummary: {
            /**
             * Approval Rate
             * @description Approved ÷ (approved + rejected); `null` while nothing is decided.
             */
            approval_rate: number | null;
            /** Average Score */
            average_score: number | null;
            /**
             * By Score
             * @description `"1"` to `"5"`.
             */
            by_score: {
                [key: string]: number;
            };
            /** By Status */
            by_status: {
                [key: string]: number;
            };
            /** Job Id */
            job_id: string | null;
            /**
             * Object
             * @default submission_summary
             * @constant
             */
            object: "submission_summary";
            /** Paid Credits */
            paid_credits: number;
            /** Total */
            total: number;
        };
        /**
         * Submit
         * @description What a worker may say about the file that it uploaded.
         */
        Submit: {
            /** Captured At */
            captured_at?: string | null;
            /** Filename */
            filename?: string | null;
            /** Sha256 */
            sha256?: string | null;
        };
        /**
         * Throughput
         * @description How fast files are scored.
         */
        Throughput: {
            /**
             * Bucket Seconds
             * @description Length of the stretches in `series`; the last one is not over yet.
             */
            bucket_seconds: number;
            /**
             * Per Minute
             * @description Over the last five minutes.
             */
            per_minute: number;
            /**
             * Series
             * @description Of the last hour, oldest first.
             */
            series: components["schemas"]["RatePoint"][];
        };
        /**
         * TransactionResource
         * @description One movement of credits.
         */
        TransactionResource: {
            /** Amount Cents */
            amount_cents: number;
            /**
             * Amount Credits
             * @description What it did to the organization's credits: to those available where it moved any, else to those held.
             *
             *     A purchase and a release are positive, a hold and a capture negative.
             */
            amount_credits: number;
            /** Available After */
            available_after: number;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Description */
            description: string;
            /** Held After */
            held_after: number;
            /** Id */
            id: string;
            /** Job Id */
            job_id: string | null;
            /**
             * Object
             * @default credit_transaction
             * @constant
             */
            object: "credit_transaction";
            /** Submission Id */
            submission_id: string | null;
            /**
             * Type
             * @enum {string}
             */
            type: "purchase" | "hold" | "release" | "capture" | "refund" | "adjustment" | "bonus" | "expiration";
        };
        /**
         * Upload
         * @description Where the bytes go.
         */
        Upload: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Headers
             * @description To be sent exactly so.
             */
            headers: {
                [key: string]: string;
            };
            /** Max Bytes */
            max_bytes: number;
            /**
             * Method
             * @default PUT
             * @constant
             */
            method: "PUT";
            /** Url */
            url: string;
        };
        /**
         * UploadBegin
         * @description A file that is to be sent in parts.
         */
        UploadBegin: {
            /** Size Bytes */
            size_bytes: number;
        };
        /**
         * UploadPart
         * @description Where one part goes.
         */
        UploadPart: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Headers
             * @description To be sent exactly so.
             */
            headers: {
                [key: string]: string;
            };
            /** Max Bytes */
            max_bytes: number;
            /**
             * Method
             * @default PUT
             * @constant
             */
            method: "PUT";
            /**
             * Number
             * @description From 1: the part begins at `(number − 1) × part_bytes`.
             */
            number: number;
            /**
             * Size Bytes
             * @description Of the part; nothing else is taken.
             */
            size_bytes: number;
            /** Url */
            url: string;
        };
        /**
         * WebhookReceipt
         * @description What the payment provider gets to hear.
         */
        WebhookReceipt: {
            /**
             * Received
             * @default true
             * @constant
             */
            received: true;
        };
        /**
         * WorkerBan
         * @description Why a worker gets no more work.
         */
        WorkerBan: {
            /** Reason */
            reason?: string | null;
        };
        /**
         * WorkerCreate
         * @description A person who will capture files.
         */
        WorkerCreate: {
            /**
             * Email
             * @description For the organization's own use; nothing is sent there.
             */
            email?: string | null;
            /** Metadata */
            metadata?: {
                [key: string]: string | boolean | number | null;
            };
            /** Name */
            name: string;
        };
        /**
         * WorkerJob
         * @description A job as workers see it: what to capture and what it pays.
         */
        WorkerJob: {
            /** Accepted Formats */
            accepted_formats: string[];
            /**
             * Content Type
             * @enum {string}
             */
            content_type: "image" | "audio" | "video";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Deadline */
            deadline: string | null;
            /** Description */
            description: string;
            /** File Formats */
            file_formats: string[];
            /** Files Per Submission */
            files_per_submission: number;
            /** Id */
            id: string;
            location: components["schemas"]["Place"] | null;
            /** Min Star Rating */
            min_star_rating: number;
            /**
             * Object
             * @default job
             * @constant
             */
            object: "job";
            /** Requirements */
            requirements: {
                [key: string]: unknown;
            };
            /**
             * Reward Per File
             * @description Credits.
             */
            reward_per_file: number;
            /**
             * Scoring Criteria
             * @description For people; no score depends on it.
             */
            scoring_criteria: string | null;
            /** Slots Open */
            slots_open: number;
            /**
             * Status
             * @description Jobs that have ended are still shown to those who sent files to them.
             * @enum {string}
             */
            status: "active" | "completed" | "cancelled" | "timed_out";
            /** Title */
            title: string;
            /** Worker Guidelines */
            worker_guidelines: string | null;
        };
        /**
         * WorkerResource
         * @description A worker, without its token.
         */
        WorkerResource: {
            /** Banned Reason */
            banned_reason: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Earned Credits */
            earned_credits: number;
            /** Email */
            email: string | null;
            /** Id */
            id: string;
            /** Metadata */
            metadata: {
                [key: string]: string | boolean | number | null;
            };
            /** Name */
            name: string;
            /**
             * Object
             * @default worker
             * @constant
             */
            object: "worker";
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "banned";
            /**
             * Strikes
             * @description Files of one star; `collection.strikes_to_ban` of them ban, three by default.
             */
            strikes: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * WorkerSelf
         * @description The worker whose token it is.
         */
        WorkerSelf: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Earned Credits */
            earned_credits: number;
            /** Id */
            id: string;
            /** Name */
            name: string;
            /**
             * Object
             * @default worker
             * @constant
             */
            object: "worker";
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "banned";
            /**
             * Strikes
             * @description Files of one star.
             */
            strikes: number;
            /**
             * Strikes To Ban
             * @description So many ban.
             */
            strikes_to_ban: number;
        };
        /**
         * WorkerSubmissionResource
         * @description A slot as its worker sees it: what it scored and why, without the numbers behind it.
         */
        WorkerSubmissionResource: {
            /**
             * Attempt
             * @description 1, or 2 after the retry.
             */
            attempt: number;
            /** Can Retry */
            can_retry: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Decided At */
            decided_at: string | null;
            /** Earned Credits */
            earned_credits: number;
            /** Feedback */
            feedback: string | null;
            /** Filename */
            filename: string | null;
            /** Id */
            id: string;
            /** Job Id */
            job_id: string;
            /**
             * Lease Expires At
             * @description When the slot is taken back, while it waits for a file.
             */
            lease_expires_at: string | null;
            /** Livemode */
            livemode: boolean;
            /**
             * Object
             * @default submission
             * @constant
             */
            object: "submission";
            /** Reasons */
            reasons: string[];
            /** Score */
            score: number | null;
            /** Score Breakdown */
            score_breakdown: {
                [key: string]: unknown;
            } | null;
            /**
             * Status
             * @enum {string}
             */
            status: "awaiting_upload" | "pending_score" | "approved" | "rejected" | "retry_pending" | "needs_review" | "expired" | "surplus";
            /** Strike */
            strike: boolean;
            /**
             * Submissions
             * @description All slots that one `accept` gave, where the job asks for several files at a time.
             */
            submissions?: components["schemas"]["WorkerSubmissionResource"][] | null;
            /** Submitted At */
            submitted_at: string | null;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** @description Only in the answer that gives the slot. */
            upload?: components["schemas"]["Upload"] | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    list_api_keys: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_KeyResource_"];
                };
            };
        };
    };
    create_api_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKeyResource"];
                };
            };
        };
    };
    revoke_api_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    rotate_api_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKeyResource"];
                };
            };
        };
    };
    sign_up: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Signup"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationResource"];
                };
            };
        };
    };
    get_credit_balance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BalanceResource"];
                };
            };
        };
    };
    purchase_credits: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurchaseCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurchaseResource"];
                };
            };
        };
    };
    receive_stripe_event: {
        parameters: {
            query?: never;
            header?: {
                "stripe-signature"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookReceipt"];
                };
            };
        };
    };
    list_transactions: {
        parameters: {
            query?: {
                type?: ("purchase" | "hold" | "release" | "capture" | "refund" | "adjustment" | "bonus" | "expiration") | null;
                job_id?: string | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TransactionResource_"];
                };
            };
        };
    };
    get_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportResource"];
                };
            };
        };
    };
    list_files: {
        parameters: {
            query?: {
                job_id?: string | null;
                status?: ("approved" | "rejected" | "retry_pending" | "surplus") | null;
                /** @description Files with fewer stars are left out. */
                min_score?: number | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FileResource_"];
                };
            };
        };
    };
    get_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileResource"];
                };
            };
        };
    };
    refresh_url: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileResource"];
                };
            };
        };
    };
    list_jobs: {
        parameters: {
            query?: {
                status?: ("active" | "completed" | "cancelled" | "timed_out") | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobResource_"];
                };
            };
        };
    };
    create_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobResource"];
                };
            };
        };
    };
    get_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description `wait=N`: answer when the job changes, or after N ≤ 60 s. */
                prefer?: string | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobResource"];
                };
            };
        };
    };
    get_job_audit: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditResource_"];
                };
            };
        };
    };
    cancel_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobResource"];
                };
            };
        };
    };
    list_job_exports: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ExportResource_"];
                };
            };
        };
    };
    export_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportResource"];
                };
            };
        };
    };
    get_job_files: {
        parameters: {
            query?: {
                status?: "approved" | "rejected" | "retry_pending" | "surplus";
                /** @description Files with fewer stars are left out. */
                min_score?: number | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FileResource_"];
                };
            };
        };
    };
    rate_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobRating"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobResource"];
                };
            };
        };
    };
    get_job_submissions: {
        parameters: {
            query?: {
                status?: ("awaiting_upload" | "pending_score" | "approved" | "rejected" | "retry_pending" | "needs_review" | "expired" | "surplus") | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SubmissionResource_"];
                };
            };
        };
    };
    create_submission: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Captured At */
                    captured_at?: string | null;
                    /** Filename */
                    filename: string;
                    /** Sha256 */
                    sha256?: string | null;
                    /** Size Bytes */
                    size_bytes: number;
                    /**
                     * Worker Ref
                     * @description Whom the file is from, in the client's own words.
                     */
                    worker_ref?: string | null;
                };
                "multipart/form-data": {
                    /** Format: date-time */
                    captured_at?: string;
                    /** Format: binary */
                    file: string;
                    worker_ref?: string;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmissionResource"];
                };
            };
        };
    };
    update_model_batch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                role: "detector" | "safety" | "concepts" | "text" | "speech" | "audio_quality";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchResource"];
                };
            };
        };
    };
    get_overview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpsOverview"];
                };
            };
        };
    };
    get_account_audit: {
        parameters: {
            query?: {
                action?: string | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditResource_"];
                };
            };
        };
    };
    get_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsResource"];
                };
            };
        };
    };
    update_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingsUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsResource"];
                };
            };
        };
    };
    score_file: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @enum {string} */
                    content_type?: "image" | "audio" | "video";
                    description: string;
                    /** Format: binary */
                    file: string;
                    /** @description Names (`jpeg`) or MIME types, separated by commas; all else. */
                    file_formats?: string;
                    requirements?: components["schemas"]["Requirements"];
                };
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScoreResource"];
                };
            };
        };
    };
    search_files: {
        parameters: {
            query: {
                /** @description What to look for. */
                q: string;
                job_id?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SearchResult_"];
                };
            };
        };
    };
    list_submissions: {
        parameters: {
            query?: {
                job_id?: string | null;
                status?: ("awaiting_upload" | "pending_score" | "approved" | "rejected" | "retry_pending" | "needs_review" | "expired" | "surplus") | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SubmissionResource_"];
                };
            };
        };
    };
    get_submission_summary: {
        parameters: {
            query?: {
                job_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmissionSummary"];
                };
            };
        };
    };
    get_submission: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmissionResource"];
                };
            };
        };
    };
    review_submission: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Review"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmissionResource"];
                };
            };
        };
    };
    list_webhook_endpoints: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_EndpointResource_"];
                };
            };
        };
    };
    create_webhook_endpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndpointCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointWithSecret"];
                };
            };
        };
    };
    get_webhook_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointResource"];
                };
            };
        };
    };
    delete_webhook_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    update_webhook_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndpointUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointResource"];
                };
            };
        };
    };
    rotate_webhook_secret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointWithSecret"];
                };
            };
        };
    };
    list_webhook_events: {
        parameters: {
            query?: {
                type?: ("submission.scored" | "submission.approved" | "submission.rejected" | "submission.needs_review" | "job.completed" | "job.cancelled" | "job.timed_out" | "credits.low_balance" | "export.completed") | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_EventResource_"];
                };
            };
        };
    };
    replay_webhook_event: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventResource"];
                };
            };
        };
    };
    list_jobs_for_worker: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WorkerJob_"];
                };
            };
        };
    };
    get_job_for_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerJob"];
                };
            };
        };
    };
    accept_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerSubmissionResource"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerSelf"];
                };
            };
        };
    };
    list_own_submissions: {
        parameters: {
            query?: {
                status?: ("awaiting_upload" | "pending_score" | "approved" | "rejected" | "retry_pending" | "needs_review" | "expired" | "surplus") | null;
                job_id?: string | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WorkerSubmissionResource_"];
                };
            };
        };
    };
    get_own_submission: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerSubmissionResource"];
                };
            };
        };
    };
    get_parted_upload: {
        parameters: {
            query?: {
                /** @description Which one is meant. */
                upload_id?: string | null;
            };
            header?: never;
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartedUpload"];
                };
            };
        };
    };
    create_parted_upload: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadBegin"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartedUpload"];
                };
            };
        };
    };
    retry_submission: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerSubmissionResource"];
                };
            };
        };
    };
    submit: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                submission_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Submit"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerSubmissionResource"];
                };
            };
        };
    };
    list_workers: {
        parameters: {
            query?: {
                status?: ("active" | "banned") | null;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WorkerResource_"];
                };
            };
        };
    };
    create_worker: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkerCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWorkerResource"];
                };
            };
        };
    };
    get_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerResource"];
                };
            };
        };
    };
    ban_worker: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WorkerBan"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerResource"];
                };
            };
        };
    };
    create_worker_invitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationResource"];
                };
            };
        };
    };
    rotate_worker_token: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWorkerResource"];
                };
            };
        };
    };
    unban_worker: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of the request harmless. */
                "idempotency-key"?: string | null;
            };
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerResource"];
                };
            };
        };
    };
}
