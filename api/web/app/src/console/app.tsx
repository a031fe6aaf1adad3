import { Badge } from "../shared/components/badge";
import { IconButton } from "../shared/components/button";
import { Shell, type Place } from "../shared/components/shell";
import { EmptyState } from "../shared/components/states";
import { toastFailure } from "../shared/components/toasts";
import { match, place } from "../shared/router";
import { may, session, signOut } from "../shared/session";
import { strings } from "../strings";
import { Credits } from "./account/credits";
import { Keys } from "./account/keys";
import { openTabs } from "./account/tabs";
import { Webhooks } from "./account/webhooks";
import { FilePage } from "./file/page";
import { CreateJob } from "./jobs/create";
import { JobPage } from "./jobs/job";
import { Jobs } from "./jobs/list";
import { Review } from "./review";
import { Search } from "./search";
import { Workers } from "./workers/list";

const TEXT = strings.console;
const PLACES: (Place & { scope?: string })[] = [
  { href: "/console", label: TEXT.places.jobs, icon: "jobs" },
  { href: "/console/review", label: TEXT.places.review, icon: "review", scope: "submissions:write" },
  { href: "/console/search", label: TEXT.places.search, icon: "search", scope: "files:read" },
  { href: "/console/workers", label: TEXT.places.workers, icon: "people", scope: "workers:manage" },
];
const ACCOUNT: Place = { href: "/console/account", label: TEXT.places.account, icon: "key" };
const PATTERNS = {
  jobs: "/console",
  create: "/console/jobs/new",
  job: "/console/jobs/:id",
  file: "/console/files/:id",
  review: "/console/review",
  search: "/console/search",
  workers: "/console/workers",
  account: "/console/account",
  credits: "/console/account/credits",
  keys: "/console/account/keys",
  webhooks: "/console/account/webhooks",
};

/** The console, for whoever is signed in: with what the key may do. */
export function App() {
  const places = PLACES.filter((one) => !one.scope || may(one.scope));
  return (
    <Shell home="/console" places={openTabs().length ? [...places, ACCOUNT] : places} end={<WhoIsSignedIn />}>
      <Content />
    </Shell>
  );
}

function Content() {
  const route = match(place.value, PATTERNS);
  const id = route?.values["id"] ?? "";
  switch (route?.name) {
    case "jobs":
      return <Jobs />;
    case "create":
      return <CreateJob />;
    case "job":
      return <JobPage key={id} id={id} />;
    case "file":
      return <FilePage key={id} id={id} />;
    case "review":
      return <Review />;
    case "search":
      return <Search />;
    case "workers":
      return <Workers />;
    case "account":
      return <Account />;
    case "credits":
      return <Credits />;
    case "keys":
      return <Keys />;
    case "webhooks":
      return <Webhooks />;
    default:
      return <EmptyState icon="info" title={strings.errors.notFound} />;
  }
}

/** The first of its tabs that the key may open. */
function Account() {
  switch (openTabs()[0]?.href) {
    case PATTERNS.keys:
      return <Keys />;
    case PATTERNS.webhooks:
      return <Webhooks />;
    default:
      return <Credits />;
  }
}

function WhoIsSignedIn() {
  const found = session.value;
  if (!found) return null;
  return (
    <>
      {!found.livemode && <Badge tone="warn">{strings.testMode}</Badge>}
      <span class="who muted small" title={`${found.key_name} (${found.key_prefix}…)`}>
        {found.organization_name}
      </span>
      <IconButton icon="out" label={strings.actions.signOut} onClick={() => void signOut().catch(toastFailure)} />
    </>
  );
}
