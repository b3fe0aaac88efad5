"""Price vocabulary: words around an amount, in English, German, French, Spanish and Italian."""

import re

from torale.server.judge.text.units import CODES

# Before an amount, back to the amount or clause before it.
NOT_THE_PRICE = re.compile(
    r"\b(?:was|were|old|original(?:ly)?|previous(?:ly)?|before|formerly|rrp|m\.?r\.?p|msrp|srp|"
    r"uvp|list|recommended|"
    r"ancien\s+prix|prix\s+pr[ée]c[ée]dent|precio\s+anterior|prezzo\s+precedente|bisher\w*|vortag\w*|"
    r"\w+[- ](?:tief|hoch|low|high)(?=\W*$)|"
    r"retail|statt|instead|vorher|war|avant|barr[ée]|antes|prima|invece|au\s+lieu|conseill\w+|"
    r"consigliato|recomendado|"
    r"strike\w*|crossed|strikethrough|last\s+(?:week|month|year)|yesterday|"
    r"lowest|highest|maximum|minimum|gutschein\w*|code\s+promo|cupón|buono|30[- ]day|save[sd]?|"
    r"saving|savings|discount|cash\s?back|reward|voucher|gift\s+card|"
    r"coupon|promo|code|rabatt|remise|descuento|sconto|sie\s+sparen|gespart|[ée]conomisez|ahorra|"
    r"risparmi|"
    r"payments?|win|won|trial|get|earn|match|guarantee|sign|credit|per|(?:in|as\s+of|since|"
    r"during)\s+(?:\w+\s+)?(?:19|20)\d\d|"
    r"shipping|delivery|postage|versand\w*|livraison|env[íi]os?|spedizion[ei]|freight|orders?|"
    r"trade[- ]?in|deposit|down\s*payment|instal?lments?|finance|financing|monthly|rate|rata|"
    r"raten\w*|mensualit\w+|"
    r"per\s+month|a\s+month|warranty|protection|insurance|garantie|garanzia|membership|members|"
    r"prime|students?|"
    r"subscription|from|starting|starts|as\s+low\s+as|low|up\s+to|bis\s+zu|jusqu|hasta|fino\s+a|"
    r"compared?|versus|vs|than|elsewhere|seen|competitor\w*|expect(?:s|ed)?|rumou?red|could|"
    r"might|would|should|"
    r"will|estimate[sd]?|predict\w*|forecast\w*|analysts?|target|soon|if|when|once|until|bid|"
    r"bids|bidding|auction|worth|value[d]?|tax|vat|fee|fees|includes?|plus|add|bundle|"
    r"accessor(?:y|ies)|"
    r"lowprice|highprice|history|average|drop(?:ped|s)?\s+by|not|never|no\s+longer|grundpreis|"
    r"unit\s+price|"
    r"extra|refills?|replacements?|spare|upgrade|sample|(?-i:may))\b"
    r"|\b(?:ab|d[èe]s|desde|a\s+partire\s+da|da|[àa]\s+partir\s+de)\s*(?:nur\s+|only\s+)?$"
    r"|[+≈~]\s*$|(?:^|\s)[-−]\s*$",
    re.IGNORECASE,
)
REGULAR = re.compile(r"\b(?:regular|normal|standard|full)\b", re.IGNORECASE)
USED = re.compile(
    r"\b(?:used|refurbished|refurb|renewed|open[- ]?box|pre-?owned|second[- ]?hand|damaged|"
    r"gebraucht\w*|generalüberholt\w*|"
    r"occasion|reconditionn\w+|usad[oa]|reacondicionad[oa]|usat[oa]|ricondizionat[oa]|b-ware)\b",
    re.IGNORECASE,
)
# What the markup of a page says of everything on it.
USED_PAGE = re.compile(r"^condition:\s*(?:used|refurbished|damaged)", re.IGNORECASE | re.MULTILINE)
# Right behind an amount.
OF_SOMETHING_ELSE = re.compile(
    r"^\W{0,3}(?:(?:/|per|a|each|every|pro|par|al|por|im)\s*(?:mo\b|month|monat|mois|mes\b|mese|"
    r"mth|"
    r"week|wk|year|yr|day|night|jahr|an\b)|mtl\b|monthly|pm\b|x\s*\d|×|off\b|discount|shipping|"
    r"delivery|postage|versand|"
    r"(?:in\s+)?savings?|cheaper|less\b|more\b|rrp|msrp|uvp|list\b|retail|was\b|old\b|deposit|"
    r"down\b|cash\s?back|"
    r"coupon|voucher|credit|gift|rebate|trade|(?:with|after|using|via|mit|"
    r"avec)\s+(?:[\w-]+\s+){0,2}"
    r"(?:coupon|code|voucher|trade|promo|rebate|prime|member|gutschein|contract|plan|subscription)|"
    r"(?:for|or)\s+\d+\s+(?:months|payments)|trial\b|members|first\b|for\s+(?:new|members|"
    r"students)|warranty|protection|plan\b|"
    r"refurb|used\b|renewed|open[- ]box|pre-?owned|gebraucht|before\b|bid|tax|vat|fee)"
    r"|\b(?:next\s+(?:week|month|year)|tomorrow|expected|rumou?red|starting|until\s+now|"
    r"last\s+(?:week|month|year)|ago|"
    r"yesterday|earlier|elsewhere)\b",
    re.IGNORECASE,
)
PER_UNIT = re.compile(
    r"^\s*\(?(?:/|per|pro|par|por|al|je|the|each)\s*(?:\d+\s*)?(?:troy\s+)?(?:l|ml|cl|dl|kg|g|lb|"
    r"lbs|oz|ounce|m|m2|m²|m³|qm|"
    r"stück|stk|st|piece|pc|unit|item|litre|liter|litro|kilo|gram|kwh|mwh|barrel|gallon|tonne|"
    r"ton|sheet|person|pers|night)\b",
    re.IGNORECASE,
)
PRICE_LABEL = re.compile(
    r"(?:^|[^\w])(?:(?:current|sale|our|offer|deal|your|new|today'?s|special|last|ticket|einzel|"
    r"verkaufs)[ _-]?)?"
    r"(?:price|preis|prix|precio|prezzo|pre[çc]o|pris|prijs|cena|fare)"
    r"(?:\s+(?:del?|della|du|des|des|of)\s+(?:\w+\s+){0,2}\w+)?[\"']?\s*[:=]\s*[\"']?$",
    re.IGNORECASE,
)
CURRENCY_LINE = re.compile(
    r"(?:^|[^\w])(?:price)?_?currency(?:_?code)?[\"']?\s*[:=]\s*[\"']?([A-Z]{3})\b", re.IGNORECASE
)
PRICE_WORDS = (
    *("price", "preis", "prix", "precio", "prezzo", "preço", "preco"),
    *("pris", "prijs", "cena", "fare"),
)
MONEY_WORDS = (
    *"$€£¥₹₩₺₪฿₴₽₫",
    *(code.lower() for code in CODES),
    *("dollar", "euro", "bucks", "pound", "yen", "franc", "rupee", "zł", "kč"),
    *PRICE_WORDS,
)
SHORT_CURRENCY = re.compile(r"\d\s?(?:kr|rs|fr)\b|(?:kr|rs|fr|try|ron)\.?\s?\d")
BELONGS_TO_THE_NEXT = re.compile(
    r"\W*\b(?:was|old|rrp|msrp|uvp|list|list\s+price|retail|statt|less|save)\b\W*$", re.IGNORECASE
)
AROUND_A_LONE_PRICE = re.compile(
    r"\W*(?:(?:now|only|just|jetzt|nur|ora|ahora|maintenant|sale|price|deal|today|incl|inkl|vat|"
    r"mwst|usd|eur|gbp|chf)\W*)*",
    re.IGNORECASE,
)
