// One bubble of a chat: words, a picture, a place, a voice message, a card with its buttons, or a file.

import { icon, make } from "./dom.js";

const FACES = { member: "张", secretary: "李", group: "张" };
const APPS = { wecom: "企业微信", dingtalk: "钉钉" };
const AGAIN = "第二次投递的答复";
const VOICE = "语音 3″";
const WORD = "Word 文件，点一下保存";

function picture() {
  const made = make("div", "picture");
  made.append(icon("image"));
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", "一张图片");
  return made;
}

function card(bubble, tap) {
  const made = make("div", "template");
  const buttons = make("div", "buttons");
  for (const [place, label] of bubble.buttons.entries()) {
    const button = make("button", "", label);
    button.type = "button";
    button.addEventListener("click", async () => {
      const done = await tap({ who: bubble.phone, card: bubble.ref, button: place });
      // DingTalk's buttons are links: they stay as they are and can be tapped again.
      if (done && bubble.look === "wecom") for (const one of buttons.children) one.setAttribute("aria-pressed", String(one === button));
    });
    buttons.append(button);
  }
  if (bubble.title) made.append(make("strong", "", bubble.title));
  made.append(make("p", "", bubble.text), buttons);
  return made;
}

function file(bubble) {
  const made = make("a", "file");
  made.href = `files/${encodeURIComponent(bubble.ref)}`;
  made.download = bubble.text;
  const words = make("span", "", bubble.text);
  words.append(make("small", "", WORD));
  made.append(words, icon("file"));
  return made;
}

function sent(bubble) {
  const made = make("p", "sent");
  const voice = bubble.kind === "voice";
  const words = voice ? [VOICE, bubble.text].filter(Boolean).join(" · ") : bubble.text;
  made.append(icon(voice ? "voice" : "place"), make("span", "", words));
  return made;
}

function content(bubble, tap) {
  if (bubble.kind === "card") return card(bubble, tap);
  if (bubble.kind === "file") return file(bubble);
  if (bubble.kind === "image") return picture();
  return bubble.kind === "text" ? make("p", "", bubble.text) : sent(bubble);
}

function mark(bubble) {
  if (bubble.side === "again") return AGAIN;
  const pushed = bubble.side === "notice" && bubble.phone !== "group";
  return pushed ? `主动通知（正式环境由${APPS[bubble.look]}推送）` : "";
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

/** The element for a bubble; `tap` is told what a card's button asks for, and says whether it was done. */
export function bubbleOf(bubble, arriving, tap) {
  if (bubble.side === "hint") return make("div", "hint", bubble.text);
  const line = make("div", `bubble ${bubble.side}${arriving ? " arriving" : ""}`);
  const says = make("div", "says");
  says.append(content(bubble, tap));
  if (mark(bubble)) says.append(make("small", "", mark(bubble)));
  line.append(face(bubble), says);
  return line;
}
