"""Currencies and units, by the signs and words that pages write for them."""

SIGNS = {
    "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD",
    "S$": "SGD", "MX$": "MXN", "R$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY",
    "₹": "INR", "₩": "KRW", "₺": "TRY", "₪": "ILS", "฿": "THB", "₴": "UAH", "₽": "RUB", "₫": "VND",
}  # fmt: skip
CURRENCY_WORDS = {
    "DOLLAR": "USD", "DOLLARS": "USD", "BUCKS": "USD", "EURO": "EUR", "EUROS": "EUR",
    "POUNDS": "GBP", "YEN": "JPY", "FRANCS": "CHF", "RUPEES": "INR", "KR": "KR", "ZŁ": "PLN",
    "KČ": "CZK", "RS": "INR", "FR": "CHF",
}  # fmt: skip
CODES = [
    "USD", "EUR", "GBP", "JPY", "CHF", "SEK", "NOK", "DKK", "ISK", "CAD", "AUD", "NZD", "CNY",
    "INR", "BRL", "PLN", "CZK", "HUF", "MXN", "ZAR", "SGD", "HKD", "KRW", "ILS", "THB", "UAH",
    "RUB", "VND", "AED", "SAR",
]  # fmt: skip
UNITS = {
    "%": "%", "PERCENT": "%", "PER CENT": "%", "°C": "°C", "°F": "°F", "KM/H": "km/h", "MPH": "mph",
    "KWH": "kWh", "KG": "kg", "KM": "km", "HPA": "hPa", "MM": "mm", "CM": "cm", "PPM": "ppm",
    "GB": "GB", "TB": "TB", "MB": "MB", "MBPS": "Mbps",
}  # fmt: skip
SCALES = {
    "K": 10**3, "THOUSAND": 10**3, "M": 10**6, "MN": 10**6, "MILLION": 10**6, "B": 10**9,
    "BN": 10**9, "BILLION": 10**9, "TRILLION": 10**12,
}  # fmt: skip

# What a bare sign means at home. Elsewhere `$` is the US dollar, `¥` the yen and `kr` any crown.
LOCAL_CURRENCIES = {
    "ca": ("USD", "CAD"), "au": ("USD", "AUD"), "nz": ("USD", "NZD"), "sg": ("USD", "SGD"),
    "hk": ("USD", "HKD"), "mx": ("USD", "MXN"), "cn": ("JPY", "CNY"), "se": ("KR", "SEK"),
    "no": ("KR", "NOK"), "dk": ("KR", "DKK"), "is": ("KR", "ISK"),
}  # fmt: skip
CROWNS = frozenset({"KR", "SEK", "NOK", "DKK", "ISK"})
DOLLARS = frozenset({"CAD", "AUD", "NZD", "SGD", "HKD", "MXN"})
CURRENCIES = frozenset({*SIGNS.values(), *CURRENCY_WORDS.values(), *CODES, "TRY", "RON"})
