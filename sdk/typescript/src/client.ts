import type { PagePromise } from "./pages.js";
import { ApiKeys } from "./resources/api-keys.js";
import { Credits } from "./resources/credits.js";
import { Exports } from "./resources/exports.js";
import { Files } from "./resources/files.js";
import { Jobs } from "./resources/jobs.js";
import { Ops } from "./resources/ops.js";
import { Settings } from "./resources/settings.js";
import { Submissions } from "./resources/submissions.js";
import { WebhookEndpoints } from "./resources/webhook-endpoints.js";
import { WebhookEvents } from "./resources/webhook-events.js";
import { Workers } from "./resources/workers.js";
import { path, Transport, type RequestOptions, type TransportOptions } from "./transport.js";
import type { Organization, Requirements, Score, SearchQuery, SearchResult, SignUp } from "./types.js";
import { named, type FileContent } from "./uploads.js";

/** Which organization, and where. */
export interface AssayOptions extends TransportOptions {
  /** `fh_live_…` or `fh_test_…`. It is a secret of the organization: keep it out of browsers. */
  apiKey: string;
}

/** A file to score, and against what. */
export interface ScoreRequest {
  /** A `File` or `Blob`, bytes, or, in Node, a path. */
  file: FileContent;
  /** What the file should show. */
  description: string;
  /** Told from the file when absent. */
  content_type?: "image" | "audio" | "video";
  /** Names (`jpeg`) or MIME types that are accepted; all of the content type when absent. */
  file_formats?: string[];
  /** Hard conditions. */
  requirements?: Requirements;
}

/** Scoring is waited for, and a long video takes its time. */
const SCORE_TIMEOUT_SECONDS = 300;

/** An organization's side of Assay. */
export class Assay {
  /** Jobs. */
  readonly jobs: Jobs;
  /** Scored files. */
  readonly files: Files;
  /** Submissions. */
  readonly submissions: Submissions;
  /** Datasets of delivered files. */
  readonly exports: Exports;
  /** API keys. */
  readonly apiKeys: ApiKeys;
  /** Receivers of events. */
  readonly webhookEndpoints: WebhookEndpoints;
  /** Events. */
  readonly webhookEvents: WebhookEvents;
  /** Credits. */
  readonly credits: Credits;
  /** Settings. */
  readonly settings: Settings;
  /** People who capture files. */
  readonly workers: Workers;
  /** The installation, for its operators. */
  readonly ops: Ops;
  readonly #transport: Transport;

  /** @param options - the key, and where the server is. */
  constructor(options: AssayOptions) {
    if (!options.apiKey) throw new TypeError("apiKey is missing");
    const transport = new Transport(options.apiKey, options);
    this.#transport = transport;
    this.jobs = new Jobs(transport);
    this.files = new Files(transport);
    this.submissions = new Submissions(transport);
    this.exports = new Exports(transport);
    this.apiKeys = new ApiKeys(transport);
    this.webhookEndpoints = new WebhookEndpoints(transport);
    this.webhookEvents = new WebhookEvents(transport);
    this.credits = new Credits(transport);
    this.settings = new Settings(transport);
    this.workers = new Workers(transport);
    this.ops = new Ops(transport);
  }

  /** Open an organization, where the server lets strangers do so; the answer holds its first key. */
  static signUp(organization: SignUp, options: TransportOptions = {}): Promise<Organization> {
    const call = { method: "POST", path: path`/v1/auth/signup`, json: organization } as const;
    return new Transport(null, options).json(call);
  }

  /** Score and annotate one file now; nothing is stored, nothing is charged. */
  async score(request: ScoreRequest, options?: RequestOptions): Promise<Score> {
    const { blob, filename } = await named(request.file);
    const form = new FormData();
    form.set("file", blob, filename);
    form.set("description", request.description);
    if (request.content_type !== undefined) form.set("content_type", request.content_type);
    if (request.file_formats !== undefined) form.set("file_formats", request.file_formats.join(","));
    if (request.requirements !== undefined) form.set("requirements", JSON.stringify(request.requirements));
    const waits = { timeoutSeconds: SCORE_TIMEOUT_SECONDS, isDoneAnew: true };
    return this.#transport.json({ method: "POST", path: path`/v1/score`, form, ...waits }, options);
  }

  /** Delivered files by meaning, best first. */
  search(query: SearchQuery, options?: RequestOptions): PagePromise<SearchResult> {
    return this.#transport.pages(path`/v1/search`, query, options);
  }
}
