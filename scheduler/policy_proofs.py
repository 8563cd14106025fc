"""What must hold of every rule before anybody is reminded by it. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from string import Formatter

from scheduler.calendar import Calendar
from scheduler.occurrences import due_after, due_in, periods_from, rung_day, span_after
from scheduler.periods import Period
from scheduler.policy import At, Event, Every, Owes, Proof, Rule

# Every value a wording may name, with a sample; whoever words a notice gives all of them.
SAMPLE: Mapping[str, str | int] = {
    "member": "张三",
    "branch": "第一党支部",
    "title": "与外出党员联系",
    "period": "2026年第四季度",
    "due": "12月31日",
    "days": 14,
    "count": 3,
    "years": 20,
}
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 12, 31)
DAYS_OF_MONTH = range(1, 32)

NO_EVENT = "period 是 event 时要写明 event"
NEEDLESS_EVENT = "period 不是 event，不能写 event"
DUE_OF_EVENT = "period 是 event 时 due 应为天数，其他时候不能是天数"
DAY_OF_MONTH = 'due = "activity_day" 只用于每月的制度'
DUE_OUTSIDE = "{period} 的到期日 {due} 不在这一期之内"
RUNG_OUTSIDE = "第 {number} 级提醒（{day}）不在 {first} 至 {last} 之内"
NO_CATEGORIES = "proof 是 category_held 时要写明 categories"
WRONG_SUBJECT = "proof 是 {proof} 时 owes 应为 {owes}"
BAD_FIELD = "文字“{text}”里的 {field} 不能用，可用的有 {known}"
BAD_BRACES = "文字“{text}”里的花括号不成对"

SUBJECTS = {
    Proof.FORM_FILED: (Owes.ACTIVITY,),
    Proof.LEAVES_DECIDED: (Owes.ACTIVITY,),
    Proof.ACTIVITY_HELD: (Owes.BRANCH,),
    Proof.ACTIVITY_PLANNED: (Owes.BRANCH,),
    Proof.CATEGORY_HELD: (Owes.BRANCH,),
    Proof.PLAN_FILED: (Owes.BRANCH,),
    Proof.CONTACT: (Owes.STINT,),
    Proof.STINT_SETTLED: (Owes.STINT,),
    Proof.TALK_AFTER_ABSENCES: (Owes.MEMBER,),
    Proof.DUES: (Owes.MEMBER,),
    Proof.BOOKS_CLOSED: (Owes.BRANCH,),
    Proof.MEMBER_CONFIRMED_FULL: (Owes.MEMBER,),
    Proof.GREETING: (Owes.MEMBER,),
    Proof.REPORT: (Owes.MEMBER, Owes.STINT),
    Proof.EDUCATION_DAYS: (Owes.MEMBER, Owes.STINT),
    Proof.EDUCATION_HOURS: (Owes.MEMBER, Owes.STINT),
}


def problems_of(rule: Rule, calendar: Calendar) -> list[str]:
    """What does not hold: shape, due days and rungs over 2026 and into the next year, wording."""
    found = [*_shape(rule), *_wording(rule)]
    if not found:
        found = list(dict.fromkeys(_dates(rule, calendar)))[:1]
    return found


def _shape(rule: Rule) -> Iterator[str]:
    is_event = rule.period is Every.EVENT
    if is_event and rule.event is None:
        yield NO_EVENT
    if not is_event and rule.event is not None:
        yield NEEDLESS_EVENT
    if is_event is not (rule.due.at is At.AFTER):
        yield DUE_OF_EVENT
    if rule.due.at is At.ACTIVITY_DAY and rule.period is not Every.MONTH:
        yield DAY_OF_MONTH
    if rule.proof is Proof.CATEGORY_HELD and not rule.categories:
        yield NO_CATEGORIES
    owes = SUBJECTS.get(rule.proof)
    if owes and rule.owes not in owes:
        yield WRONG_SUBJECT.format(proof=rule.proof, owes="、".join(owes))


def _wording(rule: Rule) -> Iterator[str]:
    for words in (rule.title, rule.settle, *(rung.text for rung in rule.rungs)):
        try:
            fields = [field for _, field, _, _ in Formatter().parse(words) if field is not None]
        except ValueError:
            yield BAD_BRACES.format(text=words)
            continue
        bad = [field for field in fields if field not in SAMPLE]
        for field in bad:
            name = "{" + field + "}"
            yield BAD_FIELD.format(text=words, field=name, known="、".join(SAMPLE))
        if not bad:
            words.format_map(SAMPLE)


def _dates(rule: Rule, calendar: Calendar) -> Iterator[str]:
    """A due day inside every period leaves no day of the year without a next one."""
    if rule.period is Every.EVENT:
        for day in (FIRST_DAY, LAST_DAY):
            span = span_after(rule, day)
            foreseen = rule.event is not None and Event(rule.event).is_foreseen
            floor = day - timedelta(days=366) if foreseen else span.first
            yield from _rungs(rule, span, due_after(rule, day), floor)
        return
    for period in periods_from(rule, FIRST_DAY):
        for fixed in DAYS_OF_MONTH if rule.due.at is At.ACTIVITY_DAY else (1,):
            due = due_in(rule, period, calendar, fixed)
            if not period.holds(due):
                yield DUE_OUTSIDE.format(period=period.name, due=due)
            yield from _rungs(rule, period, due, period.first)
        if period.first > LAST_DAY:
            return


def _rungs(rule: Rule, period: Period, due: date, floor: date) -> Iterator[str]:
    last = due + timedelta(days=rule.grace)
    for number, rung in enumerate(rule.rungs, start=1):
        day = rung_day(rung, period, due)
        if not floor <= day <= last:
            yield RUNG_OUTSIDE.format(number=number, day=day, first=floor, last=last)
