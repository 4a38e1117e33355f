# ruff: noqa: RUF001 (dashes)
"""German as it is printed: wrapped lines, headings, dates, shortened and unfinished words."""

import pytest

from engine.text import normalize, plan_text

MENDED = {
    "Er lebte im\n19. Jahrhundert in Wien und starb am\n3. Mai dort.": (
        "Er lebte im neunzehnten Jahrhundert in Wien und starb am dritten Mai dort."
    ),
    "Sie gingen bis zur \n 5. Straße.": "Sie gingen bis zur fünften Straße.",
    "Es war der 24.\nDezember.": "Es war der vierundzwanzigste Dezember.",
    "Er kam am\n24.12. nach Wien.": "Er kam am vierundzwanzigsten Dezember nach Wien.",
    "im 2.\nund 3. Quartal": "im zweiten und dritten Quartal.",
    "1. Kapitel": "Erstes Kapitel.",
    "2. Teil: Der Anfang": "Zweiter Teil: Der Anfang.",
    "3. Akt, 2. Szene": "Dritter Akt, zweite Szene.",
    "20. Jahrhundert": "Zwanzigstes Jahrhundert.",
    "1. Auflage 2020": "Erste Auflage zweitausendzwanzig.",
    "Er sah das Spiel; 1. Bundesliga, wie immer.": (
        "Er sah das Spiel; erste Bundesliga, wie immer."
    ),
    "Er wohnt im 3. Stock, 2. Tür.": "Er wohnt im dritten Stock, zweite Tür.",
    "24. Dez. - 3. Jan.": "Vierundzwanzigster Dezember, dritter Januar.",
    "-12,50 Euro, -5,- EUR, (-5 €), -3 Mio. Euro": (
        "Minus zwölf Euro und fünfzig Cent, minus fünf Euro, minus fünf Euro, minus drei "
        "Millionen Euro."
    ),
    "nach Art. 20, z. B. 20 Leute": "nach Art. zwanzig, z. B. zwanzig Leute.",
    "Es kam in 2. Auflage, seit 3. Klasse.": "Es kam in zweiter Auflage, seit dritter Klasse.",
    "Anfang 20. Jahrhundert": "Anfang zwanzigstes Jahrhundert.",
    "Am 5. Dez. 1999 kam er.": "Am fünften Dezember neunzehnhundertneunundneunzig kam er.",
    "Am 5. Dez. Er kam.": "Am fünften Dezember. Er kam.",
    "Berlin, 31. 12. 1999": "Berlin, einunddreißigster zwölfter neunzehnhundertneunundneunzig.",
    "vom 1.-3.5. war er da": "vom ersten bis dritten Mai war er da.",
    "Es waren 101.000 Mann.": "Es waren einhunderteintausend Mann.",
    "10 000 Mark, 5\u202f000 Mann, 3'000 Franken": (
        "Zehntausend Mark, fünftausend Mann, dreitausend Franken."
    ),
    "Er hatte 12 500,50 €.": "Er hatte zwölftausendfünfhundert Euro und fünfzig Cent.",
    "In 1 Stunde, vor 1 Woche, seit 1 Jahr": "In einer Stunde, vor einer Woche, seit einem Jahr.",
    "1 Mio. Menschen und 2,5 Mrd. Euro": (
        "Eine Million Menschen und zwei Komma fünf Milliarden Euro."
    ),
    "Es waren 3 Mio. Das war viel.": "Es waren drei Millionen. Das war viel.",
    "Es kostet 1,- € oder 5,– Euro.": "Es kostet ein Euro oder fünf Euro.",
    "eine 50%ige Lösung": "eine fünfzigprozentige Lösung.",
    "Es waren 25° im Schatten.": "Es waren fünfundzwanzig Grad im Schatten.",
    "Tel. 030 123456": "Tel. null drei null eins zwei drei vier fünf sechs.",
    "Vor- und Nachteile, Bahn-, Bus- und Autos": "Vor- und Nachteile, Bahn-, Bus- und Autos.",
    "Groß-/Kleinschreibung, Vor-\nund Nachteile": "Groß-/Kleinschreibung, Vor- und Nachteile.",
    "Dr.-Ing. Schmidt kam Mo.-Fr. vorbei.": "Dr.-Ing. Schmidt kam Mo.-Fr. vorbei.",
}

