// The choice of language. Remembers the open tab in the address; other views open one by the event
// `open-view`.
import { refillEmptied } from "../emptied.js";
import { hasServer, languageOf } from "../page.js";
import { translateToasts } from "./toasts.js";

function linkLanguages(element) {
  const spoken = languageOf(navigator.language);
  for (const link of element.querySelectorAll("a")) {
    link.setAttribute("aria-current", link.hreflang === spoken);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const address = new URL(location); // as it is now, with the settings and the view
      address.searchParams.set("lang", link.hreflang);
      location.assign(address);
    });
  }
}

function remember(view) {
  const address = new URL(location);
  if (address.searchParams.get("tab") === view) return;
  address.searchParams.set("tab", view);
  history.pushState(null, "", address);
}

// Only a choice of the reader's: Gradio selects a tab by itself when the page is built.
function rememberChoice(event) {
  if (!event.target.closest("#views .tab-wrapper")) return;
  const clicked = event.target.closest("[role=tab]");
  if (clicked) return remember(clicked.dataset.tabId);
  requestAnimationFrame(() => {
    const chosen = document.querySelector("#views [role=tab][aria-selected=true]");
    if (chosen) remember(chosen.dataset.tabId); // on a phone it may still be behind the "…"
  });
}

const FRAMES_TO_WAIT = 600;

// Back where the reader was, once the view that the address asks for is there again. The browser
// itself comes too early: a view that is still closed has no height.
function scrollBack(scroll, frames = 0) {
  const asked = new URL(location).searchParams.get("tab");
  const open = document.querySelector("#views [role=tab][aria-selected=true]")?.dataset.tabId;
  const isThere = open === asked && document.documentElement.scrollHeight >= scroll + innerHeight;
  if (isThere) window.scrollTo(0, scroll);
  else if (frames < FRAMES_TO_WAIT) requestAnimationFrame(() => scrollBack(scroll, frames + 1));
}

export function mount({ element, props, trigger }) {
  linkLanguages(element);
  refillEmptied();
  if (hasServer()) translateToasts(props.strings[languageOf(navigator.language)]);
  document.addEventListener("click", rememberChoice);
  window.addEventListener("popstate", (event) => {
    trigger("select");
    if (event.state?.scroll !== undefined) scrollBack(event.state.scroll);
  });
  window.addEventListener("open-view", (event) => {
    history.replaceState({ scroll: window.scrollY }, "");
    remember(event.detail);
    trigger("select");
    const views = document.querySelector("#views");
    views.scrollIntoView();
    // On a phone the tab's button may be behind the "…", where nothing can have the focus.
    views
      .querySelector(`[role=tab][data-tab-id="${event.detail}"]`)
      ?.focus({ preventScroll: true });
  });
}
