"""Words of bot walls, logins, consent and missing pages.

In English, German, French, Spanish, Italian, Dutch and Portuguese; bot walls in a few more. Each
set is only half of a rule: `usable` looks at what is left once these words are taken away.
"""

import re


def _any(*patterns: str, start: str = "") -> re.Pattern[str]:
    return re.compile(rf"{start}(?:{'|'.join(patterns)})", re.IGNORECASE)


_ELLIPSIS = r"\s*(?:…|\.{2,3})?\s*$"

WALL_TITLE = _any(
    r"(?:just a moment|attention required|access denied|access to this page has been denied"
    r"|pardon our interruption|checking your browser|ddos-guard|robot check|bot verification"
    r"|security (?:check|verification)|human verification|captcha|verif(?:y|ying) (?:that )?you"
    r"|are you (?:a )?(?:human|robot)|you have been blocked|one more step|sorry, you have been"
    r"|too many requests|zugriff verweigert|sicherheits(?:über)?prüfung|acc[èe]s refus[ée]"
    r"|vérification de sécurité|acceso denegado|verificación de seguridad|accesso negato"
    r"|verifica di sicurezza|controllo di sicurezza|toegang geweigerd|acesso negado)\b",
    # Whole titles: an article may start so.
    rf"(?:nur )?einen moment(?:,? bitte)?{_ELLIPSIS}",
    rf"un (?:instant|momento)(?:,? (?:s['’]il vous plaît|por favor|per favore))?{_ELLIPSIS}",
    rf"(?:een|één) moment(?: geduld)?{_ELLIPSIS}",
    rf"(?:安全验证|人机验证|访问验证|проверка безопасности){_ELLIPSIS}",
    start=r"\s*",
)
WALL_WORDS = _any(
    r"(?:verify|confirm|prove|checking|making sure)(?: that| if)? you(?:'re|’re| are)"
    r"(?: a| not a)? (?:human|robot|bot)",
    r"i(?:'m|’m| am) not a robot|press (?:&|and) hold|unusual (?:traffic|activity) from",
    r"(?:solve|complete|enter) the captcha|enable javascript and cookies to continue",
    r"checking your browser before|review the security of your connection",
    r"automated (?:access|requests|queries)|why have i been blocked|needs? to confirm you are",
    r"performance (?:&|and) security by cloudflare|type the characters you see",
    r"bestätigen sie,? dass sie (?:ein mensch|kein (?:ro)?bot(?:er)?) sind",
    r"ich bin kein roboter|ungewöhnliche[nr]? (?:datenverkehr|zugriffe)|(?:ein mensch|kein roboter)"
    r" sind|aktivieren sie javascript und cookies|sicherheit ihrer verbindung",
    r"(?:vérifi|confirm|prouv)\w{1,8} que vous (?:êtes|n['’]êtes pas) (?:bien )?(?:un )?"
    r"(?:être )?(?:humain|robot)|je ne suis pas un robot|trafic (?:inhabituel|suspect)",
    r"(?:verifi|confirm|demuestr)\w{1,8} que (?:no )?(?:eres|es|usted (?:no )?es) (?:un )?(?:ser )?"
    r"(?:humano|robot)|no soy un robot|tráfico inusual",
    r"(?:verific|conferm|dimostr)\w{1,8} (?:di|che) (?:non )?(?:essere|sei) (?:un )?(?:essere )?"
    r"(?:umano|robot)|non sono un robot|traffico (?:insolito|anomalo)",
    r"ik ben geen robot|bevestig dat u (?:een mens|geen robot) bent|não sou um robô",
    r"вы не робот|я не робот|请完成.{0,6}验证|ロボットではありません",
)
WALL_MARKUP = _any(
    r"px-captcha|cf-challenge|cf_chl_|challenge-form|_incapsula_resource|captcha-delivery\.com"
    r"|h-captcha|g-recaptcha|cf-turnstile|awswafcaptcha|geetest_|arkoselabs|friendlycaptcha"
)
# These are there for nothing but walls; the others guard forms too.
WALL_SERVICES = _any(r"px-captcha|cf-challenge|cf_chl_|_incapsula_resource|captcha-delivery\.com")
WALL_HINTS = _any(
    r"captcha|robot|human|mensch|humain|humano|umano|security check|sicherheit|sécurité"
    r"|seguridad|sicurezza|verif|vérif|blocked|denied|challenge|验证|робот",
    r"^\s*$",
)

LOGIN_WORDS = _any(
    r"\b(?:log ?-?in|sign ?-?in|log on|login|anmelden|anmeldung|einloggen|connexion|se connecter"
    r"|connectez-vous|identifiez-vous|mot de passe|iniciar sesi[oó]n|inicia sesi[oó]n|contraseña"
    r"|acceder|accedi|accesso|entrar|inloggen|aanmelden|wachtwoord|passwor[dt]|senha|forgot)\b"
)