NEAR = {
    "Er war 19.\nDas war schlimm.": "Er war neunzehn. Das war schlimm.",
    "Er war 19. Das war schlimm.\nIch kam.": "Er war neunzehn. Das war schlimm. Ich kam.",
    "Er bekam die 3.\nDann ging er.": "Er bekam die drei. Dann ging er.",
    "1. Milch kaufen\n2. Brot kaufen": "Eins: Milch kaufen. Zwei: Brot kaufen.",
    "1. Teil auspacken\n2. Buch lesen\n3. Platz nehmen": (
        "Eins: Teil auspacken. Zwei: Buch lesen. Drei: Platz nehmen."
    ),
    "Dinge:\n1. Band kaufen\n2. Etage putzen": "Dinge: eins: Band kaufen. Zwei: Etage putzen.",
    "1. Preis: 9 Euro\n2. Preis: 5 Euro": "Erster Preis: neun Euro. Zweiter Preis: fünf Euro.",
    "Sie las das\n3. Buch zu Ende.": "Sie las das dritte Buch zu Ende.",
    "Tipps: 1. Platz schaffen, 2. Buch lesen, 3. Band kaufen": (
        "Tipps: eins. Platz schaffen, zwei. Buch lesen, drei. Band kaufen."
    ),
    "Note: 2. Preis: 5 Euro": "Note: zwei. Preis: fünf Euro.",
    "die\n1. Anna\n2. Ben": "die. Eins: Anna. Zwei: Ben.",
    "5 €-10 €": "Fünf Euro-zehn Euro.",
    "Er hat 2 Mio. Karl hat mehr.": "Er hat zwei Mio. Karl hat mehr.",
    "eine neue Art. 20 Leute, Vitamin C. 20 Tage": (
        "eine neue Art. Zwanzig Leute, Vitamin C. Zwanzig Tage."
    ),
    "1. Der Anfang": "Eins: Der Anfang.",
    "Er wohnt in Haus 3. Platz war genug da.": "Er wohnt in Haus drei. Platz war genug da.",
    "Kapitel 3.5. war lang": "Kapitel drei Komma fünf. war lang.",
    "Im Jahr 1914 300 Mann": "Im Jahr 1914 300 Mann.",
    "Er nahm 1 Apfel, für 1 Woche, mit 1 %.": (
        "Er nahm ein Apfel, für eine Woche, mit ein Prozent."
    ),
    "2,50 Pfund Mehl": "Zwei Komma fünf null Pfund Mehl.",
    "Es war 1990 120000 Mal.": "Es war neunzehnhundertneunzig einhundertzwanzigtausend Mal.",
    "Er kam - und ging. Er sprach -- und ging.": "Er kam, und ging. Er sprach, und ging.",
    "Er kam – wie immer – spät.": "Er kam, wie immer, spät.",
    "Das war 3. 20 Leute kamen.": "Das war drei. Zwanzig Leute kamen.",
}
ALL = MENDED | NEAR


@pytest.mark.parametrize("text", ALL)
def test_reading(text: str) -> None:
    assert normalize(text, "de") == ALL[text]
    assert normalize(ALL[text], "de") == ALL[text]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "Er ist ca. 20 Jahre alt, geb. 1950, vgl. Bd. 3 und Kap. 7. Er geht.",
            [
                "Er ist ca. zwanzig Jahre alt, geb. neunzehnhundertfünfzig, "
                "vgl. Bd. drei und Kap. sieben.",
                "Er geht.",
            ],
        ),
        (
            "Er wohnt in der Hauptstr. 12 in Wien. 20 Leute kamen.",
            ["Er wohnt in der Hauptstr. zwölf in Wien.", "Zwanzig Leute kamen."],
        ),
        ("Er lief 100 m. 20 sahen zu.", ["Er lief einhundert m. Zwanzig sahen zu."]),
        (
            "Heute kam Frl. Else mit Hrn. Schulz und Dipl.-Ing. Weber. Dann ging er.",
            ["Heute kam Frl. Else mit Hrn. Schulz und Dipl.-Ing. Weber.", "Dann ging er."],
        ),
        ("Er fragte Max. Else kam nicht.", ["Er fragte Max.", "Else kam nicht."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    longest = max(map(len, sentences))
    assert plan_text(text, language="de", max_chars=longest) == sentences
