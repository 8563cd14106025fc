"""The demo's sample organisation: a committee, two branches, and people who do not exist."""

from dataclasses import dataclass
from datetime import date

COMMITTEE = "中共江滨学院委员会"
FIRST, SECOND = "第一党支部", "第二党支部"
GROUP = "流动党员群"
MEMBER, SECRETARY, OFFICER = "zhangsan", "lihongmei", "zhoujianguo"


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the roster; `user` is their WeChat Work id, "" for no account; None: joined lately."""

    name: str
    user: str
    branch: str = FIRST
    sex: str = "男"
    position: str = ""
    category: str = "正式党员"
    born_on: str = "1980-01-01"
    joined_on: date | None = date(2010, 7, 1)
    yuan: str = ""


PEOPLE = (
    Person("李红梅", SECRETARY, sex="女", position="书记", born_on="1974-03-08"),
    Person("周建国", OFFICER, position="组织委员", born_on="1979-10-02", yuan="32"),
    Person("张三", MEMBER, born_on="1991-05-16", joined_on=date(2014, 6, 20), yuan="20"),
    Person("李大山", "", born_on="1948-11-30", joined_on=date(1971, 7, 1), yuan="5"),
    Person("王五", "wangwu", born_on="1986-08-21", yuan="18.50"),
    Person("赵六", "zhaoliu", sex="女", born_on="1993-01-12", yuan="16"),
    Person("孙七", "sunqi", sex="女", born_on="1989-04-05", yuan="25"),
    Person("周八", "zhouba", born_on="1968-12-19", joined_on=date(1996, 5, 4), yuan="40"),
    Person("吴九", "wujiu", sex="女", born_on="1990-09-27", yuan="22"),
    Person("郑十", "zhengshi", born_on="1995-02-14", joined_on=date(2018, 12, 1), yuan="20"),
    Person("钱多多", "qianduoduo", sex="女", position="宣传委员", yuan="28"),
    Person(
        "王小满",
        "wangxiaoman",
        sex="女",
        category="预备党员",
        born_on="2004-05-20",
        joined_on=None,
        yuan="0.20",
    ),
    Person("陈一", "chenyi", SECOND, "女", "书记"),
    Person("褚二", "chuer", SECOND),
    Person("卫三", "weisan", SECOND, "女"),
)


def of_branch(branch: str) -> list[Person]:
    """The people of one branch, in the roster's order."""
    return [person for person in PEOPLE if person.branch == branch]