CONSENT_TITLE = _any(
    r"before you continue|bevor sie |avant d|antes de continuar|prima di continuare|voordat u"
    r"|consent|einwilligung|consentement|cookie consent|your privacy|we value your privacy"
    r"|privacy settings|datenschutzeinstellungen|ihre privatsphäre|votre vie privée"
    r"|tu privacidad|la tua privacy|je privacy",
    start=r"\s*",
)
CONSENT_WORDS = _any(
    r"cookie|consent|privacy|accept|reject|agree|manage (?:my )?(?:choices|options|preferences)"
    r"|more options|personal data|personali[sz]|advertis|vendors|partners|your choices",
    r"einwillig|datenschutz|zustimm|ablehnen|akzept|werbung|privatsphäre|personenbezogen",
    r"consentement|vie privée|données personnelles|refuser|paramétrer|partenaires|publicité",
    r"consentimiento|privacidad|datos personales|aceptar|rechazar|socios|publicidad",
    r"consenso|dati personali|accetta|rifiuta|pubblicità|riservatezza",
    r"toestemming|accepteren|weigeren|persoonsgegevens|advertenties|before you continue",
)
CONSENT_PROOF = frozenset(
    {"cookie", "consent", "privacy", "einwillig", "datenschutz", "privatsphäre", "consentement"}
    | {"vie privée", "données personnelles", "consentimiento", "privacidad", "datos personales"}
    | {"consenso", "dati personali", "riservatezza", "toestemming", "persoonsgegevens"}
)
# Agree to advertising or pay: the only wall that names a price.
PAY_OR_CONSENT = _any(
    r"mit werbung (?:weiter|lesen|nutzen)|(?:weiter|lesen|nutzen) mit werbung|\bpur[- ]?abo"
    r"|contentpass|werbefrei (?:weiter)?lesen",
    r"(?:reject|decline) (?:and|&) (?:subscribe|pay)|(?:accept|consent) or (?:pay|subscribe)"
    r"|(?:continue|read) with(?:out)? (?:ads|advertising)",
    r"(?:refuser|rejeter) et s['’]abonner|continuer avec (?:la )?publicité",
    r"rechazar y suscribirse|continuar con publicidad",
    r"rifiuta e abbonati|continua con (?:la )?pubblicità",
)

_MISSING = (
    r"(?:the |this |that )?page (?:was |could |can )?not (?:be )?found",
    r"(?:the |this |that )?page (?:does not|doesn[’']t|no longer) exists?",
    r"(?:sorry,? )?we (?:can[’']?t|cannot|couldn[’']t) find (?:that|this|the) page",
    r"not found|(?:internal )?server error|bad gateway|service unavailable",
    r"(?:diese |die )?seite (?:(?:wurde|konnte) )?nicht gefunden(?: werden)?",
    r"diese seite (?:existiert nicht|gibt es nicht)",
    r"(?:cette |la )?page (?:introuvable|non trouvée|n['’]existe (?:pas|plus))",
    (
        r"(?:la |esta )?página no (?:encontrada|existe)|no (?:hemos )?encontra(?:do"
        r"|mos) (?:la|esta)"
        r" página|(?:la )?pagina (?:non (?:trovata|esiste)|niet gevonden)|página não encontrada"
    ),
)
_CODES = r"(?:40[034]|410|50[0234])"
MISSING_TITLE = _any(
    rf"(?:(?:http )?error:?|fehler|erreur|errore)\s*{_CODES}\b",
    # "404 Media" and "500 Days of Summer" are names.
    rf"{_CODES}\s*(?:$|[-–—|]|:?\s*(?:error|not found|forbidden|page|internal|bad|service|gateway"
    rf"|seite|página|pagina))",
    *_MISSING,
    start=r"\s*",
)
MISSING_LINE = _any(
    *(rf"(?:{words}){end}" for words in _MISSING for end in (r"\W*$",)),
    rf"(?:(?:error|fehler|erreur|errore)\s*)?{_CODES}\W*$",
    start=r"^\W*(?:oops|ups|hoppla|oups|vaya|ops)?\W*",
)

# What a page says before its scripts have run. Other short texts are real: "Sold out".
LOADING = _any(
    r"loading|please wait|initiali[sz]ing|(?:please |you (?:need|have) to )?enable javascript",
    r"javascript (?:is|must)|this (?:app|site|page) (?:needs|requires|works best)",
    rf"(?:seite |inhalt )?(?:wird|werden) geladen|lädt{_ELLIPSIS}|laden{_ELLIPSIS}|bitte warten",
    r"(?:bitte )?(?:aktivieren sie|aktiviere) javascript",
    r"chargement|veuillez (?:patienter|activer javascript)|cargando|habilit\w{1,4} javascript",
    r"(?:por favor,? )?espere|caricamento|attendere|(?:abilita|attiva) javascript|even geduld",
    r"carregando|загрузка|加载中|読み込み中",
    start=r"\W*",
)
