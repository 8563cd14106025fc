"""A browser before the running demo, without the browser: what its buttons ask for, over real HTTP."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aiohttp import ClientSession

from bot.app import App
from bot.web.looks import WECOM

TODAY = date(2026, 11, 23)
Shown = dict[str, Any]


@dataclass
class Visitor:
    """A browser before the running demo."""

    app: App
    session: ClientSession

    async def post(self, path: str, body: Any, **options: Any) -> tuple[int, Any]:
        """What a button's request gives: status and JSON."""
        async with self.session.post(f"/demo/{path}", json=body, **options) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None

    async def says(self, who: str, text: str = "", *, kind: str = "text", look: str = "") -> str:
        """The answer that came back through the callback; without a `look` the page's first one."""
        said = {"who": who, "kind": kind, "text": text, "look": look or WECOM}
        status, found = await self.post("say", said)
        assert status == 200, found
        return str(found["answer"])

    async def get(self, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers and text of a page."""
        async with self.session.get(path, allow_redirects=False, **options) as response:
            return response.status, response.headers, await response.text()

    async def bubbles(self, after: int = 0) -> list[dict[str, Any]]:
        """What the phones show."""
        found = json.loads((await self.get(f"/demo/state?after={after}"))[2])
        bubbles: list[dict[str, Any]] = found["bubbles"]
        return bubbles

    async def cards(self) -> dict[str, list[dict[str, Any]]]:
        """The drawer's cards by tab."""
        found = json.loads((await self.get("/demo/records"))[2])
        assert found["chain"]["holds"]
        return {tab["name"]: tab["cards"] for tab in found["tabs"]}

    async def state(self) -> dict[str, Any]:
        """What the page is told."""
        found: dict[str, Any] = json.loads((await self.get("/demo/state"))[2])
        return found

    async def now(self) -> datetime:
        """The demo's clock."""
        return datetime.fromisoformat((await self.state())["now"])

    async def moves(self, **asked: Any) -> list[dict[str, Any]]:
        """Press a button of the clock; what the phones show of it."""
        seen = len(await self.bubbles())
        status, found = await self.post("clock", asked)
        assert status == 200, found
        return await self.bubbles(seen)


def words_of(card: dict[str, Any]) -> dict[str, str]:
    """A card's lines by label."""
    return {line["label"]: line["text"] for line in card["fields"]}
