"""Files for letters: uploaded once a process, whatever the letter's tries; the same on both platforms."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from aiohttp import FormData

from bot.channels.http import LARGEST_FILE, form_of
from bot.retry import Again, Never, Outcome
from storage.letters import Letter

KEPT = 256
NO_FILE = "文件大小应在 {least} 字节到 20 MB 之间"
NO_MEDIA_ID = "平台没有给出 media_id"

Upload = Callable[[Callable[[], FormData], str], Awaitable[dict[str, object] | Outcome]]


class Uploads:
    """`upload` is given the form, made anew for each try, and the kind of file."""

    def __init__(self, upload: Upload, least: int) -> None:
        self._upload = upload
        self._least = least
        self._known: OrderedDict[int, str] = OrderedDict()

    async def media_of(self, letter: Letter) -> str | Outcome:
        """The media id of the letter's file."""
        if letter.id in self._known:
            return self._known[letter.id]
        name, content = letter.file or ("", b"")
        if not self._least <= len(content) <= LARGEST_FILE:
            return Never(NO_FILE.format(least=self._least))
        found = await self._upload(lambda: form_of(name, content), letter.kind)
        if isinstance(found, Again):
            return Again(found.reason)  # a file uploaded twice reaches nobody twice
        if not isinstance(found, dict):
            return found
        media = found.get("media_id")
        if not isinstance(media, str) or not media:
            return Again(NO_MEDIA_ID)
        self._known[letter.id] = media
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return media
