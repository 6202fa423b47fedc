// The sections of the upstreams.

class UpstreamSection {
  #state = new StateMark();
  #circuit = new CircuitDetail();
  #title;
  #route = el("span", { class: "route" });
  #mode = el("span", { class: "tag warn" });
  #stop = el("span", { class: "tag" });
  #spark = new Spark();
  #rate = el("b");
  #gauges;
  #rows;
  #table;
  node;

  constructor({ upstream }) {
    const id = `u-${upstream.name}`;
    this.#title = el("h2", { id: `h-${upstream.name}` });
    const gauges = el("ul", { class: "gauges", "aria-label": "Limits, line and connections" });
    this.#gauges = new Keyed(gauges, () => new Gauge());
    const body = el("tbody", { role: "rowgroup" });
    this.#rows = new Keyed(body, (item) => new EndpointRow(item));
    const columnHead = ([names, label]) => el("th", { scope: "col", role: "columnheader", class: names }, label);
    const heads = COLUMNS.map(columnHead);
    this.#table = el(
      "table", { role: "table", "aria-labelledby": `h-${upstream.name}` },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)), body);
    const head = el(
      "div", { class: "up-head" },
      this.#title, this.#state.node, this.#circuit.node, this.#stop, this.#mode, this.#route,
      this.#spark.node, el("span", { class: "rate" }, this.#rate, " calls/s"));
    const attributes = { class: "upstream", id, "aria-labelledby": `h-${upstream.name}` };
    this.node = el("section", attributes, head, gauges, this.#table);
  }

  update({ upstream, endpoints, view }) {
    setText(this.#title, upstream.name);
    setText(this.#route, `${upstream.listen} → ${upstream.url}`);
    setText(this.#mode, upstream.mode);
    setHidden(this.#mode, upstream.mode === "enforce");
    setHidden(this.#state.node, !upstream.circuit);
    setHidden(this.#circuit.node, !upstream.circuit);
    this.#state.update(upstream.circuit);
    this.#circuit.update(upstream.circuit, view.ago, view.serverNow);
    const isStopped = upstream.banned || upstream.frozen_for_ms !== null;
    setHidden(this.#stop, !isStopped);
    if (isStopped) {
      setAttribute(this.#stop, "class", upstream.banned ? "tag bad" : "tag cold");
      const rest = left(upstream.frozen_for_ms, view.ago);
      setText(this.#stop, (upstream.banned ? "banned" : "frozen") + (rest === null ? "" : `, ${span(rest)} left`));
    }
    setText(this.#rate, rate(view.history.rates(keyOf(upstream), view.now).all));
    this.#spark.show(view.history.series(keyOf(upstream)), view.now);
    this.#gauges.show(gaugesOf(upstream, view.ago, view.serverNow), (gauge) => gauge.key);
    this.#rows.show(endpoints.map((endpoint) => ({ upstream, endpoint, view })), (item) => item.endpoint.name);
    setHidden(this.#table, endpoints.length === 0);
  }

  end() {
    this.#rows.show([], () => "");
  }
}

/** The gauges of an upstream: its limits, what the provider says, the line, connections. */
function gaugesOf(upstream, ago, serverNow) {
  const { queue, connections, provider } = upstream;
  const gauges = upstream.limits.map((limit) => ({
    key: `limit ${limit.name}`, name: limit.name, of: periodText(limit), figure: usedText(limit),
    shares: sharesOf(limit, provider), notes: notesOf(limit, ago), isFull: isFull(limit),
  }));
  if (provider) {
    const resets = provider.reset_timestamp;
    const used = provider.limit - provider.remaining;
    gauges.push({
      key: "provider", name: "Provider", figure: `${number(used)}/${number(provider.limit)}`,
      shares: { used: provider.percentage_used / 100 },
      notes: `seen ${span(serverNow - Date.parse(provider.seen_at))} ago`,
      right: resets === null ? "" : `resets in ${span(resets * 1000 - serverNow)}`,
    });
  }
  gauges.push({
    key: "line", name: "Line", figure: `${number(queue.length)}/${number(queue.max_length)}`,
    shares: { used: queue.length / Math.max(1, queue.max_length) },
    notes: queue.length > 0 ? `oldest waits ${span(queue.oldest_wait_ms)}` : "nobody waits",
    isFull: isLineFull(upstream),
  });
  const more = [];
  if (upstream.retry_budget) more.push(`retry budget ${number(upstream.retry_budget.remaining)}`);
  if (upstream.permits.outstanding > 0) more.push(`${number(upstream.permits.outstanding)} permits out`);
  gauges.push({
    key: "connections", name: "Connections", of: "busy",
    figure: `${number(connections.active)}/${number(connections.max)}`,
    shares: { used: connections.active / Math.max(1, connections.max) }, notes: `${number(connections.idle)} idle`,
    right: more.join(" · "), isFull: connections.active >= connections.max,
  });
  return gauges;
}
