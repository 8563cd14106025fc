"""What the tutorial ways share: ORM models, a session a request, a commit a message, wechatpy's cipher."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, ForeignKey, create_engine, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from wechatpy.enterprise import WeChatCrypto, create_reply, parse_message
from wechatpy.enterprise.exceptions import InvalidCorpIdException
from wechatpy.exceptions import InvalidSignatureException

from bench.wire import AES_KEY, CORP, SECRET, TOKEN


class WrongSign(Exception):
    pass


FORGED = (InvalidSignatureException, InvalidCorpIdException, WrongSign)
HOUR = 3600 * 1000
RECORDED = (
    "签到成功：“{topic}”（{place}）。\n已记入记实档案，核对无误请回复“确认”；签错了请回复“撤销”。"
)
crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    userid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    branch_id: Mapped[int]


class Activity(Base):
    __tablename__ = "activities"
    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int]
    topic: Mapped[str]
    place: Mapped[str]
    starts_at: Mapped[int]
    ends_at: Mapped[int]


class CheckIn(Base):
    __tablename__ = "check_ins"
    message_id: Mapped[str] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    at: Mapped[int]
    activity: Mapped[Activity] = relationship()
    member: Mapped[Member] = relationship()


def engine_of(folder: Path) -> Engine:
    engine = create_engine(f"sqlite:///{folder / 'check_ins.db'}")

    @event.listens_for(engine, "connect")
    def on_connect(connection, _record) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def reply_on_wecom(engine: Engine, query: Mapping[str, str], body: bytes) -> str:
    """The whole request but for its HTTP; raises FORGED."""
    timestamp, nonce = query["timestamp"], query["nonce"]
    xml = crypto.decrypt_message(body, query["msg_signature"], timestamp, nonce)
    message = parse_message(xml)
    text = "请回复“签到”。"
    if message.type == "text" and message.content.strip() == "签到":
        with Session(engine) as session:
            text = check_in(session, message.source, str(message.id))
    return crypto.encrypt_message(create_reply(text, message).render(), nonce, timestamp)


def reply_on_dingtalk(
    engine: Engine, headers: Mapping[str, str], message: Mapping[str, Any]
) -> dict[str, Any]:
    """The same for a robot's callback, its sign checked as the platform's own pages do it."""
    timestamp = headers["timestamp"]
    mac = hmac.new(SECRET.encode(), f"{timestamp}\n{SECRET}".encode(), digestmod=hashlib.sha256)
    sign = base64.b64encode(mac.digest()).decode()
    if headers["sign"] != sign or abs(time.time() * 1000 - int(timestamp)) > HOUR:
        raise WrongSign
    text = "请回复“签到”。"
    if message["msgtype"] == "text" and message["text"]["content"].strip() == "签到":
        with Session(engine) as session:
            text = check_in(session, message["senderStaffId"], message["msgId"])
    return {"msgtype": "text", "text": {"content": text}}


def check_in(session: Session, userid: str, message_id: str) -> str:
    now = int(time.time())
    member = session.scalar(select(Member).where(Member.userid == userid))
    if member is None:
        return "您还没有绑定。"
    activity = session.scalar(
        select(Activity).where(
            Activity.branch_id == member.branch_id,
            Activity.starts_at <= now,
            Activity.ends_at >= now,
        )
    )
    if activity is None:
        return "现在没有可以签到的活动。"
    text = RECORDED.format(topic=activity.topic, place=activity.place)
    session.add(CheckIn(message_id=message_id, activity=activity, member=member, at=now))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return "您已经签到了。"
    return text
