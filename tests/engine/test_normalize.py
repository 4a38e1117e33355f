"""What is read for what is written: one line a case, then properties over all of them."""

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.text import normalize

CASES = {
    # final mark, whitespace, characters
    "Hello": "Hello.",
    "Is it?": "Is it?",
    "  two\t words \n here  ": "two words here.",
    "no\x00 nul,\x07 ze\u200bro\ufeff width, so\u00adft": "no nul, zero width, soft.",
    "cafe\u0301 naïve Ünal": "café naïve Ünal.",
    "so&shy;ft ze&#8203;ro caf&#101;&#769;": "soft zero café.",
    "H\u0337e\u0337y": "Hey.",
    "\u201cOne,\u201d said \u2018two\u2019. Isn\u2019t\u2026": "\"One,\" said 'two'. Isn't...",
    "\ud800lone": "lone.",
    "Hi \U0001f600 there \U0001f44d\U0001f3fd!": "Hi there!",
    "right \u202eto left": "right to left.",
    # dashes and repeated marks
    "wait \u2014 what \u2013 now -- go - on": "wait, what, now, go, on.",
    "well-known Paris\u2013London": "well-known Paris-London.",
    "What?!?! No!!! Well....": "What? No! Well...",
    "left ,then . Now": "left, then. Now.",
    "He (the man) left.": "He, the man, left.",
    '"How are you?" \u2014 "Fine."': '"How are you?" "Fine."',
    "and so on,": "and so on.",
    "A well-\nknown man - pre-\nand post-war": "A well-known man, pre- and post-war.",
    "> day-\n> to-day\n- milk-\n- eggs": "day-to-day. milk. eggs.",
    # Markdown
    "# Title\nSome **bold**, *it* and `code`": "Title. Some bold, it and code.",
    "List:\n- milk\n- eggs": "List: milk. eggs.",
    "a [link](http://x.com/a_(b)) and ![img](y.png)": "a link and img.",
    "> quoted\n> words": "quoted words.",
    "__init__ in snake_case ~~gone~~": "init in snake case gone.",
    "```py\nprint me\n```": "print me.",
    "1. Open it": "One: Open it.",
    "<b>bold</b> &amp; more<br/>": "bold and more.",
    # capitals
    "It is IMPORTANT to NASA and UNESCO via HTTPS": (
        "It is Important to NASA and Unesco via HTTPS."
    ),
    "THIS IS VERY LOUD": "This is very loud.",
    # chapters and kings
    "Chapter XVIII. Louis XVIII reigned": "Chapter eighteen. Louis the eighteenth reigned.",
    "CHAPTER XXIII": "Chapter twenty-three.",
    "CHAPTER XIV THE STORM AT SEA": "Chapter fourteen, the storm at sea.",
    "CHAPTER XXIV THE STORM": "Chapter twenty four, the storm.",
    "PART II, Chapter XLII, Chapter CXII": (
        "Part two, Chapter forty-two, Chapter one hundred and twelve."
    ),
    "Section C, Part L, King George VI's reign": (
        "Section C, Part L, King George the sixth's reign."
    ),
    "WORLD WAR II": "World war two.",
    "THIS IS THE PART I HATE MOST! PART I": "This is the part I hate most! Part one.",
    "PART ONE CHAPTER V MOSCOW": "Part one chapter five, moscow.",
    # years before a word that ends in s
    "The year 1984 was cold. In 1916 his father died.": (
        "The year nineteen eighty-four was cold. In nineteen sixteen his father died."
    ),
    "In 2010 sales rose, the crisis of 1929 has passed": (
        "In twenty ten sales rose, the crisis of nineteen twenty-nine has passed."
    ),
    "the 1968 protests, 1984 men, 1850 workers": (
        "the nineteen sixty-eight protests, one thousand nine hundred and eighty-four men,"
        " one thousand eight hundred and fifty workers."
    ),
    "post-1945, 1990-present, 1984/85, c.1890": (
        "post-nineteen forty-five, nineteen ninety to present, nineteen eighty-four eighty-five,"
        " circa eighteen ninety."
    ),
    "In 1245 patients, the 1912 passengers": (
        "In one thousand two hundred and forty-five patients,"
        " the one thousand nine hundred and twelve passengers."
    ),
    # days from one to another
    "January 5-8, 2024": "January fifth to eighth, twenty twenty-four.",
    "June 10\u201312 or 1st-3rd June": "June tenth to twelfth or the first to the third of June.",
    "June 5-2": "June five to two.",
    # lists are no shouting
    "The USA, UK, EU, UN": "The USA, UK, EU, UN.",
    "PDF, PNG, JPEG, GIF and BMP": "PDF, PNG, JPEG, GIF and BMP.",
    "HEY, COME HERE, TOM": "Hey, come here, tom.",
    "HELP, HELP, HELP, HELP": "Help, help, help, help.",
    # footnotes after a stop
    "He left.\u00b9 \u201cWho?\u201d\u00b2 they asked.\u00b3": ('He left. "Who?" they asked.'),
    "9.8 m/s\u00b2, 5 m\u00b2": ("Nine point eight meters per second squared, five square meters."),
    "$.50 at 7.30 p.m.": "fifty cents at seven thirty PM.",
    # numbers
    "3 men, 1,234 women": "Three men, one thousand two hundred and thirty-four women.",
    "3.14 and .5": "Three point one four and point five.",
    "50% or 2.5%": "Fifty percent or two point five percent.",
    "the 1st, 22nd and 103rd": "the first, twenty-second and one hundred and third.",
    "5-10 or 5\u201310 pages": "Five to ten or five to ten pages.",
    "at -5 or \u221240": "at minus five or minus forty.",
    "agent 007": "agent zero zero seven.",
    "1234567890123": "One two three four five six seven eight nine zero one two three.",
    "v 1.2.3": "v one point two point three.",
    "1/2 cup, 2 3/4, 2\u00bd": "One half cup, two and three quarters, two and a half.",
    "Call +1 (555) 010-9999": "Call plus one, five five five, zero one zero, nine nine nine nine.",
    "an MP3, COVID-19, a 10-year-old": "an MP three, Covid nineteen, a ten-year-old.",
    "score 3:1": "score three to one.",
    "(800) 555-1212 or (3 men)": (
        "Eight zero zero, five five five, one two one two or, three men."
    ),
    "5\u00b2 is 25, 10\u00b3": "Five squared is twenty-five, ten cubed.",
    "8B parameters, room 12B": "Eight billion parameters, room twelve B.",
    "221B Baker Street, seat 14K, gate 5M. Gate 5M is": (
        "Two hundred and twenty-one B Baker Street, seat fourteen K, gate five M. Gate five M is."
    ),
    "10K people, 5M users, 1.5M, 20k": (
        "Ten thousand people, five million users, one point five million, twenty thousand."
    ),
    # money
    "$1,234.56": "One thousand two hundred and thirty-four dollars and fifty-six cents.",
    "\u00a35, 1\u20ac, $0.99, $1": "Five pounds, one euro, ninety-nine cents, one dollar.",
    "$1.5 million or $2bn": "One point five million dollars or two billion dollars.",
    "$5-10": "Five to ten dollars.",
    "a HK$5, NZ$5 and $5B": "a five dollars, five dollars and five billion dollars.",
    "$10s, $80s, $100s": "Ten dollars, eighty dollars, one hundred dollars.",
    # dates and times
    "on 2026-11-21": "on November twenty-first, twenty twenty-six.",
    "on 11/21/2026": "on November twenty-first, twenty twenty-six.",
    "March 3rd, 2024 was": "March third, twenty twenty-four was.",
    "on 3 May 1999": "on the third of May, nineteen ninety-nine.",
    "Jan. 5 is cold": "January fifth is cold.",
    "in 1999, in 2005": "in nineteen ninety-nine, in two thousand and five.",
    "1914-1918": "Nineteen fourteen to nineteen eighteen.",
    "the 1990s and '80s": "the nineteen nineties and eighties.",
    "2024-13-45": "Two zero two four, one three, four five.",
    "1500 people": "One thousand five hundred people.",
    "12:30, 17:45, 9:05": "Twelve thirty, seventeen forty-five, nine oh five.",
    "5 pm, 5pm, 5:30 a.m. today": "Five PM, five PM, five thirty AM today.",
    "at 5 p.m. He left at 9:00.": "at five PM. He left at nine o'clock.",
    "He left at 5 p.m. John came at 6:30 a.m. Monday. It was 5p.m. Mary": (
        "He left at five PM. John came at six thirty AM Monday. It was five PM. Mary."
    ),
    "At 5 p.m. John left. From 9 a.m. to 5 p.m. I slept.": (
        "At five PM John left. From nine AM to five PM I slept."
    ),
    "by 5 p.m. EST. Open 9 a.m.-5 p.m. Call": "by five PM EST. Open nine AM to five PM. Call.",
    "2024-05-06T10:30:00, 2024-05-06T10:30:00Z": (
        "May sixth, twenty twenty-four ten thirty, May sixth, twenty twenty-four ten thirty."
    ),
    "9am-5pm": "Nine AM to five PM.",
    # units
    "5 km, 1 kg, 60 mph, 20 km/h": (
        "Five kilometers, one kilogram, sixty miles per hour, twenty kilometers per hour."
    ),
    "-5\u00b0C or 50 \u00b0F": "Minus five degrees Celsius or fifty degrees Fahrenheit.",
    "a 5-km run over 5 m\u00b2": "a five-kilometer run over five square meters.",
    "5 ft. 3 in. tall. He put 3 in. The rest ran 5 km. 3 men": (
        "Five feet three inches tall. He put three inches. The rest ran five kilometers. Three men."
    ),
    # abbreviations
    "Mr. and Mrs. Smith met Dr. Jones": "Mister and Missus Smith met Doctor Jones.",
    "St. Paul lives on Main St. He is old.": "Saint Paul lives on Main Street. He is old.",
    "cats vs. dogs, e.g. pugs, i.e. dogs, etc.": (
        "cats versus dogs, for example, pugs, that is, dogs, et cetera."
    ),
    "cats, etc. John left.": "cats, et cetera. John left.",
    "Liverpool St. Station, Neville St. Clair, Mount St. Helens, East St Louis": (
        "Liverpool Street Station, Neville Saint Clair, Mount Saint Helens, East Saint Louis."
    ),
    "Harley St Clinic, King St Station, Mission St San Francisco, Ocean Dr Miami": (
        "Harley St Clinic, King St Station, Mission St San Francisco, Ocean Dr Miami."
    ),
    "She went to Harley St. Mary was there. On Valencia St. Mission Bay is closed.": (
        "She went to Harley Street Mary was there. On Valencia Street Mission Bay is closed."
    ),
    "near Mount St. Helens, at Neville St. Clair's, the 42nd St Station": (
        "near Mount Saint Helens, at Neville Saint Clair's, the forty-second St Station."
    ),
    "Add 1 pt. 2% milk, 1 sc. 5 dc, in pt. 2": (
        "Add one pt. Two percent milk, one sc. Five dc, in part two."
    ),
    "Take vitamin A 50 mg daily. A 5 km run": (
        "Take vitamin A fifty milligrams daily. A five kilometer run."
    ),
    "Dr Watson, of St John. In St Paul's": "Doctor Watson, of Saint John. In Saint Paul's.",
    "the novels of Maj Lee, Col Agnel, Maj Gen Low, Lt Col Low": (
        "the novels of Maj Lee, Col Agnel, Major General Low, Lieutenant Colonel Low."
    ),
    '"Oh\u2014" I said. "Oh\u2014" Mr. Low asked. "Oh\u2014" He left.': (
        '"Oh," I said. "Oh," Mister Low asked. "Oh." He left.'
    ),
    "No. 5 and no. 6. No. Never": "Number five and number six. No. Never.",
    "In the U.S. We live with a Ph.D.": "In the US. We live with a PhD.",
    "World War II, Henry VIII": "World War two, Henry the eighth.",
    # symbols and addresses
    "R&D @ home #1 #fun": "R and D at home number one hashtag fun.",
    "2+2=4 and a/b": "Two plus two equals four and a slash b.",
    "5 * 3, 5\u00d73": "Five times three, five times three.",
    "See https://www.example.com/a?b=1.": "See example dot com slash a.",
    "jane.doe@example.com": "jane dot doe at example dot com.",
    "C++ in README.md": "C plus plus in Readme dot md.",
    # other scripts are left alone
    "नमस्ते, आज 5 बजे": "नमस्ते, आज 5 बजे.",
    "你好。": "你好。",
    "مرحبًا،  كيف\nحالك؟": "مرحبًا، كيف حالك؟",  # noqa: RUF001
    # places in the Bible and the Quran
    "John 3:16 and Ps. 23:4": "John three verse sixteen and Psalm twenty-three verse four.",
    "See Gen. 1:1\u20133; 2:3": "See Genesis one verses one to three, two verse three.",
    "1 Cor 13:4, Matt. 5:3,5,7": (
        "First Corinthians thirteen verse four, Matthew five verses three, five and seven."
    ),
    "II Timothy 2:15-3:1": "Second Timothy two verse fifteen to three verse one.",
    "John 3:16,18-20, Matthew 5:3-12a; 6:1": (
        "John three verses sixteen and eighteen to twenty, Matthew five verses three to twelve A, "
        "six verse one."
    ),
    "Mark 3:10 pm, Kings 3:1 Ducks": "Mark three ten PM, Kings three to one Ducks.",
    "Rev. Green, Gen. Lee, Lt. Col. 10:30": (
        "Reverend Green, General Lee, Lieutenant Colonel Ten thirty."
    ),
    "Call Mark 10:00-11:00, Luke 09:05": (
        "Call Mark ten o'clock to eleven o'clock, Luke nine oh five."
    ),
    "Mark 3:10-4:15 pm, Joel 8:00-9:30 am": (
        "Mark three ten to four fifteen PM, Joel eight o'clock to nine thirty AM."
    ),
    "Phil 10:30, Dan 6:45, at 2 Tim 3:30": (
        "Phil ten thirty, Dan six forty-five, at two Tim three thirty."
    ),
    "Federer beat James 6:3, 6:4.": "Federer beat James six to three, six to four.",
    "Add \u00bd tsp. salt, 1\u00bd oz. oil, \u00bdcup and 320 kcal": (
        "Add one half teaspoon salt, one and a half ounces oil, one half cup and three hundred and "
        "twenty kilocalories."
    ),
    "5 mg/kg/day, -120 kJ/mol, 10 mL/min, 3 W/x": (
        "Five milligrams per kilogram per day, minus one hundred and twenty kilojoules per mole, "
        "ten milliliters per minute, three W slash x."
    ),
    "In 2h 43m, 1m 23.4s, 1:54.25 and 2:04.5": (
        "In two hours forty-three minutes, one minute twenty-three point four seconds, one "
        "fifty-four point two five and two oh four point five."
    ),
    "It fell by >50%, aged \u226518 (<5 men), p < 0.05, n >3, P=.003": (
        "It fell by more than fifty percent, aged at least eighteen, less than five men, p is less "
        "than zero point zero five, n is greater than three, P equals point zero zero three."
    ),
    "2/3s of us, 24/7 W, 110/220 V, p < .05": (
        "Two thirds of us, twenty-four seven W, one hundred and ten slash two hundred and twenty "
        "volts, p is less than point zero five."
    ),
    "\u226518 of them, Eqs. (4), *5* men": (
        "at least eighteen of them, equations, four, five men."
    ),
    "Smith et al. (2019), Eq. (4), \u00a7\u00a7 5, 6, 104* not out, 2 * 3": (
        "Smith et al, twenty nineteen, equation, four, sections five, six, one hundred and four "
        "not out, two times three."
    ),
}

