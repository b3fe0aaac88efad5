"""Conditions in German, French, Spanish and Italian, word by word in English.

Only the plainest forms come out as English that compiles; everything else declines.
"""

import re
from collections.abc import Iterator

_Table = tuple[tuple[str, str], ...]

_GERMAN: _Table = (
    (r"(?:wenn|sobald|falls)", "when"),
    (r"(?:der\s+)?preis(?:\s+(?:der|des|von|vom|für)(?:\s+(?:die|das|den|der))?)?", "price of"),
    (r"kostet|kosten", "costs"),
    ((r"(?:ist|sind|wurde|wird)\s+(?:erschienen|veröffentlicht(?:\s+worden)?)|erscheint|"
     r"ist\s+(?:da|draußen)"), "is released"),
    (r"(?:aktuelle|neueste)\s+(?:stabile\s+)?version", "latest version"),
    (r"(?:eine\s+)?neuere\s+version\s+als", "a version newer than"),
    (r"(?:eine\s+)?neue(?:re)?\s+version", "a new version"),
    (r"oder\s+(?:neuer|höher)", "or newer"), (r"neuer\s+als", "newer than"), (r"von", "of"),
    (r"(?:ist|sind|liegt|beträgt|wird)", "is"),
    (r"wieder\s+(?:auf\s+lager|vorrätig|lieferbar|verfügbar|erhältlich)", "back in stock"),
    (r"auf\s+lager|vorrätig|lieferbar|verfügbar|erhältlich", "in stock"),
    (r"ausverkauft|vergriffen", "sold out"),
    (r"(?:sinkt|fällt)", "drops"), (r"steigt", "rises"),
    (r"(?:günstiger|billiger)\s+als", "cheaper than"),
    (r"(?:weniger|niedriger|geringer|kleiner)\s+als", "less than"),
    (r"(?:mehr|höher|größer)\s+als", "more than"),
    (r"(?:höchstens|maximal)", "at most"), (r"mindestens", "at least"),
    (r"unter", "below"), (r"über", "above"), (r"um", "by"), (r"auf", "to"), (r"prozent", "%"),
    ((r"(?:die\s+)?(?:seite|webseite)\s+enthält(?:\s+(?:das\s+wort|"
     r"den\s+text))?"), "the page contains"),
    ((r"(?:die\s+)?(?:seite|webseite)\s+(?:ändert\s+sich|"
     r"hat\s+sich\s+geändert)"), "the page changes"),
    (r"(?:ändert\s+sich|hat\s+sich\s+geändert)", "changes"),
    (r"(?:ein\s+)?neuer\s+(?:eintrag|artikel|beitrag)(?:\s+erscheint)?", "a new entry"),
    (r"nicht", "not"), (r"oder", "or"), (r"und", "and"), (r"bis", "until"), (r"vor", "before"),
    (r"(?:der|die|das|den|dem|des|ein|eine|einen)", "the"),
)  # fmt: skip
_FRENCH: _Table = (
    (r"(?:quand|lorsque|dès\s+que|si)", "when"),
    (r"(?:le\s+)?prix(?:\s+(?:de\s+la|de\s+l['’]|du|des|de|d['’]))?", "price of"),
    (r"coûte(?:nt)?|vaut", "costs"),
    (r"(?:est|a\s+été)\s+(?:sortie?|publiée?|parue?)|(?:sort|paraît)", "is released"),
    (r"(?:une\s+)?version\s+plus\s+récente\s+que(?:\s+la)?", "a version newer than"),
    (r"(?:une\s+)?nouvelle\s+version\s+(?:de|du)", "a new version of"),
    (r"(?:une\s+)?nouvelle\s+version", "a new version"),
    (r"version", "version"),
    ((r"(?:est|sont|devient)(?:\s+(?:de\s+nouveau|à\s+nouveau))?\s+(?:en\s+stock|"
     r"disponibles?)"), "is back in stock"),
    (r"en\s+stock|disponibles?", "in stock"),
    (r"épuisée?s?|en\s+rupture(?:\s+de\s+stock)?", "sold out"),
    (r"(?:descend|baisse|tombe|passe)", "drops"), (r"(?:monte|augmente)", "rises"),
    (r"inférieure?s?\s+à|en\s+dessous\s+de|au-dessous\s+de|sous(?:\s+les?)?", "below"),
    (r"supérieure?s?\s+à|au-dessus\s+de", "above"), (r"dépasse(?:\s+les?)?", "exceeds"),
    (r"moins\s+de", "less than"), (r"plus\s+de", "more than"),
    (r"au\s+plus|au\s+maximum", "at most"), (r"au\s+moins", "at least"),
    (r"moins\s+cher\s+que", "cheaper than"), (r"pour\s+cent", "%"),
    (r"(?:la\s+)?page\s+contient(?:\s+(?:le\s+mot|le\s+texte))?", "the page contains"),
    (r"(?:la\s+)?page\s+(?:change|a\s+changé)", "the page changes"),
    (r"(?:change|a\s+changé)", "changes"),
    (r"(?:un\s+)?nouvel\s+article(?:\s+(?:paraît|apparaît|est\s+publié))?", "a new article"),
    (r"(?:est|sont)", "is"),
    (r"ne|n['’]|pas", "not"), (r"ou", "or"), (r"et", "and"), (r"avant", "before"),
    (r"(?:le|la|les|un|une|des|du|de)|l['’]|d['’]", "the"),
)  # fmt: skip
_SPANISH: _Table = (
    (r"(?:cuando|si)", "when"),
    (r"(?:el\s+)?precio(?:\s+(?:de\s+la|de\s+los|de\s+las|del|de))?", "price of"),
    (r"cuestan?|vale", "costs"),
    ((r"(?:ha\s+sido|está|se\s+ha)\s+(?:publicad|lanzad)[oa]|ha\s+salido|sale(?=\s*$)|"
      r"se\s+publica"), "is released"),
    (r"(?:una\s+)?versión\s+(?:más\s+reciente|posterior)\s+(?:que|a)(?:\s+la)?",
     "a version newer than"),
    (r"(?:una\s+)?nueva\s+versión\s+del?", "a new version of"),
    (r"(?:una\s+)?nueva\s+versión", "a new version"),
    (r"versión", "version"),
    ((r"(?:vuelven?\s+a\s+estar|está[n]?(?:\s+de\s+nuevo|\s+otra\s+vez)?|hay|es|"
     r"son)\s+(?:disponibles?|en\s+stock)(?:\s+(?:de\s+nuevo|otra\s+vez))?"), "is back in stock"),
    (r"hay", "the"),
    (r"en\s+stock|disponibles?", "in stock"), (r"agotad[oa]s?|sin\s+stock", "sold out"),
    (r"(?:baja|cae|desciende)", "drops"), (r"sube", "rises"),
    (r"inferior\s+al?|por\s+debajo\s+de(?:\s+los)?|menor\s+(?:que|al?)", "below"),
    (r"superior\s+al?|por\s+encima\s+de(?:\s+los)?|mayor\s+(?:que|al?)", "above"),
    (r"supera(?:\s+(?:el|los|las))?", "exceeds"),
    (r"menos\s+de", "less than"),
    (r"más\s+de", "more than"), (r"más\s+barat[oa]\s+que", "cheaper than"),
    (r"como\s+máximo", "at most"),
    (r"(?:al|por\s+lo)\s+menos|como\s+mínimo", "at least"), (r"por\s+ciento", "%"),
    ((r"(?:la\s+)?página\s+(?:contiene|menciona)(?:\s+(?:la\s+palabra|"
     r"el\s+texto))?"), "the page contains"),
    (r"(?:la\s+)?página\s+(?:cambia|ha\s+cambiado)", "the page changes"),
    (r"(?:cambia|ha\s+cambiado)", "changes"),
    (r"(?:una\s+)?nueva\s+entrada(?:\s+aparece)?", "a new entry"),
    (r"(?:es|está|son|están)", "is"),
    (r"no", "not"), (r"[ou]", "or"), (r"[ye]", "and"), (r"antes", "before"),
    (r"(?:el|la|los|las|un|una|de|del)", "the"),
)  # fmt: skip
_ITALIAN: _Table = (
    (r"(?:quando|se)", "when"),
    (r"(?:il\s+)?prezzo(?:\s+(?:della|dello|delle|degli|del|dei|di)|\s+dell['’])?", "price of"),
    (r"costano|costa", "costs"),
    ((r"(?:è|è\s+stat[oa])\s+(?:uscit|rilasciat|pubblicat)[oa]|esce|"
      r"viene\s+(?:rilasciat|pubblicat)[oa]"), "is released"),
    (r"(?:una\s+)?versione\s+più\s+recente\s+(?:della|di)", "a version newer than"),
    (r"(?:una\s+)?nuova\s+versione\s+di", "a new version of"),
    (r"(?:una\s+)?nuova\s+versione", "a new version"),
    (r"versione", "version"),
    ((r"(?:è|sono|torna(?:no)?)(?:\s+(?:di\s+nuovo|"
     r"nuovamente))?\s+disponibil[ei]"), "is back in stock"),
    (r"disponibil[ei]", "in stock"), (r"esaurit[oaie]", "sold out"),
    (r"(?:scende|cala|diminuisce)", "drops"), (r"(?:sale|aumenta)", "rises"),
    ((r"(?:inferiore\s+a(?:i|l)?|al\s+di\s+sotto\s+d(?:i|ei|el)|sotto(?:\s+(?:i|il|gli|la|"
     r"lo))?)"), "below"),
    ((r"(?:superiore\s+a(?:i|l)?|al\s+di\s+sopra\s+d(?:i|ei|el)|sopra(?:\s+(?:i|il|gli|la|"
     r"lo))?)"), "above"),
    (r"supera(?:\s+(?:i|il|gli))?", "exceeds"),
    (r"meno\s+di", "less than"),
    (r"più\s+di", "more than"), (r"più\s+economic[oa]\s+di", "cheaper than"),
    (r"al\s+massimo", "at most"), (r"almeno", "at least"), (r"per\s+cento", "%"),
    (r"(?:la\s+)?pagina\s+contiene(?:\s+(?:la\s+parola|il\s+testo))?", "the page contains"),
    (r"(?:la\s+)?pagina\s+(?:cambia|è\s+cambiata)", "the page changes"),
    (r"(?:cambia|è\s+cambiat[oa])", "changes"),
    (r"(?:un\s+)?nuovo\s+articolo(?:\s+(?:appare|è\s+pubblicato))?", "a new article"),
    (r"(?:è|sono)", "is"), (r"non", "not"), (r"o", "or"), (r"ed?", "and"), (r"prima", "before"),
    (r"(?:il|lo|la|i|gli|le|un|una|uno|del|della|di)|l['’]|un['’]", "the"),
)  # fmt: skip
# Words that a condition in the language can hardly do without, and that English has not.
_MARKERS = {
    r"preis|kostet|liegt|sinkt|fällt|steigt|verfügbar|lager|lieferbar|vorrätig|erhältlich|"
    r"ausverkauft|unter|über|seite|"
    r"mindestens|höchstens|erschienen|erscheint|veröffentlicht|"
    r"neueste|neue[rs]?|neuere|eintrag": _GERMAN,
    r"prix|coûte|inférieure?|supérieure?|dépasse|est|stock|disponibles?|épuisée?|taux|page|"
    r"article|moins|plus|sont|les|passe|sous|baisse|monte|sortie?|nouvelle|récente|paraît": _FRENCH,
    r"precio|cuesta|inferior|superior|supera|está|están|disponibles?|agotad[oa]|página|más|menos|"
    r"baja|sube|hay|las|los|versión|nueva|salido": _SPANISH,
    r"prezzo|costa|inferiore|superiore|supera|scende|sale|è|sono|disponibil[ei]|esaurit[oa]|"
    r"pagina|sotto|sopra|gli|versione|nuova|uscit[oa]": _ITALIAN,
}
_VERSION_THERE = re.compile(
    r"^((?:(?:the|a|new)\s+)*version\b.*?)(?:\s+is)?\s+(?:back\s+)?in\s+stock$", re.IGNORECASE
)
_VERSION_WORD = re.compile(r"\bversion\b|\breleased?\b", re.IGNORECASE)
_CONTINENTAL_NUMBER = re.compile(
    r"(?<![\w.,])(?P<whole>\d{1,3}(?:\.\d{3})+)(?:,(?P<cents>\d{1,2}))?(?![\w,]|\.\d)"
)
_VERSION_FIRST = re.compile(r"^(is\s+released)\s+(.*\bversion\b.*)$", re.IGNORECASE)
_QUOTED = re.compile(r"([\"“„«][^\"“”„«»]*[\"”“»])")


