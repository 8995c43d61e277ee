// The link's settings, or those of the controls where it has none.
(...controls) => {
  const asked = new URLSearchParams(location.search);
  return ["seed", "number", "steps", "variance", "noise", "model"].map((name, i) => {
    const value = asked.get(name);
    if (value === null) return controls[i];
    if (typeof controls[i] !== "number") return value;
    return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : controls[i];
  });
}