SILENT = [
    "",
    " \n\t",
    "!!!",
    "...",
    "$%^&*",
    "\u0301\u0301",
    "\U0001f600",
    "--",
    "<br>",
    "\x00\x07",
]

ALPHABET = re.compile(r"[A-Za-z\u00c0-\u024f .,?!'\";:-]+")


@pytest.mark.parametrize("text", CASES)
def test_reading(text: str) -> None:
    assert normalize(text) == CASES[text]


@pytest.mark.parametrize("text", SILENT)
def test_nothing_to_say(text: str) -> None:
    with pytest.raises(InputError, match="nothing to say") as caught:
        normalize(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", CASES)
def test_twice_is_once_and_stays_in_the_alphabet(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    if once.isascii() or "é" in once:
        assert ALPHABET.fullmatch(once)


def random_texts(count: int) -> list[str]:
    rng = random.Random(7)
    words = [word for text in CASES for word in text.split(" ")]
    signs = [*".,;:!?-\"'()[]*_#@&/\\+=<>|~^%$`0123456789 \n\t", "\u0301", "\n\n", "é", "ب"]
    texts = []
    for number in range(count):
        pool = words if number % 3 else signs + words
        glue = " " if number % 2 else ""
        texts.append(glue.join(rng.choice(pool) for _ in range(rng.randint(1, 12))))
        texts.append("".join(chr(rng.randrange(0, 0x3000)) for _ in range(rng.randint(1, 20))))
    return texts


def test_twice_is_once_for_random_text() -> None:
    for text in random_texts(1500):
        try:
            once = normalize(text)
        except InputError:
            continue
        assert normalize(once) == once, repr(text)
        assert once == once.strip()
        assert "  " not in once
        assert "\n" not in once


HOSTILE = ["7", "a", "[", "[](", "_", ",123", "a.", "(", "*a", "5-", "5/", "<a", "&a", "a@a.", " "]
HOSTILE += [
    "http://",
    "John 3:1,",
    "., ",
    "$5",
    "A ",
    "A.",
    "- ",
    "\u0301",
    "> ",
    "\n",
    "'",
    '"- ',
    "`",
    "-",
]
HOSTILE += [
    "1s. ",
    "\u00a31 1s. ",
    "at 1.11 ",
    '\u2014"',
    "AB-",
    "IV ",
    "Chapter I ",
    "St. A",
    "a $5-",
]


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [*(("a", unit, "b") for unit in HOSTILE), ("\u044f", ",", "\u044f")],
)
def test_time_grows_with_length_not_faster(before: str, unit: str, after: str) -> None:
    """Four times the text may take four times as long, not sixteen times."""

    def seconds(length: int) -> float:
        text = before + unit * (length // len(unit)) + after
        start = time.process_time()
        normalize(text)
        return time.process_time() - start

    small = min(seconds(4_000) for _ in range(2))
    assert min(seconds(16_000) for _ in range(2)) < 11 * small + 0.05


def test_import_needs_no_torch() -> None:
    code = "import sys, engine.text; assert not {'torch', 'num2words'} & set(sys.modules)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
