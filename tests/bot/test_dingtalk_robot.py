"""Messages and cards of the fake DingTalk keep the published rules."""

import pytest

from tests.bot.dingtalk_caller import (
    APP,
    CARDS,
    GROUP,
    ONE,
    Caller,
    Shown,
    calling,
    card,
    param,
    text,
    to_group,
)
from tests.bot.fake_wecom import payloads


async def test_the_published_request_is_taken(ding: Caller) -> None:
    """As the documentation sends it, with our robot's code."""
    published = {one["id"]: one["payload"] for one in payloads("dingtalk_messages.json", "samples")}
    body = {**published["api-batchSend-request"], "robotCode": APP}
    assert await ding.code(ONE, body) == ""
    (taken,) = ding.fake.journal
    assert taken == {
        "to": "manager1234",
        "msgtype": "sampleMarkdown",
        "content": "hello text",
        "at": ding.clock.now(),
        "body": body,
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"robotCode": ""}, "miss.param.robotCode"),
        ({"robotCode": "other"}, "invalidParameter.robotCode.notExist"),
        ({"userIds": []}, "miss.param.userIds"),
        ({"userIds": "zhangsan"}, "miss.param.userIds"),
        ({"userIds": [f"u{one}" for one in range(20)]}, ""),
        ({"userIds": [f"u{one}" for one in range(21)]}, "invalidParameter"),
        ({"userIds": ["$:LWCP_v1:$abc"]}, "staffId.notExisted"),
        ({"userIds": ["x" * 64]}, ""),
        ({"userIds": ["x" * 65]}, "staffId.notExisted"),
        ({"userIds": [7]}, "staffId.notExisted"),
        ({"userIds": ["cid1"]}, "staffId.notExisted"),
        ({"msgKey": ""}, "miss.param.msgKey"),
        ({"msgKey": "text"}, "invalidParameter"),
        ({"msgParam": {"content": "x"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": None}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "{"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "[]"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '{"content": 7}'}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '{"content": ""}'}, "invalidParameter.msgParam.invalid"),
        (param("sampleMarkdown", text="x"), "invalidParameter.msgParam.invalid"),
        (
            param("sampleFile", mediaId="@no", fileName="x", fileType="pdf"),
            "invalidParameter.msgParam.invalid",
        ),
        (param("sampleImageMsg", photoURL="@no"), "invalidParameter.msgParam.invalid"),
    ],
)
async def test_messages_to_people_are_checked(ding: Caller, change: Shown, code: str) -> None:
    """Each with its own code, and nothing is taken."""
    ding.fake.open_session("cid1", "zhangsan")
    assert await ding.code(ONE, text(**change)) == code
    assert bool(ding.fake.journal) is (not code)


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        (param("sampleText", content="您好"), "您好"),
        (param("sampleMarkdown", title="通知", text="**您好**"), "**您好**"),
        (param("sampleImageMsg", photoURL="https://example.com/x.png"), "［图片］"),
        (param("sampleLink", title="通知", text="您好", picUrl="x", messageUrl="x"), "通知\n您好"),
        (
            param("sampleActionCard", title="t", text="您好", singleTitle="看", singleURL="x"),
            "您好\n［看］",
        ),
        (
            param(
                "sampleActionCard2",
                title="t",
                text="您好",
                actionTitle1="参加",
                actionURL1="x",
                actionTitle2="请假",
                actionURL2="x",
            ),
            "您好\n［参加］ ［请假］",
        ),
        (
            param(
                "sampleActionCard6",
                title="t",
                text="您好",
                buttonTitle1="是",
                buttonUrl1="x",
                buttonTitle2="否",
                buttonUrl2="x",
            ),
            "您好\n［是］ ［否］",
        ),
    ],
    ids=lambda one: one["msgKey"] if isinstance(one, dict) else "",
)
async def test_what_people_see(ding: Caller, message: Shown, seen: str) -> None:
    """The words of each kind of message, and its buttons; one to a group is the same."""
    assert await ding.code(ONE, text(**message)) == ""
    assert await ding.code(GROUP, to_group(**message)) == ""
    assert ding.fake.to("zhangsan") == ding.fake.to("group:cid1") == [seen]


