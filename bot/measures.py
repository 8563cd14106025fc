"""What /metrics tells: counts and depths, never who or what."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.turns import Turns


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
