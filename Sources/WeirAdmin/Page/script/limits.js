// A quota as a bar: what is used, what is kept for critical calls, what is taken away for now, and where the provider
// says we are.

class Bar {
  #parts = {
    reserve: svg("rect", { class: "reserve", height: "100%" }),
    gone: svg("rect", { class: "gone", height: "100%" }),
    fill: svg("rect", { class: "fill", height: "100%", x: "0" }),
    provider: svg("rect", { class: "provider", height: "100%", width: "2" }),
  };
  node = svg("svg", { class: "bar", "aria-hidden": "true" });

  /** Shares 0..1; what is null is not drawn. */
  show({ used, reserve = null, factor = 1, provider = null }) {
    this.#draw("reserve", reserve > 0 ? factor * (1 - reserve) : null, reserve * factor);
    this.#draw("gone", factor < 1 ? factor : null, 1 - factor);
    this.#draw("fill", used === null ? null : 0, Math.min(1, used));
    this.#draw("provider", provider === null ? null : Math.min(0.995, provider), null);
  }

  #draw(name, x, width) {
    const part = this.#parts[name];
    if (x === null) {
      part.remove();
      return;
    }
    setAttribute(part, "x", `${(x * 100).toFixed(2)}%`);
    if (width !== null) setAttribute(part, "width", `${(width * 100).toFixed(2)}%`);
    if (!part.parentNode) {
      // The order is that of painting.
      const above = { reserve: this.node.firstChild, provider: null };
      const mark = this.#parts.provider.parentNode ? this.#parts.provider : null;
      const after = Object.hasOwn(above, name) ? above[name] : mark;
      this.node.insertBefore(part, after);
    }
  }
}

function sharesOf(limit, provider) {
  return {
    used: limit.used === null ? null : limit.used / Math.max(1, limit.limit),
    reserve: limit.reserve ?? null,
    factor: factorOf(limit),
    // The status does not say which limit the provider speaks of: the one with its figure, if any has it.
    provider: provider && provider.limit === limit.limit ? provider.percentage_used / 100 : null,
  };
}

/** "123 of 600", or the keys of a keyed limit. */
function usedText(limit, between = "/") {
  if (limit.used === null) return `${number(limit.keys)} ${limit.keys === 1 ? "key" : "keys"}`;
  return `${number(limit.used)}${between}${number(limit.limit)}`;
}

/** What the figure of a limit counts. */
function periodText(limit) {
  if (limit.window_seconds !== null && limit.window_seconds !== undefined) {
    return `${limit.algorithm === "spacing" ? "one per" : "per"} ${shortSpan(limit.window_seconds)}`;
  }
  return { token_bucket: "burst", concurrency: "in flight", spacing: "spaced" }[limit.algorithm] ?? "";
}

function shortSpan(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (seconds >= length && seconds % length === 0) return `${seconds / length} ${unit}`;
  }
  return `${seconds} s`;
}

/** What is to be known of a limit beside its bar. */
function notesOf(limit, ago) {
  const notes = [];
  if (factorOf(limit) < 1) notes.push(`shrunk to ${Math.round(factorOf(limit) * 100)} %`);
  if (limit.reserve > 0) notes.push(`${Math.round(limit.reserve * 100)} % reserved`);
  if (limit.next_free_in_ms > 0) notes.push(`free in ${span(left(limit.next_free_in_ms, ago))}`);
  if (limit.shared === "lost" || limit.shared?.lost === true) notes.push("own share only");
  return notes.join(" · ");
}

/** A gauge with a name above its bar and notes below: a limit of the upstream, the line, the connections. */
class Gauge {
  #name = el("span");
  #of = el("span", { class: "quiet" });
  #figure = el("span");
  #bar = new Bar();
  #notes = el("span");
  #right = el("span");
  node = el(
    "li", { class: "gauge" },
    el("p", {}, el("span", {}, this.#name, " ", this.#of), this.#figure), this.#bar.node,
    el("small", {}, this.#notes, this.#right));

  update({ name, of, figure, shares, notes, right, isFull: full }) {
    setText(this.#name, name);
    setText(this.#of, of ?? "");
    setText(this.#figure, figure);
    this.#bar.show(shares);
    setText(this.#notes, notes ?? "");
    setText(this.#right, right ?? "");
    this.node.classList.toggle("full", full === true);
  }
}

/** A limit within the row of an endpoint. */
class OwnLimit {
  #name = el("span", { class: "limit-name" });
  #figure = el("span", { class: "n" });
  #bar = new Bar();
  node = el("div", { class: "limit" }, this.#name, this.#bar.node, this.#figure);

  update({ limit, provider }) {
    setText(this.#name, limit.name);
    const factor = factorOf(limit);
    setText(this.#figure, usedText(limit) + (factor < 1 ? ` ×${factor.toFixed(2)}` : ""));
    this.#bar.show(sharesOf(limit, provider));
    this.node.classList.toggle("full", isFull(limit));
  }
}
