// A link that has a seed runs at once.
() => {
  if (new URLSearchParams(location.search).has("seed")) document.querySelector("#generate").click();
}
