const SVG = "http://www.w3.org/2000/svg";

/** An element, with attributes, `on…` handlers and children; text is only ever text. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const ICONS = {
  bag: "M5 8h14l1 12H4zM8.5 8V7a3.5 3.5 0 017 0v1",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4.5 20c.7-3.5 3.7-5.5 7.5-5.5s6.8 2 7.5 5.5",
  back: "M15 5l-7 7 7 7",
  truck: "M2.5 6.5h11v10h-11zM13.5 10h4l3.5 3.5v3h-7.5M7 19a2 2 0 100-4 2 2 0 000 4zM17 19a2 2 0 100-4 2 2 0 000 4z",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  return: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 010 11H8",
  shield: "M12 3l7 3v5c0 5-3 8.5-7 10-4-1.5-7-5-7-10V6zM9 12l2 2 4-4.5",
  chat: "M12 4c-5 0-8.5 3.2-8.5 7.5 0 2.2 1 4 2.6 5.4L5.5 20l3.5-1.5c1 .3 2 .5 3 .5 5 0 8.5-3.2 8.5-7.5S17 4 12 4z",
};

export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] ?? ICONS.box }));
}

/** A kapok blossom: five petals around a golden heart. */
export function blossom(x, y, size, turn = 0, tone = "petal") {
  return svg(
    "g",
    { transform: `translate(${x} ${y}) rotate(${turn}) scale(${size})` },
    [0, 72, 144, 216, 288].map((a) =>
      svg("path", { d: "M0-4C-13-16-11-40 0-46 11-40 13-16 0-4z", transform: `rotate(${a})`, class: tone }),
    ),
    svg("circle", { r: 8, class: "heart" }),
    [20, 92, 164, 236, 308].map((a) => svg("path", { d: "M0 0V-17", transform: `rotate(${a})`, class: "stamen" })),
  );
}
