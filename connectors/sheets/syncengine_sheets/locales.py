"""How a spreadsheet's own locale reads what people type as text: the order of day and month, the decimal mark.

From CLDR, for the locales that Google Sheets offers. What is not listed is not guessed: such a date is asked about.
"""

from __future__ import annotations

from dataclasses import replace

from syncengine.model.values import Locale

_COMMA = frozenset(
    [
        "af",
        "az",
        "be",
        "bg",
        "bs",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "eu",
        "fi",
        "fr",
        "gl",
        "hr",
        "hu",
        "hy",
        "id",
        "is",
        "it",
        "ka",
        "kk",
        "lt",
        "lv",
        "mk",
        "nb",
        "nl",
        "nn",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "tr",
        "uk",
        "vi",
    ]
)
_POINT = frozenset(
    (
        "de_CH",
        "es_MX",
        "es_US",
        "es_PR",
        "es_DO",
        "es_GT",
        "es_HN",
        "es_NI",
        "es_PA",
        "es_PE",
        "es_SV",
        "it_CH",
    )
)
_MONTH_FIRST = frozenset(("en_US", "en", "en_PH", "fil_PH", "es_PA", "es_PR", "es_US"))
_YEAR_FIRST = frozenset(("zh", "ja", "ko", "hu", "lt", "mn", "sv", "eu", "fa", "en_CA", "fr_CA", "en_SE"))
_ALSO_POINT = frozenset(
    [
        "en",
        "he",
        "hi",
        "ja",
        "ko",
        "th",
        "zh",
        "ar",
        "bn",
        "gu",
        "kn",
        "ml",
        "mr",
        "pa",
        "ta",
        "te",
        "ur",
        "fil",
        "cy",
        "ga",
    ]
)


def file_locale(name: str, program: Locale) -> Locale:
    """The locale in which texts of a spreadsheet with the locale `name` (`de_DE`) are read; the zone is the program's.

    Where nothing is known of `name`, the program's own.
    """
    name = name.replace("-", "_")
    language = name.split("_")[0]
    if language not in _COMMA and language not in _ALSO_POINT:
        return program
    comma = (language in _COMMA and name not in _POINT) or name == "en_ZA"
    if name in _MONTH_FIRST:
        return replace(program, day_first=False, decimal_comma=comma)
    if name in _YEAR_FIRST or language in _YEAR_FIRST:
        return replace(program, day_first=None, decimal_comma=comma)
    return replace(program, day_first=True, decimal_comma=comma)
