"""DingTalk's robots of a configuration, as channels."""

from dataclasses import dataclass
from functools import cached_property

from bot.channels.base import Channel, Codec, Sender, Times
from bot.channels.dingtalk import (
    CARDS_PATH,
    EVENTS_PATH,
    PAGE_PATH,
    Dingtalk,
    Robot,
    origin_of,
)
from bot.channels.dingtalk_api import Cards, DingtalkApi, DingtalkGroup, DingtalkWebhook
from bot.channels.dingtalk_cards import DingtalkCards
from bot.channels.dingtalk_client import Credentials, DingtalkClient
from bot.channels.dingtalk_events import DingtalkEvents, EventCipher
from bot.channels.dingtalk_files import DingtalkFiles
from bot.channels.dingtalk_page import PlacePage
from bot.channels.dingtalk_stream import DingtalkStream
from bot.channels.http import Http
from bot.settings import DingtalkSection, Settings
from storage.database import Database


def dingtalk_channels(
    settings: Settings, http: Http, database: Database, clock: Times
) -> list[Channel]:
    """One channel a robot, `dingtalk.name`; over HTTP it is called back under `/dingtalk/name`."""
    return [
        Assembly(name, section, settings, http, database, clock).channel()
        for name, section in settings.dingtalk.items()
    ]


@dataclass(frozen=True)
class Assembly:
    """One section's parts, put together."""

    name: str
    section: DingtalkSection
    settings: Settings
    http: Http
    database: Database
    clock: Times

    def channel(self) -> Channel:
        """The robot as a channel: called back, or listening on a link of its own."""
        is_stream, page = self.section.mode == "stream", self.page
        return Channel(
            name=self.robot.channel,
            scope=self.robot.scope,
            callbacks=self.callbacks(),
            sender=self.api,
            groups=self.groups(),
            listen=self.stream().listen if is_stream else None,
            pages=page.mount if page else None,
            place_page=page.address if page else "",
            media=DingtalkFiles(self.client, self.section.robot_code),
        )

    @cached_property
    def robot(self) -> Robot:
        """Who the robot is."""
        section = self.section
        return Robot(
            name=self.name,
            client_id=section.client_id,
            client_secret=section.client_secret,
            robot_code=section.robot_code,
            corp_id=section.corp_id,
            origins=frozenset(map(origin_of, (section.api_base, section.oapi_base))),
        )

    @cached_property
    def client(self) -> DingtalkClient:
        """The interfaces it calls."""
        return self.another_client()

    def another_client(self) -> DingtalkClient:
        """One with a pace of its own."""
        section = self.section
        own = Credentials(
            channel=self.robot.channel,
            client_id=section.client_id,
            client_secret=section.client_secret,
            api_base=section.api_base,
            oapi_base=section.oapi_base,
        )
        return DingtalkClient(own, self.http, self.database, self.clock.now)

    @cached_property
    def api(self) -> DingtalkApi:
        """The way out to people."""
        return DingtalkApi(self.client, self.section.robot_code, self.clock.now, self.cards())

    @cached_property
    def codec(self) -> Dingtalk:
        """How messages are read."""
        return Dingtalk(self.robot)

    @cached_property
    def taps(self) -> DingtalkCards:
        """How taps on cards are read."""
        return DingtalkCards(self.robot, self.section.card_secret)

    @cached_property
    def page(self) -> PlacePage | None:
        """The page with one button: it needs an address and what the platform's script is signed with."""
        section, address = self.section, self.address(PAGE_PATH)
        if not address or section.corp_id is None or section.agent_id is None:
            return None
        return PlacePage(
            self.another_client(),  # whoever opens pages does not hold up messages
            self.robot,
            agent_id=section.agent_id,
            algorithm=section.page_hash,
            address=address,
            clock=self.clock,
            database=self.database,
        )

    def address(self, path: str) -> str:
        """The address from outside of one of the robot's paths; "" where there is none."""
        public = self.settings.server.public_url
        return f"{public}/dingtalk/{self.name}{path}" if public else ""

    def callbacks(self) -> dict[str, Codec]:
        """What the platform calls, by path."""
        found: dict[str, Codec] = {}
        if self.section.mode == "http":
            found[""] = self.codec
            if self.section.card_secret is not None:
                found[CARDS_PATH] = self.taps
        events = self.events()
        if events is not None:
            found[EVENTS_PATH] = events
        return {f"/dingtalk/{self.name}{path}": codec for path, codec in found.items()}

    def events(self) -> DingtalkEvents | None:
        """The event subscription, where it has a token and a key."""
        section, robot = self.section, self.robot
        if section.event_token is None or section.event_aes_key is None:
            return None
        owners = frozenset(filter(None, (section.client_id, section.corp_id)))
        token, key = (
            section.event_token.get_secret_value(),
            section.event_aes_key.get_secret_value(),
        )
        cipher = EventCipher(token, key, owners)
        return DingtalkEvents(robot.channel, robot.scope, cipher, section.client_id)

    def cards(self) -> Cards | None:
        """Cards need a template, and over HTTP an address with a secret for what is tapped."""
        section, address = self.section, self.address(CARDS_PATH)
        if section.card_template is None:
            return None
        if section.mode == "stream":
            return Cards(section.card_template)
        if section.card_secret is None or not address:
            return None
        return Cards(section.card_template, address, section.card_secret)

    def stream(self) -> DingtalkStream:
        """The link of its own."""
        return DingtalkStream(self.client, self.codec, self.taps, self.http, self.clock)

    def groups(self) -> dict[str, Sender]:
        """Groups by their own robot's address, or by a conversation that this robot is in."""
        found: dict[str, Sender] = {}
        for group in self.settings.group:
            if group.channel != self.robot.channel:
                continue
            if group.conversation:
                found[group.name] = DingtalkGroup(self.api, group.conversation)
            elif group.webhook:
                found[group.name] = DingtalkWebhook(
                    group.webhook, group.secret, self.client, self.clock.machine_now
                )
        return found
