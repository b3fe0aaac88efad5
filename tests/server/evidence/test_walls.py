"""Walls in several languages are named; pages that share their words are read."""

import time

import pytest

from tests.server.evidence.conftest import page
from torale.server.evidence.readers.pages import read_page

TEXT = {
    "de": "Der Stadtrat hat am Dienstag lange über die neue Brücke gesprochen. ",
    "fr": "Le conseil municipal a parlé mardi du nouveau pont pendant des heures. ",
    "es": "El ayuntamiento habló el martes durante horas sobre el puente nuevo. ",
    "it": "Il consiglio comunale ha parlato martedì per ore del nuovo ponte. ",
}


def article(language: str, times: int = 12) -> str:
    return f"<p>{TEXT[language] * times}</p>"


WALLS = {
    "captcha": [
        (
            "<title>Nur einen Moment…</title><h1>site.test</h1><p>Bestätigen Sie, dass Sie"
            " ein Mensch"
            " sind, indem Sie die folgende Aktion durchführen.</p>"
        ),
        "<title>Un instant…</title><p>Vérifiez que vous êtes humain en effectuant l'action.</p>",
        "<title>Un momento…</title><p>Verifica que eres humano completando la acción.</p>",
        "<title>Un momento…</title><p>Verifica di essere umano completando l'azione.</p>",
        "<title>Een moment geduld…</title><p>Bevestig dat u een mens bent.</p>",
        "<title>Zugriff verweigert</title><p>Ihre Anfrage wurde blockiert. ID 4711</p>",
        "<title>Accès refusé</title><p>Vous n'avez pas la permission d'accéder à ce site.</p>",
        "<title>Acceso denegado</title><p>No tiene permiso para ver esta página.</p>",
        "<title>Accesso negato</title><p>Non hai il permesso di vedere questa pagina.</p>",
        (
            "<title>Shop</title><form><div class=g-recaptcha></div><label>Ich bin kein"
            " Roboter</label>"
            "</form>"
        ),
        "<title>Site</title><p>Je ne suis pas un robot</p><div class=h-captcha></div>",
        "<title>安全验证</title><p>请完成下方验证后继续操作</p>",
        "<title>Проверка</title><p>Подтвердите, что вы не робот</p>",
        "<title>Too many requests</title><p>Slow down.</p>",
        "<title>site.test</title><iframe src='https://geo.captcha-delivery.com/captcha/'></iframe>",
    ],
    "login": [
        (
            "<title>Anmelden – Portal</title><form><input><input type=password><button>Anmelden"
            "</button></form>"
        ),
        (
            "<title>Portal</title><h1>Connectez-vous</h1><form><input type=password></form>"
            "<p>Mot de passe oublié ?</p>"
        ),
        "<title>Iniciar sesión</title><form><input type=password></form><p>Solo para socios.</p>",
        "<title>Accedi al tuo account</title><form><input type=password></form><p>Benvenuto</p>",
    ],
    "consent": [
        (
            "<title>Bevor Sie zur Suche weitergehen</title><p>Wir verwenden Cookies und Daten. Wenn"
            " Sie „Alle akzeptieren“ auswählen, verwenden wir Cookies auch für Werbung.</p>"
            "<button>Alle ablehnen</button><button>Alle akzeptieren</button>"
        ),
        (
            "<title>Avant d'accéder à la recherche</title><p>Nous utilisons des cookies et"
            " des données."
            "</p><button>Tout refuser</button><button>Tout accepter</button>"
            "<p>Vos données personnelles et la publicité</p>"
        ),
        (
            "<title>Antes de continuar</title><p>Usamos cookies y datos personales para la"
            " publicidad."
            "</p><button>Rechazar todo</button><button>Aceptar todo</button>"
        ),
        (
            "<title>Prima di continuare</title><p>Utilizziamo cookie e dati personali.</p>"
            "<button>Rifiuta tutto</button><button>Accetta tutto</button>"
        ),
        (
            "<title>Zeitung</title><h1>Weiterlesen mit Werbung</h1><p>Besuchen Sie uns wie"
            " gewohnt mit"
            " Werbung und Tracking. Details in der Datenschutzerklärung.</p><button>Akzeptieren"
            "</button><p>Oder mit PUR-Abo für 2,99 € im Monat ohne Werbung lesen.</p>"
        ),
        (
            "<title>Journal</title><p>Nous et nos partenaires stockons des cookies. Vous"
            " pouvez accepter"
            " la publicité personnalisée, ou refuser et s'abonner pour 1,99 € par mois.</p>"
            "<p>Vos données personnelles.</p>"
        ),
    ],
    "error page": [
        "<title>Seite nicht gefunden – Shop</title><p>Vielleicht hilft die Suche.</p>",
        "<title>Page introuvable</title><p>Le lien est peut-être rompu.</p>",
        "<title>Página no encontrada | Tienda</title><p>Vuelva al inicio.</p>",
        "<title>Pagina non trovata</title><p>Torna alla home.</p>",
        "<title>Fehler 404</title><p>Hier ist nichts.</p>",
        "<title>Shop</title><h1>Oops! Page not found</h1><p>Try our search.</p>",
        "<title>Shop</title><h1>404</h1><p>That link leads nowhere.</p>",
        "<title>Tienda</title><h1>La página no existe</h1><a href=/>Inicio</a>",
        "<title>404 | Shop</title><p>Nothing here.</p>",
        "<title>503 Service Unavailable</title><p>No server is available.</p>",
    ],
    "empty": [
        "<title>App</title><div>Wird geladen…</div><script src=a.js></script>",
        "<title>App</title><div>Chargement en cours</div>",
        "<title>App</title><div>Cargando...</div>",
        "<title>App</title><div>Caricamento</div>",
        "<title>App</title><div>Laden…</div>",
        "<title>App</title><div>Bitte aktivieren Sie JavaScript, um die Seite zu nutzen.</div>",
    ],
}
PAGES = [
    # Articles about walls.
    (
        f"<title>Warum Captchas nerven</title><article>{article('de')}<p>„Ich bin kein"
        f" Roboter“, heißt"
        f" es dann.</p>{article('de')}</article>"
    ),
    f"<title>Je ne suis pas un robot : le film</title><article>{article('fr')}{article('fr')}",
    (
        f"<title>Cookies: qué son y cómo"
        f" rechazar</title><article>{article('es')}<p>Aceptar o rechazar"
        f" cookies y privacidad.</p>{article('es')}"
    ),
    (
        f"<title>Bevor Sie kaufen: Tipps zum Datenschutz</title><article>{article('de')}"
        f"<p>Cookies ablehnen.</p>{article('de')}{article('de')}"
    ),
    f"<title>Cosa significa errore 404</title><article>{article('it')}",
    # Short pages that say something.
    (
        "<title>Un momento histórico</title><p>El puente nuevo se abre hoy a las doce, dijo la"
        " alcaldesa.</p>"
    ),
    "<title>Laden</title><p>Laden geschlossen wegen Umbau bis 5. Mai 2026</p>",
    "<title>500 Days of Summer</title><p>The film is shown on 5 May at eight.</p>",
    "<title>404 Media</title><p>The newsletter starts on Monday, says its founder.</p>",
    "<title>503: the bus to the airport</title><p>It leaves every ten minutes from May on.</p>",
    "<title>Bücherei</title><p>Ausverkauft</p>",
    (
        "<title>Kontakt</title><p>Das Büro öffnet am Montag um neun.</p><form><div"
        " class=g-recaptcha>"
        "</div></form>"
    ),
    (
        "<title>Pressemitteilung</title><p>Die Behörde hat den Zugriff verweigert, sagt"
        " der Anwalt der"
        " Stadt. Das Verfahren beginnt am 5. Mai.</p>"
    ),
    # Walls as boxes beside the page.
    (
        f"<title>Nachricht</title><div>Wir verwenden Cookies. <button>Akzeptieren</button>"
        f"<button>Ablehnen</button></div>{article('de', 3)}"
    ),
    (
        f"<title>Actualité</title><div>Nous et nos partenaires utilisons des cookies. <button>Tout"
        f" accepter</button> <button>Refuser</button></div>{article('fr', 3)}"
    ),
    (
        "<title>Lampe</title><header><form><input type=password><button>Anmelden</button></form>"
        "</header><h1>Lampe</h1><p>Ab 5. Mai lieferbar.</p>"
    ),
    (
        "<title>Lampe</title><h1>Lampe</h1><p>349,00 €</p><p>Cookies, Datenschutz, Werbung"
        " akzeptieren oder PUR-Abo.</p><p>Auf Lager</p>"
    ),
    (
        f"<title>Zeitung</title><p>Weiterlesen mit Werbung oder PUR-Abo. Datenschutz, Cookies,"
        f" akzeptieren.</p>{article('de')}"
    ),
    (
        "<title>Shop</title><h1>Aurora lamp</h1><p>Not found in shops, only here.</p>"
        "<p>Ships on Monday.</p>"
    ),
]


@pytest.mark.parametrize(
    "reason, html", [(key, html) for key, all_ in WALLS.items() for html in all_]
)
def test_a_wall_is_named_in_any_language(reason: str, html: str) -> None:
    found = read_page(page(html))

    assert (found.unusable_reason or "").startswith(reason)
    assert found.text == ""


@pytest.mark.parametrize("html", PAGES)
def test_a_page_with_the_words_of_a_wall_is_read(html: str) -> None:
    found = read_page(page(html))

    assert found.unusable_reason is None
    assert found.text


@pytest.mark.parametrize(
    "piece", [" ", "\u00a0", "(", "vérifi", "un ", "cookie ", "404 ", "mit werbung ", "…"]
)
def test_hostile_repetitions_cost_no_time(piece: str) -> None:
    for count in (350, 1_400, 200_000):
        text = piece * (count // len(piece))
        started = time.monotonic()

        read_page(page(f"<title>{text}</title><p>{text}"))

        assert time.monotonic() - started < 3
