// A chart in SVG: an area with two axes, and what is drawn in it.
export function svgNode(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// The size and margins of a drawing, and the axes across and up in it.
export class Area {
  constructor(box, across, up) {
    Object.assign(this, { box, across, up });
  }

  x(value) {
    const { left, right, width } = this.box;
    return left + this.across.place(value) * (width - left - right);
  }

  y(value) {
    const { top, bottom, height } = this.box;
    return height - bottom - this.up.place(value) * (height - top - bottom);
  }

  // A path's `d` through these points; what the axis can't show is left out.
  path(xs, ys) {
    const points = Array.from(xs, (x, i) => [x, ys[i]]).filter(([, y]) => this.up.shows(y));
    return points.length ? `M${points.map(([x, y]) => `${this.x(x)} ${this.y(y)}`).join("L")}` : "";
  }

  // Stands a vertical line at a value.
  stand(line, value) {
    for (const end of ["x1", "x2"]) line.setAttribute(end, this.x(value));
  }

  // A vertical line from top to bottom, to be stood somewhere.
  cursor(attributes) {
    const { top, bottom, height } = this.box;
    return svgNode("line", { y1: top, y2: height - bottom, ...attributes });
  }

  // The value across that is under the pointer.
  under(event, svg) {
    const { left, right, width } = this.box,
      drawn = svg.getBoundingClientRect();
    const x = ((event.clientX - drawn.left) / drawn.width) * width;
    return this.across.value((x - left) / (width - left - right));
  }
}
