// A link → its settings, or those of the controls where it has none.
(link) => (...controls) => {
  const asked = new URL(link).searchParams;
  const names = [
    "seed", "number", "steps", "variance", "noise", "model", "class", "guidance", "spacing",
  ];
  // The model that the page begins with knows no classes.
  if ((asked.get("model") ?? FIRST) === FIRST) ["class", "guidance"].forEach((name) => asked.delete(name));
  return names.map((name, i) => {
    const value = asked.get(name);
    if (value === null) return controls[i];
    if (typeof controls[i] !== "number") return value;
    return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : controls[i];
  });
}
