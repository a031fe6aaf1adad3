// What this browser can record of what a job takes. The engine tells formats by content, so the container matters:
// Chromium's usual WebM is no sound format of a job, and Safari and Firefox write others.

export interface Recording {
  /** As the job names it, for example `m4a`. */
  format: string;
  /** For MediaRecorder or a canvas; `null` where we write the file ourselves. */
  mimeType: string | null;
}

/** Best first: Opus and AAC take a tenth of the bytes of WAV, which any browser can be made to write. */
const AUDIO: Recording[] = [
  { format: "ogg", mimeType: "audio/ogg;codecs=opus" },
  { format: "m4a", mimeType: "audio/mp4;codecs=mp4a.40.2" },
  { format: "m4a", mimeType: "audio/mp4;codecs=opus" },
  { format: "m4a", mimeType: "audio/mp4" },
  { format: "wav", mimeType: null },
];
const VIDEO: Recording[] = [
  { format: "mp4", mimeType: "video/mp4;codecs=avc1.42E01F,mp4a.40.2" },
  { format: "mp4", mimeType: "video/mp4" },
  { format: "webm", mimeType: "video/webm;codecs=vp9,opus" },
  { format: "webm", mimeType: "video/webm;codecs=vp8,opus" },
  { format: "webm", mimeType: "video/webm" },
];
const IMAGE: Recording[] = [
  { format: "jpeg", mimeType: "image/jpeg" },
  { format: "webp", mimeType: "image/webp" },
  { format: "png", mimeType: "image/png" },
];
const CHOICES: Record<string, Recording[]> = { image: IMAGE, audio: AUDIO, video: VIDEO };

/** The best one for a job, `null` when this browser records none that it takes. */
export function recordingFor(
  contentType: string,
  formats: readonly string[],
  canRecord: (mimeType: string) => boolean = supports,
): Recording | null {
  const isPossible = ({ format, mimeType }: Recording) =>
    formats.includes(format) && (mimeType === null || canRecord(mimeType));
  return (CHOICES[contentType] ?? []).find(isPossible) ?? null;
}

function supports(mimeType: string): boolean {
  if (mimeType.startsWith("image/")) return canDraw(mimeType);
  return typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(mimeType);
}

/** A canvas writes PNG where it does not know the format. */
function canDraw(mimeType: string): boolean {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  return canvas.toDataURL(mimeType).startsWith(`data:${mimeType}`);
}
