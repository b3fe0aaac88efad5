"""States of stock beside the words of a shop that only look like one."""

import pytest

from tests.server.judge.conftest import Ask
from torale.server.judge.base import Verdict

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN


@pytest.mark.parametrize(
    "text, verdict",
    [
        ("Auf Lager\nWenn Sie heute bestellen, liefern wir morgen.", MET),
        ("Wenn Sie heute bestellen, liefern wir morgen.", UNKNOWN),
        ("In stock\nNotify me when the price drops", MET),
        ("Notify me when the price drops", UNKNOWN),
        ("Notify me", NOT_MET),
        ("Benachrichtigen Sie mich, sobald der Artikel wieder verfügbar ist", NOT_MET),
        ("M'avertir dès que le produit est disponible", NOT_MET),
        ("Avísame cuando esté disponible", NOT_MET),
        ("Avvisami quando torna disponibile", NOT_MET),
        ("Back in stock\nPre-orders\nAurora X\nSold out", NOT_MET),
        ("Back in stock\nPre-orders\nAurora X", UNKNOWN),
        ("Pre-order", NOT_MET),
        ("En stock\nGuide complet de stockage", MET),
        ("Complet", NOT_MET),
        ("Availability: limited availability", MET),
        ("Availability: InStock", MET),
        ("Availability: back order", NOT_MET),
        ("Availability: in stock\nSold out", UNKNOWN),
        ("Availability: out of stock\nIn stock", UNKNOWN),
        ("Only 2 left", MET),
        ("No tickets available", NOT_MET),
        ("Tickets available now", MET),
        ("Tickets on sale now", MET),
        ("Tickets are now on sale!", MET),
        ("Tickets on sale now for members only", UNKNOWN),
        ("Tickets now on sale from 1 December", UNKNOWN),
        ("Get an email when tickets are on sale now", UNKNOWN),
        ("Tickets on sale now\nSold out", UNKNOWN),
        ("Disponible à partir du 12 janvier", NOT_MET),
        ("Verfügbar ab Mitte Januar", NOT_MET),
        ("Available from 3 May", NOT_MET),
        ("In stock\nReviews\nIt was sold out for weeks. Out of stock again!", MET),
        ("Reviews\nAurora X\nSold out", NOT_MET),
    ],
)
def test_one_page(ask: Ask, text: str, verdict: Verdict) -> None:
    judgement = ask("is in stock", text)

    assert judgement.verdict is verdict, judgement.reasoning
