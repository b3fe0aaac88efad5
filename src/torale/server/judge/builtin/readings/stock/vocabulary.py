"""Stock vocabulary: words of a shop for what it has, in seven languages."""

import re

_FREE = r"disponibles?|disponibil[ei]|verfügbar|vorrätig|lieferbar|erhältlich"
_THERE = rf"(?:available|in\s+stock|back|restocked|auf\s+lager|en\s+stock|{_FREE})"
# What announces a state that is not there yet, up to the end of its sentence. A shop also tells
# when a price falls or an order ships, which says nothing of this.
_PROMISE = (
    r"(?:notify|email|e-mail|alert|remind)\s+me\W*$|"
    rf"(?:notify|email|e-mail|mail|tell|alert|text|remind)\s+me\b.*\b{_THERE}\b.*|"
    rf"(?:get|be)\s+notified\b.*\b{_THERE}\b.*|"
    r"(?:when|once|until|if|as\s+soon\s+as)\s+(?:it(?:'s|\s+is)\s+|this\s+item\s+(?:is|"
    r"will\s+be)\s+)?"
    r"(?:back|available|in\s+stock|restocked).*|"
    rf"(?:benachrichtig|informier|erinner)\w*\s.*\b{_THERE}\b.*|"
    rf"(?:sobald|wenn|falls)\b.*\b{_THERE}\b.*|"
    rf"(?:m'avertir|prévenez|avertissez|être\s+(?:averti|prévenu)|prévenir)\b.*\b{_THERE}\b.*|"
    rf"(?:dès\s+que|lorsque|quand|si)\b.*\b{_THERE}\b.*|"
    rf"(?:avísame|avisarme|notifíquenme|notificarme)\b.*\b{_THERE}\b.*|"
    r"cuando\s+(?:esté|vuelva)\b.*|"
    rf"(?:avvisami|avvisatemi|notificami)\b.*\b{_THERE}\b.*|"
    rf"quando\s+(?:torna|sarà|è)\b.*\b{_THERE}\b.*|"
    r"(?:available|verfügbar|lieferbar|disponible|disponibile|erhältlich)\s+(?:again\s+)?"
    r"(?:soon|from|on|in|ab|im|dès|le|en|à\s+partir|desde|el|a\s+partir|dal|da|il|a\s+partire)\s+"
    # How long a parcel takes: German shops say so of what they have.
    r"(?!\d{1,2}(?:\s?[-–]\s?\d{1,2})?\s+(?:werk|arbeits)?(?:tag|stunde))"
    r"(?:(?:early|mid|late|end\s+of|anfang|mitte|ende|début|fin|du|del?|dal|di)\s+)?(?:\d|jan|fe|"
    r"mar|"
    r"apr|avr|abr|ma[iyg]|ju|giu|lug|ago|"
    r"aug|août|aoû|sep|set|o[ck]t|ott|nov|de[cz]|dic|déc|spring|summer|autumn|winter|next|"
    r"q[1-4]).*|"
    r"(?:available|in\s+stock|back|restocked)\s+(?:again\s+)?soon|coming\s+soon|"
    r"bald\s+(?:wieder\s+)?(?:verfügbar|lieferbar)|"
    r"bientôt\s+disponible|próximamente|prossimamente|prochainement|demnächst|"
    r"(?:will|to)\s+be\s+(?:back\s+)?(?:in\s+stock|available)|"
    r"pre-?\s?order\b(?!s)|pre-?ordered\b|back-?\s?order(?:ed|s)?\b|vorbestell\w*|précommande\w*|preordina\w*|"
    r"preventa|reserva\s+anticipada"
)
_GONE = (
    r"out[\s-]of[\s-]stock|outofstock|sold[\s-]?out|soldout|\bunavailable\b|no\s+stock\b|"
    r"discontinued|"
    r"(?:not|isn't|aren't|no\s+longer|never)\s+(?:currently\s+|yet\s+)?(?:in\s+stock|available|"
    r"restocked)|"
    r"\bno\s+(?:[\w'-]+\s+){1,3}(?:are\s+)?(?:currently\s+)?(?:available|left|in\s+stock)|"
    r"\b0\s+(?:left\s+)?in\s+stock|"
    r"join\s+the\s+wait\s?list|fully\s+booked|"
    r"ausverkauft|vergriffen|ausgebucht|(?:nicht|kein\w*)\s+(?:[\w-]+\s+){0,2}(?:auf\s+lager|"
    r"verfügbar|lieferbar|vorrätig|erhältlich)|"
    r"derzeit\s+nicht|rupture\s+de\s+stock|en\s+rupture|épuisée?s?|indisponibles?|(?:^|:\s*)complet\W*$|"
    r"(?:pas|plus|non)\s+(?:en\s+stock|disponibles?)|agotad[oa]s?|sin\s+stock|sin\s+existencias|"
    r"no\s+(?:está[n]?\s+|hay\s+)?disponibles?|esaurit[oaie]|non\s+(?:è\s+|sono\s+)?disponibil[ei]|"
    r"uitverkocht|esgotado|slutsåld"
)
SOLD_OUT = re.compile(f"{_PROMISE}|{_GONE}")
IN_STOCK = re.compile(
    r"\bin\s+stock\b|\binstock\b|\bavailable\s+(?:now|again|to\s+(?:buy|order|book)|"
    r"for\s+purchase)\b|"
    r"\bnow\s+available\b|\b(?:is|are)\s+(?:now\s+|currently\s+|again\s+)?available\b|"
    r"\bready\s+to\s+ship\b|"
    r"(?:^|[:|·]\s*)tickets?\s+(?:are\s+)?(?:now\s+on\s+sale|on\s+sale\s+now)\b(?!\s+[a-z])|"
    r"\bonly\s+\d+\s+left\b|\b(?:few|last)\s+(?:\w+\s+)?(?:left|remaining)\b|"
    r"\bauf\s+lager\b|\bsofort\s+(?:lieferbar|verfügbar)\b|\ben\s+stock\b|\ben\s+existencias\b|"
    rf"(?:^|[,;:|·(-]\s*)(?:[\w'-]+\s+){{0,2}}(?:{_FREE})\b|"
    rf"\b(?:ist|sind|est|sont|está|están|è|sono)\s+(?:[\w'-]+\s+){{0,2}}(?:{_FREE})\b|"
    r"\bop\s+voorraad\b|\bem\s+estoque\b|\bi\s+lager\b",
)
BUY_BUTTON = re.compile(
    r"\badd\s+to\s+(?:cart|basket|bag)\b|\bbuy\s+(?:it\s+)?now\b|\bin\s+den\s+warenkorb\b|"
    r"\bajouter\s+au\s+panier\b|\bañadir\s+al\s+carrito\b|\baggiungi\s+al\s+carrello\b|"
    r"^(?:[\w'-]+\s+)?available\W*$",
)
# Most lines hold none of these words.
STATE_WORDS = (
    *("stock", "sold", "available", "availability", "notif", "order", "soon", "left", "on sale"),
    *("remaining", "ready to", "waitlist", "wait list", "booked", "discontinued", "cart"),
    *("basket", "bag", "buy", "lager", "verfügbar", "liefer", "vorrätig", "erhältlich"),
    *("vergriffen", "verkauft", "gebucht", "vorbestell", "warenkorb", "demnächst"),
    *("rupture", "dispon", "épuis", "complet", "panier", "prochain", "précom", "agotad"),
    *("existencias", "carrito", "próxim", "prevent", "esaurit", "carrello", "prossim"),
    *("preordin", "voorraad", "uitverkocht", "esgotado", "estoque", "slutsåld"),
)
STOCK_LABEL = re.compile(
    r"^(?:[\w .\[\]—-]{0,60}[. _])?(?:availability|in[ _]?stock|is[ _]?available|available|"
    r"verfügbarkeit|"
    r"disponibilité|disponibilidad|disponibilità|stock(?:\s+status)?)\s*[:=]\s*(?P<value>.{1,60})$"
)
LABELLED_IN_STOCK = re.compile(
    r"^[\"']?(?:available|limited\s+availability|online\s+only|low\s+stock|yes)\b"
)
# A link to a shelf of the shop, not a state of this thing.
SHELF = re.compile(r"^\W*(?:back[\s-]in[\s-]stock|pre-?\s?orders|in[\s-]stock\s+only)\W*$")
STARTS = re.compile(
    r"^\W*(?:(?:currently|now|sorry|temporarily|leider|derzeit|actuellement|actualmente|"
    r"attualmente|"
    r"this|item|product|event|it|is)\b\W*){0,4}$"
)
YES = re.compile(r"^[\"']?(?:true|yes|ja|oui|sí|sì)\b")
NO = re.compile(r"^[\"']?(?:false|no|nein|non|0)\b[\"'\s,.]*$")
YES_NO_LABEL = re.compile(r"(?:in[ _]?stock|available)\s*[:=]")
PAST = re.compile(
    r"\b(?:was|were|had|include|exclude|could|might|may|expect\w*|hope\w*|"
    r"rumou?r\w*)\b|\?"
)
# A filter, a question, a hope or a memory is not a state.
NO_STATE = re.compile(
    r"\b(?:only\s+show|show\s+only|filter|in\s+stock\s+only|check\s+(?:if|stock|availability)|"
    r"was|were|"
    r"usually|if|whether|could|might|would|should|expect\w*|rumou?r\w*|hope\w*|yesterday|"
    r"last\s+week|ago|"
    r"exclude|include\s+out)\b|\?"
)
