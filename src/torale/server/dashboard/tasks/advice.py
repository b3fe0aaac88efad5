"""Advice to a person about a check that failed, by its `error_type`."""

_AGAIN = "It is tried again at the next check."
_OTHER_PAGE = "Name another page that tells the same."
_WITHOUT_SEARCH = "Add pages to read, so that the task does not rest on a search."
# The first that an error begins with counts.
_ADVICE = (
    ("budget_exceeded", "Today's budget for models is used up: checks go on tomorrow."),
    ("model_auth", "The model's key is refused. Whoever runs the server must set one that holds."),
    ("model_not_found", "Whoever runs the server must name a model that there is."),
    ("model_quota", "The account with the model's provider is used up: top it up."),
    ("model_rejected", "Put the question or the condition in other words."),
    ("model_", f"The model's provider is at fault, not your task. {_AGAIN}"),
    ("no_source", "Add the address of a page to read."),
    ("no_results", "Put the question in other words, or add pages to read."),
    ("engines_failed", _WITHOUT_SEARCH),
    ("search_failed", _WITHOUT_SEARCH),
    ("provider_failed", _WITHOUT_SEARCH),
    ("timeout", f"The page was too slow. {_AGAIN} {_OTHER_PAGE}"),
    ("robots", f"The site asks programs to stay away. {_OTHER_PAGE}"),
    ("http_404", "The page is gone. Edit the sources and name its new address."),
    ("http_4", f"The site refuses us. {_OTHER_PAGE}"),
    ("http_5", f"The site itself is in trouble. {_AGAIN}"),
    ("process_died", "The server was stopped during the check. Nothing is lost: it checks again."),
    ("internal_error", f"This is a mistake of ours, and it is logged. {_AGAIN}"),
)
_DEFAULT = f"{_AGAIN} If it goes on failing, edit the sources or the question."


def advice(error_type: str) -> str:
    """Say what to do about a failure."""
    found = (text for start, text in _ADVICE if error_type.startswith(start))
    return next(found, _DEFAULT)
