// Keeps the page itself, so that it opens without a connection. Requests to the API and uploads are left alone: what
// is captured is kept by the page, which sends it when it can.
const CACHE = "assay-capture-1";
const PAGE = "/capture";
const BESIDE = ["/capture/manifest.webmanifest", "/capture/pcm.js", "/capture/icon-192.png", "/icon.svg"];
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(keepPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(openPage(event));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(fromCache(request));
  else if (BESIDE.includes(url.pathname)) event.respondWith(fromNetwork(request));
});

/** The page and every file that it names. */
async function keepPage() {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE, { cache: "no-cache" });
  if (!page.ok) throw new Error(`the page answered ${page.status}`);
  const html = await page.clone().text();
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  const missing = [];
  for (const path of assets) if (!(await cache.match(path))) missing.push(path);
  await cache.addAll([...missing, ...BESIDE]);
  await cache.put(PAGE, page);
  await forgetAssets(cache, new Set(assets));
}

/** Files of an older page; what a newer one loads later is fetched again. */
async function forgetAssets(cache, wanted) {
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/assets/") && !wanted.has(pathname)) await cache.delete(request);
  }
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith("assay-capture-") && name !== CACHE).map((name) => caches.delete(name)),
  );
}

/** The newest page where the line is fast enough; the kept one else, while the newest is fetched for the next time. */
async function openPage(event) {
  const kept = await caches.match(PAGE);
  const newest = fetch(event.request);
  if (!kept) return newest;
  event.waitUntil(newest.then((page) => page.ok && keepPage()).catch(() => undefined));
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  return Promise.race([newest.then((page) => (page.status < 500 ? page : kept)).catch(() => kept), late]);
}

/** Their name changes with their content, so what is kept is right. */
async function fromCache(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const found = await fetch(request);
  if (found.ok) await (await caches.open(CACHE)).put(request, found.clone());
  return found;
}

async function fromNetwork(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}
