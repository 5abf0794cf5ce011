// Health: whether everything is read, committed and delivered, and what is wrong where it is not.
import { el, name, shown, count, plural, time, age, empty } from "./dom.js";
import { get, every, failed, Failure } from "./api.js";

const table = (label, heads, rows) =>
  el(
    "div",
    { class: "table", tabIndex: 0, role: "region", "aria-label": label + " table" },
    el(
      "table",
      { "aria-label": label, class: "plainrows" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map(([t, c]) => el("th", { scope: "col", class: c ?? "" }, t)),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map((r) =>
          el(
            "tr",
            {},
            r.map((c, i) => el("td", { class: heads[i][1] ?? "" }, c)),
          ),
        ),
      ),
    ),
  );

const state = (text) =>
  el("span", { class: text === "ready" ? "good" : "warn" }, text === "ready" ? "✓ ready" : `◔ ${text}`);

const status = (h) => {
  const lag = h.partitions.reduce((n, p) => n + p.lag, 0),
    series = h.partitions.reduce((n, p) => n + p.series, 0);
  const figure = (title, value) => el("div", {}, el("dt", {}, title), el("dd", {}, value));
  return el(
    "section",
    { class: "card first", "aria-label": "Status" },
    el("p", { class: "big " + (h.ready ? "good" : "bad") }, h.ready ? "✓ " : "✗ ", shown(h.why)),
    h.busy ? el("p", { class: "warn" }, "The engines did not answer in time: partitions may be missing here.") : null,
    el(
      "dl",
      { class: "figures" },
      figure("records behind", count(lag)),
      figure("partitions", count(h.partitions.length)),
      figure("series", count(series)),
      figure("formulas in force", count(h.formulas)),
      figure("faults", count(h.faults.length)),
      figure("dead letters", count(h.rejected.reduce((n, r) => n + r.count, 0))),
      figure("readers", count(h.listeners)),
      figure("up for", age(h.started)),
      h.version ? figure("version", shown(h.version)) : null,
    ),
  );
};

const partitions = (h) =>
  el(
    "section",
    { class: "card", "aria-label": "Partitions" },
    el("h2", {}, "Partitions of this instance"),
    h.partitions.length
      ? table(
          "Partitions",
          [["Partition"], ["State"], ["Series", "number"], ["Position", "number"], ["Behind", "number"]],
          h.partitions.map((p) => [
            [name(p.topic), ` / ${p.partition}`],
            state(p.state),
            count(p.series),
            count(p.position),
            count(p.lag),
          ]),
        )
      : empty("No partitions", "This instance holds none: others of its group have them all, or it is joining."),
  );

const rejected = (h) =>
  el(
    "section",
    { class: "card", "aria-label": "Dead letters" },
    el("h2", {}, "Dead letters"),
    h.rejected.length
      ? h.rejected.map((r) =>
          el(
            "details",
            { open: h.rejected.length < 4 },
            el("summary", {}, name(r.reason), " on ", name(r.topic), `: ${count(r.count)}`),
            r.samples.map((s) =>
              el(
                "div",
                {},
                el("span", { class: "quiet" }, `partition ${s.partition}, offset ${s.offset}, ${time(s.at, true)}`),
                el("pre", { class: "sample" }, shown(s.value)),
              ),
            ),
          ),
        )
      : el("p", { class: "quiet" }, "None since the process began."),
  );

const faults = (h) =>
  el(
    "section",
    { class: "card", "aria-label": "Faults of formulas" },
    el("h2", {}, "Formulas with faults"),
    h.faults.length
      ? h.faults.map((f) =>
          el(
            "div",
            {},
            el(
              "p",
              {},
              el("b", {}, name(f.name || f.place)),
              f.kept ? el("span", { class: "badge warning" }, "the last good version is in force") : "",
            ),
            el("pre", { class: "sample" }, shown(f.error)),
          ),
        )
      : el("p", { class: "quiet" }, "All formulas are in force as they are written."),
  );

const advice = (h) =>
  el(
    "section",
    { class: "card", "aria-label": "Brokers" },
    el("h2", {}, "Brokers"),
    h.advice.length
      ? el(
          "ul",
          {},
          h.advice.map((a) => el("li", { class: "warn" }, shown(a))),
        )
      : el(
          "p",
          { class: "quiet" },
          "Nothing stands against what is promised, as far as the start has asked. streamd doctor asks everything.",
        ),
  );

const receivers = (n) =>
  el(
    "section",
    { class: "card", "aria-label": "Receivers" },
    el("h2", {}, "Receivers of messages"),
    n.receivers.length
      ? table(
          "Receivers",
          [["Receiver"], ["Kind"], ["State"], ["Waiting", "number"], ["Delivered", "number"]],
          n.receivers.map((r) => [
            name(r.name),
            shown(r.kind),
            r.off
              ? el("span", { class: "bad" }, "✗ off: ", shown(r.last_error))
              : r.last_error
                ? el(
                    "span",
                    { class: "warn" },
                    "◔ ",
                    shown(r.last_error),
                    r.next_try ? `, tried again at ${time(r.next_try, true)}` : "",
                  )
                : el("span", { class: "good" }, "✓ well"),
            count(r.waiting),
            count(r.delivered),
          ]),
        )
      : el("p", { class: "quiet" }, "None is configured: notify: in the configuration."),
  );

// replace leaves a part alone that has not changed, so that what is open or selected in it stays so.
const replace = (parent, parts) =>
  parts.forEach((part, i) => {
    const old = parent.children[i];
    if (!old) {
      parent.append(part);
      return;
    }
    const next = part.cloneNode(true);
    for (const d of next.querySelectorAll("details")) d.removeAttribute("open");
    const before = old.cloneNode(true);
    for (const d of before.querySelectorAll("details")) d.removeAttribute("open");
    if (!before.isEqualNode(next)) old.replaceWith(part);
  });

export const open = (main) => {
  const box = el("div", { class: "health" });
  main.replaceChildren(el("h1", { class: "skip" }, "Health"), box);
  const stop = every(2000, async () => {
    try {
      const [h, n] = await Promise.all([get("health"), get("notify")]);
      if (box.firstElementChild?.tagName === "P") box.replaceChildren();
      replace(box, [status(h), partitions(h), advice(h), faults(h), receivers(n), rejected(h)]);
    } catch (e) {
      if (e instanceof Failure) box.replaceChildren(failed(e));
    }
  });
  return { update: () => {}, close: stop };
};
