// The claims of the notes in one table. Opening one shows its experiment; what is on the screen and was not measured yet is
// asked of Python, which answers a moment's worth at a time.

import { leadingToStep } from "./kit/leaving.js";
import { mount } from "./kit/mount.js";
import { button, element, focusedIn, lettered } from "./kit/text.js";

/** @import { App, Component, Io, LedgerData, LedgerRow } from "./kit/types.js" */

const CLAIMS = ["No.", "What is said", "Verdict", "Measured now", "Where it belongs", "Who says it, who judges it"];
const PLACES = ["Note", "As written, and the right form", "Claim", "Measured now", "Where it belongs", "Who judges it"];

/** @param {HTMLElement} root @param {Io} io @returns {App<LedgerData>} */
function createLedger(root, io) {
  root.className = "lab ledger";
  const told = element("p", { className: "told", role: "status" });
  const head = element("thead");
  const body = element("tbody");
  const frame = element("div", {
    className: "frame",
    role: "region",
    "aria-label": "The claims",
    children: [element("table", { children: [head, body] })],
  });
  root.append(told, frame);
  /** @type {LedgerData} */
  let data = { view: "", telling: 0, count: "", rows: [] };
  const showingCode = new Set();
  const near = new Set();
  let asked = "";
  let drawn = ""; // the lines as they were drawn last
  /** @type {string | null} */
  let opened = null; // which are open, as Python was told and has not answered yet

  const open = () => data.rows.flatMap((row) => (row.open ? [row.key] : []));
  /** @param {LedgerRow} row */
  const waits = (row) => row.number !== undefined && !row.live && !row.failed && (row.open || !row.trains);

  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries)
      near[isIntersecting ? "add" : "delete"](Number(/** @type {HTMLElement} */ (target).dataset.key));
    ask();
  });

  /** Asks for what is seen and not measured: once for each set that is left. */
  function ask() {
    const wanted = data.rows.filter((row) => near.has(row.key) && waits(row)).map((row) => row.key);
    const text = wanted.join();
    if (text === "" || text === asked) return;
    asked = text;
    io.component.setStateValue("near", wanted);
  }

  /** @param {LedgerRow} row */
  function live(row) {
    if (row.number === undefined) return [element("span", { className: "quiet", children: ["nothing to measure"] })];
    if (row.failed) return [element("span", { className: "quiet", children: [row.failed] })];
    if (!row.live) {
      const words =
        row.trains && !row.open ? "trains a toy: open it" : row.trains ? "training a toy …" : "being measured …";
      return [element("span", { className: "quiet", children: [words] })];
    }
    const numbers = row.live.slice(0, data.telling).map(([name, value]) =>
      element("span", {
        className: "one",
        children: [...lettered(`${name}: `), element("b", { children: [value] })],
      }),
    );
    return row.holds
      ? numbers
      : [...numbers, element("span", { className: "quiet", children: ["○ these numbers do not show it"] })];
  }

  /** @param {LedgerRow} row */
  function details(row) {
    const code = element("pre", {
      className: "code",
      tabindex: 0,
      hidden: !showingCode.has(row.key),
      children: [row.code ?? ""],
    });
    const show = button("The experiment's code", { className: "small-button", "aria-expanded": String(!code.hidden) });
    show.onclick = () => {
      code.hidden = !code.hidden;
      show.setAttribute("aria-expanded", String(!code.hidden));
      showingCode[code.hidden ? "delete" : "add"](row.key);
    };
    const sources = (row.sources ?? []).flatMap(([name, url], i) => [
      i ? " · " : "Source: ",
      element("a", { href: url, target: "_blank", rel: "noreferrer", children: [name] }),
    ]);
    const identity =
      "= An identity: it follows from the formula. The numbers show it, and no numbers could show otherwise.";
    return element("div", {
      className: "found",
      children: [
        element("div", {
          children: [
            ...(row.where ? [element("p", { children: lettered(`“${row.said}” ${row.verdict}.`) })] : []),
            element("p", { children: lettered(row.instead ?? "") }),
            ...(row.identity ? [element("p", { children: [identity] })] : []),
            element("p", { className: "says", children: lettered(row.says ?? "") }),
            element("p", { className: "sources", children: sources }),
            show,
          ],
        }),
        element("dl", {
          children: (row.live ?? []).flatMap(([name, value]) => [
            element("dt", { children: lettered(name) }),
            element("dd", { children: [value] }),
          ]),
        }),
        code,
      ],
    });
  }

  /** What opens a line; a place without an experiment has nothing to open. @param {LedgerRow} row */
  function opener(row) {
    const words = row.where
      ? [
          element("s", { children: lettered(row.written ?? "") }),
          element("span", { className: "form", children: lettered(row.right ?? "") }),
        ]
      : lettered(row.said ?? "");
    if (row.number === undefined)
      return element("div", { className: "said", children: [element("span"), element("span", { children: words })] });
    const said = button("", { className: "said", "aria-expanded": String(row.open) });
    said.append(
      element("span", { className: "mark-of-state", "aria-hidden": "true", children: [row.open ? "−" : "+"] }),
      element("span", { children: words }),
    );
    said.onclick = () => {
      const now = data.rows.find((each) => each.key === row.key) ?? row;
      now.open = !now.open;
      drawn = "";
      draw(row.key);
      opened = JSON.stringify(open());
      io.component.setStateValue("open", open());
    };
    return said;
  }

  /** @param {LedgerRow} row */
  function lines(row) {
    const leads = row.slug
      ? [
          element("a", {
            ...leadingToStep(row.slug, row.key, io),
            children: [row.page ?? "", ...(row.step ? [", step ", ...lettered(row.step)] : [])],
          }),
        ]
      : [];
    const notes = (row.notes ?? []).map(([note, line]) => `${note}, line ${line}`).join("; ");
    const [cited, ...others] = (row.sources ?? []).map(([name]) => name);
    const who = [
      ...(row.where ? [] : [element("span", { className: "one", children: [notes || "in no note word for word"] })]),
      ...(cited
        ? [
            element("span", {
              className: "one quiet",
              children: [others.length ? `${cited}, and ${others.length} more` : cited],
            }),
          ]
        : []),
    ];
    const first = element("tr", {
      className: row.open ? "claim open" : "claim",
      "data-key": row.key,
      children: [
        element("td", { className: row.where ? "note" : "number", children: [row.where ?? row.number ?? ""] }),
        element("td", { className: "what", children: [opener(row)] }),
        element("td", { className: "verdict", children: [row.where ? (row.number ?? "") : (row.verdict ?? "")] }),
        element("td", { className: "live", children: live(row) }),
        element("td", { className: "where", children: leads }),
        element("td", { className: "who", children: who }),
      ],
    });
    watcher.observe(first);
    if (!row.open) return [first];
    return [
      first,
      element("tr", {
        className: "more",
        children: [element("td", { colspan: CLAIMS.length, children: [details(row)] })],
      }),
    ];
  }

  /** All of the lines but the numbers of those that are closed. @param {LedgerRow[]} rows */
  const shape = (rows) =>
    JSON.stringify(rows.map((row) => (row.open ? row : [row.key, row.said, row.where, row.number])));

  const heads = () => /** @type {HTMLElement[]} */ ([...body.querySelectorAll(".said")]); // one in each line

  function draw(focused = -1) {
    watcher.disconnect();
    const columns = data.rows[0]?.where ? PLACES : CLAIMS;
    head.replaceChildren(
      element("tr", { children: columns.map((name) => element("th", { scope: "col", children: [name] })) }),
    );
    body.replaceChildren(...data.rows.flatMap(lines));
    if (focused >= 0) heads()[data.rows.findIndex((row) => row.key === focused)]?.focus();
    count();
  }

  /** How many there are, and how many are still to be measured. */
  function count() {
    const left = data.rows.filter((row) => row.number !== undefined && !row.live && !row.failed);
    const toys = left.filter((row) => row.trains).length;
    const rest = left.length - toys;
    const more = [
      rest ? `${rest} are measured when they come into view` : "",
      toys ? `${toys} train a toy when opened` : "",
    ].filter(Boolean);
    const sentences = data.rows.length && !data.rows[0]?.where ? `, in ${data.rows.length} sentences` : "";
    told.textContent = `${data.count}${sentences}${more.length ? `: ${more.join(", ")}` : ""}.`;
  }

  return {
    update(found) {
      const active = focusedIn(root);
      const at = active ? heads().indexOf(/** @type {HTMLElement} */ (active)) : -1;
      const focused = at >= 0 ? data.rows[at]?.key : undefined;
      const before = new Map(data.rows.map((row) => [row.key, row]));
      if (found.view !== data.view) [opened, frame.scrollTop] = [null, 0];
      data = found;
      asked = "";
      if (opened === JSON.stringify(open())) opened = null;
      // an answer to an earlier click takes no later one back
      if (opened !== null) for (const row of data.rows) row.open = before.get(row.key)?.open ?? row.open;
      const lasting = shape(data.rows);
      if (lasting === drawn) {
        // only numbers came: what is under a finger or has the focus stays the same node
        for (const row of data.rows) body.querySelector(`[data-key="${row.key}"] .live`)?.replaceChildren(...live(row));
        count();
        ask();
        return;
      }
      drawn = lasting;
      const top = frame.scrollTop;
      draw(focused);
      frame.scrollTop = top;
    },
    destroy() {
      watcher.disconnect();
    },
  };
}

/** @param {Component} component */
export default (component) => mount(component, createLedger, [new URL("ledger.css", import.meta.url)]);