def _compiled(table: _Table) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One pattern for a whole table: words are replaced once, the first match of the table wins."""
    parts = [f"(?P<w{index}>{pattern})" for index, (pattern, _) in enumerate(table)]
    after = r"(?!\w)(?<!['’])|(?<=['’])"
    pattern = rf"(?<![\w'’-])(?:{'|'.join(parts)})(?:{after})"
    return re.compile(pattern, re.IGNORECASE), tuple(english for _, english in table)


_TABLES = tuple(
    (re.compile(rf"(?<!\w)(?:{markers})(?!\w)", re.IGNORECASE), *_compiled(table))
    for markers, table in _MARKERS.items()
)


def in_english(text: str) -> Iterator[str]:
    """The condition in English, from each language that it may be written in, likeliest first."""
    scored = [(len(markers.findall(text)), index) for index, (markers, *_) in enumerate(_TABLES)]
    for score, index in sorted(scored, reverse=True):
        if score:
            _, pattern, english = _TABLES[index]
            yield _translated(text, pattern, english)


def _plain_number(found: re.Match[str]) -> str:
    """`100.000` and `1.299,50` as English writes them without separators."""
    return found["whole"].replace(".", "") + (f".{found['cents']}" if found["cents"] else "")


def _translated(text: str, pattern: re.Pattern[str], english: tuple[str, ...]) -> str:
    def word(found: re.Match[str]) -> str:
        return f" {english[int((found.lastgroup or 'w0').removeprefix('w'))]} "

    # What is quoted stands on the page as it is.
    parts = [
        part if index % 2 else pattern.sub(word, part)
        for index, part in enumerate(_QUOTED.split(text))
    ]
    plain = " ".join(" ".join(parts).split())
    if not _VERSION_WORD.search(plain):
        plain = _CONTINENTAL_NUMBER.sub(_plain_number, plain)
    # "Ist erhältlich" is said of goods and of versions.
    plain = _VERSION_THERE.sub(r"\1 is out", plain)
    plain = _VERSION_FIRST.sub(r"\2 is released", plain)
    plain = re.sub(
        r"\bprice of (?=(?:is|drops|rises|costs|below|above|changes)\b)", "price ", plain
    )
    return re.sub(r"^(?:the )?price of (?=(?:less|more|at|cheaper)\b)", "price ", plain)
