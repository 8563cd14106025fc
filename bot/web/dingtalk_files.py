"""The fake DingTalk's files: uploads for messages, and what members sent. Facts section 4.7."""

import secrets
from typing import Any

from aiohttp import web

from bot.web.dingtalk_rules import UNSAID_NUMBER
from bot.web.dingtalk_state import OK, DingtalkState, numbered, refused
from bot.web.faults import json_answer

MEGABYTE = 1024 * 1024
BAD_TYPE = 40004
# Endings and the largest size by type. Voice takes ogg too, for that is what sampleAudio wants.
TYPES = {
    "image": ({"jpg", "gif", "png", "bmp"}, 20 * MEGABYTE),
    "voice": ({"amr", "mp3", "wav", "ogg"}, 2 * MEGABYTE),
    "video": ({"mp4"}, 20 * MEGABYTE),
    "file": (
        {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"},
        20 * MEGABYTE,
    ),
}


class Files:
    """What was uploaded, and what may be fetched."""

    def __init__(self, state: DingtalkState) -> None:
        self._state = state
        self.uploaded: dict[str, tuple[str, bytes]] = {}
        self._offered: dict[str, bytes] = {}
        self._shown: dict[str, bytes] = {}

    def offer(self, content: bytes) -> str:
        """The code under which a member's file can be asked for; it does not expire here."""
        code = secrets.token_urlsafe(32)
        self._offered[code] = content
        return code

    async def upload(self, request: web.Request) -> web.Response:
        """media/upload: one part called `media` with a name of its own, its type in the query or a part."""
        problem = self._state.old_api_problem(request)
        if problem or request.content_type != "multipart/form-data":
            return numbered(problem or UNSAID_NUMBER)
        parts = await request.post()
        part, kind = parts.get("media"), str(request.query.get("type") or parts.get("type"))
        if kind not in TYPES:
            return numbered(BAD_TYPE)
        if not isinstance(part, web.FileField) or not part.filename:
            return numbered(UNSAID_NUMBER)
        content, (endings, largest) = part.file.read(), TYPES[kind]
        if part.filename.rpartition(".")[2].lower() not in endings:
            return numbered(BAD_TYPE)
        if not content or len(content) > largest:
            return numbered(UNSAID_NUMBER)
        number, now = f"@{secrets.token_urlsafe(32)}", self._state.now()
        self.uploaded[number] = part.filename, content
        created = int(now.timestamp() * 1000)
        return json_answer({**OK, "media_id": number, "created_at": created, "type": kind})

    async def download(self, app: str, body: dict[str, Any]) -> web.Response:
        """messageFiles/download: where the file of this code can be fetched."""
        problem = self._state.robot_problem(app, body)
        if not problem and body.get("downloadCode") not in self._offered:
            problem = "invalidParameter.robotCode.downloadCode"
        if problem:
            return refused(problem)
        name = f"{secrets.token_hex(16)}.file"
        self._shown[name] = self._offered[body["downloadCode"]]
        return json_answer({"downloadUrl": f"{self._state.base}/files/{name}"})

    async def show(self, request: web.Request) -> web.Response:
        """The file itself; a Content-Type was not signed for, so that it breaks the signature."""
        content = self._shown.get(request.match_info["name"])
        if "Content-Type" in request.headers:
            return web.Response(status=403, text="SignatureDoesNotMatch")
        if content is None:
            return web.Response(status=404, text="NoSuchKey")
        return web.Response(body=content, content_type="application/octet-stream")
