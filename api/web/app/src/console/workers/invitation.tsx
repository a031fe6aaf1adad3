import { api } from "../../shared/api";
import { Dialog } from "../../shared/components/dialog";
import { FailureState, Skeleton } from "../../shared/components/states";
import { formatTime } from "../../shared/format";
import { useLoaded } from "../../shared/loading";
import type { Worker } from "../../shared/types";
import { strings } from "../../strings";
import { Secret } from "../secret-dialog";

const TEXT = strings.console.workers;

/** A link, also as a QR code, that opens the capture page as this worker. Opening the dialog makes a new one. */
export function Invitation({ worker, onClose }: { worker: Worker; onClose: () => void }) {
  const { data, failure, reload } = useLoaded(
    (signal) => api.post("/v1/workers/{worker_id}/invitation", { path: { worker_id: worker.id }, signal }),
    [worker.id],
  );
  return (
    <Dialog title={TEXT.invitation(worker.name)} closesOutside={false} onClose={onClose}>
      <p>{TEXT.invitationLead}</p>
      {failure && <FailureState failure={failure} onRetry={reload} />}
      {!data && !failure && <Skeleton lines={2} height="4rem" />}
      {data && (
        <>
          {/* As a picture, in which nothing runs. */}
          <img class="qr" src={`data:image/svg+xml,${encodeURIComponent(data.qr_svg)}`} alt={TEXT.invitationQr} />
          <Secret text={data.url} />
          <p class="muted small">{TEXT.invitationExpires(formatTime(data.expires_at))}</p>
        </>
      )}
    </Dialog>
  );
}
