"""我的数据 as a file: what the chat says, to keep."""

import io

import docx

from storage import tables
from storage.letters import letter_of
from tests.fakes import Rehearsal


async def test_the_file_says_what_the_chat_says(talk: Rehearsal) -> None:
    """Every line of the answer is a paragraph, the label bold; an answer of thousands of lines too."""
    await talk.member("张三")
    await talk.says("张三", "党费 10月 20元")
    answer = await talk.says("张三", "我的数据")
    assert "同样的内容做成了文件“我的数据-2026" in answer
    (row,) = await talk.rows(tables.outbox, tables.outbox.c.kind == "file")
    letter = letter_of({**row, "leased_until": talk.clock.now()})
    assert letter.file is not None
    name, content = letter.file
    assert (letter.recipient, name[:5], name[-5:]) == ("张三", "我的数据-", ".docx")
    paragraphs = [one.text for one in docx.Document(io.BytesIO(content)).paragraphs]
    assert paragraphs[0] == "我的数据"
    assert paragraphs[1].startswith("张三，截至2026年")
    told = [line for line in answer.split("\n")[1:] if line][:-1]
    assert paragraphs[2:] == told
    assert "党费：2026年10月 20.00 元，等待支部确认" in paragraphs
