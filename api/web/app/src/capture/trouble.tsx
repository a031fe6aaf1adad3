import { Button } from "../shared/components/button";
import { Icon } from "../shared/components/icon";
import { strings } from "../strings";
import { DeviceTrouble, type Trouble } from "./record/devices";

const words = strings.capture.camera;

/** Why the camera or microphone cannot be had, and what to do about it. */
export function DeviceNotice({
  trouble,
  onAgain,
  onClose,
}: {
  trouble: Trouble;
  onAgain: () => void;
  onClose: () => void;
}) {
  return (
    <div class="state" role="alert">
      <Icon name="warning" size={40} />
      <h2>{words.refusedTitle}</h2>
      <p>{words[trouble]}</p>
      <div class="row">
        {trouble !== "insecure" && (
          <Button icon="reload" onClick={onAgain}>
            {words.again}
          </Button>
        )}
        <Button onClick={onClose}>{strings.actions.close}</Button>
      </div>
    </div>
  );
}

/** The trouble that an error tells of; a fault of our own code is not swallowed. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof DeviceTrouble) return error.trouble;
  throw error;
}
