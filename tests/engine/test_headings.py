"""Headings and Roman numerals: their numbers, their capitals, their lines."""

import time

import pytest

from engine.text import Block, normalize, passages_of, plan_passages

HEADINGS = {
    # numerals that begin a heading, or end it
    "I": "One.",
    "XIV": "Fourteen.",
    "XL.": "Forty.",
    "(iv)": "Four.",
    "C": "C.",
    "CV": "CV.",
    "I. I Am Born": "One. I Am Born.",
    "**III. A Scandal in Bohemia**": "Three. A Scandal in Bohemia.",
    "xii. The Storm": "Twelve. The Storm.",
    "II: The Return": "Two: The Return.",
    "IV Drips in Hospital": "IV Drips in Hospital.",
    "XI Jinping": "XI Jinping.",
    "VIII\u2014The Return": "Eight, The Return.",
    "I, Claudius": "I, Claudius.",
    "V for Vendetta": "V for Vendetta.",
    "V. S. Naipaul": "V. S. Naipaul.",
    "The King and I": "The King and I.",
    "Rocky II: The Fight, III": "Rocky two: The Fight, three.",
    # capitals
    "CHAPTER ONE": "Chapter one.",
    "CHAPTER TWENTY-ONE: THE MAN-EATER OF KUMAON": "Chapter twenty-one: the man-eater of kumaon.",
    "THE RED-HEADED LEAGUE": "The red-headed league.",
    "TRANSCRIBER\u2019S NOTES": "Transcriber's notes.",
    "DR. SEWARD'S DIARY, BY MR HYDE": "Doctor Seward's diary, by Mister Hyde.",
    "CHAPTER XIV THE STORM. AT SEA": "Chapter fourteen, the storm. At sea.",
    "HENRY VIII AND HIS WIVES, VOL. II": "Henry the eighth and his wives, volume two.",
    "I'LL STAY WITH A. A. MILNE": "I'll stay with A. A. Milne.",
    "THE BBC IN THE 19TH CENTURY, A 1920S TALE": (
        "The BBC in the nineteenth century, a nineteen twenties tale."
    ),
    "FBI": "FBI.",
    "YMCA": "YMCA.",
    "IBM 360": "IBM three hundred and sixty.",
    "PART 1": "Part one.",
    "SIX": "Six.",
    "HENRY VIII": "Henry the eighth.",
    "LIV TYLER": "LIV tyler.",
    "VITAMIN C": "Vitamin C.",
    # acronyms and letters in capitals
    "US HISTORY": "US history.",
    "CHAPTER 2: US LAW": "Chapter two: US law.",
    "IN THE US TODAY": "In the US today.",
    "US AND THEM": "Us and them.",
    "ABOUT US": "About us.",
    "IT SUPPORT": "IT support.",
    "IT IS TIME": "It is time.",
    "THE UN, NATO'S UK API AND URL": "The UN, NATO's UK API and URL.",
    "HIV/AIDS": "HIV slash AIDS.",
    "THE NAACP, ADHD AND DNA": "The NAACP, ADHD and DNA.",
    "HMM, THE PHD": "Hmm, the PHD.",
    "AT&T HISTORY": "AT and T history.",
    "MEET AT NOON": "Meet at noon.",
    "A CD-ROM": "A CD-ROM.",
    "APPENDIX A": "Appendix A.",
    "SECTION A: THE START": "Section A: the start.",
    "TYPE A AND B": "Type A and B.",
    "VITAMIN A DEFICIENCY": "Vitamin A deficiency.",
    "Q&A SESSION": "Q and A session.",
    "PLAN A": "Plan A.",
    "PLAN A WEDDING": "Plan a wedding.",
    # letters that are no numerals
    "Getting an IV": "Getting an IV.",
    "Choosing an IV: a guide": "Choosing an IV: a guide.",
    "THE IV": "The IV.",
    "How to exit VI": "How to exit VI.",
    "IV: given daily": "IV: given daily.",
    "Rocky VI": "Rocky six.",
    "Letter X": "Letter ten.",
    # lines
    "Chapter 1\nThe Start": "Chapter one. The Start.",
    "Chapter\n1\nThe Start": "Chapter one. The Start.",
    "CHAPTER\nONE\nTHE START": "Chapter one. The start.",
    "CHAPTER I\nOF THE ORIGIN": "Chapter one. Of the origin.",
    "Chapter Twenty-One\nthe start": "Chapter Twenty-One. the start.",
    "IV\nThe Start": "Four. The Start.",
    "Prologue\nThe Start": "Prologue. The Start.",
    "The Start\nThe End": "The Start The End.",
    "Part IV\nThe Start": "Part four. The Start.",
    "Book the First\nRecalled to Life": "Book the First. Recalled to Life.",
    "Chapter One Hundred and Two\nThe Start": "Chapter One Hundred and Two. The Start.",
    "CHAPTER II. A CALL, AND THE FIRST EVENING'S\nADVENTURES; WITH MORE": (
        "Chapter two. A call, and the first evening's adventures; with more."
    ),
    "THE FIRST EVENING'S\nADVENTURES": "The first evening's adventures.",
    "Of the Various Dangers which Beset a Traveller\nAlone in the Hills": (
        "Of the Various Dangers which Beset a Traveller Alone in the Hills."
    ),
    "THE ADVENTURES OF SHERLOCK\nHOLMES": "The adventures of sherlock holmes.",
    "A TALE OF TWO\nCITIES": "A tale of two cities.",
    "A Tale of\nTwo Cities": "A Tale of Two Cities.",
    "THE STRANGE CASE\nOF DR. JEKYLL": "The strange case of Doctor Jekyll.",
    "Great\nExpectations": "Great Expectations.",
    "The Start\nby Jane Doe": "The Start by Jane Doe.",
    "The Old Man-\nEater": "The Old Man-Eater.",
    "BOOK ONE:\nTHE START": "Book one: the start.",
}

