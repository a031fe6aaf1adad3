import { afterEach, expect, test, vi } from "vitest";
import { PhotoFailed, takePhoto } from "../src/capture/record/photo";

class Video {
  videoWidth = 640;
  videoHeight = 480;
}

afterEach(() => vi.unstubAllGlobals());

/** A photo of a canvas that writes this. */
function take(written: Blob | null, mimeType: string): Promise<Blob> {
  const canvas = { getContext: () => null, toBlob: (done: (blob: Blob | null) => void) => done(written) };
  vi.stubGlobal("HTMLVideoElement", Video);
  vi.stubGlobal("document", { createElement: () => canvas });
  return takePhoto(new Video() as unknown as HTMLVideoElement, {} as MediaStreamTrack, mimeType);
}

test("a photo is of the format that was asked for, or it fails", async () => {
  const png = new Blob(["pixels"], { type: "image/png" });
  expect(await take(png, "image/png")).toBe(png);
  await expect(take(png, "image/webp")).rejects.toBeInstanceOf(PhotoFailed);
  await expect(take(null, "image/png")).rejects.toBeInstanceOf(PhotoFailed);
});
