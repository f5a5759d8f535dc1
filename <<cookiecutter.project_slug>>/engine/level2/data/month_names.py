"""Month names in the languages that tables come in, as English abbreviations.

English, German, French, Spanish, Italian, Dutch, Portuguese, Danish and Swedish, long and short,
with or without accents. It is a table instead of a library because dates are parsed everywhere,
including the service, whose image contains only what it needs.
"""

import re
import unicodedata
from collections.abc import Sequence

ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = (
    "january januar jan janner jaenner janvier janv enero ene gennaio gen januari janeiro",
    "february februar feb feber fevrier fevr fev febrero febbraio februari fevereiro",
    "march marz maerz mar mars marzo maart mrt marco marts",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio maj",
    "june juni jun juin junio giugno giu junho",
    "july juli jul juillet juil julio luglio lug julho",
    "august aug aout agosto ago augustus augusti",
    "september sept sep septembre septiembre setiembre settembre set setembro",
    "october oktober okt oct octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dezember dez dec decembre diciembre dic dicembre dezembro",
)
_MONTHS = {name: place for place, names in enumerate(_NAMES) for name in names.split()}
_LONG = 4  # letters: `set` and `out` are more than months
_OWN = {names.split()[0] for names in _NAMES} | {name.lower() for name in ENGLISH} | {"sept"}
_DAY_NAMES = (
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so "
    "lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim "
    "lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom "
    "lunedi martedi mercoledi giovedi venerdi sabato domenica gio "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo "
    "segunda terca quarta quinta sexta seg ter qua qui sex"
)
_DAYS = {*_DAY_NAMES.split()}
_FILLERS = {"de", "del", "di", "do", "den", "der", "le", "el", "il", "um", "uhr", "alle", "ore"}
_WORD = re.compile(r"[^\W\d_ºª]+")
_FIRST = re.compile(r"\s*([^\W\d_]{2,})(?:-feira)?\.?,?\s+(?=\S*\d)", re.I)
_TUESDAY = re.compile(r"\s*mar\.?,? \d{1,2}\.? (?:de )?[^\W\d_]{3}", re.I)  # or March
_MONTH = re.compile(r"([^\W\d_ºª]+)\.?")
_FILLER = re.compile(rf"\b(?:{'|'.join(sorted(_FILLERS))}|à|a las|las)\b(?![.\w]) ?", re.I)
_ORDINAL = re.compile(r"(?<=\d)(?:er|ère|ème|[ºª°])(?!\w)", re.I)


def month_of(word: str) -> int | None:
    """The month, 1 to 12, of a name in any of the languages; None for another word."""
    place = _MONTHS.get(_bare(word.strip().removesuffix(".")))
    return None if place is None else place + 1


def english(texts: Sequence[str]) -> list[str]:
    """Dates with English months and without `de`, `1er` or weekdays.

    Texts without a word of another language are returned unchanged.
    """
    words = {word.lower() for text in texts for word in _WORD.findall(text)} - _OWN
    known = any(_bare(word) in _MONTHS or _bare(word) in _DAYS | _FILLERS for word in words)
    known = known or any(_TUESDAY.match(text) for text in texts)
    return [_english(text) for text in texts] if known else [*texts]


def foreign(texts: Sequence[str]) -> bool:
    """Whether the months of texts are certain: two different ones, or one written out."""
    words = {_bare(word) for text in texts for word in _WORD.findall(text)} & _MONTHS.keys()
    return len({_MONTHS[word] for word in words}) > 1 or any(len(word) >= _LONG for word in words)


def _english(text: str) -> str:
    first = _FIRST.match(text)
    if first and _bare(first[1]) in _DAYS and _a_month_follows(text[first.end() :]):
        text = text[first.end() :]
    text = _FILLER.sub("", _ORDINAL.sub("", text))
    return _MONTH.sub(_replaced, text)


def _replaced(found: "re.Match[str]") -> str:
    month = month_of(found[1])
    return ENGLISH[month - 1] if month else found[0]


def _a_month_follows(text: str) -> bool:
    """Whether a preceding `mar` is a Tuesday: `mar. 2 janv. 2024`, and not `mar 2 2024`."""
    return any(month_of(word) for word in _WORD.findall(text))


def _bare(word: str) -> str:
    """A word in lower case without accents."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))
