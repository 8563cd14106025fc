// Which app a phone shows: 企业微信 or 钉钉. Each has a chat of its own; what comes into the other one is counted.

import { $, $$ } from "./dom.js";

const OTHER = { wecom: "dingtalk", dingtalk: "wecom" };

/** The chat of one app on a phone; without a name that of the app shown. */
export const chatOf = (column, look = column.dataset.look) => $(`.chat[data-app="${look}"]`, column);

/** Show the last of the chat on the screen. */
export function scrollDown(column) {
  const chat = chatOf(column);
  chat.scrollTop = chat.scrollHeight;
}

/** Change a phone to an app; nothing that waited there is new any more. */
export function wear(column, look) {
  column.dataset.look = look;
  for (const button of $$(".looks button", column)) {
    button.setAttribute("aria-pressed", String(button.dataset.app === look));
  }
  $(`.looks [data-app="${look}"] i`, column).textContent = "";
  scrollDown(column);
}

/** So much came into an app: a number stands on its button while the other one is shown. */
export function count(column, look, much) {
  if (column.dataset.look === look) return;
  const badge = $(`.looks [data-app="${look}"] i`, column);
  badge.textContent = String(Number(badge.textContent) + much);
}

/** The two buttons; the arrow keys go from one to the other and change the app at once. */
export function wireLooks(column) {
  for (const button of $$(".looks button", column)) {
    button.addEventListener("click", () => wear(column, button.dataset.app));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const look = OTHER[button.dataset.app];
      $(`.looks [data-app="${look}"]`, column).focus();
      wear(column, look);
    });
  }
  wear(column, "wecom");
}
