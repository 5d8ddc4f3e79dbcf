// What there is to see in a step, in words: its numbers follow the cell that is looked at, its terms say what they mean.

import { button, element, lettered, spans } from "./kit/text.js";

/** @import { Live, Span } from "./kit/types.js" */

export class Notice {
  /** @type {{ node: HTMLElement, live: Live }[]} */
  #followers = [];

  constructor() {
    this.node = element("p", { className: "notice" });
    this.meaning = element("div", { className: "meaning", popover: "auto" });
  }

  /** Whether a meaning stands open, which Escape closes. */
  get explains() {
    return this.meaning.matches(":popover-open");
  }

  /** @param {Span[]} sentence */
  write(sentence) {
    this.#followers = [];
    if (this.explains) this.meaning.hidePopover(); // its word goes
    /** @type {HTMLElement | null} */
    let met = null; // the word of the glossary that stands just before
    const nodes = sentence.flatMap(([text, role, more]) => {
      if (role === "term") {
        met = element("span", { className: "unbroken", children: [this.#term(text, more?.means ?? "")] });
        return [met];
      }
      // a line may begin behind a button, and would begin with the comma that follows it
      const [signs = ""] = met && !role ? (/^[^\s\p{L}\p{N}]+/u.exec(text) ?? []) : [];
      met?.append(signs);
      met = null;
      const nodes = spans([[text.slice(signs.length), role]]);
      const [node] = nodes;
      if (more && node instanceof HTMLElement) this.#followers.push({ node, live: more });
      return nodes;
    });
    this.node.replaceChildren(...nodes);
  }

  /** @param {(live: Live) => string} says what stands there now */
  follow(says) {
    for (const { node, live } of this.#followers) node.textContent = says(live);
  }

  /**
   * A word of the glossary: it says what it means by pointer, key and touch.
   *
   * @param {string} text
   * @param {string} means
   */
  #term(text, means) {
    const node = button("", { className: "explained", title: means });
    node.replaceChildren(...lettered(text));
    node.popoverTargetElement = this.meaning;
    node.onclick = () => {
      // the button opens what is closed: beside itself and not beside the word before
      if (this.explains && this.meaning.textContent !== means) this.meaning.hidePopover();
      this.meaning.textContent = means;
    };
    return node;
  }
}
