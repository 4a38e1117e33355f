"""Words in capitals -> words as they are spoken, but acronyms stay."""

import re

from engine.text.roman import is_numeral

_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_WORD = rf"[{_UPPER}'](?:[{_UPPER}']|-(?=[{_UPPER}]{{2}}))*+"
_SHOUTED = re.compile(rf"(?<![\w&'-]){_WORD}(?:[ ,]{{1,2}}{_WORD})+(?![\w&'-])")
_CAPITALS = re.compile(rf"(?<![\w'-])[{_UPPER}]+(?:['-][{_UPPER}]+)*+(?!\w)")
_LONG = re.compile(rf"[{_UPPER}]{{5}}")
_VOWEL = re.compile(r"[AEIOUY\u00c0-\u00dd]")

NUMBERS = (
    "ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN|ELEVEN|TWELVE|(?:THIR|FOUR|FIF|SIX|SEVEN|EIGH"
    "|NINE)TEEN|TWENTY|THIRTY|FORTY|FIFTY|SIXTY|SEVENTY|EIGHTY|NINETY|HUNDRED"
)
_COMMON = re.compile(
    r"\b(?:THE|AND|OF|YOU|IS|TO|IN|NOT|NO|ME|MY|ON|WE|ARE|DO|GO|STOP|NOW|END|FOR|THIS|THAT|WITH"
    r"|HE|SHE|BE)\b"
)
"""Short words that nobody writes in capitals, unless everything is."""

_PLAIN = re.compile(rf"{_COMMON.pattern}|\b(?:HERE|OUT|WHAT|GET|COME|KEEP|OPEN|{NUMBERS})\b")
"""These, and others that also stand beside an acronym: "BBC ONE", "an HTTP GET request"."""

_CODE = re.compile(
    rf"[{_UPPER}]{{1,5}}|(?!ACT|BOOK|PART|PAGE|DAY|WEEK|YEAR)[{_UPPER}]{{1,4}} \d[\d ]*"
)
"""A heading that may be an acronym: "YMCA", "IBM 360"."""

_ACRONYM = re.compile(
    "AARP|ACLU|ADHD|AFL|AI|AIDS|AKA|API|ASAP|ATM|BMI|CEO|CFO|CIA|CIO|CPI|CPU|CTO|DEA|DIY|DNA|DUI"
    "|ECB|EEC|EEG|EKG|EPA|ESL|ESP|ETA|EU|FAA|FAQ|FBI|FDA|FEMA|FIFA|FYI|GIF|GOP|GPA|GUI|HBO"
    "|HIV|IBM|ICU|ID|IMF|IOS|IOU|IPA|IPO|IQ|IRA|IRS|ISBN|ISO|ISP|IVF|LAPD|MBA|MIT|MRI|NAACP|NAFTA"
    "|NASA|NATO|NBA|NCAA|NGO|NIH|NRA|NSA|NYC|NYPD|OCD|OECD|OK|OPEC|OS|OSS|PLO|PTA|RAF|RAM|RNA|ROI"
    "|ROM|ROTC|SEO|SOS|SQL|SUV|UAE|UAW|UCLA|UEFA|UFO|UI|UK|UN|UNESCO|UNICEF|URL|USA|USAF|USB|USDA"
    "|USPS|USS|USSR|VIP|WPA|WTO|WWI{1,2}|YMCA|YWCA"
)
"""Of those with a vowel, the ones that keep their capitals in a heading."""

_SOUND = re.compile("SHH*|HMM*|HMPH|MMM+|PSS?T|[BG]RR+|TSK|PFF*T|B?ZZ+T?|NTH|VS")
"""Of those without a vowel, the ones that are none."""

_SHOUTED_WORD = re.compile(rf"[{_UPPER}][{_UPPER}']*+")

_AFTER_START = re.compile(r"(?:^|[.:!?] |\bTHE )[\"'(]{0,3}$")
_COUNTRY = re.compile(r"US(?= (?!(?:AGAINST|ALL|AND|BOTH|OR|TOO|TWO|VERSUS|VS)\b)[A-Z])")
_THE_COUNTRY = re.compile(r"\bTHE $")
_COMPUTERS = re.compile(
    r"IT(?= (?:BASICS|BUDGETS?|CAREERS?|CERTIFICATIONS?|CONSULTING|DEPARTMENTS?|GOVERNANCE|INDUSTRY"
    r"|INFRASTRUCTURE|JOBS|MANAGEMENT|MANAGERS?|OPERATIONS|POLICY|PROFESSIONALS?|PROJECTS?|SECTOR"
    r"|SECURITY|SERVICES?|SKILLS|STAFF|STRATEGY|SUPPORT|SYSTEMS?|TEAMS?|TRAINING)\b)"
)
_LABELLED = re.compile(
    r"\b(?:APPENDIX|CLASS|EXHIBIT|GRADE|GROUP|HEPATITIS|OPTION|SECTION|TYPE|VITAMIN) $|&$"
)
_ARTICLE = re.compile(r"A(?:-| [\"'(]{0,2}(?!(?:AND|OF|OR|VS)\b)\w)")
"""An "A" before a word; PART and PLAN are no labels before one: "PLAN A WEDDING"."""

