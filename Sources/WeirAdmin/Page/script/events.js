// The last events.

/** As many as are kept; the server keeps more. */
const KEPT_EVENTS = 100;
const EVENT_TYPES = [
  "circuit", "freeze", "ban", "thaw", "shrink", "recovered", "reload", "drain", "shared_lost", "shared_back",
];

/** What an event says: `{ icon, tone, text }`, and maybe `more`. */
function describe(event) {
  const status = event.status ? ` (${event.status})` : "";
  const states = { open: ["open", "bad"], half_open: ["half_open", "half"], closed: ["closed", "good"] };
  const word = (state) => String(state).replace("_", " ");
  switch (event.type) {
    case "circuit": {
      const [symbol, tone] = states[event.to] ?? ["none", ""];
      return { icon: symbol, tone, text: `circuit ${word(event.to)}`, more: event.cause && word(event.cause) };
    }
    case "freeze": return { icon: "frozen", tone: "cold", text: `frozen for ${span(event.seconds * 1000)}${status}` };
    case "ban": return { icon: "banned", tone: "bad", text: `banned for ${span(event.seconds * 1000)}${status}` };
    case "thaw": return { icon: "good", tone: "good", text: "thawed" };
    case "shrink": {
      return { icon: "shrunk", tone: "warn", text: `${event.limit} shrunk to ${Math.round(event.factor * 100)} %` };
    }
    case "recovered": return { icon: "good", tone: "good", text: `${event.limit} recovered` };
    case "reload":
      if (event.ok) return { icon: "good", tone: "good", text: "configuration reloaded" };
      return { icon: "warn", tone: "warn", text: "reload failed", more: [event.problems].flat().join("; ") };
    case "drain": return { icon: "warn", tone: "warn", text: "draining" };
    case "shared_lost": return { icon: "warn", tone: "warn", text: "shared quota lost" };
    case "shared_back": return { icon: "good", tone: "good", text: "shared quota is back" };
    default: return { icon: "none", tone: "", text: String(event.type) };
  }
}

class EventList {
  #list = byId("events");
  #state = byId("events-state");
  #newest = 0;
  #isLive = false;

  /** The sequence number of the newest event shown. */
  get newest() {
    return this.#newest;
  }

  /** Forgets what was shown: another process, another count. */
  clear() {
    this.#newest = 0;
    this.#list.replaceChildren(el("li", { class: "no-events" }, "No event yet."));
  }

  /** From here on the stream fills the list; it begins with what the ring holds. */
  begin() {
    if (!this.#isLive) this.clear();
    this.#isLive = true;
    setText(this.#state, "");
  }

  /** There is no stream for now. */
  lose() {
    setText(this.#state, "stream interrupted");
  }

  add(event) {
    if (!(event.seq > this.#newest)) return;
    this.#newest = event.seq;
    const { icon: symbol, tone, text, more } = describe(event);
    const where = [event.upstream, event.endpoint, more].filter(Boolean).join(" · ").slice(0, 400);
    const time = new Date(event.time);
    const stamp = el("time", { datetime: String(event.time), title: String(event.time) }, clock(time));
    const title = el("p", {}, el("b", {}, text.slice(0, 300)));
    const row = el("li", { class: `event ${tone}` }, icon(symbol), title, stamp);
    if (where) row.append(el("p", { class: "where" }, where));
    this.#list.querySelector(".no-events")?.remove();
    this.#list.prepend(row);
    while (this.#list.childElementCount > KEPT_EVENTS) this.#list.lastElementChild.remove();
  }
}
