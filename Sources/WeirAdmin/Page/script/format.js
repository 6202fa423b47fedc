// Numbers and spans of time as text.

/** A count or rate: three figures or so, thousands apart. */
function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value >= 1e6) return `${(value / 1e6).toFixed(value >= 1e7 ? 0 : 1)} M`;
  if (value >= 1e5) return `${Math.round(value / 1e3)} k`;
  if (value >= 1000) return Math.round(value).toLocaleString("en").replace(/,/g, "\u202f");
  if (Number.isInteger(value) || value >= 99.95) return String(Math.round(value));
  return value.toFixed(1);
}

/** A rate per second; what is there, but rounds to nothing, is not shown as nothing. */
function rate(value) {
  if (value > 0 && value < 0.05) return "<0.1";
  return value < 0.05 ? "0" : value.toFixed(value >= 99.95 ? 0 : 1);
}

/** A span that somebody waits for or remembers, in ms. */
function span(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** A latency in ms. */
function latency(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms >= 9995) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 9.95 || Number.isInteger(ms) ? ms.toFixed(0) : ms.toFixed(1)} ms`;
}

/** A share (0..1) as per cent; never rounded to 100 or 0 when it is not. */
function percent(share) {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1 %";
  if (value < 100 && value > 99.9) return ">99.9 %";
  return `${value === 0 || value === 100 ? value : value.toFixed(1)} %`;
}

/** A wall time of the server as the reader's time of day. */
function clock(date) {
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en-GB");
}
