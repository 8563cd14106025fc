"""The demo's page in a real Chromium, as the tests use it."""

from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, expect

from bot.web.looks import LOOKS

LAPTOP, PHONE = (1366, 900), (390, 844)


@dataclass
class Visit:
    """One open page, and everything that went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Collect script errors, refused resources and failed requests."""
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type == "error" else None
        )
        self.page.on("requestfailed", lambda request: self.wrong.append(request.url))

    def phone(self, name: str) -> Locator:
        """One of the three phones."""
        return self.page.locator(f".column[data-phone={name}]")

    async def press(self, phone: str, words: str) -> None:
        """Press a button of a phone, and wait until it can be pressed again."""
        button = self.phone(phone).get_by_role("button", name=words, exact=True)
        await button.click()
        await expect(button).to_be_enabled()

    def last(self, phone: str, side: str = "theirs") -> Locator:
        """The last bubble of one side in the app that the phone shows."""
        return self.chat(phone).locator(f".bubble.{side} p").last

    def chat(self, phone: str) -> Locator:
        """The chat of the app that the phone shows; a phone out of sight shows one too."""
        look = f".column[data-phone={phone}][data-look=%s] .chat[data-app=%s]"
        return self.page.locator(", ".join(look % (one, one) for one in LOOKS))

    async def change(self, phone: str, look: str) -> None:
        """Press the button of an app on a phone."""
        await self.phone(phone).locator(f".looks [data-app={look}]").click()

    async def overflow(self) -> int:
        """How many pixels stick out to the right."""
        words = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.page.evaluate(words))
