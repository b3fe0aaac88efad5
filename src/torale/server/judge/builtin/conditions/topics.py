"""Topics: the subject of a condition, and the pages that speak of it."""

import re
from collections.abc import Iterable, Sequence

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Topic
from torale.server.judge.text.folding import fold
from torale.server.judge.text.words import contains_word, word_set, words

_MAX_SUBJECT_WORDS = 7

# Words that change what a condition means. With one of them in the subject we would guess.
_BLOCKED = re.compile(
    r"\b(?:and|or|nor|unless|but|if|when|whenever|before|after|until|till|by|between|from|in|on|at|"
    r"with|without|for|not|never|no|longer|isn't|doesn't|hasn't|won't|announced?|announces|released?"
    r"|variants?|edition|any|all|each|every|average|mean|median|total|cheapest|lowest|highest|combined|"
    r"difference|changes?|changed|either|both|neither|other|than|per|off|drop|increase|decrease|"
    r"gap|discount(?:ed)?|savings?(?!\s+(?:rate|account))|cut|since|while|during|within|today|tomorrow|yesterday|week|"
    r"month|(?<!\d-)(?<!\d\s)years?|monthly|yearly|annual|weekly|hourly|that|which|who|whose|their|least|most|twice|times|first|last|next|into|via|"
    r"near|around|about|only|except|also|then|instead|likely|expected|should|could|would|might|"
    r"will|can|has|have|is|are|was|were|be|been|does|do|did|to|some|one|of\s+them|\d+\s?[kmgt]b)\b"
    r"|[;:?!,\"“”]|n't\b",
    re.IGNORECASE,
)
_ARTICLES = re.compile(
    r"\b(?:the|a|an|this|its|it|current|of|my|our|page|site|product|item|product's|item's)\b(?!\S*\.)"
    r"|'s(?=\s|$)|’s(?=\s|$)",
    re.IGNORECASE,
)
_TOPIC_NOISE = frozenset(
    words(
        "the a an of for in on at to is are and or with from by my best price cost deal buy shop "
        "store cheap cheapest online official site website web page current currently now today "
        "latest new stock availability available order where when what how much does do sale usd "
        "eur gbp sold out back restock check monitor watch track tracker version release releases"
    )
)


def topic_of(named: str, query: str) -> Topic | None:
    """None when the name holds words whose meaning matters and is not understood."""
    text = " ".join(_ARTICLES.sub(" ", re.sub(r"\s+for$", "", named)).split()).strip(" -'’")
    if text and (_BLOCKED.search(text) or not words(text)):
        return None
    if len(text.split()) > _MAX_SUBJECT_WORDS:
        return None
    topic = tuple(word for word in words(query) if word not in _TOPIC_NOISE)
    return Topic(text, words(text), topic)


def is_about(source: SourceDocument, subject: Topic) -> bool:
    """Whether a source speaks of the subject: all of it, or for a named page any word of it."""
    if source.named and not subject.words:
        return True
    folded = f"{fold(source.title)} {fold(source.text)}"
    if source.named:
        folded = f"{folded} {fold(source.uri)}"
        # Other words may be translated, but "X", "18" and "1000xm5" tell products apart.
        models = [word for word in subject.words if len(word) <= 2 or not word.isalpha()]
        names_it = any(contains_word(folded, word) for word in subject.words)
        return names_it and _contains_all(folded, models)
    wanted = subject.words or subject.topic
    return bool(wanted) and _contains_all(folded, wanted)


def _contains_all(folded: str, wanted: Iterable[str]) -> bool:
    return all(contains_word(folded, word) for word in wanted)


def title_names(source: SourceDocument, wanted: Sequence[str]) -> bool:
    """Whether the title of a source holds all of the words."""
    return word_set(source.title).issuperset(wanted)
