// Keeps what was loaded, so that the page opens again without a network. The weights are kept by
// the engine, under their hash.
//
// Python puts a line before it: self.VERSION, of the folder, and self.FIRST, what every view needs.
const OURS = "ddpm-page-";
const NAME = OURS + self.VERSION;
const NEVER_CHANGES = /\/(modules|page)\//;

function isKept({ method, url }) {
  const isOurs = url.startsWith(self.registration.scope),
    isWeights = new URL(url).pathname.endsWith(".safetensors");
  return method === "GET" && isOurs && !isWeights;
}

// The page is one, whatever its address asks of it.
const HOME = new URL(self.registration.scope).pathname;
const PAGE = [HOME, `${HOME}index.html`];
const keyOf = (request) => (PAGE.includes(new URL(request.url).pathname) ? "./" : request);

async function kept(request, response) {
  if (response.ok) await (await caches.open(NAME)).put(keyOf(request), response.clone());
  return response;
}

// What never changes at its address comes from the cache; all else from the network, if there is one.
async function answer(request) {
  const old = () => caches.match(keyOf(request));
  if (NEVER_CHANGES.test(request.url)) {
    const found = await old();
    if (found) return found;
  }
  try {
    return await kept(request, await fetch(request));
  } catch (error) {
    const found = await old();
    if (found) return found;
    throw error;
  }
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(self.FIRST)));
});

self.addEventListener("activate", (event) => {
  const clear = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== NAME);
    await Promise.all(names.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clear());
});

// The addresses of what the page loaded before this worker was there.
self.addEventListener("message", (event) => {
  const load = async (address) => {
    const request = new Request(address);
    if (isKept(request) && !(await caches.match(request)))
      await kept(request, await fetch(request));
  };
  event.waitUntil(Promise.allSettled(event.data.map(load)));
});

self.addEventListener("fetch", (event) => {
  if (isKept(event.request)) event.respondWith(answer(event.request));
});
