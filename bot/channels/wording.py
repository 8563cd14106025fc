"""Letters in words, the same on every platform."""

from storage.letters import Letter

MARKDOWN, CARD, FILE, IMAGE, GROUP = "markdown", "card", "file", "image", "group"
UPLOADED = frozenset({FILE, IMAGE})
NO_TITLE = "请您处理"
IN_WORDS = "请回复：{says}"
NO_FILES_HERE = "群机器人不发文件"


def plain(letter: Letter) -> str:
    """Title, text and what the buttons would say, as one text."""
    lines = (letter.title, letter.text, how_to_answer(letter))
    return "\n".join(line for line in lines if line)


def how_to_answer(letter: Letter) -> str:
    """What the buttons would say; "" where there are none."""
    says = "、".join(f"“{says}”" for _label, says in letter.buttons)
    return IN_WORDS.format(says=says) if says else ""
