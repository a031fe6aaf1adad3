// A photo out of the camera's stream, with all the pixels that it gives.

const QUALITY = 0.92;
const SENSOR_MS = 4_000;
/** Phones take longer than this only when they hang. */

/** The browser made nothing, or another format than it was asked for: Safari writes PNG in place of WebP. */
export class PhotoFailed extends Error {}

interface PhotoTaker {
  takePhoto(): Promise<Blob>;
}

/**
 * The sensor's own photo where the browser gives it (Chromium), which has more pixels than the stream; else the frame
 * that is shown.
 *
 * @throws PhotoFailed
 */
export async function takePhoto(video: HTMLVideoElement, track: MediaStreamTrack, mimeType: string): Promise<Blob> {
  const taken = await fromSensor(track);
  if (taken?.type === mimeType) return taken;
  const source = taken ? await createImageBitmap(taken).catch(() => null) : null;
  return draw(source ?? video, mimeType);
}

async function fromSensor(track: MediaStreamTrack): Promise<Blob | null> {
  const Taker = (globalThis as { ImageCapture?: new (track: MediaStreamTrack) => PhotoTaker }).ImageCapture;
  if (!Taker) return null;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), SENSOR_MS));
  // A camera that takes no photos refuses with one of several errors; its stream is there all the same.
  return Promise.race([new Taker(track).takePhoto().catch(() => null), late]);
}

function draw(source: HTMLVideoElement | ImageBitmap, mimeType: string): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = source instanceof HTMLVideoElement ? source.videoWidth : source.width;
  canvas.height = source instanceof HTMLVideoElement ? source.videoHeight : source.height;
  canvas.getContext("2d")?.drawImage(source, 0, 0);
  return new Promise((resolve, reject) => {
    const take = (blob: Blob | null) => (blob?.type === mimeType ? resolve(blob) : reject(new PhotoFailed()));
    canvas.toBlob(take, mimeType, QUALITY);
  });
}
