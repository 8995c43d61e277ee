// Cats to choose from: a click tells the server which.
part("cats").replaceChildren(
  ...props.value.map((url, n) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", say("cat", { n: n + 1 }));
    button.append(Object.assign(new Image(), { src: url, alt: "" }));
    button.addEventListener("click", () => trigger("select", { n }));
    return button;
  }),
);
