// With what a phone speaks: ready-made words, a line to type in, and what is no text.

import { $, $$, make } from "./dom.js";

/** What is pressed while something is under way. */
export const keysOf = (column) => $$(".chips button, .compose button, .tools button", column);

/** Put the keyboard on a phone; `say` is told what it says, and answers whether that was done. */
export function wireKeyboard(column, say) {
  $(".phone", column).append($("#keyboard").content.cloneNode(true));
  if (column.dataset.phone === "group") {
    $(".at", column).hidden = false;
    for (const button of $$("[data-kind]", column)) button.remove();
  }
  for (const button of $$("[data-kind]", column)) {
    button.addEventListener("click", () => say({ kind: button.dataset.kind }));
  }
  $("[data-again]", column).addEventListener("click", () => say({ again: true }));
  $(".chips", column).addEventListener("wheel", (event) => {
    event.currentTarget.scrollLeft += event.deltaY;
  }, { passive: true });
  wireInput(column, say);
}

function wireInput(column, say) {
  const input = $("textarea", column);
  const send = async () => {
    const text = input.value.trim();
    if (!text || $(".compose button", column).disabled) return;
    input.value = "";
    if (!(await say({ text }))) input.value ||= text;
    input.focus({ preventScroll: true });
  };
  $("form", column).addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  input.addEventListener("keydown", (event) => {
    // 229: some input methods report Enter without isComposing while a candidate is chosen.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
}

/** The ready-made words of one phone. */
export function showChips(column, words, say) {
  const made = words.map((text) => {
    const chip = make("button", "", text);
    chip.type = "button";
    chip.addEventListener("click", () => say({ text }));
    return chip;
  });
  $(".chips", column).replaceChildren(...made);
}

/** Fill in a line, for the visitor to send. */
export function fillIn(column, text) {
  const input = $("textarea", column);
  input.value = text;
  input.focus({ preventScroll: true });
}
