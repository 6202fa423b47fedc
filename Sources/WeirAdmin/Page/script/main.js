// What is asked, kept and shown.

const history = new History();
const percentiles = new Percentiles();
const events = new EventList();
const seconds = () => performance.now() / 1000;

/** Up to so many rows all are kept drawn, also for whoever does not look at a screen. */
const FEW_ROWS = 120;

/** What was received last, and what shows it: until then the rows of the server stand. */
let current = null;
let overview = null;
const choice = { words: [], onlyTrouble: false, sort: "trouble" };

const showAll = el("button", { type: "button" }, "Show all");
const noneText = el("span");
const nothing = el("p", { class: "none-match" }, noneText, showAll);
const sections = new Keyed(byId("main"), (item) => new UpstreamSection(item));

/** Whether a row has every word of the filter in its names, its state or its tags. */
function matches(upstream, endpoint) {
  if (choice.onlyTrouble && rankOfEndpoint(endpoint) === 0) return false;
  if (choice.words.length === 0) return true;
  const state = endpoint.circuit?.state.replace("_", " ") ?? "off";
  const text = `${upstream.name} ${endpoint.name} ${state} ${endpoint.priority}`;
  return choice.words.every((word) => text.includes(word));
}

/** The order of rows: ties keep that of the configuration, so that nothing hops about. */
function sorted(rows, rank, key, name, view) {
  const measures = {
    trouble: rank,
    calls: (row) => Math.round(view.history.rates(key(row), view.now).all),
    wait: (row) => Math.round(view.percentiles.of("wait", key(row), 0.95)?.value ?? 0),
  };
  if (choice.sort === "name") return rows.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
  const of = measures[choice.sort];
  const values = new Map(rows.map((row) => [row, of(row)]));
  return rows.toSorted((a, b) => values.get(b) - values.get(a));
}

function showUpstreams(view) {
  const items = [];
  const upstreams = sorted(view.status.upstreams, rankOfUpstream, (row) => keyOf(row), (row) => row.name, view);
  for (const upstream of upstreams) {
    const rows = upstream.endpoints.filter((endpoint) => matches(upstream, endpoint));
    const isAsked = choice.words.length === 0 && (!choice.onlyTrouble || rankOfUpstream(upstream) > 0);
    if (rows.length === 0 && !isAsked) continue;
    const endpoints = sorted(rows, rankOfEndpoint, (row) => keyOf(upstream, row), (row) => row.name, view);
    items.push({ upstream, endpoints, view });
  }
  const isCalm = choice.onlyTrouble && choice.words.length === 0;
  setText(noneText, isCalm ? "No upstream or endpoint is in trouble." : "No upstream or endpoint matches.");
  if (items.length === 0) byId("main").append(nothing);
  else nothing.remove();
  sections.show(items, (item) => item.upstream.name);
}

function show() {
  if (!current) return;
  const now = seconds();
  const ago = (now - current.at) * 1000;
  const rows = current.status.upstreams.reduce((sum, upstream) => sum + upstream.endpoints.length, 0);
  const view = {
    status: current.status, now, ago, serverNow: current.serverTime + ago, history, percentiles,
    areRowsFew: rows <= FEW_ROWS,
  };
  overview.show(view);
  showUpstreams(view);
  const { version, config, uptime_seconds: uptime } = current.status;
  setText(byId("version"), version);
  const loaded = new Date(config.loaded_at).toLocaleString("en-GB");
  setText(byId("about"), `up ${span(uptime * 1000 + ago)} · ${config.path}, loaded ${loaded}`);
}

/** Says how old the page is, and dims it when it is old. */
function showPulse() {
  const age = current ? performance.now() - current.at * 1000 : Infinity;
  const isLost = statusPoll.failures > 0 && age > STALE_AFTER;
  const wasLost = document.body.classList.contains("is-stale");
  if (isLost !== wasLost) {
    document.body.classList.toggle("is-stale", isLost);
    setHidden(byId("stale"), !isLost);
    if (!isLost) show();
  }
  setAttribute(byId("pulse"), "class", `pulse ${isLost ? "lost" : "live"}`);
  setText(byId("pulse-text"), isLost ? "not live" : age > STALE_AFTER ? `${span(age)} old` : "live");
  if (isLost) {
    const since = current ? `What you see is of ${clock(current.received)}, ${span(age)} ago.` : "";
    const next = span(statusPoll.nextAt - performance.now());
    setText(byId("stale-text"), `Weir cannot be reached. ${since} Next try in ${next}.`);
    setTitle("Not reachable · Weir", "lost");
  }
}

const statusPoll = new Poll(async () => {
  const status = await (await load("/status", "application/json")).json();
  const at = seconds();
  if (current && current.status.started_at !== status.started_at) {
    percentiles.clear();
    events.clear();
    stream.open();
  }
  history.take(status, at);
  if (!overview) {
    overview = new Overview();
    byId("main").replaceChildren();
    setHidden(byId("tools"), false);
  }
  const serverTime = Date.parse(status.started_at) + status.uptime_seconds * 1000;
  current = { status, at, received: new Date(), serverTime };
  show();
  showPulse();
}, FASTEST, 10);

const metricsPoll = new Poll(async () => {
  percentiles.take(parseBuckets(await (await load(METRICS_PATH, "text/plain")).text()), seconds());
}, 2000, 20);

const stream = new Stream(events, () => statusPoll.soon());

function choose(changes) {
  Object.assign(choice, changes);
  const query = byId("filter").value.trim();
  window.history.replaceState(null, "", query ? `#filter=${encodeURIComponent(query)}` : location.pathname);
  show();
}

function listen() {
  const filter = byId("filter");
  const only = byId("only");
  const read = () => choose({ words: filter.value.toLowerCase().split(/\s+/).filter(Boolean) });
  filter.addEventListener("input", read);
  only.addEventListener("click", () => {
    setAttribute(only, "aria-pressed", String(!choice.onlyTrouble));
    choose({ onlyTrouble: !choice.onlyTrouble });
  });
  byId("sort").addEventListener("change", (event) => choose({ sort: event.target.value }));
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  showAll.addEventListener("click", () => {
    filter.value = "";
    setAttribute(only, "aria-pressed", "false");
    choose({ words: [], onlyTrouble: false });
    filter.focus();
  });
  byId("again").addEventListener("click", () => statusPoll.soon());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, select, textarea");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      filter.focus();
      filter.select();
    } else if (event.key === "Escape" && event.target === filter) {
      filter.value = "";
      read();
      filter.blur();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) statusPoll.soon();
  });
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) stream.open();
  });
  filter.value = new URLSearchParams(location.hash.slice(1)).get("filter") ?? "";
  choice.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
}

listen();
statusPoll.soon();
metricsPoll.soon();
stream.open();
setInterval(showPulse, 500);
