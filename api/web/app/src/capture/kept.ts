// What this device keeps: files until they have arrived, places with their jobs, and who works here. In IndexedDB,
// which holds bytes of any size and survives that the page is closed or the phone runs out of power.
import type { WorkerJob, WorkerSelf, WorkerSubmission } from "../shared/types";

/** A captured file that the server has not confirmed yet. */
export interface KeptFile {
  submissionId: string;
  attempt: number;
  workerId: string;
  jobId: string;
  content: Blob;
  filename: string;
  capturedAt: string;
  /** Of the recording, where the file itself does not tell. */
  seconds: number | null;
  /** The worker has seen it and wants it to go off. */
  isReleased: boolean;
  /** The captured file's own: makes a repeated handing-in harmless, and finds its upload in parts. */
  key: string;
}

/** A place of a job, so that a file can be captured for it without a connection. */
export interface KeptSlot {
  id: string;
  workerId: string;
  submission: WorkerSubmission;
  job: WorkerJob;
}

const DATABASE = "assay-capture";
const FILES = "files";
const SLOTS = "slots";
const PROFILE = "profile";
/** Ids of uploads in parts, by the key of their file: beside the files, which are not written anew for them. */
const UPLOADS = "uploads";
/** Stores by the version that they came with. */
const MADE: [version: number, name: string, options?: IDBObjectStoreParameters][] = [
  [1, FILES, { keyPath: "submissionId" }],
  [1, SLOTS, { keyPath: "id" }],
  [1, PROFILE],
  [2, UPLOADS],
];
const VERSION = 2;

let opened: Promise<IDBDatabase> | undefined;

/** @throws DOMException: the device has no room, or keeps nothing in a private window */
export async function keepFile(file: KeptFile): Promise<void> {
  await run(FILES, "readwrite", (store) => store.put(file));
}

export function forgetFile(submissionId: string): Promise<void> {
  return write(FILES, (store) => store.delete(submissionId));
}

/** @throws DOMException: the device does not say */
export function keptFiles(): Promise<KeptFile[]> {
  return run<KeptFile[]>(FILES, "readonly", (store) => store.getAll());
}

export function keepUpload(key: string, uploadId: string): Promise<void> {
  return write(UPLOADS, (store) => store.put(uploadId, key));
}

export function forgetUpload(key: string): Promise<void> {
  return write(UPLOADS, (store) => store.delete(key));
}

export function keptUpload(key: string): Promise<string | undefined> {
  return read<string | undefined>(UPLOADS, undefined, (store) => store.get(key));
}

export function keepSlot(slot: KeptSlot): Promise<void> {
  return write(SLOTS, (store) => store.put(slot));
}

export function forgetSlot(id: string): Promise<void> {
  return write(SLOTS, (store) => store.delete(id));
}

export function keptSlot(id: string): Promise<KeptSlot | undefined> {
  return read<KeptSlot | undefined>(SLOTS, undefined, (store) => store.get(id));
}

export function keptSlots(): Promise<KeptSlot[]> {
  return read<KeptSlot[]>(SLOTS, [], (store) => store.getAll());
}

export function keepProfile(profile: WorkerSelf | null): Promise<void> {
  return write(PROFILE, (store) => (profile ? store.put(profile, PROFILE) : store.delete(PROFILE)));
}

export function keptProfile(): Promise<WorkerSelf | undefined> {
  return read<WorkerSelf | undefined>(PROFILE, undefined, (store) => store.get(PROFILE));
}

/** Where the device keeps nothing, the page goes on without: all but a file can be had from the server again. */
async function write(name: string, act: (store: IDBObjectStore) => IDBRequest): Promise<void> {
  await run(name, "readwrite", act).catch(() => undefined);
}

function read<T>(name: string, otherwise: T, act: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  return run<T>(name, "readonly", act).catch(() => otherwise);
}

/** One request in a transaction of its own; it is done when the transaction is on disk. */
async function run<T>(name: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  const database = await (opened ??= open());
  return new Promise<T>((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const asked = act(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(asked.result as T);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, VERSION);
    asked.onupgradeneeded = ({ oldVersion }) => {
      for (const [version, name, options] of MADE) {
        if (version > oldVersion) asked.result.createObjectStore(name, options);
      }
    };
    asked.onsuccess = () => {
      // A newer page in another tab waits until this one lets go.
      asked.result.onversionchange = () => {
        asked.result.close();
        opened = undefined;
      };
      // iOS ends the connection of a page in the background.
      asked.result.onclose = () => (opened = undefined);
      resolve(asked.result);
    };
    asked.onerror = () => {
      opened = undefined;
      reject(asked.error ?? new DOMException("no database", "UnknownError"));
    };
  });
}
