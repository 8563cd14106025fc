"""Uploads and downloads of the fake DingTalk keep the published rules."""

import aiohttp
import pytest

from bot.web.faults import Fault
from tests.bot.dingtalk_caller import APP, DOWNLOAD, ONE, Caller, param, text


async def test_files_need_an_upload_a_known_type_and_the_at(ding: Caller) -> None:
    """Without the `@` of its id a file is accepted and never seen."""
    number = (await ding.upload())["media_id"]
    assert number.startswith("@")
    assert ding.fake.media(number) == ("名册.xlsx", b"x")
    for kind, media, code in (
        ("xlsx", number, ""),
        ("xlsx", number[1:], ""),
        ("exe", number, "invalidParameter.msgParam.invalid"),
    ):
        message = param("sampleFile", mediaId=media, fileName="名册.xlsx", fileType=kind)
        assert await ding.code(ONE, text(**message)) == code
    assert ding.fake.to("zhangsan") == ["名册.xlsx"]
    assert len(ding.fake.dropped) == 1


@pytest.mark.parametrize(
    ("name", "kind", "size", "code"),
    [
        ("x.PDF", "file", 1, 0),
        ("x.png", "image", 1, 0),
        ("x.ogg", "voice", 2 * 1024 * 1024, 0),
        ("x.ogg", "voice", 2 * 1024 * 1024 + 1, 40035),
        ("x.pdf", "file", 0, 40035),
        ("x.exe", "file", 1, 40004),
        ("x", "file", 1, 40004),
        ("x.pdf", "image", 1, 40004),
        ("x.pdf", "picture", 1, 40004),
        ("x.pdf", None, 1, 40004),
    ],
)
async def test_uploads_are_checked(
    ding: Caller, name: str, kind: str | None, size: int, code: int
) -> None:
    """By their ending, size and type."""
    found = await ding.upload(name, kind, b"x" * size)
    assert found["errcode"] == code
    if not code:
        assert (found["type"], found["created_at"]) == (kind, ding.clock.now().timestamp() * 1000)


async def test_the_type_may_be_a_part(ding: Caller) -> None:
    """As it says in one place of the documentation; a body without the part is refused."""
    assert (await ding.upload("x.pdf", None, type="file"))["errcode"] == 0
    query = {"access_token": ding.token, "type": "file"}
    assert await ding.number("/media/upload", {}, **query) == 40035
    form = aiohttp.FormData({"media": "x"}, default_to_multipart=True)
    async with ding.session.post("/media/upload", params=query, data=form) as answer:
        assert (await answer.json())["errcode"] == 40035


async def test_downloads_break_with_a_content_type(ding: Caller) -> None:
    """403; without one the file comes. Codes must be known, and asked for by their robot."""
    code = ding.fake.offer_file(b"\x00\x01")
    _status, found = await ding.api(DOWNLOAD, {"downloadCode": code, "robotCode": APP})
    url = found["downloadUrl"]
    assert url.endswith(".file")
    for headers, status in (({}, 200), ({"Content-Type": "application/json"}, 403)):
        async with ding.session.get(url, headers=headers) as answer:
            assert answer.status == status
            assert (await answer.read() == b"\x00\x01") is (status == 200)
    async with ding.session.get("/files/none") as answer:
        assert answer.status == 404
    for robot, asked, problem in (
        (APP, "no", "invalidParameter.robotCode.downloadCode"),
        (APP, None, "invalidParameter.robotCode.downloadCode"),
        ("other", code, "invalidParameter.robotCode.notExist"),
    ):
        body = {"downloadCode": asked, "robotCode": robot}
        assert await ding.code(DOWNLOAD, body) == problem


async def test_an_upload_that_is_lost_was_taken(ding: Caller) -> None:
    """The file is there though the answer is not."""
    ding.fake.script(Fault.LOST, call="media/upload")
    with pytest.raises(aiohttp.ClientError):
        await ding.upload()
    assert len(ding.fake._files.uploaded) == 1