LINES = {
    # numerals outside of headings
    "XIV": "Fourteen.",
    "III. A Scandal in Bohemia": "Three. A Scandal in Bohemia.",
    "I. am I. II The": "I. am I. II The.",
    "XL. CV: John": "XL. CV: John.",
    "Canto XXXIII, Psalm XXIII, Letter IV, Sonnet CXVI": (
        "Canto thirty-three, Psalm twenty-three, Letter four, Sonnet one hundred and sixteen."
    ),
    "Stave I: Appendix II, Number XIV, Lesson V, Figure IX": (
        "Stave one: Appendix two, Number fourteen, Lesson five, Figure nine."
    ),
    "Chap. IV, Vol. I of it, Bk. II, pt. iii, No. II, pp. xii": (
        "Chapter four, volume one of it, book two, part three, number two, pages twelve."
    ),
    "Chap. 4, Bk. 2, Pt. 3": "Chapter four, book two, part three.",
    "Chapter iv, in chapter XIV, act i.": "Chapter four, in chapter fourteen, act one.",
    "The Part I Played, the letter I wrote. No. I will": (
        "The Part I Played, the letter I wrote. No. I will."
    ),
    "the letter V, chapter V, lesson I of the course": (
        "the letter V, chapter five, lesson I of the course."
    ),
    "Nicholas II, Leo XIII, Ramses II, Francis I of France": (
        "Nicholas the second, Leo the thirteenth, Ramses the second, Francis the first of France."
    ),
    "King Charles I was here. I told George I would": (
        "King Charles the first was here. I told George I would."
    ),
    "Frederick II, Gregory VII, Ferdinand V, Alexander III, Catherine II's": (
        "Frederick the second, Gregory the seventh, Ferdinand the fifth, Alexander the third, "
        "Catherine the second's."
    ),
    "John V. Lindsay, Malcolm X": "John V. Lindsay, Malcolm X.",
    "the XVIII century, the XII and XIII centuries, the XIXth": (
        "the eighteenth century, the twelfth and thirteenth centuries, the nineteenth."
    ),
    "see XVIII": "see XVIII.",
    "IV - fluids. VI": "IV, fluids. VI.",
    "VI \u2013 the editor": "VI, the editor.",
    "IV - The Return": "Four, The Return.",
    "Type X to exit, Type I, then Enter. Type XL in it, type vi in it": (
        "Type X to exit, Type I, then Enter. Type XL in it, type vi in it."
    ),
    "Type I and Type II errors, Type V collagen": (
        "Type one and Type two errors, Type five collagen."
    ),
    "The letter i. The letter I. Letter X is rare. Letter V": (
        "The letter i. The letter I. Letter X is rare. Letter V."
    ),
    "Robert X asked, David X and Mary C.": "Robert X asked, David X and Mary C.",
    "Leo X, Henry V": "Leo the tenth, Henry the fifth.",
    # capitals outside of headings
    "CHAPTER ONE": "Chapter one.",
    "KEEP OUT, COME HERE": "Keep out, come here.",
    "A RED-HEADED man, HIV-POSITIVE, a TRANSCRIBER'S TWENTY-ONE": (
        "A RED-headed man, HIV-positive, a Transcriber's twenty-one."
    ),
    "THE KGB AND NATO ARE HERE, A NAACP MAN": "The KGB and NATO are here, a NAACP man.",
    "SHH, HE IS IN THE US ARMY": "Shh, he is in the US army.",
    "GIVE 'EM HELL, MAN VS MACHINE, ON MAIN ST": "Give 'em hell, man vs machine, on main st.",
    "The NAACP of the USA": "The NAACP of the USA.",
    "type CTRL-W CTRL-X CTRL-W CTRL-X": "type CTRL-W CTRL-X CTRL-W CTRL-X.",
    "EUC-CN, EUC-JP, EUC-KR": "EUC-CN, EUC-JP, EUC-KR.",
    "MRS. RACHEL LYNDE lived": "Missus Rachel Lynde lived.",
    "GET OUT! TWENTY-ONE. OPEN HOUSE": "Get out! Twenty-one. Open house.",
    "It was David I, of all people. With Victor I. Better than Robert I, for one": (
        "It was David I, of all people. With Victor I. Better than Robert I, for one."
    ),
    "Queen Elizabeth I, Charles I's dog (Henry I) and John I of France": (
        "Queen Elizabeth the first, Charles the first's dog, Henry the first, and John the first "
        "of France."
    ),
}


