// The demo page. Everything shown comes from /demo/state and /demo/records; nothing is remembered here for good.

import { bubbleOf } from "./bubbles.js";
import { asLocal, asked, setClock, showClock, when } from "./clock.js";
import { $, $$, LOST, ask, make, tell } from "./dom.js";
import { showGuide, wireGuide } from "./guide.js";
import { fillIn, keysOf, showChips, wireKeyboard } from "./keyboard.js";
import { chatOf, count, scrollDown, wear, wireLooks } from "./looks.js";
import { freshCount, refreshRecords } from "./records.js";

const TITLES = {
  member: ["双联", "党员张三的手机"],
  secretary: ["双联", "支部书记李红梅的手机"],
  group: ["流动党员群", "第一党支部"],
};
const GROUP_MUTE = "群里只发通知和人数，不点名，也不收消息。\n私事请一对一说；钉钉群里可以@双联。";
const FILLED = "已经填好，点“发送”。";
const APART = 5 * 60 * 1000;
const POLL = 2000;
const WATCH = 150;

const columns = Object.fromEntries($$(".column").map((found) => [found.dataset.phone, found]));
const seen = { run: null, last: 0, recorded: null, at: new Map(), unread: {}, chips: "" };

// Bubbles

function show(bubble, arriving) {
  const chat = chatOf(columns[bubble.phone], bubble.look);
  const moment = asLocal(bubble.at);
  if (moment - (seen.at.get(chat) ?? -Infinity) > APART) {
    const stamp = make("div", "when", when(bubble.at));
    stamp.dataset.at = bubble.at;
    chat.append(stamp);
  }
  seen.at.set(chat, moment);
  chat.append(bubbleOf(bubble, arriving, tap));
}

// State

async function refresh() {
  const state = await ask(`state?after=${seen.last}`);
  if (seen.run !== null && seen.run !== state.run) return location.reload();
  const first = seen.run === null;
  seen.run = state.run;
  setClock(state);
  seen.last = state.last;
  if (!state.moving) showAllChips(state.chips); // before the chats are scrolled: it takes some of their room
  arrive(state.bubbles, first);
  if (!state.moving) {
    showGuide(state.guide);
    if (seen.recorded !== state.last) await refreshRecords();
    seen.recorded = state.last;
  }
  showBadges();
  return undefined;
}

function arrive(bubbles, first) {
  for (const bubble of bubbles) show(bubble, !first);
  for (const [phone, column] of Object.entries(columns)) {
    const own = bubbles.filter((bubble) => bubble.phone === phone);
    if (!own.length) continue;
    const last = own.findLast((bubble) => bubble.side === "mine");
    if (first) wear(column, last?.look ?? "wecom");
    else for (const bubble of own) count(column, bubble.look, 1);
    scrollDown(column);
    if (!first && phone !== document.body.dataset.showing) {
      seen.unread[phone] = (seen.unread[phone] ?? 0) + own.length;
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
  if (step.look) wear(columns[step.phone], step.look);
  fillIn(columns[step.phone], step.text);
  tell(FILLED);
  return undefined;
}

// Speaking

function say(phone, said) {
  const column = columns[phone];
  return act("say", { who: phone, look: column.dataset.look, ...said }, keysOf(column));
}

const tap = (tapped) => act("tap", tapped, $$(".template button", columns[tapped.who]));

function showAllChips(chips) {
  const words = JSON.stringify(chips);
  if (seen.chips === words) return;
  seen.chips = words;
  for (const [phone, said] of Object.entries(chips)) {
    showChips(columns[phone], said, (line) => say(phone, line));
  }
}

function wire(phone) {
  const column = columns[phone];
  const screen = $(".phone", column);
  screen.append($("#screen").content.cloneNode(true));
  [$(".bar strong", column).textContent, $(".bar span", column).textContent] = TITLES[phone];
  wireLooks(column);
  wireKeyboard(column, (line) => say(phone, line));
  if (phone === "group") screen.append(make("div", "mute", GROUP_MUTE));
  for (const chat of $$(".chat", column)) stayAtEnd(chat);
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
    scrollDown(columns[name]);
  }
  showBadges();
}

// A screen that showed its last bubble goes on showing it when its size changes.
const keepAtEnd = new ResizeObserver((changes) => {
  for (const { target } of changes) if (target.dataset.atEnd !== "no") target.scrollTop = target.scrollHeight;
});

function stayAtEnd(chat) {
  chat.addEventListener("scroll", () => {
    if (!chat.clientHeight) return;
    chat.dataset.atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 40 ? "yes" : "no";
  });
  keepAtEnd.observe(chat);
}

for (const phone of Object.keys(columns)) wire(phone);
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
