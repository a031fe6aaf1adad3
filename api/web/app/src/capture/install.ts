// The page as an app of the phone: a service worker that keeps the page itself, and the browser's offer to install it.
import { signal } from "@preact/signals";

interface InstallOffer extends Event {
  prompt: () => Promise<void>;
}

const WORKER = "/capture/sw.js";
const SCOPE = "/capture";

/** The browser's offer, where it makes one (Chromium); `null` else. */
export const installOffer = signal<InstallOffer | null>(null);

export function offerInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installOffer.value = event as InstallOffer;
  });
  addEventListener("appinstalled", () => (installOffer.value = null));
  // Service workers exist under https (and on localhost) only; without one the page works as long as there is a connection.
  void navigator.serviceWorker?.register(WORKER, { scope: SCOPE });
}

export async function install(): Promise<void> {
  await installOffer.value?.prompt();
  installOffer.value = null;
}
