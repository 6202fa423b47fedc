// Elements. Data becomes text nodes and attributes that hold no code; there is no other way in.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; a child is a node or a text. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const byId = (id) => document.getElementById(id);

/** Changes a text only when it differs: what stays the same costs no layout. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** As an attribute, since an SVG element has no such property. */
function setHidden(node, hidden) {
  if (node.hasAttribute("hidden") !== hidden) node.toggleAttribute("hidden", hidden);
}

/** One of the symbols of the document; an unknown name shows the sign of warning. */
function icon(name) {
  const use = svg("use", { href: `#i-${name}` });
  return svg("svg", { class: "icon", "aria-hidden": "true" }, use);
}

function setIcon(node, name) {
  setAttribute(node.firstElementChild, "href", `#i-${name}`);
}

/** Keeps the children of `parent` equal to a list of keyed items, and the nodes of those that stay. */
class Keyed {
  #parent;
  #make;
  #parts = new Map();

  /** `make(item)` gives `{ node, update(item) }`. */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** Shows `items`, in their order; `keyOf` tells them apart. */
  show(items, keyOf) {
    const focused = document.activeElement;
    const seen = new Set();
    let next = this.#parent.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      if (seen.has(key)) continue;
      seen.add(key);
      let part = this.#parts.get(key);
      if (!part) {
        part = this.#make(item);
        this.#parts.set(key, part);
      }
      if (part.node === next) {
        next = next.nextSibling;
      } else {
        this.#parent.insertBefore(part.node, next);
      }
      part.update(item);
    }
    for (const [key, part] of this.#parts) {
      if (seen.has(key)) continue;
      part.node.remove();
      part.end?.();
      this.#parts.delete(key);
    }
    // Moving a node takes the focus away from it.
    if (focused && focused !== document.activeElement && this.#parent.contains(focused)) focused.focus();
  }
}
