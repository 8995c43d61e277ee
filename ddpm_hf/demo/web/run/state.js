// Where the run of a screen stands. Each run has an id, made here; what comes of another run than
// the last one started changes nothing.
//
// phase: idle → waiting → running → done; `stopped` and `failed` can follow each but idle and done.
// shown: the run whose frames are on the screen, which may be an earlier one.
export const IDLE = { run: null, phase: "idle", shown: null };

export const isActive = ({ phase }) => phase === "waiting" || phase === "running";

export const started = (state, run) => ({ ...state, run, phase: "waiting" });

// A failure comes without an id: should it be an earlier run's, the next chunk puts it right.
const isOpen = ({ phase }) => isActive({ phase }) || phase === "failed";

export const belongs = (state, chunk) => isOpen(state) && chunk.run === state.run;

// A chunk of frames, the first of them at index `first` of `total`. Chunks before it may have been
// lost: only the last frame ends a run.
export function arrived(state, chunk) {
  if (!belongs(state, chunk)) return state;
  const already = state.shown?.run === chunk.run ? state.shown.frames : 0;
  const frames = Math.max(already, chunk.first + chunk.t.length);
  const phase = frames === chunk.total ? "done" : "running";
  return { ...state, phase, shown: { run: chunk.run, frames, total: chunk.total } };
}

export const stopped = (state) => (isOpen(state) ? { ...state, phase: "stopped" } : state);

export const failed = (state) => (isActive(state) ? { ...state, phase: "failed" } : state);

// What is told of it: the key of a sentence, and how many percent of a run that is under way.
export function told({ phase, shown }, saving) {
  if (phase === "waiting") return ["waiting", 0];
  if (saving) return ["saving", 0];
  if (!shown) return ["idle", 0];
  if (phase === "running") return ["sampling", (100 * shown.frames) / shown.total];
  return [shown.frames === shown.total ? "done" : "stopped", 0];
}
