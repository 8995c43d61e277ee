// What the page asks for by an address: Python answers, or has written it out.

// Gradio's word for: leave it as it is.
export const UNCHANGED = { __type__: "update" };

// The answer; where there is none, {refusal}: a sentence, or "" if nothing answered.
export async function answerAt(path) {
  const nothing = { refusal: "" };
  const response = await fetch(new URL(path, document.baseURI)).catch(() => null);
  const answer = (await response?.json().catch(() => null)) ?? nothing;
  return response?.ok ? answer : { refusal: answer.detail ?? "" };
}

// One question at a time; of those that wait, only the newest is asked.
export function latest(ask) {
  let newest = 0,
    before = Promise.resolve();
  return (...question) => {
    const mine = ++newest;
    before = before.then(() => (mine === newest ? ask(...question) : UNCHANGED));
    return before;
  };
}
