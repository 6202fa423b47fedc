// Calls per second as columns.

/** The stacked chart of the last two minutes. */
class Chart {
  static #columns = 120;
  static #height = 92;
  #paths;
  #svg;
  #peak = el("span", { class: "peak" });
  #figures = [];
  node;

  constructor() {
    this.#paths = GROUPS.map((group) => svg("path", { class: `g-${group.key}` }));
    this.#svg = svg(
      "svg",
      {
        class: "chart", role: "img", viewBox: `0 0 ${Chart.#columns * 10} ${Chart.#height}`,
        preserveAspectRatio: "none",
      },
      svg("path", { class: "axis", d: `M0 ${Chart.#height - 0.5}H${Chart.#columns * 10}` }), ...this.#paths);
    const legend = el("ul", { class: "legend", "aria-label": "Calls per second by outcome" });
    for (const group of GROUPS.toReversed()) {
      const figure = el("b");
      this.#figures.unshift(figure);
      legend.append(el("li", { class: `g-${group.key}` }, figure, ` ${group.name}`));
    }
    const reach = el("span", { class: "span" }, "2 min");
    const scale = el("div", { class: "scale", "aria-hidden": "true" }, reach, this.#peak);
    this.node = el("figure", {}, scale, this.#svg, legend);
  }

  show(series, rates, now) {
    const last = Math.floor(now) - 1;
    const first = last - Chart.#columns + 1;
    const totals = Array.from({ length: Chart.#columns }, (_, column) =>
      GROUPS.reduce((sum, _, group) => sum + series.at(group, first + column), 0));
    const peak = Math.max(1, ...totals);
    const top = niceAbove(peak);
    const floors = new Float64Array(Chart.#columns);
    GROUPS.forEach((_, group) => {
      const path = columns(series, group, first, Chart.#columns, 10, Chart.#height, top, floors);
      setAttribute(this.#paths[group], "d", path);
    });
    setText(this.#peak, `${number(top)}/s`);
    GROUPS.forEach((_, group) => setText(this.#figures[group], rate(rates.groups[group])));
    const label = `Calls per second over two minutes: now ${rate(rates.all)}, at most ${rate(peak)}.`;
    setAttribute(this.#svg, "aria-label", label);
  }
}

/** The small one of a row: all calls, and in front of them those that failed or were refused. */
class Spark {
  static #columns = 60;
  static #failing = GROUPS.flatMap((group, index) => (["failed", "refused"].includes(group.key) ? [index] : []));
  #all = svg("path", { class: "g-success" });
  #failed = svg("path", { class: "g-failed" });
  node = svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${Spark.#columns * 2} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
    this.#all, this.#failed);

  show(series, now) {
    const first = Math.floor(now) - Spark.#columns;
    const everything = GROUPS.map((_, group) => group);
    const sum = (groups) => ({ at: (_, second) => groups.reduce((sum, group) => sum + series.at(group, second), 0) });
    const all = sum(everything);
    let top = 1;
    for (let column = 0; column < Spark.#columns; column += 1) top = Math.max(top, all.at(0, first + column));
    const none = () => new Float64Array(Spark.#columns);
    setAttribute(this.#all, "d", columns(all, 0, first, Spark.#columns, 2, 20, top, none()));
    setAttribute(this.#failed, "d", columns(sum(Spark.#failing), 0, first, Spark.#columns, 2, 20, top, none()));
  }
}

/** One path of columns that stand on `floors`, which it raises. */
function columns(series, group, first, count, width, height, top, floors) {
  let path = "";
  for (let column = 0; column < count; column += 1) {
    const value = series.at(group, first + column);
    if (value <= 0) continue;
    const low = height - (floors[column] / top) * height;
    floors[column] += value;
    const high = height - (floors[column] / top) * height;
    const gap = width > 4 ? 1.5 : 0.4;
    path += `M${column * width} ${low.toFixed(1)}V${high.toFixed(1)}h${width - gap}V${low.toFixed(1)}z`;
  }
  return path;
}

/** The next round figure. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}
