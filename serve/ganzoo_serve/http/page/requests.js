// Asking the server, with the key if it needs one: an <img> cannot send it, so that pictures come by fetch then.

const STORE = "ganzoo-key";
let key = "";
try {
  key = sessionStorage.getItem(STORE) ?? "";
} catch {
  // Not allowed to store: it is asked for on every visit.
}

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function useKey(text) {
  key = text;
  try {
    sessionStorage.setItem(STORE, text);
  } catch {
    // As above.
  }
}

export async function get(path, signal, cache) {
  const reply = await fetch(path, { headers: key ? { Authorization: `Bearer ${key}` } : {}, signal, cache });
  if (!reply.ok) {
    const problem = await reply.json().catch(() => ({}));
    throw new Refused(reply.status, problem.detail ?? `The server says ${reply.status}.`);
  }
  return reply;
}

const asking = new WeakMap();

// Show the picture of an address. If it is asked for another one meanwhile, this one is forgotten.
export async function show(img, path) {
  asking.get(img)?.abort();
  const abort = new AbortController();
  asking.set(img, abort);
  img.setAttribute("aria-busy", "true");
  try {
    const source = key ? URL.createObjectURL(await (await get(path, abort.signal)).blob()) : path;
    if (abort.signal.aborted) return;
    release(img);
    img.src = source;
    await img.decode().catch(() => abort.signal.aborted || get(path, abort.signal)); // it knows why there is no picture
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    if (asking.get(img) === abort) img.removeAttribute("aria-busy");
  }
}

export function release(img) {
  if (img.src.startsWith("blob:")) URL.revokeObjectURL(img.src);
}

// A link's file; without a key the browser does it by itself.
export function downloads(onRefused) {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[download]");
    if (!link || !key || link.href.startsWith("blob:")) return;
    event.preventDefault();
    try {
      const saved = document.createElement("a");
      saved.href = URL.createObjectURL(await (await get(link.href)).blob());
      saved.download = link.download;
      saved.click();
      setTimeout(() => URL.revokeObjectURL(saved.href), 60_000);
    } catch (error) {
      onRefused(error);
    }
  });
}
