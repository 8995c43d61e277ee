const spoken = navigator.language.startsWith("zh") ? "zh" : "en";
for (const link of element.querySelectorAll("a")) {
  link.setAttribute("aria-current", link.hreflang === spoken);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const address = new URL(location); // as it is now, with the settings and the view
    address.searchParams.set("lang", link.hreflang);
    location.assign(address);
  });
}
