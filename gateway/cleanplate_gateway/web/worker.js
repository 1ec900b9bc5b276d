// Opens the kitchen's pages without a network, as they were seen last. `RELEASE` and `SHELL` are written in
// front of this by the server. What the API answers is never kept here.

const CACHE = `cleanplate-${RELEASE}`;
const PAGES = ["/k/", "/k/cook", "/k/purchase", "/k/door", "/k/weigh"];
const PATIENCE_MS = 2_500;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((one) => one !== CACHE).map((one) => caches.delete(one))))
      .then(() => self.clients.claim())
      .then(() => keepOpenPages()),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request));
  else if (PAGES.includes(url.pathname)) {
    event.respondWith(page(event.request));
  }
});

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

// The network's page if it comes in time, else the one that was seen last.
async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok && !answer.redirected) {
      const cache = await caches.open(CACHE);
      await cache.put(request, answer.clone());
    }
    return answer;
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}

// The page that brought this worker was fetched before there was one.
async function keepOpenPages() {
  const cache = await caches.open(CACHE);
  for (const client of await self.clients.matchAll()) {
    if (PAGES.includes(new URL(client.url).pathname)) await cache.add(client.url).catch(() => null);
  }
}