async def test_some_of_the_recipients() -> None:
    """HTTP 200 with the others named; user ids mind their case."""
    async with calling(users=frozenset({"a", "b"}), flow_controlled={"b", "z"}) as ding:
        status, found = await ding.api(ONE, text("您好", "a", "b", "A", "z"))
    assert status == 200
    assert found.pop("processQueryKey")
    assert found == {"invalidStaffIdList": ["A", "z"], "flowControlledStaffIdList": ["b"]}
    assert [one["to"] for one in ding.fake.journal] == ["a"]


async def test_a_robot_may_have_a_code_of_its_own() -> None:
    """Then the app's id does not serve."""
    async with calling(robot_codes={APP: "robot"}) as ding:
        assert await ding.code(ONE, text(robotCode="robot")) == ""
        assert await ding.code(ONE, text()) == "invalidParameter.robotCode.notExist"


async def test_groups_are_known_and_texts_not_too_long() -> None:
    """15,000 bytes of msgParam; people have no such limit."""
    async with calling(groups=frozenset({"cid1"})) as ding:
        assert await ding.code(GROUP, to_group("x" * 14_985)) == ""
        assert await ding.code(GROUP, to_group("x" * 14_986)) == "invalidParameter.msgParam.tooLong"
        assert await ding.code(ONE, text("x" * 14_986)) == ""
        for group in ("cid2", "", None):
            body = {**to_group(), "openConversationId": group}
            assert await ding.code(GROUP, body) == "invalid.openConversationId"
        assert await ding.code(ONE, text("x", "cid1")) == "staffId.notExisted"
    assert len(ding.fake.to("group:cid1")) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, ""),
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"outTrackId": None}, "param.outTrackIdEmpty"),
        ({"openSpaceId": "IM_ROBOT.zhangsan"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_ROBOT."}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//ONE_BOX.x"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": None}, "param.openSpaceIdInvalid"),
        ({"callbackType": ""}, "invalidParameter"),
        ({"callbackType": "HTTP"}, "invalidParameter"),
        ({"callbackType": "HTTP", "callbackRouteKey": "k"}, ""),
        ({"imRobotOpenDeliverModel": {}}, "invalidParameter"),
        ({"openSpaceId": "dtv1.card//IM_GROUP.cid1"}, "invalidParameter"),
        ({"cardData": {"cardParamMap": {"count": 1}}}, "invalidParameter"),
        ({"cardData": {"cardParamMap": {"x": "长" * 341 + "x"}}}, ""),
        ({"cardData": {"cardParamMap": {"x": "长" * 341 + "xx"}}}, "invalidParameter"),
        ({"cardData": {"cardParamMap": {"x" * 100: ""}}}, ""),
        ({"cardData": {"cardParamMap": {"x" * 101: ""}}}, "invalidParameter"),
        ({"cardData": {"cardParamMap": []}}, "invalidParameter"),
        ({"privateData": {"zhangsan": {"cardParamMap": {"x": True}}}}, "invalidParameter"),
    ],
)
async def test_cards_are_checked(ding: Caller, change: Shown, code: str) -> None:
    """Ids, place, callback and values."""
    assert await ding.code(CARDS, card(**change)) == code
    assert bool(ding.fake.journal) is (not code)


async def test_cards_are_delivered_once() -> None:
    """Each delivery says how it went; an outTrackId used again shows nothing new."""
    place = {
        "openSpaceId": "dtv1.card//IM_GROUP.cid1",
        "imGroupOpenDeliverModel": {"robotCode": APP},
    }
    async with calling(users=frozenset({"zhangsan"}), groups=frozenset({"cid1"})) as ding:
        own = {"zhangsan": {"cardParamMap": {"count": "2"}}}
        for _ in range(2):
            _status, found = await ding.api(CARDS, card(privateData=own))
            (result,) = found["result"]["deliverResults"]
            assert (found["success"], found["result"]["outTrackId"]) == (True, "track-1")
            assert (result["spaceType"], result["spaceId"]) == ("IM_ROBOT", "zhangsan")
            assert result["success"]
        assert await ding.code(CARDS, card(outTrackId="track-2", **place)) == ""
        for lost in ("IM_ROBOT.lisi", "IM_GROUP.cid2"):
            elsewhere = {**place, "openSpaceId": f"dtv1.card//{lost}"}
            _status, found = await ding.api(CARDS, card(outTrackId="track-3", **elsewhere))
            assert not found["result"]["deliverResults"][0]["success"]
    assert ding.fake.to("zhangsan") == ["待办\n2"]
    assert ding.fake.to("group:cid1") == ["待办\n1"]
    assert len(ding.fake.swallowed) == 1
