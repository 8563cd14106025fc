"""Files on DingTalk: what a member sent, by its downloadCode; and letters whose files its robot may send."""

import zipfile
from dataclasses import replace
from io import BytesIO

from bot.channels.dingtalk_bodies import FILE_TYPES, file_type
from bot.channels.dingtalk_client import DingtalkClient
from bot.channels.wording import FILE, IMAGE
from bot.retry import Again, Outcome
from storage.letters import Letter

DOWNLOAD = "/v1.0/robot/messageFiles/download"
NO_ADDRESS = "平台没有给出文件的地址"
IMAGE_TYPES = frozenset({"jpg", "png", "gif", "bmp"})


class DingtalkFiles:
    """What members sent to one robot, as a Fetcher."""

    def __init__(self, client: DingtalkClient, robot_code: str) -> None:
        self._client = client
        self._robot_code = robot_code

    async def fetch(self, code: str) -> bytes | Outcome:
        """The content; where it lies is asked at every try, for the address is good for a while only."""
        body = {"downloadCode": code, "robotCode": self._robot_code}
        found = await self._client.api(DOWNLOAD, body)
        if not isinstance(found, dict):
            return found
        address = found.get("downloadUrl")
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            return Again(NO_ADDRESS)
        return await self._client.load(address)


def fitted(letter: Letter) -> Letter:
    """A picture stays one where the platform shows it; a file of another kind than it takes goes into a .zip."""
    if letter.kind not in {FILE, IMAGE} or letter.file is None:
        return letter
    name, content = letter.file
    kind = file_type(name)
    if letter.kind == IMAGE and kind in IMAGE_TYPES:
        return letter
    file = letter.file if kind in FILE_TYPES else _zipped(name, content)
    return replace(letter, kind=FILE, file=file)


def _zipped(name: str, content: bytes) -> tuple[str, bytes]:
    """The same to the byte at every try; pictures and sound do not become smaller."""
    found = BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return f"{name.rpartition('.')[0] or name}.zip", found.getvalue()
