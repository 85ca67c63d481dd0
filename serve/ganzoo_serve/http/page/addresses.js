// From what is chosen on the page to the addresses of its pictures, relative to the page.

export const MAX_SEED = Number.MAX_SAFE_INTEGER;
const WALL = 24;

function query(members) {
  const text = new URLSearchParams(members.filter(([, value]) => value !== "")).toString();
  return text && `?${text}`;
}

function common(model, state) {
  return [
    ["class", model.classes ? state.class : ""],
    ["truncation", model.truncation && Number(state.truncation) !== 1 ? state.truncation : ""],
  ];
}

// The revision is said, so that the browser may keep the picture for ever.
const path = (model) => `v1/models/${model.id}@${model.rev}`;

export function image(model, state, extension, seed = state.seed) {
  return `${path(model)}/images/${seed}.${extension}${query(common(model, state))}`;
}

export function way(model, state, extension) {
  const members = [["from", state.seed], ["to", state.to], ["steps", state.steps], ...common(model, state)];
  return `${path(model)}/interpolate.${extension}${query(members)}`;
}

// The page of the wall that a seed is on.
export function neighbours(seed) {
  const first = seed - (seed % WALL);
  return Array.from({ length: WALL }, (_, index) => first + index).filter((each) => each <= MAX_SEED);
}

export function toSeed(text, otherwise) {
  return /^[0-9]{1,16}$/.test(text) && Number(text) <= MAX_SEED ? Number(text) : otherwise;
}

export function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
