"""Search freshness: how recent the results of an execution's search must be. Pure."""

from datetime import timedelta

from torale.server.evidence.base import SearchFreshness
from torale.server.judge.corroborate import is_state

# A person who asks now wants now; a second look within a minute costs nothing all the same.
BY_HAND = SearchFreshness(max_age=timedelta(minutes=1))
LONGEST_MEMORY = timedelta(hours=1)
# Pages reach a search service days after they were published.
SHORTEST_WINDOW = timedelta(days=31)


def freshness_of(
    interval: timedelta | None, *, condition: str, query: str, is_first: bool
) -> SearchFreshness:
    """Return what a scheduled execution asks of its search.

    News is looked for among recent pages, twice as far back as the schedule asks and a month at
    least. The first look takes everything, and so does a condition about a state of things: the
    page that tells today's price may be years old.

    Args:
        interval: Between two scheduled executions; None when it was started by hand.
        condition: The task's, in plain words.
        query: The task's question.
        is_first: Nothing is known of the task yet.
    """
    if interval is None:
        return BY_HAND
    max_age = min(interval / 2, LONGEST_MEMORY)
    if is_first or is_state(condition, query):
        return SearchFreshness(None, max_age)
    return SearchFreshness(max(2 * interval, SHORTEST_WINDOW), max_age)
