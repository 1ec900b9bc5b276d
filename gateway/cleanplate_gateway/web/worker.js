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
  event.waitUntil(takeOver());
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

// A new release forgets no page that an earlier one could open; what cannot be fetched anew stays with it.
async function takeOver() {
  const cache = await caches.open(CACHE);
  const earlier = (await caches.keys()).filter((name) => name !== CACHE);
  for (const name of earlier) {
    const old = await caches.open(name);
    const pages = (await old.keys()).filter((one) => PAGES.includes(new URL(one.url).pathname));
    const fetched = await Promise.all(pages.map((one) => keep(cache, one.url)));
    if (fetched.every(Boolean)) await caches.delete(name);
  }
  await self.clients.claim();
  // The page that brought this worker was fetched before there was one.
  for (const client of await self.clients.matchAll()) {
    if (PAGES.includes(new URL(client.url).pathname)) await keep(cache, client.url);
  }
}

async function keep(cache, url) {
  try {
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) return false;
    await cache.put(url, answer);
    return true;
  } catch {
    return false;
  }
}
