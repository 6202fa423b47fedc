// What the counters of /status say about the last seconds.

/** The outcomes of calls, in the groups and the order in which they are stacked. */
const GROUPS = [
  { key: "success", name: "success", of: ["success"] },
  { key: "client", name: "client error", of: ["client_error"] },
  { key: "other", name: "cancelled, other", of: ["cancelled", "bad_request", "draining"] },
  { key: "limited", name: "rate limited", of: ["rate_limited"] },
  { key: "refused", name: "circuit open", of: ["circuit_open"] },
  { key: "failed", name: "failed", of: ["upstream_error", "timeout", "network_error"] },
];

/** How many seconds are kept, and how many of them a rate is the mean of. */
const KEPT_SECONDS = 122;
const RATE_SECONDS = 5;
/** A hole in the observations longer than this is shown as a hole. */
const LONGEST_STEP = 8;

/** Calls per second and group, in a ring of whole seconds. */
class Series {
  #rings = GROUPS.map(() => new Float32Array(KEPT_SECONDS));
  #newest = 0;

  /** Spreads `deltas`, counted between two moments in seconds, evenly over that time. */
  add(from, to, deltas) {
    this.#moveTo(Math.floor(to));
    for (let second = Math.floor(from); second < to; second += 1) {
      if (second <= this.#newest - KEPT_SECONDS) continue;
      const share = (Math.min(to, second + 1) - Math.max(from, second)) / (to - from);
      for (let group = 0; group < deltas.length; group += 1) {
        if (deltas[group] > 0) this.#rings[group][second % KEPT_SECONDS] += deltas[group] * share;
      }
    }
  }

  /** The calls of a group in one second. */
  at(group, second) {
    const isKept = second <= this.#newest && second > this.#newest - KEPT_SECONDS && second >= 0;
    return isKept ? this.#rings[group][second % KEPT_SECONDS] : 0;
  }

  /** The mean rate of each group over the last whole seconds before `now`, and of all. */
  rates(now, since) {
    const last = Math.floor(now);
    const first = Math.max(last - RATE_SECONDS, Math.ceil(since));
    const rates = GROUPS.map((_, group) => {
      let sum = 0;
      for (let second = first; second < last; second += 1) sum += this.at(group, second);
      return last > first ? sum / (last - first) : 0;
    });
    return { groups: rates, all: rates.reduce((a, b) => a + b, 0) };
  }

  #moveTo(second) {
    const from = Math.max(this.#newest + 1, second - KEPT_SECONDS + 1);
    for (let fresh = from; fresh <= second; fresh += 1) {
      for (const ring of this.#rings) ring[fresh % KEPT_SECONDS] = 0;
    }
    this.#newest = Math.max(this.#newest, second);
  }
}

/** The series of all upstreams and endpoints; as many as /status has rows, and one for all. */
class History {
  #tracks = new Map();
  #startedAt = null;
  #total = new Series();
  #totalBegan = null;
  #empty = new Series();

  /** Takes in a status that was received at `now`, in seconds. */
  take(status, now) {
    if (status.started_at !== this.#startedAt) {
      this.#startedAt = status.started_at;
      this.#tracks.clear();
      this.#total = new Series();
      this.#totalBegan = null;
    }
    this.#totalBegan ??= now;
    const seen = new Set();
    for (const upstream of status.upstreams) {
      const sums = new Float64Array(GROUPS.length);
      for (const endpoint of upstream.endpoints) {
        const counts = GROUPS.map((group) => group.of.reduce((sum, name) => sum + (endpoint.requests[name] ?? 0), 0));
        counts.forEach((count, group) => { sums[group] += count; });
        this.#follow(keyOf(upstream, endpoint), counts, now, seen);
      }
      const step = this.#follow(keyOf(upstream), sums, now, seen);
      if (step) this.#total.add(step.from, now, step.deltas);
    }
    for (const key of this.#tracks.keys()) if (!seen.has(key)) this.#tracks.delete(key);
  }

  /** The series of an upstream, an endpoint or, without a key, all. */
  series(key) {
    return key === undefined ? this.#total : this.#tracks.get(key)?.series ?? this.#empty;
  }

  rates(key, now) {
    const began = key === undefined ? this.#totalBegan : this.#tracks.get(key)?.began;
    return this.series(key).rates(now, began ?? now);
  }

  #follow(key, counts, now, seen) {
    seen.add(key);
    const track = this.#tracks.get(key);
    if (!track) {
      this.#tracks.set(key, { series: new Series(), counts, at: now, began: now });
      return null;
    }
    const from = track.at;
    const deltas = Array.from(counts, (count, group) => Math.max(0, count - track.counts[group]));
    track.counts = counts;
    track.at = now;
    if (now <= from) return null;
    if (now - from > LONGEST_STEP) {
      track.began = now;
      return null;
    }
    track.series.add(from, now, deltas);
    return { from, deltas };
  }
}

/** What tells a row from others: names hold no slash. */
function keyOf(upstream, endpoint) {
  return endpoint === undefined ? upstream.name : `${upstream.name}/${endpoint.name}`;
}
