"""Normalisation, once, at the edge: what people type becomes the form that every reader expects."""

import re
import unicodedata
from importlib.resources import files

LONGEST = 1_000  # characters: more than any reader needs, and few enough for every one of them

# Pairs of a traditional character and its simple one, as OpenCC's t2s has them.
PAIRS = (files("handlers.reading") / "traditional.txt").read_text("utf-8").replace("\n", "")
TRADITIONAL = str.maketrans(dict(zip(PAIRS[::2], PAIRS[1::2], strict=True)))
PUNCTUATION = str.maketrans(
    {"﹐": ",", "､": "、", "•": "·", "…": ".", "～": "~", "—": "-", "–": "-"}
)
INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
# WeChat's own faces; any other word in brackets is what somebody wrote.
EMOTICON = re.compile(
    r"\[(?:微笑|撇嘴|色|发呆|得意|流泪|害羞|闭嘴|睡|大哭|尴尬|发怒|调皮|呲牙|惊讶|难过|囧|抓狂|吐|偷笑|愉快|白眼|傲慢|困|惊恐"
    r"|憨笑|悠闲|咒骂|疑问|嘘|晕|衰|骷髅|敲打|再见|擦汗|抠鼻|鼓掌|坏笑|右哼哼|鄙视|委屈|快哭了|阴险|亲亲|可怜|笑脸|生病|脸红"
    r"|破涕为笑|恐惧|失望|无语|嘿哈|捂脸|奸笑|机智|皱眉|耶|吃瓜|加油|汗|天啊|社会社会|旺柴|好的|打脸|哇|翻白眼|让我看看|叹气"
    r"|苦涩|裂开|嘴唇|爱心|心碎|拥抱|强|弱|握手|胜利|抱拳|勾引|拳头|合十|啤酒|咖啡|蛋糕|玫瑰|凋谢|菜刀|炸弹|便便|月亮|太阳"
    r"|庆祝|礼物|红包|发|福|烟花|爆竹|猪头|跳跳|发抖|转圈|[a-z0-9 ]{1,12})\]"
)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u20e3]")
TONES = re.compile("(?<=[a-zA-Z])[\u0300-\u036f]+")
SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """NFKC, half width, simplified, lower case, one line, no emoji; the first 1,000 characters."""
    found = unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST]
    if not found.isascii():
        found = unicodedata.normalize("NFC", TONES.sub("", unicodedata.normalize("NFD", found)))
    found = CONTROL.sub(" ", INVISIBLE.sub("", found))
    found = found.translate(TRADITIONAL).translate(PUNCTUATION).lower()
    found = EMOJI.sub(" ", EMOTICON.sub(" ", found))
    return SPACES.sub(" ", found).strip()


def readable(text: str) -> str:
    """A member's own words as they are kept: only what cannot be shown is taken out."""
    return CONTROL.sub("", INVISIBLE.sub("", text)).strip()
