"""Version vocabulary: words around a version, in English, German, French, Spanish and Italian."""

import re

from torale.server.judge.text.words import words

VERSION_LABEL = re.compile(
    r"^(?P<label>(?:[\w.\[\] -]{0,60}?[. _-])?(?:version|release|tag[ _]name|stable|latest|"
    r"firmware))\s*[:=]\s*[\"']?"
    r"(?P<value>.{1,60})$",
    re.IGNORECASE,
)
# What may stand in the label of a program's own version, besides its name.
LABEL_WORDS = frozenset(
    words(
        "version release tag name number latest current stable newest max final production "
        "software "
        "app application firmware program package info data attributes dist tags result item "
        "project our the of crate module plugin extension driver recommended long term lts"
    )
)
RELEASED = re.compile(
    r"\b(?:released|is\s+out|now\s+out|is\s+(?:now\s+)?(?:generally\s+)?available|"
    r"now\s+available|has\s+(?:arrived|landed)|"
    r"announc\w*\s+(?:the\s+)?(?:release|availability)|erschienen|veröffentlicht|publiée?|"
    r"disponible|rilasciat[oa]|publicad[oa])\b",
    re.IGNORECASE,
)
RELEASE_WORDS = (
    *("releas", "out", "available", "arrived", "landed", "announc", "erschienen"),
    *("veröffentlicht", "publi", "disponible", "rilasciat"),
)
# "The latest stable release is Quartz 3.14.2", and the same in de, fr, es, it.
CALLED_LATEST = re.compile(
    r"\b(?:(?:latest|newest|most\s+recent)\s+(?:(?:stable|official|production|final)\s+)*(?:release|version)|"
    r"(?:aktuelle|neueste)\s+(?:stabile\s+)?version|dernière\s+version(?:\s+stable)?|"
    r"última\s+versión(?:\s+estable)?|ultima\s+versione(?:\s+stabile)?)\b"
    r"(?P<of>[^:.!?\d]{0,40}?)\s*(?:\b(?:is|ist|est|es)\b|è|:)\s*(?:now\s+)?(?P<value>.{1,60})",
    re.IGNORECASE,
)
LINKING_WORDS = frozenset(words("of the for von der la le de du del di and now stable"))
RELEASED_ON = re.compile(
    r"^\W{0,3}(?:(?:released?(?:\s+date)?|published|veröffentlicht|erschienen|erscheinungsdatum|publiée?|"
    r"sortie?|publicad[oa]|lanzad[oa]|rilasciat[oa]|pubblicat[oa])(?:\s+(?:on|am|le|el|il))?\s*:?\s*|vom\s+|du\s+|del\s+)?",
    re.IGNORECASE,
)
LIST_TITLE = re.compile(r"^(?:tags|releases)\b|\b(?:tags|releases)\W*$", re.IGNORECASE)
DATE_LABEL = re.compile(
    r"\W{0,3}(?:releas|publi|veröff|ersch|sorti|lanzad|rilasc|pubbl)", re.IGNORECASE
)
IN_THE_MAKING = re.compile(
    r"\b(?:develop\w*|pre-?\s?releases?|alpha|beta|candidate|rc\d*|feature|branch|nightly|preview|"
    r"entwicklung|développement|desarrollo|sviluppo)\b",
    re.IGNORECASE,
)
NOT_YET = re.compile(
    r"\b(?:will|would|could|might|should|plan\w*|upcoming|expected|soon|not\s+yet|unreleased|"
    r"never|not|if|when|until|before|"
    r"road\s?map|schedul\w*|target\w*|draft|rumou?r\w*|next|(?-i:may))\b|\?",
    re.IGNORECASE,
)
