import * as addresses from "./addresses.js";
import { Refused, downloads, get, release, show, useKey } from "./requests.js";

const $ = (id) => document.getElementById(id);
const COLUMNS = 6; // of the wall, as in page.css
const WALL_AFTER_MS = 150; // whoever holds an arrow key down wants no walls in between

let models = [];
let model = null;
const state = { model: "", seed: 0, class: "", truncation: "1", to: 0, steps: 24 };

function say(text) {
  $("status").textContent = text;
}

function refused(error) {
  if (!(error instanceof Refused)) {
    say("The server does not answer.");
  } else if (error.status === 401) {
    $("gate").hidden = false;
    $("play").hidden = true;
    say($("key").value && "This is not a key of this server.");
    $("key").focus();
  } else {
    say(error.message);
  }
}

async function start() {
  try {
    models = (await (await get("v1/models")).json()).data;
  } catch (error) {
    refused(error);
    return;
  }
  if (!models.length) {
    await get("v1/models/-").catch((error) => (error.status === 404 ? say("There is no model here.") : refused(error)));
    setTimeout(start, 1000);
    return;
  }
  say("");
  $("gate").hidden = true;
  $("models").hidden = true;
  $("play").hidden = false;
  $("key").value = "";
  $("model").replaceChildren(...models.map((each) => new Option(each.id)));
  read();
}

// The page's own address holds what is chosen, so that it can be kept and sent.
function read() {
  const hash = new URLSearchParams(location.hash.slice(1));
  choose(models.find((each) => each.id === hash.get("model")) ?? models[0]);
  const truncation = Number(hash.get("truncation") ?? 1);
  state.seed = addresses.toSeed(hash.get("seed"), 0);
  state.to = addresses.toSeed(hash.get("to"), addresses.randomSeed());
  state.class = model.classes && /^[0-9]+$/.test(hash.get("class")) ? hash.get("class") : "";
  if (Number(state.class) >= (model.classes?.length ?? 0)) state.class = "";
  state.truncation = truncation >= 0 && truncation <= 1 ? String(truncation) : "1";
  state.steps = Math.min(Math.max(Math.trunc(hash.get("steps")) || 24, 2), model.limits.steps);
  draw();
}

function choose(chosen) {
  if (chosen === model) return;
  model = chosen;
  state.model = model.id;
  $("class-row").hidden = !model.classes;
  $("class").replaceChildren(
    new Option("of the seed", ""),
    ...(model.classes ?? []).map((name, id) => new Option(name === String(id) ? name : `${id}: ${name}`, id)),
  );
  $("truncation-row").hidden = !model.truncation;
  $("steps").max = model.limits.steps;
  for (const id of ["image", "film"]) {
    $(id).width = model.image.width;
    $(id).height = model.image.height;
    $(id).classList.toggle("large", model.image.width >= 256);
  }
  const facts = [`${model.image.width} x ${model.image.height}`];
  if (model.classes) facts.push(`${model.classes.length} classes`);
  if (model.training?.architecture) facts.push(model.training.architecture);
  if (model.dataset) facts.push(`trained on ${model.dataset.name}`);
  if (model.licence) facts.push(model.licence);
  $("facts").textContent = `${facts.join("; ")}.`;
}

function draw() {
  history.replaceState(null, "", `#${new URLSearchParams(Object.entries(state).filter(([, value]) => value !== ""))}`);
  for (const id of ["model", "class", "seed", "truncation", "to", "steps"]) $(id).value = state[id];
  $("truncation-value").textContent = Number(state.truncation).toFixed(2);

  caption(state.class);
  say("");
  showImage(addresses.image(model, state, "png")).catch(refused);
  $("address").value = new URL(addresses.image(model, state, "png"), document.baseURI).href;
  $("downloads").replaceChildren(
    "Download ",
    ...model.formats.filter((each) => each !== "jpeg").map((extension) => link(extension, addresses.image(model, state, extension), state.seed)),
  );
  $("film-figure").hidden = true;
  $("film").removeAttribute("src");
  wall();
}

function caption(id) {
  const name = model.classes?.[id];
  const label = `${model.id}, seed ${state.seed}${name === undefined ? "" : `, class ${name}`}`;
  $("image").alt = label;
  $("caption").textContent = label;
}

