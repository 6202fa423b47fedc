// What is wrong, worst first.

/** How bad a thing is: the order of problems, upstreams and rows. */
const RANK = {
  banned: 90, frozen: 80, open: 70, line: 60, reload: 55, draining: 50, lost: 45, half: 40, shrunk: 30, other: 20,
  full: 10,
};

/** Spans in a status are as of its receipt; `ago` is how many ms have passed since. */
function left(ms, ago) {
  return ms === null || ms === undefined ? null : Math.max(0, ms - ago);
}

/** How bad an endpoint stands; 0 is well. */
function rankOfEndpoint(endpoint) {
  let rank = rankOfCircuit(endpoint.circuit);
  for (const limit of endpoint.limits) {
    if (factorOf(limit) < 1) rank = Math.max(rank, RANK.shrunk);
    if (isFull(limit)) rank = Math.max(rank, RANK.full);
  }
  return rank;
}

function rankOfCircuit(circuit) {
  return circuit?.state === "open" ? RANK.open : circuit?.state === "half_open" ? RANK.half : 0;
}

/** How bad an upstream stands, its endpoints included. */
function rankOfUpstream(upstream) {
  if (upstream.banned) return RANK.banned;
  if (upstream.frozen_for_ms !== null) return RANK.frozen;
  let rank = rankOfCircuit(upstream.circuit);
  if (isLineFull(upstream)) rank = Math.max(rank, RANK.line);
  if (upstream.reasons.length > 0) rank = Math.max(rank, RANK.other);
  for (const endpoint of upstream.endpoints) rank = Math.max(rank, rankOfEndpoint(endpoint));
  return rank;
}

/** The share of a limit that is in force: less than 1 after 429s and under load. */
function factorOf(limit) {
  return limit.effective_factor ?? 1;
}

function isFull(limit) {
  return limit.used !== null && limit.used >= limit.limit * factorOf(limit);
}

function isLineFull(upstream) {
  return upstream.queue.length > 0 && upstream.queue.length >= upstream.queue.max_length;
}

/** The cards of a status: `{ key, rank, tone, icon, title, detail, left, leftLabel, href }`. */
function problemsOf(status, ago) {
  const found = [];
  if (status.draining) {
    const title = "Weir is draining";
    const detail = "new calls are refused";
    found.push({ key: "draining", rank: RANK.draining, tone: "warn", icon: "warn", title, detail });
  }
  if (status.config.reloads_failed > 0) {
    found.push({
      key: "reload", rank: RANK.reload, tone: "warn", icon: "warn", title: "Configuration not reloaded",
      detail: `the one of ${clock(new Date(status.config.loaded_at))} is in force`,
      left: String(status.config.reloads_failed), leftLabel: "failed",
    });
  }
  for (const upstream of status.upstreams) found.push(...problemsOfUpstream(upstream, ago));
  return found.sort((a, b) => b.rank - a.rank || (a.key < b.key ? -1 : 1));
}

function problemsOfUpstream(upstream, ago) {
  const { name } = upstream;
  const found = [];
  const add = (kind, rank, tone, symbol, title, detail, more = {}) => {
    found.push({ key: `${name} ${kind}`, rank, tone, icon: symbol, title, detail, href: `#u-${name}`, ...more });
  };
  if (upstream.frozen_for_ms !== null || upstream.banned) {
    const more = { left: span(left(upstream.frozen_for_ms, ago)), leftLabel: "left" };
    if (upstream.banned) add("banned", RANK.banned, "bad", "banned", `${name} has banned us`, "nothing is sent", more);
    else add("frozen", RANK.frozen, "cold", "frozen", `${name} is frozen`, "the provider said stop", more);
  }
  const circuits = [["", upstream.circuit], ...upstream.endpoints.map((endpoint) => [endpoint.name, endpoint.circuit])];
  for (const [endpoint, circuit] of circuits) {
    const more = { href: endpoint ? `#e-${name}/${endpoint}` : `#u-${name}` };
    const what = endpoint || name;
    const where = endpoint ? `${name} · ` : "";
    if (circuit?.state === "open") {
      if (circuit.forced) Object.assign(more, { left: "forced", leftLabel: "by hand" });
      else Object.assign(more, { left: span(left(circuit.next_probe_in_ms, ago)), leftLabel: "to the next probe" });
      add(`open ${endpoint}`, RANK.open, "bad", "open", `${what} circuit is open`, `${where}calls are refused`, more);
    } else if (circuit?.state === "half_open") {
      const title = `${what} circuit is half open`;
      add(`half ${endpoint}`, RANK.half, "half", "half_open", title, `${where}probing the provider`, more);
    }
  }
  if (isLineFull(upstream)) {
    const more = { left: span(upstream.queue.oldest_wait_ms), leftLabel: "oldest wait" };
    const waiting = `${upstream.queue.length} of ${upstream.queue.max_length} waiting`;
    add("line", RANK.line, "warn", "line", `${name} line is full`, waiting, more);
  }
  for (const reason of upstream.reasons) {
    const [kind, what] = [reason.split(":")[0], reason.slice(reason.indexOf(":") + 1)];
    if (["circuit_open", "circuit_half_open", "frozen", "banned", "line_full"].includes(kind)) continue;
    if (kind === "shrunk") {
      const cause = `${name} · after 429 or under load`;
      add(reason, RANK.shrunk, "warn", "shrunk", `${what} is shrunk`, cause, quotaLeft(upstream, what));
    } else if (kind === "shared_lost") {
      add(reason, RANK.lost, "warn", "warn", `${name} holds its own share`, "the shared quota is lost");
    } else {
      add(reason, RANK.other, "warn", "warn", reason, name);
    }
  }
  return found;
}

function quotaLeft(upstream, name) {
  const limits = [...upstream.limits, ...upstream.endpoints.flatMap((endpoint) => endpoint.limits)];
  const factors = limits.filter((limit) => limit.name === name).map(factorOf);
  return factors.length ? { left: `${Math.round(Math.min(...factors) * 100)} %`, leftLabel: "of its quota" } : {};
}
