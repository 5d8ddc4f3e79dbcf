// Sentences that people say. Opening one runs its experiment in Python; what it found comes back with the next drawing.

import { mount } from "./kit/mount.js";
import { button, element, focusedIn, lettered } from "./kit/text.js";

/** @import { App, Claim, ClaimsData, Component, Io } from "./kit/types.js" */

/** @param {HTMLElement} root @param {Io} io @returns {App<ClaimsData>} */
function createClaims(root, io) {
  root.className = "lab claims";
  const list = element("div", { className: "list" });
  root.append(
    element("h2", { children: ["What people say, put to the test"] }),
    element("p", {
      className: "lead",
      children: [
        "Right, imprecise or wrong? Decide for yourself, then open a sentence: its verdict stands beside it, and its experiment runs, on the numbers above or on a toy that it names, and runs again whenever you change them.",
      ],
    }),
    list,
  );
  /** @type {Claim[]} */
  let claims = [];
  const showingCode = new Set();
  /** @type {string | null} */
  let told = null; // which are open, as Python was told and has not answered yet

  const open = () => claims.flatMap((claim, place) => (claim.open ? [place] : []));

  function tell() {
    told = JSON.stringify(open());
    io.component.setStateValue("open", open());
  }

  /** @param {Claim} claim @param {number} place */
  function body(claim, place) {
    const code = element("pre", {
      className: "code",
      tabindex: 0,
      hidden: !showingCode.has(place),
      children: [claim.code ?? ""],
    });
    const show = button("The experiment's code", { className: "small-button", "aria-expanded": String(!code.hidden) });
    show.onclick = () => {
      code.hidden = !code.hidden;
      show.setAttribute("aria-expanded", String(!code.hidden));
      showingCode[code.hidden ? "delete" : "add"](place);
    };
    const sources = (claim.sources ?? []).flatMap(([name, url], i) => [
      i ? " · " : "Source: ",
      element("a", { href: url, target: "_blank", rel: "noreferrer", children: [name] }),
    ]);
    return element("div", {
      className: "found",
      children: [
        element("div", {
          children: [
            element("p", { children: lettered(claim.instead ?? "") }),
            ...(claim.identity
              ? [
                  element("p", {
                    children: [
                      "= An identity: it follows from the formula. The numbers show it, and no numbers could show otherwise.",
                    ],
                  }),
                ]
              : []),
            element("p", { className: "says", children: lettered(claim.says ?? "") }),
            ...(claim.holds
              ? []
              : [
                  element("p", {
                    children: ["○ These numbers do not show it: change the sentence or the tables above."],
                  }),
                ]),
            element("p", { className: "sources", children: sources }),
            show,
          ],
        }),
        element("dl", {
          children: (claim.numbers ?? []).flatMap(([name, value]) => [
            element("dt", { children: lettered(name) }),
            element("dd", { children: [value] }),
          ]),
        }),
        code,
      ],
    });
  }

  /**
   * It says how long it takes: some train a toy before the eye.
   *
   * @param {Claim} claim
   */
  function running(claim) {
    claim.began ??= Date.now();
    const { began } = claim;
    const seconds = element("span", { "aria-hidden": "true" });
    const says = element("p", {
      children: ["The experiment runs; one that trains a toy can take a minute. ", seconds],
    });
    const node = element("div", { className: "found", role: "status", children: [says] });
    const tick = () => (seconds.textContent = `${Math.round((Date.now() - began) / 1000)} s`);
    const timer = setInterval(() => (node.isConnected ? tick() : clearInterval(timer)), 1000);
    tick();
    return node;
  }

  /** @param {Claim} claim @param {number} place */
  function row(claim, place) {
    const waiting = claim.open && claim.says === undefined;
    const head = button("", { className: "said", "aria-expanded": String(Boolean(claim.open)) });
    head.append(
      element("span", { className: "mark-of-state", "aria-hidden": "true", children: [claim.open ? "−" : "+"] }),
      element("span", { children: lettered(`“${claim.said}”`) }),
      // not before it was opened: whoever reads it at once has nothing left to find out
      ...(claim.open ? [element("span", { className: "verdict", children: [claim.verdict] })] : []),
    );
    head.onclick = () => {
      claim.open = !claim.open;
      if (!claim.open) delete claim.says;
      draw(place);
      tell();
    };
    const inside = waiting ? [running(claim)] : claim.open ? [body(claim, place)] : [];
    return element("div", { className: "claim", children: [head, ...inside] });
  }

  const heads = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".said")]);

  function draw(focused = -1) {
    list.replaceChildren(...claims.map(row));
    if (focused >= 0) heads()[focused].focus();
  }

  return {
    update(data) {
      const active = focusedIn(root);
      const focused = active ? heads().indexOf(/** @type {HTMLElement} */ (active)) : -1;
      const before = claims;
      claims = data.claims;
      if (told === JSON.stringify(open())) told = null;
      // an answer to an earlier click takes no later one back
      if (told !== null) for (const [place, claim] of claims.entries()) claim.open = before[place]?.open;
      draw(focused);
    },
  };
}

/** @param {Component} component */
export default (component) => mount(component, createClaims, [new URL("claims.css", import.meta.url)]);
