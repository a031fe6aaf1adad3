import { useEffect, useState } from "preact/hooks";
import { Icon } from "../shared/components/icon";
import { Shell, type Place } from "../shared/components/shell";
import { EmptyState, FailureState, Skeleton } from "../shared/components/states";
import { asFailure } from "../shared/loading";
import type { ApiFailure } from "../shared/failure";
import { match, place } from "../shared/router";
import { strings } from "../strings";
import { HistoryView } from "./history";
import { JobView } from "./job";
import { JobsView } from "./jobs";
import { MeView } from "./me";
import { restoreWorker, takeInvitation, worker } from "./session";
import { SlotView } from "./slot";
import { isOnline, resume, startUploads } from "./uploads";
import { Welcome } from "./welcome";

const VIEWS = {
  jobs: "/capture",
  job: "/capture/jobs/:id",
  slot: "/capture/places/:id",
  history: "/capture/history",
  me: "/capture/me",
};

const PLACES: Place[] = [
  { href: "/capture", label: strings.capture.places.jobs, icon: "camera" },
  { href: "/capture/history", label: strings.capture.places.history, icon: "clock" },
  { href: "/capture/me", label: strings.capture.places.me, icon: "coins" },
];

const invitation = takeInvitation();

/** The worker's page: the way in, then jobs, places, history and earnings. */
export function App() {
  const [code, setCode] = useState(invitation);
  const [failure, setFailure] = useState<ApiFailure>();
  const restore = () => {
    setFailure(undefined);
    restoreWorker().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(restore, []);
  if (failure) return <FailureState failure={failure} onRetry={restore} />;
  if (worker.value === undefined) {
    return (
      <main class="page">
        <Skeleton lines={4} height="2rem" />
      </main>
    );
  }
  if (code || worker.value === null) return <Welcome code={code} onDone={() => setCode(null)} />;
  return <Work key={worker.value.id} />;
}

function Work() {
  useEffect(() => void startUploadsOnce(), []);
  return (
    <Shell home="/capture" places={PLACES}>
      {!isOnline.value && (
        <div class="notice notice-warn" role="status">
          <Icon name="warning" />
          <span>{strings.capture.offline}</span>
        </div>
      )}
      <View />
    </Shell>
  );
}

function View() {
  const route = match(place.value, VIEWS);
  switch (route?.name) {
    case "jobs":
      return <JobsView />;
    case "job":
      return <JobView key={route.values["id"]} id={route.values["id"] ?? ""} />;
    case "slot":
      return <SlotView key={route.values["id"]} id={route.values["id"] ?? ""} />;
    case "history":
      return <HistoryView />;
    case "me":
      return <MeView />;
    default:
      return <EmptyState icon="search" title={strings.capture.notFound} />;
  }
}

let isStarted = false;

/** Listeners are added once; another worker of the same device finds its own files. */
async function startUploadsOnce(): Promise<void> {
  if (isStarted) return resume();
  isStarted = true;
  return startUploads();
}
