// The demo page. Everything shown comes from /demo/state and /demo/records; nothing is remembered here for good.

import { bubbleOf } from "./bubbles.js";
import { asLocal, asked, setClock, showClock, when } from "./clock.js";
import { $, $$, LOST, ask, make, tell } from "./dom.js";
import { showGuide, wireGuide } from "./guide.js";
import { freshCount, refreshRecords } from "./records.js";

const TITLES = {
  member: ["双联", "党员张三的手机"],
  secretary: ["双联", "支部书记李红梅的手机"],
  group: ["流动党员群", "第一党支部"],
};
const GROUP_MUTE = "群里只发通知和人数，不点名，也不收消息。\n私事请在应用里一对一说。";
const FILLED = "已经填好，点“发送”。";
const APART = 5 * 60 * 1000;
const POLL = 2000;
const WATCH = 150;

const columns = Object.fromEntries($$(".column").map((found) => [found.dataset.phone, found]));
const seen = { run: null, last: 0, recorded: null, at: {}, unread: {} };

// Bubbles

function show(bubble, arriving) {
  const chat = $(".chat", columns[bubble.phone]);
  const moment = asLocal(bubble.at);
  if (moment - (seen.at[bubble.phone] ?? -Infinity) > APART) {
    const stamp = make("div", "when", when(bubble.at));
    stamp.dataset.at = bubble.at;
    chat.append(stamp);
  }
  seen.at[bubble.phone] = moment;
  chat.append(bubbleOf(bubble, arriving, tap));
}

function scrollDown(phone) {
  const chat = $(".chat", columns[phone]);
  chat.scrollTop = chat.scrollHeight;
}

// State

async function refresh() {
  const state = await ask(`state?after=${seen.last}`);
  if (seen.run !== null && seen.run !== state.run) return location.reload();
  const first = seen.run === null;
  seen.run = state.run;
  setClock(state);
  seen.last = state.last;
  arrive(state.bubbles, first);
  if (!state.moving) {
    showChips(state.chips);
    showGuide(state.guide);
    if (seen.recorded !== state.last) await refreshRecords();
    seen.recorded = state.last;
  }
  showBadges();
  return undefined;
}

function arrive(bubbles, first) {
  for (const bubble of bubbles) show(bubble, !first);
  for (const phone of new Set(bubbles.map((bubble) => bubble.phone))) {
    scrollDown(phone);
    if (!first && phone !== document.body.dataset.showing) {
      seen.unread[phone] = (seen.unread[phone] ?? 0) + bubbles.filter((one) => one.phone === phone).length;
    }
  }
}

let refreshing = Promise.resolve();

/** One refresh at a time, so that no bubble is shown twice. */
function refreshNext() {
  refreshing = refreshing.then(refresh, refresh);
  return refreshing;
}

async function poll() {
  try {
    if (!document.hidden) await refreshNext();
    poll.lost = false;
  } catch {
    if (!poll.lost) tell(LOST);
    poll.lost = true;
  }
  setTimeout(poll, POLL);
}

async function act(path, body, buttons) {
  let done = true;
  for (const button of buttons) button.disabled = true;
  try {
    await ask(path, body);
  } catch (problem) {
    done = false;
    tell(problem.told ? problem.message : LOST);
  }
  seen.recorded = null;
  await refreshNext().catch(() => tell(LOST));
  for (const button of buttons) button.disabled = false;
  return done;
}

// The clock and the guide

async function move(body) {
  const watching = setInterval(() => refreshNext().catch(() => {}), WATCH);
  await act("clock", body, $$(".steps button, .guide li button"));
  clearInterval(watching);
}

function doStep(step) {
  if (step.to) return move({ to: step.to });
  goTo(step.phone);
  const input = $("textarea", columns[step.phone]);
  input.value = step.text;
  input.focus({ preventScroll: true });
  tell(FILLED);
  return undefined;
}

// Speaking

const say = (phone, said) =>
  act("say", { who: phone, ...said }, $$(".chips button, .compose button, .tools button", columns[phone]));

const tap = (tapped) => act("tap", tapped, $$(".template button", columns[tapped.who]));

function showChips(chips) {
  const words = JSON.stringify(chips);
  if (showChips.words === words) return;
  showChips.words = words;
  for (const [phone, said] of Object.entries(chips)) {
    const made = said.map((text) => {
      const chip = make("button", "", text);
      chip.type = "button";
      chip.addEventListener("click", () => say(phone, { text }));
      return chip;
    });
    $(".chips", columns[phone]).replaceChildren(...made);
  }
}

function wire(phone) {
  const column = columns[phone];
  const screen = $(".phone", column);
  screen.append($("#screen").content.cloneNode(true));
  [$(".bar strong", column).textContent, $(".bar span", column).textContent] = TITLES[phone];
  if (phone === "group") {
    screen.append(make("div", "mute", GROUP_MUTE));
    return;
  }
  screen.append($("#keyboard").content.cloneNode(true));
  const input = $("textarea", column);
  const send = async () => {
    const text = input.value.trim();
    if (!text || $(".compose button", column).disabled) return;
    input.value = "";
    if (!(await say(phone, { text }))) input.value ||= text;
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
  for (const button of $$("[data-kind]", column)) {
    button.addEventListener("click", () => say(phone, { kind: button.dataset.kind }));
  }
  $(".chips", column).addEventListener("wheel", (event) => {
    event.currentTarget.scrollLeft += event.deltaY;
  }, { passive: true });
  $("[data-again]", column).addEventListener("click", () => say(phone, { again: true }));
}

// Which phone, and the drawer

function showBadges() {
  const current = drawerOpen() ? "records" : document.body.dataset.showing;
  for (const button of $$(".tabs button, .open-records")) {
    const name = button.dataset.show;
    const count = name === "records" ? freshCount() : seen.unread[name];
    $("i", button).textContent = count ? String(count) : "";
    button.setAttribute("aria-current", String(name === current));
  }
}

const drawerOpen = () => document.body.dataset.drawer === "open";

function goTo(name) {
  if (name === "records" || name === "back") {
    document.body.dataset.drawer = name === "records" ? "open" : "shut";
    if (name === "records") $(".drawer .close").focus();
  } else {
    document.body.dataset.drawer = "shut";
    document.body.dataset.showing = name;
    seen.unread[name] = 0;
    scrollDown(name);
  }
  showBadges();
}

// A screen that showed its last bubble goes on showing it when its size changes.
const keepAtEnd = new ResizeObserver((changes) => {
  for (const { target } of changes) if (target.dataset.atEnd !== "no") target.scrollTop = target.scrollHeight;
});

for (const phone of Object.keys(columns)) {
  wire(phone);
  const chat = $(".chat", columns[phone]);
  chat.addEventListener("scroll", () => {
    chat.dataset.atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 40 ? "yes" : "no";
  });
  keepAtEnd.observe(chat);
}
for (const button of $$("[data-show]")) button.addEventListener("click", () => goTo(button.dataset.show));
for (const button of $$(".steps button")) button.addEventListener("click", () => move(asked(button)));
wireGuide(doStep);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drawerOpen()) goTo("back");
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refreshNext().catch(() => tell(LOST));
});
setInterval(showClock, 5000);
poll();
