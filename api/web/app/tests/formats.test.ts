import { afterEach, expect, test, vi } from "vitest";
import { recordingFor } from "../src/capture/record/formats";

const AUDIO = ["mp3", "wav", "m4a", "flac", "ogg"];
const VIDEO = ["mp4", "mov", "webm"];
const chromium = (mime: string) => ["audio/webm", "audio/mp4;codecs=opus", "video/webm;codecs=vp9,opus"].includes(mime);
const firefox = (mime: string) => ["audio/ogg;codecs=opus", "video/webm", "video/webm;codecs=vp8,opus"].includes(mime);
const safari = (mime: string) => mime.startsWith("audio/mp4") || mime.startsWith("video/mp4");
const none = () => false;
const noWebp = (mime: string) => mime !== "image/webp";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["audio", AUDIO, chromium, "m4a", "audio/mp4;codecs=opus"],
  ["audio", AUDIO, firefox, "ogg", "audio/ogg;codecs=opus"],
  ["audio", AUDIO, safari, "m4a", "audio/mp4;codecs=mp4a.40.2"],
  ["audio", AUDIO, none, "wav", null],
  ["audio", ["wav"], firefox, "wav", null],
  ["video", VIDEO, chromium, "webm", "video/webm;codecs=vp9,opus"],
  ["video", VIDEO, firefox, "webm", "video/webm;codecs=vp8,opus"],
  ["video", VIDEO, safari, "mp4", "video/mp4;codecs=avc1.42E01F,mp4a.40.2"],
  ["image", ["png", "jpeg"], noWebp, "jpeg", "image/jpeg"],
  ["image", ["png", "webp"], noWebp, "png", "image/png"],
  ["image", ["png", "webp"], () => true, "webp", "image/webp"],
] as const)("%s of %j is recorded as what the job takes", (kind, formats, canRecord, format, mimeType) => {
  expect(recordingFor(kind, formats, canRecord)).toEqual({ format, mimeType });
});

test.each([
  ["audio", ["mp3", "flac"]],
  ["video", ["mov"]],
  ["image", ["heic"]],
])("%s of %j is recorded by no browser", (kind, formats) => {
  expect(recordingFor(kind, formats, () => true)).toBeNull();
});

test("a WebM is no sound format of a job, so none is recorded for one", () => {
  expect(recordingFor("audio", AUDIO, (mime) => mime.startsWith("audio/webm"))).toEqual({
    format: "wav",
    mimeType: null,
  });
});

test("a canvas that writes PNG in place of WebP takes no photos for a job that wants WebP", () => {
  const toDataURL = (mime: string) => (mime === "image/webp" ? "data:image/png;base64,AA" : `data:${mime};base64,AA`);
  vi.stubGlobal("document", { createElement: () => ({ toDataURL }) });
  expect(recordingFor("image", ["webp"])).toBeNull();
  expect(recordingFor("image", ["webp", "png"])).toEqual({ format: "png", mimeType: "image/png" });
});
