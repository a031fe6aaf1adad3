// Large files go in parts: after a break, or in another life of the page, only the parts that are missing are sent.
import { api } from "../shared/api";
import { ApiFailure } from "../shared/failure";
import type { PartedUpload } from "../shared/types";
import { keepUpload, keptUpload, type KeptFile } from "./kept";
import { ConnectionLost, put } from "./put";
import { withSession } from "./session";

/** The server's parts have this size too, so that what is smaller would be one part: it goes whole. */
export const WHOLE_UP_TO_BYTES = 5 * 1024 ** 2;

type OnSent = (sentBytes: number, arrivedBytes: number) => void;

const ALL_THERE = "uploaded_already";

/**
 * @param onSent bytes that have arrived or are on their way, parts of earlier tries among them; and those that have arrived
 * @throws ConnectionLost: try again
 */
export async function putInParts(file: KeptFile, onSent: OnSent): Promise<void> {
  try {
    let upload = await goOn(file);
    while (upload.missing.length) {
      const arrived = upload.received_bytes;
      await putMissing(file, upload, onSent);
      upload = await look(file, upload.upload_id);
      if (upload.received_bytes <= arrived) throw new ConnectionLost();
    }
  } catch (error) {
    // An earlier try had sent the last part, and was not told.
    if (!(error instanceof ApiFailure) || error.code !== ALL_THERE) throw error;
  }
}

async function putMissing(file: KeptFile, upload: PartedUpload, onSent: OnSent): Promise<void> {
  let sent = upload.received_bytes;
  for (const part of upload.missing) {
    const start = (part.number - 1) * upload.part_bytes;
    const before = sent;
    onSent(before, before);
    await put(part, file.content.slice(start, start + part.size_bytes), (bytes) => onSent(before + bytes, before));
    sent += part.size_bytes;
  }
}

/** The upload that was begun for this file, or a new one. */
async function goOn(file: KeptFile): Promise<PartedUpload> {
  const uploadId = await keptUpload(file.key);
  if (uploadId) {
    try {
      return await look(file, uploadId);
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 404) throw error;
    }
  }
  const upload = await begin(file);
  await keepUpload(file.key, upload.upload_id);
  return upload;
}

function begin(file: KeptFile): Promise<PartedUpload> {
  const wanted = { path: { submission_id: file.submissionId }, body: { size_bytes: file.content.size } };
  return withSession(() => api.post("/v1/worker/submissions/{submission_id}/parted_upload", wanted));
}

function look(file: KeptFile, uploadId: string): Promise<PartedUpload> {
  return api.get("/v1/worker/submissions/{submission_id}/parted_upload", {
    path: { submission_id: file.submissionId },
    query: { upload_id: uploadId },
  });
}
