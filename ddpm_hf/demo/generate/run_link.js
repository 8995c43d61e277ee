// A link that has a seed runs at once, if it leads to this view.
() => {
  const asked = new URLSearchParams(location.search);
  const here = (asked.get("tab") ?? "generate") === "generate";
  if (here && asked.has("seed")) document.querySelector("#generate").click();
}
