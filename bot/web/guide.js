// 两分钟看懂: the steps for a newcomer. What is done is on record; a button does what comes next.

import { $, icon, make } from "./dom.js";

const ALL_DONE = "都看过了。接着随便试：拨时钟，或者在手机上说一句。";
const DONE = "（已完成）";
const NEXT = "下一步：";
const narrow = matchMedia("(max-width: 1023px)");
const guide = { steps: [], words: "", doStep: () => {} };

function stepOf(step, place, next) {
  const made = make("li", step.done ? "done" : "");
  if (place === next) made.classList.add("next");
  const button = make("button");
  button.type = "button";
  button.title = step.hint;
  const mark = make("i", "", step.done ? "" : String(place + 1));
  if (step.done) mark.append(icon("done"));
  button.append(mark, make("span", "", step.title), make("small", "", step.hint));
  button.setAttribute("aria-label", step.title + (step.done ? DONE : ""));
  button.addEventListener("click", () => {
    if (narrow.matches) fold(true);
    guide.doStep(step);
  });
  made.append(button);
  return made;
}

/** Show the steps, unless nothing has changed. */
export function showGuide(steps) {
  const words = JSON.stringify(steps);
  if (guide.words === words) return;
  guide.words = words;
  const next = steps.findIndex((step) => !step.done);
  $("#count").textContent = `${steps.filter((step) => step.done).length}/${steps.length}`;
  $("#steps").replaceChildren(...steps.map((step, place) => stepOf(step, place, next)));
  $("#advice").textContent = next < 0 ? ALL_DONE : NEXT + steps[next].hint;
}

function fold(shut) {
  $("#guide").dataset.folded = String(shut);
  $("#guide .fold").setAttribute("aria-expanded", String(!shut));
}

/** `doStep` is told which step was pressed. */
export function wireGuide(doStep) {
  guide.doStep = doStep;
  fold(narrow.matches);
  $("#guide .fold").addEventListener("click", () => fold($("#guide").dataset.folded !== "true"));
}
