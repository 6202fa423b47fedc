// The connection to Weir: status by polling, at once after an event, and less often where it is large or slow.

const FASTEST = 500;
const SLOWEST = 10_000;
/** Not oftener than this even when events come thick, in ms. */
const LEAST_PAUSE = 100;
/** Without an answer for so long, what is shown is old, in ms. */
const STALE_AFTER = 2500;
const PATIENCE = 5000;
const METRICS_PATH = `/metrics?${HISTOGRAMS.map(({ metric }) => `name[]=${metric}`).join("&")}`;

async function load(path, accept) {
  const response = await fetch(path, {
    headers: { accept }, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}

/** Polls one thing: one request at a time, a tenth of the time at most spent on it, backing off while it fails. */
class Poll {
  #work;
  #interval;
  #weight;
  #timer = null;
  #isRunning = false;
  #wantsMore = false;
  #startedAt = -Infinity;
  #failures = 0;
  /** When the next try is due, as of `performance.now()`. */
  nextAt = 0;

  /** `weight`: for how many times its own length it pauses after a round. */
  constructor(work, interval, weight) {
    this.#work = work;
    this.#interval = interval;
    this.#weight = weight;
  }

  get failures() {
    return this.#failures;
  }

  /** Asks as soon as is decent. */
  soon() {
    if (this.#isRunning) this.#wantsMore = true;
    else this.#plan(Math.max(0, this.#startedAt + LEAST_PAUSE - performance.now()));
  }

  #plan(pause) {
    clearTimeout(this.#timer);
    this.nextAt = performance.now() + pause;
    this.#timer = setTimeout(() => this.#run(), pause);
  }

  async #run() {
    this.#isRunning = true;
    this.#wantsMore = false;
    this.#startedAt = performance.now();
    try {
      await this.#work();
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    }
    this.#isRunning = false;
    const took = performance.now() - this.#startedAt;
    const least = document.hidden ? 5000 : this.#interval;
    const backOff = this.#failures > 0 ? 500 * 2 ** Math.min(5, this.#failures - 1) : 0;
    const pause = Math.max(least, took * this.#weight, backOff) - Math.min(took, least / 2);
    this.#plan(this.#wantsMore && this.#failures === 0 ? LEAST_PAUSE : Math.min(SLOWEST, pause));
  }
}

/** The stream of events. Where it breaks off the browser takes it up again; where it is refused, we do. */
class Stream {
  #list;
  #onEvent;
  #source = null;
  #retry = null;
  #pause = 2000;

  constructor(list, onEvent) {
    this.#list = list;
    this.#onEvent = onEvent;
  }

  open() {
    this.close();
    const source = new EventSource(`/events?since=${this.#list.newest}`);
    this.#source = source;
    source.onopen = () => {
      this.#pause = 2000;
      this.#list.begin();
    };
    source.onerror = () => {
      this.#list.lose();
      if (source.readyState !== EventSource.CLOSED) return;
      this.#retry = setTimeout(() => this.open(), this.#pause);
      this.#pause = Math.min(60_000, this.#pause * 2);
    };
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, (message) => {
        try {
          this.#list.add(JSON.parse(message.data));
        } catch {
          return;
        }
        this.#onEvent();
      });
    }
  }

  close() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
}
