"""What /metrics tells: counts and depths, never who or what."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.quotas import Quota
from bot.turns import Turns
from storage.letters import State
from storage.media import State as MediaState


class TurnsCollector(Collector):
    """Reads the counts when asked, so that nothing is counted twice."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def collect(self) -> Iterator[Metric]:
        """Prometheus's protocol."""
        answered = CounterMetricFamily("shuanglian_messages", "Messages answered")
        answered.add_metric([], self._turns.answered)
        failed = CounterMetricFamily("shuanglian_messages_failed", "Messages kept with an error")
        failed.add_metric([], self._turns.failed)
        waiting = GaugeMetricFamily("shuanglian_messages_waiting", "Messages waiting for a commit")
        waiting.add_metric([], self._turns.waiting)
        batch = GaugeMetricFamily("shuanglian_batch_size", "Messages in the last commit")
        batch.add_metric([], self._turns.last_batch)
        return iter((answered, failed, waiting, batch))


class DeliveryCollector(Collector):
    """What was sent by this process, and what lies in the outbox since it last looked."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def collect(self) -> Iterator[Metric]:
        """Prometheus's protocol."""
        attempts = CounterMetricFamily(
            "shuanglian_deliveries", "Attempts to send by outcome", labels=("outcome",)
        )
        for outcome in (State.SENT, State.FAILED, "again", "configuration"):
            attempts.add_metric([str(outcome)], self._delivery.outcomes[str(outcome)])
        outbox = GaugeMetricFamily(
            "shuanglian_outbox", "Messages waiting, uncertain, or failed", labels=("state",)
        )
        for state in (State.PENDING, State.UNCERTAIN, State.FAILED):
            outbox.add_metric([str(state)], self._delivery.states.get(str(state), 0))
        resting = GaugeMetricFamily(
            "shuanglian_channels_resting", "Channels left alone after an error"
        )
        resting.add_metric([], len(self._delivery.resting))
        return iter((attempts, outbox, resting))


class FetchingCollector(Collector):
    """What members sent and this process fetched, or gave up."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching

    def collect(self) -> Iterator[Metric]:
        """Prometheus's protocol."""
        media = CounterMetricFamily(
            "shuanglian_media", "Pictures and files by outcome", labels=("outcome",)
        )
        for outcome in (MediaState.KEPT, MediaState.LOST):
            media.add_metric([str(outcome)], self._fetching.outcomes[outcome])
        return iter((media,))


class QuotaCollector(Collector):
    """What the platforms count by the month, as it was when the app last looked."""

    def __init__(self) -> None:
        self.quotas: Sequence[Quota] = ()

    def collect(self) -> Iterator[Metric]:
        """Prometheus's protocol."""
        labels = ("channel", "quota")
        used = GaugeMetricFamily("shuanglian_quota_used", "Used of a month's quota", labels=labels)
        most = GaugeMetricFamily("shuanglian_quota", "A month's quota", labels=labels)
        for one in self.quotas:
            used.add_metric([one.channel, "calls"], one.calls)
            used.add_metric([one.channel, "pushes"], one.pushes)
            most.add_metric([one.channel, "calls"], one.monthly_calls)
            most.add_metric([one.channel, "pushes"], one.monthly_pushes)
        return iter((used, most))
