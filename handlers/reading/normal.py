"""Normalisation, once, at the edge: what people type becomes the form that every reader expects."""

import re
import unicodedata
from importlib.resources import files

LONGEST = 20_000

# Pairs of a traditional character and its simple one, as OpenCC's t2s has them.
PAIRS = (files("handlers.reading") / "traditional.txt").read_text("utf-8").replace("\n", "")
TRADITIONAL = str.maketrans(dict(zip(PAIRS[::2], PAIRS[1::2], strict=True)))
PUNCTUATION = str.maketrans(
    {"﹐": ",", "､": "、", "•": "·", "…": ".", "～": "~", "—": "-", "–": "-"}
)
INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
EMOTICON = re.compile(r"\[[\u4e00-\u9fff a-z]{1,5}\]")
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u20e3]")
TONES = re.compile("(?<=[a-zA-Z])[\u0300-\u036f]+")
SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """NFKC, half width, simplified, lower case, one line, no emoji; at most 20,000 characters."""
    found = unicodedata.normalize("NFKC", text[:LONGEST])
    if not found.isascii():
        found = unicodedata.normalize("NFC", TONES.sub("", unicodedata.normalize("NFD", found)))
    found = CONTROL.sub(" ", INVISIBLE.sub("", found))
    found = found.translate(TRADITIONAL).translate(PUNCTUATION).lower()
    found = EMOJI.sub(" ", EMOTICON.sub(" ", found))
    return SPACES.sub(" ", found).strip()


def readable(text: str) -> str:
    """A member's own words as they are kept: only what cannot be shown is taken out."""
    return CONTROL.sub("", INVISIBLE.sub("", text)).strip()