async function showImage(path) {
  await show($("image"), path);
  if (!model.classes || state.class) return;
  const reply = await get(path, undefined, "force-cache"); // it was just asked for; what it says an <img> does not tell
  if (path === addresses.image(model, state, "png")) caption(reply.headers.get("X-Ganzoo-Class"));
}

function link(extension, path, name) {
  const made = document.createElement("a");
  made.href = path;
  made.download = `${model.id}-${name}.${extension}`;
  made.textContent = extension;
  return made;
}

let wallTimer = 0;
let wallShown = "";

function wall() {
  const seeds = addresses.neighbours(state.seed);
  const paths = seeds.map((seed) => addresses.image(model, state, "png", seed));
  clearTimeout(wallTimer);
  if (paths.join() !== wallShown) {
    wallTimer = setTimeout(() => {
      wallShown = paths.join();
      for (const img of $("wall").querySelectorAll("img")) release(img);
      $("wall").replaceChildren(...seeds.map((seed, index) => neighbour(seed, paths[index])));
      mark();
    }, wallShown && WALL_AFTER_MS);
  }
  mark();
}

function neighbour(seed, path) {
  const button = document.createElement("button");
  const img = document.createElement("img");
  button.type = "button";
  button.dataset.seed = seed;
  img.alt = `seed ${seed}`;
  img.width = model.image.width;
  img.height = model.image.height;
  button.title = img.alt;
  button.append(img);
  show(img, path).catch(refused);
  return button;
}

// One of them is a tab stop; the arrow keys reach the others.
function mark() {
  for (const button of $("wall").children) {
    const here = Number(button.dataset.seed) === state.seed;
    button.toggleAttribute("aria-current", here);
    button.tabIndex = here ? 0 : -1;
    if (here && document.activeElement?.parentElement === $("wall")) button.focus();
  }
}

function change(changes) {
  Object.assign(state, changes);
  draw();
}

function step(by) {
  change({ seed: Math.min(Math.max(state.seed + by, 0), addresses.MAX_SEED) });
}

async function play(event) {
  event.preventDefault();
  change({ to: addresses.toSeed($("to").value, state.to), steps: Number($("steps").value) });
  $("film").alt = `${model.id}, from seed ${state.seed} to seed ${state.to} in ${state.steps} steps`;
  $("film-links").replaceChildren(
    "Download ",
    ...["webp", "gif", "png"].map((extension) =>
      link(extension, addresses.way(model, state, extension), `${state.seed}-${state.to}`),
    ),
  );
  $("film-figure").hidden = false;
  await show($("film"), addresses.way(model, state, "webp")).catch(refused);
}

async function copy() {
  $("address").select();
  try {
    await navigator.clipboard.writeText($("address").value);
  } catch {
    document.execCommand("copy"); // where the page did not come by HTTPS
  }
  $("copy").textContent = "Copied";
  setTimeout(() => ($("copy").textContent = "Copy"), 1500);
}

const KEYS = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => step(-COLUMNS),
  ArrowDown: () => step(COLUMNS),
  r: () => change({ seed: addresses.randomSeed() }),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (!KEYS[event.key] || typing || !model || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  KEYS[event.key]();
});
$("model").addEventListener("change", () => {
  choose(models.find((each) => each.id === $("model").value));
  change({ class: "", truncation: "1", steps: Math.min(state.steps, model.limits.steps) });
});
$("class").addEventListener("change", () => change({ class: $("class").value }));
$("seed").addEventListener("change", () => change({ seed: addresses.toSeed($("seed").value, state.seed) }));
$("truncation").addEventListener("input", () => change({ truncation: $("truncation").value }));
$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
$("random").addEventListener("click", KEYS.r);
$("random-to").addEventListener("click", () => change({ to: addresses.randomSeed() }));
$("wall").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) change({ seed: Number(button.dataset.seed) });
});
$("way").addEventListener("submit", play);
$("copy").addEventListener("click", copy);
$("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey($("key").value);
  start();
});
window.addEventListener("hashchange", () => model && read());
downloads(refused);
start();
