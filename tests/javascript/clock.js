// A clock that tests move by hand, in place of the browser's: timers, frames, and whether motion is welcome.

const FRAME = 1000 / 60; // ms

let now = 0;
let waiting = []; // { id, at, act }
let made = 0;
let prefersStillness = false;

function later(act, delay) {
  made += 1;
  waiting.push({ id: made, at: now + delay, act });
  return made;
}

function forget(id) {
  waiting = waiting.filter((each) => each.id !== id);
}

/** Starts a new clock. */
export function clock() {
  now = 0;
  waiting = [];
  prefersStillness = false;
  Object.defineProperty(globalThis, "performance", { value: { now: () => now }, configurable: true });
  globalThis.requestAnimationFrame = (act) => later(() => act(now), FRAME);
  globalThis.cancelAnimationFrame = forget;
  globalThis.setTimeout = later;
  globalThis.clearTimeout = forget;
  globalThis.matchMedia = () => ({ matches: prefersStillness });
}

/** Whether the visitor prefers stillness. */
export function still(yes) {
  prefersStillness = yes;
}

/** Lets so many milliseconds pass. */
export function advance(time) {
  const end = now + time;
  for (;;) {
    const next = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
    if (!next) break;
    forget(next.id);
    now = next.at;
    next.act();
  }
  now = end;
}
