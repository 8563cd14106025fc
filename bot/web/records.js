// The drawer: what is on record, what is new since the last message, and how it lies in the database.

import { $, ask, icon, make } from "./dom.js";

const NOTES = {
  签到: "现场、远程、代录都在这里，一人一场只有一条。",
  党费: "一个月一条，支部确认后进记实档案。",
  所在地: "只到区县。位置消息里的坐标收到就丢掉，从不保存。",
  外出: "加密保存到区县、单位和联系方式；回来后结束。",
  思想汇报: "正文加密保存，只有本人和书记看得到。",
  请假: "书记同意后算请假，不算缺席。",
  提醒: "谁在哪天得到了哪条提醒，依据哪一条；没有发的，写明原因。",
  联系: "每季度至少联系一次；联系上本人的才算。",
  事项: "要书记处理的都有编号，办完有回音。",
  记实档案: "只增不改，一条扣一条：改动任何一条，校验就对不上。",
  消息: "收到的和要发的。同一编号的消息只生效一次。",
};
const drawer = { tabs: [], shown: "签到", fresh: new Map(), cards: null };

/** Fetch what is on record and mark what is new since the last time. */
export async function refreshRecords() {
  const found = await ask("records");
  const cards = new Map();
  for (const tab of found.tabs) for (const card of tab.cards) cards.set(card.key, JSON.stringify(card));
  if (drawer.cards !== null) {
    const changed = [...cards].filter(([key, card]) => drawer.cards.get(key) !== card).map(([key]) => key);
    if (changed.length) {
      drawer.fresh = new Map(changed.map((key) => [key, drawer.cards.has(key) ? "有变化" : "新"]));
      const touched = found.tabs.find((tab) => tab.cards.some((card) => drawer.fresh.has(card.key)));
      if (touched.name !== "消息") drawer.shown = touched.name;
    }
  }
  drawer.cards = cards;
  drawer.tabs = found.tabs;
  showChain(found.chain);
  showTabs();
  showCards();
}

function showChain(chain) {
  $("#chain").classList.toggle("broken", !chain.holds);
  $("#chain span").textContent = chain.holds
    ? `记实档案 ${chain.entries} 条，逐条校验：完好`
    : "记实档案校验：对不上，有人改过";
}

function freshIn(tab) {
  return tab.cards.filter((card) => drawer.fresh.has(card.key)).length;
}

function showTabs() {
  const made = drawer.tabs.map((tab) => {
    const button = make("button", "", tab.name);
    button.type = "button";
    button.setAttribute("role", "tab");
    button.setAttribute("aria-selected", String(tab.name === drawer.shown));
    const fresh = freshIn(tab);
    if (fresh) button.append(make("b", "", String(fresh)));
    button.addEventListener("click", () => {
      drawer.shown = tab.name;
      showTabs();
      showCards();
    });
    return button;
  });
  $(".kinds").replaceChildren(...made);
}

function showCards() {
  const tab = drawer.tabs.find((one) => one.name === drawer.shown);
  $("#note").textContent = NOTES[drawer.shown];
  const made = tab.cards.map(cardOf);
  $("#cards").replaceChildren(...(made.length ? made : [make("p", "empty", "还没有记录")]));
  $("#cards").scrollTop = 0;
}

function cardOf(card) {
  const fresh = drawer.fresh.get(card.key);
  const made = make("article", fresh ? "card new" : "card");
  const title = make("h3");
  const name = make("span", "", card.title);
  if (fresh) name.append(make("em", "", fresh));
  title.append(name, make("time", "", card.at));
  const list = make("dl");
  for (const field of card.fields) {
    const value = make("dd");
    if (field.stored && $("#sealed").checked) value.append(make("code", "", field.stored));
    else value.append(field.text);
    if (field.stored) {
      const lock = icon("lock");
      lock.setAttribute("aria-label", "加密保存");
      value.append(lock);
    }
    list.append(make("dt", "", field.label), value);
  }
  made.append(title, list);
  return made;
}

/** How many cards are new or changed. */
export const freshCount = () => drawer.fresh.size;

$("#sealed").addEventListener("change", showCards);
