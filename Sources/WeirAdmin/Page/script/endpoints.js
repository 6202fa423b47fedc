// The rows of the endpoints.

const STATES = { closed: "closed", open: "OPEN", half_open: "HALF OPEN" };
const COLUMNS = [
  ["c-name", "Endpoint"], ["c-circuit", "Circuit"], ["c-limits", "Own limits"], ["c-calls", "Calls/s"],
  ["c-out", "Outcomes/s"], ["c-flight num", "In flight"], ["c-wait num", "Wait p50, p95"],
  ["c-took num", "Latency p50, p95"], ["c-total num", "Calls"],
];

/** The outcomes beside success, by group, and what a row calls them. */
const OUTCOMES = [["failed", "failed"], ["refused", "refused"], ["limited", "limited"], ["client", "4xx"]];

/** The state of a circuit as shape and word. */
class StateMark {
  #icon = icon("none");
  #text = el("span");
  node = el("span", { class: "state none" }, this.#icon, this.#text);

  update(circuit) {
    const known = circuit && Object.hasOwn(STATES, circuit.state);
    const state = known ? circuit.state : "none";
    setAttribute(this.node, "class", `state ${state}`);
    setIcon(this.#icon, state);
    setText(this.#text, !circuit ? "off" : `${STATES[state] ?? circuit.state}${circuit.forced ? ", forced" : ""}`);
  }
}

/** What a circuit counts, or when it probes next. */
class CircuitDetail {
  #text = el("span");
  #bar = new Bar();
  node = el("span", { class: "detail" }, this.#text, this.#bar.node);

  update(circuit, ago, serverNow) {
    const isIdle = circuit?.state === "closed" && circuit.failures_in_window === 0;
    setHidden(this.#bar.node, !circuit || circuit.state === "half_open" || isIdle);
    if (!circuit) {
      setText(this.#text, "");
    } else if (circuit.state === "open") {
      const rest = left(circuit.next_probe_in_ms, ago);
      setText(this.#text, circuit.forced ? "by hand" : rest === null ? "" : `probes in ${span(rest)}`);
      const passed = serverNow - Date.parse(circuit.since);
      this.#bar.show({ used: rest === null || !(passed > 0) ? null : passed / (passed + rest) });
    } else if (circuit.state === "half_open") {
      setText(this.#text, "probing now");
    } else {
      const threshold = circuit.fail_threshold;
      const failures = circuit.failures_in_window;
      setText(this.#text, failures === 0 ? "" : `${failures}${threshold === null ? "" : `/${threshold}`} failed`);
      this.#bar.show({ used: threshold ? circuit.failures_in_window / threshold : null });
    }
  }
}

/** What a row shows beside its name and the state of its circuit. */
class EndpointFigures {
  #own = el("div", { class: "own" });
  #limits = new Keyed(this.#own, () => new OwnLimit());
  #rate = el("b");
  #spark = new Spark();
  #outs = Object.fromEntries(OUTCOMES.map(([group]) => [group, el("span", { class: `o-${group}` })]));
  #ok = el("span");
  #plain = {};
  cells;

  constructor() {
    const contents = {
      "c-limits": [this.#own],
      "c-calls": [el("div", { class: "calls" }, this.#rate, this.#spark.node)],
      "c-out": [el("div", { class: "outs" }, this.#ok, ...Object.values(this.#outs))],
    };
    this.cells = COLUMNS.slice(2).map(([names, label]) => {
      const text = document.createTextNode("");
      this.#plain[names.split(" ")[0]] = text;
      // The label is shown where there are no columns.
      const attributes = { role: "cell", class: names, "data-label": label.replace(/ p50, p95$/, "") };
      return el("td", attributes, ...(contents[names] ?? [text]));
    });
  }

  update({ upstream, endpoint, view }) {
    const key = keyOf(upstream, endpoint);
    const limits = endpoint.limits.map((limit) => ({ limit, provider: endpoint.provider }));
    this.#limits.show(limits, (row) => row.limit.name);
    setHidden(this.#own, endpoint.limits.length === 0);
    const rates = view.history.rates(key, view.now);
    setText(this.#rate, rate(rates.all));
    this.#spark.show(view.history.series(key), view.now);
    GROUPS.forEach((group, index) => {
      const [value, label] = [rates.groups[index], OUTCOMES.find(([name]) => name === group.key)?.[1]];
      if (group.key === "success") setText(this.#ok, rates.all > 0 ? `${percent(value / rates.all)} ok` : "–");
      if (label === undefined) return;
      setText(this.#outs[group.key], `${rate(value)} ${label}`);
      setHidden(this.#outs[group.key], !(value > 0));
    });
    const plain = {
      "c-flight": number(endpoint.in_flight), "c-wait": pair(view.percentiles, "wait", key),
      "c-took": pair(view.percentiles, "took", key),
      "c-total": number(Object.values(endpoint.requests).reduce((a, b) => a + b, 0)),
    };
    for (const [name, text] of Object.entries(plain)) {
      if (this.#plain[name].data !== text) this.#plain[name].data = text;
    }
  }
}

/** A row. Where there are many, one has its figures only once it was in sight, and follows while it is. */
class EndpointRow {
  #name = el("span", { class: "name" });
  #priority = el("span", { class: "tag" });
  #bypass = el("span", { class: "tag" }, "bypass");
  #state = new StateMark();
  #circuit = new CircuitDetail();
  #figures = null;
  #item;
  #isSeen = false;
  #isStale = true;
  node;

  constructor(item) {
    this.#item = item;
    const who = el("div", { class: "who" }, this.#name, this.#priority, this.#bypass);
    const circuit = el("div", { class: "circuit" }, this.#state.node, this.#circuit.node);
    this.node = el(
      "tr", { role: "row", id: `e-${keyOf(item.upstream, item.endpoint)}` },
      el("th", { scope: "row", role: "rowheader", class: "c-name" }, who),
      el("td", { role: "cell", class: "c-circuit" }, circuit));
    rowsInSight.observe(this.node, (isSeen) => {
      this.#isSeen = isSeen;
      if (isSeen && this.#isStale) this.#draw();
    });
  }

  update(item) {
    this.#item = item;
    this.#isStale = true;
    const { endpoint } = item;
    setText(this.#name, endpoint.name);
    this.#state.update(endpoint.circuit);
    setAttribute(this.node, "class", { open: "t-bad", half_open: "t-half" }[endpoint.circuit?.state] ?? "");
    if (this.#isSeen || item.view.areRowsFew) this.#draw();
  }

  end() {
    rowsInSight.unobserve(this.node);
  }

  #draw() {
    this.#isStale = false;
    const { endpoint, view } = this.#item;
    if (!this.#figures) {
      this.#figures = new EndpointFigures();
      this.node.append(...this.#figures.cells);
    }
    setText(this.#priority, endpoint.priority);
    setHidden(this.#priority, endpoint.priority === "normal");
    setHidden(this.#bypass, !endpoint.bypass_circuit);
    this.#circuit.update(endpoint.circuit, view.ago, view.serverNow);
    this.#figures.update(this.#item);
  }
}

/** p50 and p95, the unit once where it is the same. */
function pair(percentiles, name, key) {
  const [middle, high] = [percentiles.text(name, key, 0.5), percentiles.text(name, key, 0.95)];
  if (middle === "–") return "–";
  const [figure, unit] = middle.split(" ");
  return high.endsWith(` ${unit}`) ? `${figure}, ${high}` : `${middle}, ${high}`;
}

/** Tells rows when they come into sight and leave it. */
const rowsInSight = {
  told: new WeakMap(),
  observer: new IntersectionObserver((entries) => {
    for (const entry of entries) rowsInSight.told.get(entry.target)?.(entry.isIntersecting);
  }, { rootMargin: "160px 0px" }),
  observe(node, tell) {
    this.told.set(node, tell);
    this.observer.observe(node);
  },
  unobserve(node) {
    this.observer.unobserve(node);
  },
};
