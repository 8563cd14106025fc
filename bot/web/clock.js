// The demo's clock. Local times of the organisation are read as if they were UTC: the browser's zone plays no part.

import { $, $$, make } from "./dom.js";

const WEEKDAYS = "日一二三四五六";
const MOVING = "时钟正在走…";
const clock = { from: 0, at: 0 };

export const asLocal = (iso) => Date.parse(`${iso.slice(0, 19)}Z`);
const two = (number) => String(number).padStart(2, "0");
const localNow = () => new Date(clock.from + performance.now() - clock.at);

/** What the server says: the time, what comes next, and whether it is moving. */
export function setClock(state) {
  clock.from = asLocal(state.now);
  clock.at = performance.now();
  document.body.dataset.moving = state.moving ? "yes" : "no";
  $("#activity").textContent = state.moving ? MOVING : state.activity;
  showClock();
}

export function showClock() {
  const now = localNow();
  const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}`;
  $("#time").textContent = time;
  const weekday = WEEKDAYS[now.getUTCDay()];
  const year = make("span", "", `${now.getUTCFullYear()}年`);
  $("#day").replaceChildren(year, `${now.getUTCMonth() + 1}月${now.getUTCDate()}日 周${weekday}`);
  for (const found of $$(".status time")) found.textContent = time;
  for (const found of $$(".when")) found.textContent = when(found.dataset.at);
}

/** A moment as a chat shows it: only the time when it is today. */
export function when(iso) {
  const moment = new Date(asLocal(iso));
  const day = `${moment.getUTCMonth() + 1}月${moment.getUTCDate()}日`;
  const time = `${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
  const same = moment.toISOString().slice(0, 10) === localNow().toISOString().slice(0, 10);
  return same ? time : `${day} ${time}`;
}

/** What a button of the clock asks for. */
export function asked(button) {
  const { to, hours, days } = button.dataset;
  if (to) return { to };
  return hours ? { hours: Number(hours) } : { days: Number(days) };
}
