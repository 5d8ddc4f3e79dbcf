// How far somebody came, kept in this browser alone. A lesson is done when it was played to the end and its question
// answered.

const KEY = "attention-lab.progress";

function readProgress() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function note(lesson, what) {
  const progress = readProgress();
  if (!lesson || progress[lesson]?.[what]) return;
  progress[lesson] = { ...progress[lesson], [what]: true };
  try {
    localStorage.setItem(KEY, JSON.stringify(progress));
  } catch {
    // a browser that keeps nothing still teaches
  }
}

export const markPlayed = (lesson) => note(lesson, "played");
export const markAnswered = (lesson) => note(lesson, "answered");
export const isDone = (lesson) => Boolean(readProgress()[lesson]?.played && readProgress()[lesson]?.answered);
