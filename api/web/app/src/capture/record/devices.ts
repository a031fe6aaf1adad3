// The camera and the microphone, and why they cannot be had.

export type Trouble = "insecure" | "refused" | "missing" | "busy";
export type Facing = "environment" | "user";

/** The camera or microphone cannot be used. */
export class DeviceTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/** As many pixels as the camera has; the browser takes the nearest that it can. */
const PHOTO = { width: { ideal: 4096 }, height: { ideal: 3072 } };
const VIDEO = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } };

/** @throws DeviceTrouble */
export function openCamera(facing: Facing, { withSound }: { withSound: boolean }): Promise<MediaStream> {
  const size = withSound ? VIDEO : PHOTO;
  return open({ video: { facingMode: { ideal: facing }, ...size }, audio: withSound });
}

/** @throws DeviceTrouble */
export function openMicrophone(): Promise<MediaStream> {
  return open({ audio: true });
}

export function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

async function open(wanted: MediaStreamConstraints): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DeviceTrouble("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    throw new DeviceTrouble(troubleOf(error));
  }
}

/** By the names of the Media Capture specification. */
function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "missing";
}
