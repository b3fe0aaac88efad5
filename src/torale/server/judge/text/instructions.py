"""Instructions to the judge: words of a page that address it rather than a reader."""

import re

from torale.server.judge.text.folding import fold

# Most lines hold none of these words, and one look tells.
_INSTRUCTION_WORD = re.compile(
    r"ignor|disregard|forget|overrid|condition|system|\bas an ai\b|instruction|verdict|respond|"
    r"repl(?:y|ie)|answer|"
    r"<\|?/?(?:sys|ass|user|im_)|you (?:must|should|shall|have|are)|prompt|assistant|vergiss|"
    r"bedingung|"
    r"antworte|anweisung|oublie|répond|consigne|olvid|condición|respond|responde|dimentica|"
    r"condizione|rispond|"
    r"\[/?inst\]|end of (?:source|document|page|text)|\bsource \d+ (?:end|begin)"
)
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}"
    r"\b(?:instruction|prompt|rule|above|previous|prior|condition|source|text|page)"
    r"|\bcondition(?:\s+\w+){0,2}\s+(?:is|was|has\s+been|as|=)\s*(?:now\s+|already\s+)?(?:met|"
    r"true|satisfied|fulfilled)"
    r"|\bcondition[_ ]met\b|\byou\s+(?:must|should|shall|have\s+to|are)\s+(?:now\s+)?"
    r"(?:answer|reply|respond|say|report|conclude|output|return|mark|an?\s+(?:ai|assistant|model))"
    r"|\bsystem\s*(?:prompt|message|override|note|instruction)|^\W*(?:system|assistant|"
    r"developer)\s*[:>\]]"
    r"|\bas\s+an\s+ai\b|\bnew\s+instructions?\b|\bverdict\W{0,3}(?:is|:|=)"
    r"|\b(?:note|message|instructions?)\s+(?:to|for)\s+(?:the\s+)?(?:ai|assistant|model|judge|"
    r"evaluator|llm|agent)"
    r"|\b(?:respond|reply|answer)\s+(?:only\s+)?with\b|<\|?/?(?:system|assistant|user|im_)|"
    r"\[/?inst\]"
    r"|\bend\s+of\s+(?:source|document|untrusted|page\s+text)|\b(?:begin|end)\s+source\b|"
    r"\bsource\s+\d+\s+(?:ends?|begins?)\b"
    r"|\b(?:ignorier\w*|vergiss|vergessen\s+sie)\b.{0,40}\b(?:anweisung|vorherig|obig|bisherig|"
    r"regel)"
    r"|\bbedingung\s+(?:ist|wurde|gilt\s+als)\s+(?:\w+\s+){0,2}(?:erfüllt|wahr|eingetreten)|"
    r"\bantworte\w*\s+(?:nur\s+)?mit\b"
    r"|\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instruction|consigne|précédent|règle)"
    r"|\bcondition\s+est\s+(?:\w+\s+){0,2}(?:remplie|satisfaite|vraie)|"
    r"\bréponde?[zs]?\s+(?:uniquement\s+)?(?:par|avec)\b"
    r"|\b(?:ignora|ignore|olvid[ae])\b.{0,40}\b(?:instrucci|anterior|regla)"
    r"|\bcondición\s+(?:se\s+(?:ha\s+)?cumpl\w+|está\s+cumplida|es\s+verdadera)|"
    r"\bresponde\s+(?:solo\s+)?con\b"
    r"|\b(?:ignora|dimentica)\b.{0,40}\b(?:istruzion|precedent|regol)"
    r"|\bcondizione\s+è\s+(?:\w+\s+){0,2}(?:soddisfatta|vera|verificata)|"
    r"\brispondi\s+(?:solo\s+)?con\b",
    re.IGNORECASE,
)


def is_instruction(text: str) -> bool:
    """Whether the words address the judge rather than a reader; such words prove nothing."""
    folded = fold(text)
    return _INSTRUCTION_WORD.search(folded) is not None and _INSTRUCTION.search(folded) is not None
