// The demo page. Everything shown comes from /demo/state and /demo/records; nothing is remembered here for good.

import { $, $$, LOST, ask, icon, make, tell } from "./dom.js";
import { freshCount, refreshRecords } from "./records.js";

const TITLES = {
  member: ["双联", "党员张三的手机"],
  secretary: ["双联", "支部书记李红梅的手机"],
  group: ["流动党员群", "第一党支部"],
};
const FACES = { member: "张", secretary: "李" };
const MARKS = { notice: "主动通知（正式环境由企业微信推送）", again: "第二次投递的答复" };
const GROUP_MUTE = "群里只发通知和人数，不点名，也不收消息。\n私事请在应用里一对一说。";
const WEEKDAYS = "日一二三四五六";
const APART = 5 * 60 * 1000;
const POLL = 2000;

const columns = Object.fromEntries($$(".column").map((found) => [found.dataset.phone, found]));
const seen = { run: null, last: 0, recorded: null, at: {}, unread: {} };
const clock = { from: 0, at: 0 };

// The clock: local times of the organisation are read as if they were UTC, so the browser's zone plays no part.

const asLocal = (iso) => Date.parse(`${iso.slice(0, 19)}Z`);
const two = (number) => String(number).padStart(2, "0");

function localNow() {
  return new Date(clock.from + performance.now() - clock.at);
}

function showClock() {
  const now = localNow();
  const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}`;
  $("#time").textContent = time;
  const weekday = WEEKDAYS[now.getUTCDay()];
  const year = make("span", "", `${now.getUTCFullYear()}年`);
  $("#day").replaceChildren(year, `${now.getUTCMonth() + 1}月${now.getUTCDate()}日 周${weekday}`);
  for (const found of $$(".status time")) found.textContent = time;
  for (const found of $$(".when")) found.textContent = when(found.dataset.at);
}

function when(iso) {
  const moment = new Date(asLocal(iso));
  const today = localNow();
  const day = `${moment.getUTCMonth() + 1}月${moment.getUTCDate()}日`;
  const time = `${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
  const same = moment.toISOString().slice(0, 10) === today.toISOString().slice(0, 10);
  return same ? time : `${day} ${time}`;
}

// Bubbles

function content(bubble) {
  if (bubble.kind === "image" && bubble.side === "mine") {
    const picture = make("div", "picture");
    picture.append(icon("image"));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", "一张图片");
    return picture;
  }
  const words = make("p", "", bubble.text);
  if (bubble.kind === "location" || bubble.kind === "voice") {
    words.className = "sent";
    words.textContent = "";
    const said = bubble.kind === "voice" ? "语音 3″" : bubble.text;
    words.append(icon(bubble.kind === "voice" ? "voice" : "place"), make("span", "", said));
  }
  return words;
}

function face(bubble) {
  if (bubble.side === "mine") return make("div", "face", FACES[bubble.phone]);
  const holder = make("div", "face");
  const image = make("img");
  image.src = "static/icon.svg";
  image.alt = "双联";
  holder.append(image);
  return holder;
}

function show(bubble, arriving) {
  const chat = $(".chat", columns[bubble.phone]);
  const moment = asLocal(bubble.at);
  if (moment - (seen.at[bubble.phone] ?? -Infinity) > APART) {
    const stamp = make("div", "when", when(bubble.at));
    stamp.dataset.at = bubble.at;
    chat.append(stamp);
  }
  seen.at[bubble.phone] = moment;
  if (bubble.side === "hint") {
    chat.append(make("div", "hint", bubble.text));
    return;
  }
  const line = make("div", `bubble ${bubble.side}${arriving ? " arriving" : ""}`);
  const says = make("div", "says");
  says.append(content(bubble));
  if (MARKS[bubble.side] && bubble.phone !== "group") says.append(make("small", "", MARKS[bubble.side]));
  line.append(face(bubble), says);
  chat.append(line);
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
  clock.from = asLocal(state.now);
  clock.at = performance.now();
  showClock();
  $("#activity").textContent = state.activity;
  showChips(state.chips);
  seen.last = state.last;
  arrive(state.bubbles, first);
  if (seen.recorded !== state.last) {
    await refreshRecords();
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
  await refreshNext().catch(() => tell(LOST));
  for (const button of buttons) button.disabled = false;
  return done;
}

// Speaking

const say = (phone, said) =>
  act("say", { who: phone, ...said }, $$(".chips button, .compose button, .tools button", columns[phone]));

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
for (const button of $$(".steps button")) {
  const body = button.dataset.to ? { to: button.dataset.to } : { hours: Number(button.dataset.hours) };
  button.addEventListener("click", () => act("clock", body, $$(".steps button")));
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drawerOpen()) goTo("back");
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refreshNext().catch(() => tell(LOST));
});
setInterval(showClock, 5000);
poll();
