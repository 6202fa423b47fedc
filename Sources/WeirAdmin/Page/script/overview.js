// What is seen first: the verdict, the problems, and the figures of all upstreams.

/** No more cards than this; the rest is counted. */
const MOST_PROBLEMS = 12;
/** How rarely a screen reader is told, in ms. */
const ANNOUNCE_EVERY = 5000;

/** Colour and sign of the tab, by verdict. */
const FAVICONS = {
  good: ["%230b8a61", "M3 8.5l3.5 4 6.5-9"],
  warn: ["%23d98e04", "M8 3v6M8 11.5v1.5"],
  bad: ["%23d32f2b", "M4.5 4.5l7 7M11.5 4.5l-7 7"],
  lost: ["%23808a96", "M5 8h6"],
};
const FIGURES = {
  calls: "Calls/s", success: "Successful", line: "In line", wait: "Wait p50", took: "Latency p50", flight: "In flight",
};

class ProblemCard {
  #icon = icon("warn");
  #title = el("b");
  #detail = el("span");
  #left = el("strong");
  #label = el("span");
  #link;
  node;

  constructor() {
    this.#link = el(
      "a", { href: "#main" }, this.#icon, el("div", {}, this.#title, this.#detail),
      el("div", { class: "left" }, this.#left, this.#label));
    this.node = el("li", { class: "problem" }, this.#link);
  }

  update(problem) {
    setAttribute(this.node, "class", `problem ${problem.tone}`);
    setAttribute(this.#link, "href", problem.href ?? "#main");
    setIcon(this.#icon, problem.icon);
    setText(this.#title, problem.title);
    setText(this.#detail, problem.detail);
    setText(this.#left, problem.left ?? "");
    setText(this.#label, problem.leftLabel ?? "");
  }
}

class Overview {
  #list = el("ul");
  #more = el("p", { class: "more" });
  #calm = el("p", { class: "calm" }, icon("good"), el("span"));
  #cards = new Keyed(this.#list, () => new ProblemCard());
  #chart = new Chart();
  #figures = {};
  #announced = { text: "", at: -Infinity };

  constructor() {
    byId("problems").replaceChildren(this.#list, this.#more, this.#calm);
    const cells = el("dl");
    for (const [key, label] of Object.entries(FIGURES)) {
      const [figure, note] = [document.createTextNode(""), el("small")];
      const cell = el("div", {}, el("dt", {}, label), el("dd", {}, figure, note));
      this.#figures[key] = (text, small, tone = "") => {
        if (figure.data !== text) figure.data = text;
        setText(note, small);
        setAttribute(cell, "class", tone);
      };
      cells.append(cell);
    }
    byId("figures").replaceChildren(cells, this.#chart.node);
    setHidden(byId("figures"), false);
  }

  show(view) {
    const { status, now, ago } = view;
    const problems = problemsOf(status, ago);
    this.#showProblems(problems, status);
    const rates = view.history.rates(undefined, now);
    this.#chart.show(view.history.series(), rates, now);
    this.#showFigures(view, rates);
    this.#verdict(problems);
  }

  #showProblems(problems, status) {
    this.#cards.show(problems.slice(0, MOST_PROBLEMS), (problem) => problem.key);
    const hidden = problems.length - MOST_PROBLEMS;
    setHidden(this.#more, hidden <= 0);
    setText(this.#more, `and ${hidden} more: see the rows below`);
    setHidden(this.#list, problems.length === 0);
    setHidden(this.#calm, problems.length > 0);
    const endpoints = status.upstreams.reduce((sum, upstream) => sum + upstream.endpoints.length, 0);
    const upstreams = `${status.upstreams.length} ${status.upstreams.length === 1 ? "upstream" : "upstreams"}`;
    const calm = `Every circuit is closed and no provider has said stop. ${endpoints} endpoints of ${upstreams}.`;
    setText(this.#calm.lastChild, calm);
  }

  #showFigures({ status, percentiles }, rates) {
    const sum = (value) => status.upstreams.reduce((total, upstream) => total + value(upstream), 0);
    const inLine = sum((upstream) => upstream.queue.length);
    const oldest = Math.max(0, ...status.upstreams.map((upstream) => upstream.queue.oldest_wait_ms));
    const flight = sum((upstream) => upstream.endpoints.reduce((total, endpoint) => total + endpoint.in_flight, 0));
    const [success, client] = rates.groups;
    const failing = rates.all - success - client;
    this.#figures.calls(rate(rates.all), "mean of 5 s");
    this.#figures.success(
      percent(success / rates.all), rates.all > success ? `${rate(rates.all - success)}/s not` : "",
      failing > rates.all * 0.1 ? "bad" : "");
    const lineTone = status.upstreams.some(isLineFull) ? "warn" : "";
    this.#figures.line(number(inLine), inLine > 0 ? `oldest ${span(oldest)}` : "nobody waits", lineTone);
    for (const name of ["wait", "took"]) {
      this.#figures[name](percentiles.text(name, "", 0.5), `p95 ${percentiles.text(name, "", 0.95)}`);
    }
    const busy = sum((upstream) => upstream.connections.active);
    this.#figures.flight(number(flight), `${number(busy)} connections`);
  }

  #verdict(problems) {
    const isBad = problems.some(({ tone }) => tone === "bad" || tone === "cold");
    const tone = problems.length === 0 ? "good" : isBad ? "bad" : "warn";
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const text = problems.length === 0 ? "All clear" : count;
    const node = byId("verdict");
    setAttribute(node, "class", `verdict ${tone}`);
    setIcon(node.firstElementChild, tone === "good" ? "good" : tone === "bad" ? "open" : "warn");
    setText(node.lastElementChild, text);
    setTitle(problems.length === 0 ? "Weir" : `(${problems.length}) ${problems[0].title} · Weir`, tone);
    const first = problems.slice(0, 3).map((problem) => problem.title).join(", ");
    this.#announce(problems.length === 0 ? text : `${text}: ${first}`);
  }

  #announce(text) {
    const now = performance.now();
    if (text === this.#announced.text || now - this.#announced.at < ANNOUNCE_EVERY) return;
    // What was there when the page was opened is read with the page.
    if (this.#announced.text !== "") setText(byId("announce"), text);
    this.#announced = { text, at: now };
  }
}

/** The title and the icon of the tab. */
function setTitle(title, tone) {
  if (document.title !== title) document.title = title;
  const [colour, mark] = FAVICONS[tone];
  const drawing = [
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E",
    `%3Ccircle cx='8' cy='8' r='8' fill='${colour}'/%3E`,
    `%3Cpath d='${mark}' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E`,
  ];
  setAttribute(byId("favicon"), "href", `data:image/svg+xml,${drawing.join("")}`);
}
