// The view that an address asks for, if it is one of these; else null.
export function viewIn(link, views) {
  const asked = new URL(link).searchParams.get("tab");
  return views.includes(asked) ? asked : null;
}

// For Gradio's tabs: opens the view that the address asks for. One that does not exist is taken
// out of the address, for others ask it which view is open.
export function open(views) {
  const selected = viewIn(location, views);
  if (selected === null) {
    const address = new URL(location);
    address.searchParams.delete("tab");
    history.replaceState(null, "", address);
  }
  return { selected: selected ?? views[0], __type__: "update" };
}