def heading(text: str) -> str:
    return " ".join(passage.text for passage in plan_passages([Block(text, level=1)]))


@pytest.mark.parametrize(
    "text",
    [
        "Watch it on BBC ONE tonight.",
        "BBC TWO and ITV FOUR.",
        "The US OPEN.",
        "An HTTP GET request.",
        "OPEN AI.",
        "The UK OUT campaign.",
    ],
)
def test_a_word_beside_an_acronym_keeps_its_capitals(text: str) -> None:
    assert normalize(text) == text


@pytest.mark.parametrize("text", HEADINGS)
def test_headings(text: str) -> None:
    assert heading(text) == HEADINGS[text]
    assert heading(HEADINGS[text]) == HEADINGS[text]


@pytest.mark.parametrize("text", LINES)
def test_lines(text: str) -> None:
    assert normalize(text) == LINES[text]
    assert normalize(LINES[text]) == LINES[text]


def test_headings_of_markdown_and_of_other_languages() -> None:
    assert passages_of("## I. The Start\n\nI. go.")[0].text == "One. The Start."
    french = plan_passages([Block("CHAPITRE UN\nLE D\u00c9BUT", level=1)], language="fr")
    assert french[0].text == "CHAPITRE UN LE D\u00c9BUT."


@pytest.mark.parametrize(
    "unit", ["I ", "IV. ", "One\n", "A b\n", "AB-", "MR. ", "XX century ", "'A"]
)
def test_time_for_hostile_headings(unit: str) -> None:
    heading("Chapter 1")
    start = time.process_time()
    heading(f"a{unit * (12_000 // len(unit))}")
    assert time.process_time() - start < 0.6
