"""WeChat Work's apps of a configuration, as channels."""

from bot.channels.base import Channel, Codec, Times
from bot.channels.http import Http
from bot.channels.wecom import Wecom, WecomApp
from bot.channels.wecom_api import Account, WecomApi, WecomWebhook
from bot.settings import Settings
from storage.database import Database


def wecom_channels(
    settings: Settings, http: Http, database: Database, clock: Times
) -> list[Channel]:
    """One channel an app, `wecom.name`, called back under `/wecom/name`."""
    found = []
    for name, section in settings.wecom.items():
        token, key = section.token.get_secret_value(), section.aes_key.get_secret_value()
        app = WecomApp(name, section.corp_id, token, key)
        account = Account(section.corp_id, section.agent_id, section.secret, section.api_base)
        groups = {
            group.name: WecomWebhook(group.webhook or "", http)
            for group in settings.group
            if group.channel == app.channel
        }
        callbacks: dict[str, Codec] = {f"/wecom/{name}": Wecom(app)}
        sender = WecomApi(account, http, database, clock.now)
        found.append(Channel(app.channel, app.scope, callbacks, sender, groups, media=sender))
    return found