_TITLES = "MRS?|MS|DR|ST|MT|FT|PROF|REV|GEN|COL|CAPT|LT|LIEUT|SGT|MAJ|ADM|INSP|MME|MLLE"
_LOUD = re.compile(rf"(?<![\w'])(?:({_TITLES})\b(\.? ))?([{_UPPER}][{_UPPER}']*+)(?!\w)")
_LOUD_TITLE = re.compile(r"\b(?:MRS?|DR)(?=\. ?[A-Z])")
_ENDING = re.compile(r"(?<=\d)(?:ST|ND|RD|TH|S)\b")
_OPENING = re.compile(r"((?:^|[.!?] )[\"'(]{0,3})([^\W\d_])")


def calmed(text: str) -> str:
    """Shouting in words: "STOP RIGHT NOW" -> "Stop right now"; acronyms of up to four stay."""
    text = _LOUD_TITLE.sub(lambda match: match[0].capitalize(), text)
    return _CAPITALS.sub(_spoken_capitals, _SHOUTED.sub(_spoken_shout, text))


def lowered(heading: str) -> str:
    """ "THE STRANGE CASE OF DR. JEKYLL" -> "The strange case of Dr. Jekyll"; a short one stays."""
    if _CODE.fullmatch(heading.strip(" .!?:")) and not _PLAIN.search(heading):
        return heading
    line = _ENDING.sub(lambda match: match[0].lower(), _LOUD.sub(_quiet, heading))
    line = re.sub(r"\bi\b", "I", line)
    return _OPENING.sub(lambda match: match[1] + match[2].upper(), line)


def _spoken_capitals(match: re.Match[str]) -> str:
    """ "TWENTY-ONE" -> "Twenty-one", but "HIV-POSITIVE" -> "HIV-positive"."""
    if not _LONG.search(match[0]) or is_numeral(match[0]):
        return match[0]
    word = "-".join(map(_spoken_part, match[0].split("-")))
    return word[0].upper() + word[1:]


def _spoken_part(part: str) -> str:
    long = _LONG.search(part) and _VOWEL.search(part) and part != "NAACP"  # spelled
    return part.lower() if long or _PLAIN.fullmatch(part) else part


def _spoken_shout(match: re.Match[str]) -> str:
    words = [word.strip(",'") for word in match[0].split()]
    long = len(words) > 2 and any(map(_LONG.search, words))
    listed = match[0].count(",") == len(words) - 1 == len(set(words)) - 1  # PDF, PNG, GIF, BMP
    plain = all(_LONG.search(word) or _PLAIN.fullmatch(word) for word in words)
    plain = plain and bool(_PLAIN.search(match[0]))
    if not (plain or long or (len(words) > 3 and not listed) or _COMMON.search(match[0])):
        return match[0]
    line = re.sub(r"\bi\b", "I", _SHOUTED_WORD.sub(_spoken_word, match[0]))
    return line[0].upper() + line[1:]


def _spoken_word(match: re.Match[str]) -> str:
    """One of a shout: an acronym that is known, or has no vowel, keeps its capitals."""
    stem, quote, ending = match[0].partition("'")
    spelled = len(stem) > 2 and _is_spelled(stem) and stem != "MRS"
    the = max(0, match.start() - 5), match.start()
    country = stem == "US" and _THE_COUNTRY.search(match.string, *the)
    kept = spelled or country or _ACRONYM.fullmatch(stem)
    return (stem if kept else stem.lower()) + quote + ending.lower()


def _is_spelled(word: str) -> bool:
    return not (_VOWEL.search(word) or _SOUND.fullmatch(word))


def _quiet(match: re.Match[str]) -> str:
    title, between, word = match.groups()
    if title:
        return f"{title.capitalize()}{between}{word.capitalize()}"
    text, start = match.string, match.start()
    article = word == "A" and _ARTICLE.match(text, start)
    if len(word) == 1 and not (article and not _LABELLED.search(text, max(0, start - 12), start)):
        return word
    if is_numeral(word) or _is_spelled(word) or _is_name(match):
        return word
    stem, quote, ending = word.partition("'")
    if _ACRONYM.fullmatch(stem):
        return stem + quote + ending.lower()
    return word.lower()


def _is_name(match: re.Match[str]) -> bool:
    """Whether "US", "IT" or "AT" is no small word: "US HISTORY", "IT SUPPORT", "AT&T"."""
    text, start, word = match.string, match.start(), match[3]
    if word == "AT":
        return text.startswith("&", match.end())
    if word == "US" and _THE_COUNTRY.search(text, max(0, start - 5), start):
        return True
    name = _COUNTRY.match(text, start) or _COMPUTERS.match(text, start)
    return bool(name and _AFTER_START.search(text, max(0, start - 8), start))
