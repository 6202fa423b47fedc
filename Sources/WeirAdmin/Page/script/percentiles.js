// p50 and p95 of the last half minute, from the buckets of /metrics.

/** The histograms, what one of their units is in ms, and what they are called here. */
const HISTOGRAMS = [
  { metric: "mm_rate_limit_wait_ms", unit: 1, name: "wait" },
  { metric: "mm_api_request_duration_seconds", unit: 1000, name: "took" },
];
/** The window in seconds, and how many scrapes are kept to cover it. */
const PERCENTILE_WINDOW = 30;
const KEPT_SCRAPES = 17;

const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The buckets of a text exposition: a map from "NAME KEY" to ascending `{ le, count }`; KEY "" is the sum of all. */
function parseBuckets(text) {
  const found = new Map();
  for (const { metric, unit, name } of HISTOGRAMS) {
    const start = `${metric}_bucket{`;
    let at = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`) + 1;
    if (at === 0 && !text.startsWith(start)) continue;
    const sums = new Map();
    while (at >= 0 && at < text.length) {
      let end = text.indexOf("\n", at);
      if (end < 0) end = text.length;
      if (text.startsWith(start, at)) {
        const line = text.slice(at, end);
        const close = line.lastIndexOf("}");
        const labels = Object.fromEntries(Array.from(line.slice(0, close).matchAll(LABEL), (m) => [m[1], m[2]]));
        const count = Number.parseFloat(line.slice(close + 1));
        const le = labels.le === "+Inf" ? Infinity : Number(labels.le) * unit;
        if (Number.isFinite(count) && !Number.isNaN(le)) {
          const key = `${name} ${labels.upstream}/${labels.endpoint}`;
          if (!found.has(key)) found.set(key, []);
          found.get(key).push({ le, count });
          sums.set(le, (sums.get(le) ?? 0) + count);
        }
      } else if (text.startsWith("# TYPE", at)) {
        break;
      }
      at = end + 1;
    }
    found.set(`${name} `, Array.from(sums, ([le, count]) => ({ le, count })).sort((a, b) => a.le - b.le));
  }
  return found;
}

/** The q-quantile of what came between two states of a histogram, as `histogram_quantile` of Prometheus has it. */
function quantile(q, before, after) {
  const counts = after.map((bucket, index) => bucket.count - (before?.[index]?.count ?? 0));
  const total = counts.at(-1) ?? 0;
  if (!(total > 0)) return null;
  const rank = q * total;
  const index = counts.findIndex((count) => count >= rank);
  const { le } = after[index];
  const below = index > 0 ? after[index - 1].le : 0;
  if (le === Infinity) return { value: below, bound: "above" };
  if (index === 0) return { value: le, bound: "below" };
  const under = counts[index - 1];
  return { value: below + (le - below) * ((rank - under) / (counts[index] - under)), bound: null };
}

/** The last scrapes. */
class Percentiles {
  #scrapes = [];

  take(buckets, now) {
    this.#scrapes.push({ buckets, now });
    const isPast = () => this.#scrapes.length > 2 && this.#scrapes[1].now <= now - PERCENTILE_WINDOW;
    while (this.#scrapes.length > KEPT_SCRAPES || isPast()) {
      this.#scrapes.shift();
    }
  }

  clear() {
    this.#scrapes = [];
  }

  /** The quantile in ms of `wait` or `took` of a row ("" for all); null without two scrapes or without calls. */
  of(name, key, q) {
    const newest = this.#scrapes.at(-1)?.buckets.get(`${name} ${key}`);
    const oldest = this.#scrapes[0]?.buckets.get(`${name} ${key}`);
    if (this.#scrapes.length < 2 || !newest) return null;
    if (oldest && oldest.at(-1).count > newest.at(-1).count) return null;
    return quantile(q, oldest, newest);
  }

  text(name, key, q) {
    const found = this.of(name, key, q);
    if (!found) return "–";
    const sign = { above: ">", below: "<" }[found.bound] ?? "";
    return `${sign}${latency(found.value)}`;
  }
}
