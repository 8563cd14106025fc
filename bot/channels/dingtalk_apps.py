"""DingTalk's robots of a configuration, as channels."""

from bot.channels.base import Channel, Codec, Sender, Times
from bot.channels.dingtalk import Dingtalk, Robot, origin_of
from bot.channels.dingtalk_api import Cards, DingtalkApi, DingtalkGroup, DingtalkWebhook
from bot.channels.dingtalk_cards import DingtalkCards
from bot.channels.dingtalk_client import Credentials, DingtalkClient
from bot.channels.dingtalk_events import DingtalkEvents, EventCipher
from bot.channels.dingtalk_page import PAGE, PlacePage
from bot.channels.dingtalk_stream import DingtalkStream
from bot.channels.http import Http
from bot.settings import DingtalkSection, Settings
from storage.database import Database


def dingtalk_channels(
    settings: Settings, http: Http, database: Database, clock: Times
) -> list[Channel]:
    """One channel a robot, `dingtalk.name`; over HTTP it is called back under `/dingtalk/name`."""
    return [
        _channel(name, section, settings, http, database, clock)
        for name, section in settings.dingtalk.items()
    ]


def _channel(  # noqa: PLR0917 - the parts of the house
    name: str,
    section: DingtalkSection,
    settings: Settings,
    http: Http,
    database: Database,
    clock: Times,
) -> Channel:
    robot = _robot(name, section)
    credentials = Credentials(
        robot.channel,
        section.client_id,
        section.client_secret,
        section.api_base,
        section.oapi_base,
    )
    client = DingtalkClient(credentials, http, database, clock.now)
    codec, taps = Dingtalk(robot), DingtalkCards(robot, section.card_secret)
    public = settings.server.public_url or ""
    cards = _cards(section, f"{public}/dingtalk/{name}/cards" if public else "")
    api = DingtalkApi(client, section.robot_code, clock.now, cards)
    callbacks: dict[str, Codec] = {}
    if section.mode == "http":
        callbacks[f"/dingtalk/{name}"] = codec
        if section.card_secret is not None:
            callbacks[f"/dingtalk/{name}/cards"] = taps
    if section.event_token is not None and section.event_aes_key is not None:
        callbacks[f"/dingtalk/{name}/events"] = _events(robot, section)
    page = _page(
        client, robot, section, f"{public}/dingtalk/{name}{PAGE}" if public else "", clock, database
    )
    stream = DingtalkStream(client, codec, taps, http, clock)
    return Channel(
        name=robot.channel,
        scope=robot.scope,
        callbacks=callbacks,
        sender=api,
        groups=_groups(settings, robot, api, client, clock),
        listen=stream.listen if section.mode == "stream" else None,
        pages=page.mount if page else None,
        place_page=page.address if page else "",
    )


def _robot(name: str, section: DingtalkSection) -> Robot:
    bases = (section.api_base, section.oapi_base)
    return Robot(
        name=name,
        client_id=section.client_id,
        client_secret=section.client_secret,
        robot_code=section.robot_code,
        corp_id=section.corp_id,
        origins=frozenset(map(origin_of, bases)),
    )


def _cards(section: DingtalkSection, address: str) -> Cards | None:
    """Cards need a template, and over HTTP an address with a secret for what is tapped."""
    if section.card_template is None:
        return None
    if section.mode == "stream":
        return Cards(section.card_template)
    if section.card_secret is None or not address:
        return None
    return Cards(section.card_template, address, section.card_secret)


def _events(robot: Robot, section: DingtalkSection) -> DingtalkEvents:
    if section.event_token is None or section.event_aes_key is None:
        raise ValueError("no event subscription is configured")
    owners = frozenset(filter(None, (section.client_id, section.corp_id)))
    token, key = section.event_token.get_secret_value(), section.event_aes_key.get_secret_value()
    cipher = EventCipher(token, key, owners)
    return DingtalkEvents(robot.channel, robot.scope, cipher, section.client_id)


def _page(  # noqa: PLR0917
    client: DingtalkClient,
    robot: Robot,
    section: DingtalkSection,
    address: str,
    clock: Times,
    database: Database,
) -> PlacePage | None:
    """The page needs an address from outside and what the platform's script is signed with."""
    if not address or section.corp_id is None or section.agent_id is None:
        return None
    return PlacePage(
        client,
        robot,
        agent_id=section.agent_id,
        algorithm=section.page_hash,
        address=address,
        clock=clock,
        database=database,
    )


def _groups(
    settings: Settings, robot: Robot, api: DingtalkApi, client: DingtalkClient, clock: Times
) -> dict[str, Sender]:
    """Groups by their own robot's address, or by a conversation that this robot is in."""
    found: dict[str, Sender] = {}
    for group in settings.group:
        if group.channel != robot.channel:
            continue
        if group.conversation:
            found[group.name] = DingtalkGroup(api, group.conversation)
        elif group.webhook:
            found[group.name] = DingtalkWebhook(
                group.webhook, group.secret, client, clock.machine_now
            )
    return found
