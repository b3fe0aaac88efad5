import pytest

from torale.server.judge.conditions import compile as compile_condition
from torale.server.judge.predicates import Number


@pytest.mark.parametrize(
    "condition, understood",
    [
        ("price below 350", "price < 350"),
        ("The price is below 350", "price < 350"),
        ("price drops below 350 USD", "price < 350 USD"),
        ("costs less than $350", "price < 350 USD"),
        ("drops below €1.299,00", "price < 1299.00 EUR"),
        ("The price is under 1,299.00 USD", "price < 1299.00 USD"),
        ("The price is over 1'299 CHF", "price > 1299 CHF"),
        ("price exceeds 1 299 kr", "price > 1299 KR"),
        ("at most 350 EUR", "price <= 350 EUR"),
        ("price is no more than 350 USD", "price <= 350 USD"),
        ("at least £350", "price >= 350 GBP"),
        ("cheaper than 350 euros", "price < 350 EUR"),
        ("price <= 350", "price <= 350"),
        ("price is at or below 350 USD", "price <= 350 USD"),
        ("The price is less than or equal to 350 EUR", "price <= 350 EUR"),
        ("the price falls to $300", "price <= 300 USD"),
        ("The price drops to 300 USD or less", "price <= 300 USD"),
        ("Tell me when the price goes below 350 USD", "price < 350 USD"),
        ("The price of the Aurora headphones is below $350", "price < 350 USD (Aurora headphones)"),
        ("The Aurora's price is 300 USD or lower", "price <= 300 USD (Aurora)"),
        ("iPhone 18 price below 999 USD", "price < 999 USD (iPhone 18)"),
        ("BTC price rises above 100k USD", "price > 100000 USD (BTC)"),
        ("Inflation rate is above 3%", "Inflation rate > 3 %"),
        ("Stars exceed 5000", "Stars > 5000"),
        ("is in stock", "in stock"),
        ("The Aurora X is available again", "in stock (Aurora X)"),
        ("Aurora X is back in stock.", "in stock (Aurora X)"),
        ("The tickets are sold out", "out of stock (tickets)"),
        ('page contains "Sold out"', "page contains “Sold out”"),
        ("It mentions 'Berlin'", "page contains “Berlin”"),
        ("The page mentions Berlin", "page contains “Berlin”"),
        ('no longer contains "Coming soon"', "page does not contain “Coming soon”"),
        ("The page does not say “Closed”", "page does not contain “Closed”"),
        ("The page changed", "page changed"),
        ("has changed since last time", "page changed"),
        ("The text of the page changes", "page changed"),
        ("the price changes", "price changed"),
        ("A new entry appears in the feed", "a new entry"),
        ("A new post mentions 'Berlin'", "a new entry that contains “Berlin”"),
        ("there is a new article about coral bleaching", "a new entry about coral bleaching"),
        ("a new search result appears", "a new entry"),
        ("The price drops by more than 10%", "price drops by more than 10 % since the last look"),
        ("price drops more than $50", "price drops by more than 50 USD since the last look"),
        ("price falls at least 20 USD", "price drops by at least 20 USD since the last look"),
        ("price dropped 10%", "price drops by at least 10 % since the last look"),
        ("BTC price rises by 5 % or more", "price rises by at least 5 % since the last look (BTC)"),
        ("Quartz 2.0 is released", "version 2.0 is released (Quartz)"),
        ("a stable release of Quartz 2.0 is available", "version 2.0 is released (Quartz)"),
        ("Quartz version is newer than 3.4", "version > 3.4 (Quartz)"),
        ("Quartz version is at least v3.4.1", "version >= 3.4.1 (Quartz)"),
        ("A new version of Quartz is out", "a new version (Quartz)"),
        ("The temperature is below -10 °C", "temperature < -10 °C"),
        ("Der Preis der Nordwind W8 liegt unter 500 Euro", "price < 500 EUR (Nordwind W8)"),
        ("Preis unter 1.299,00 €", "price < 1299.00 EUR"),
        ("Das Buch ist wieder lieferbar", "in stock (Buch)"),
        ("Le prix de l'Aurora X est inférieur à 300 €", "price < 300 EUR (Aurora X)"),
        ("L'Aurora X est de nouveau en stock", "in stock (Aurora X)"),
        ("El precio de la Aurora X es inferior a 300 €", "price < 300 EUR (Aurora X)"),
        ("La Aurora X está disponible", "in stock (Aurora X)"),
        ("Il prezzo della Aurora X scende sotto i 300 euro", "price < 300 EUR (Aurora X)"),
        ("L'Aurora X è di nuovo disponibile", "in stock (Aurora X)"),
        ("Die Seite enthält „Termine frei“", "page contains “Termine frei”"),
    ],
)
def test_plain_words_compile(condition: str, understood: str) -> None:
    predicate = compile_condition(condition)

    assert predicate is not None
    assert predicate.describe() == understood


@pytest.mark.parametrize(
    "condition",
    [
        "price below 350 and in stock",
        "price below 350 or sold out",
        "price below 350 unless used",
        "price below 350 USD before Friday",
        "price below 350 USD for the 256 GB variant",
        "price of the 256 GB variant is below 350 USD",
        "The price is not below 350",
        "The price is no longer below 350",
        "The price in Germany is below 350",
        "The monthly price is below 20 USD",
        "price per month is under 20",
        "price between 100 and 200 USD",
        "Any of the prices is below 350 USD",
        "the price reaches 350",
        "A release date has been announced",
        "the release date changes",
        "available for pre-order",
        "in stock in Berlin",
        "in stock at Best Buy",
        "both are in stock",
        'The page contains "X" and "Y"',
        "page contains \"A\" or 'B'",
        "Anything interesting happens",
        "unemployment drops by 1%",
        "the price does not drop by 10%",
        "Der Preis liegt nicht unter 300 €",
        "Le prix est inférieur à 300 € ou épuisé",
        "Aurora X ist lieferbar in Berlin",
        "version 2.0 and 3.0 are released",
        "Quartz 2.0 is released before Friday",
        "Quartz 2.0 is not released",
        "revenue is above $5 million or so",
        "",
        "below",
        "350",
    ],
)
def test_a_condition_with_more_in_it_does_not_compile(condition: str) -> None:
    assert compile_condition(condition) is None


def test_the_query_names_the_subject_that_the_condition_leaves_out() -> None:
    predicate = compile_condition("price below 350 USD", "Aurora X headphones price")

    assert isinstance(predicate, Number)
    assert predicate.subject.topic == ("aurora", "x", "headphone")
