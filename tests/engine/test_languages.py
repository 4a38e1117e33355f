"""Numbers in other languages than English: examples a speaker would write, then properties."""

import random

import pytest

from engine.text import normalize, plan_text

CASES = {
    "fr": {
        "J'ai 21 ans.": "J'ai vingt et un ans.",
        "80 et 91": "Quatre-vingts et quatre-vingt-onze.",
        "En 1789, 1 234 567 personnes": (
            "En mille sept cent quatre-vingt-neuf, un million deux cent trente-quatre mille "
            "cinq cent soixante-sept personnes."
        ),
        "3,14 et 2.5": "Trois virgule un quatre et deux virgule cinq.",
        "il fait -5": "il fait moins cinq.",
        "50 % ou 5%": "Cinquante pour cent ou cinq pour cent.",
        "12,50 € ou 1 €": "Douze euros et cinquante centimes ou un euro.",
        "21 £ et $2": "Vingt et une livres et deux dollars.",
        "le 1er et la 1re, la 2e, le 3ème": "le premier et la première, la deuxième, le troisième.",
        "à 14h30, 14:05, 21 h": (
            "à quatorze heures trente, quatorze heures cinq, vingt et une heures."
        ),
        "de 1914-1918": "de mille neuf cent quatorze à mille neuf cent dix-huit.",
        "« Quoi ? » dit-il.": '"Quoi?" dit-il.',
        "le 06 12": "le zéro six douze.",
    },
    "es": {
        "¿Tiene 21 años?": "¿Tiene veintiún años?",
        "1 libro, 21 niños, 21 casas": "Un libro, veintiún niños, veintiuna casas.",
        "el 21 de mayo, capítulo 1 trata": "el veintiuno de mayo, capítulo uno trata.",
        "5²": "Cinco².",
        "cuesta 21 € o 1,50 €": "cuesta veintiún euros o un euro con cincuenta céntimos.",
        "200 £": "Doscientas libras.",
        "el 2º piso, la 3ª vez, el 1er año": "el segundo piso, la tercera vez, el primer año.",
        "a las 14:30, a la 1:00": "a las catorce y treinta, a la una.",
        "3,14": "Tres coma uno cuatro.",
        "un 50 %": "un cincuenta por ciento.",
        "16 y 1.000.000": "Dieciséis y un millón.",
    },
    "de": {
        "Er kam am 3. Mai 1989.": "Er kam am dritten Mai neunzehnhundertneunundachtzig.",
        "3. Mai": "Dritter Mai.",
        "der 2. Versuch": "der zweite Versuch.",
        "im 19. Jahrhundert": "im neunzehnten Jahrhundert.",
        "Es waren 3. Dann ging er.": "Es waren drei. Dann ging er.",
        "um 14:30 Uhr, 9.05 Uhr und 1 Uhr": ("um vierzehn Uhr dreißig, neun Uhr fünf und ein Uhr."),
        "12,50 € und 1 €": "Zwölf Euro und fünfzig Cent und ein Euro.",
        "1.234,5": "Eintausendzweihundertvierunddreißig Komma fünf.",
        "ich nahm den 5. Er lachte.": "ich nahm den fünf. Er lachte.",
        "am 24.12. um acht": "am vierundzwanzigsten Dezember um acht.",
        "Am 24.12. Er kam zu Kapitel 3.1.": (
            "Am vierundzwanzigsten Dezember. Er kam zu Kapitel drei Komma eins."
        ),
        "vom 3. bis 5. Mai": "vom dritten bis fünften Mai.",
        "von 1 bis 3. Danach": "von eins bis drei. Danach.",
        "Die 1980er-Jahre, in den 50ern": "Die neunzehnhundertachtziger-Jahre, in den fünfzigern.",
        "Er hat 1 Apfel und 1 Minute.": "Er hat ein Apfel und eine Minute.",
        "1 Euro, 1 % und Kapitel 1 Anfang": "Ein Euro, ein Prozent und Kapitel eins Anfang.",
        "50%": "Fünfzig Prozent.",
        "1. Öffnen": "Eins: Öffnen.",
    },
    "it": {
        "23 anni": "Ventitré anni.",
        "alle 14:30": "alle quattordici e trenta.",
        "12,50 €, 1 £": "Dodici euro e cinquanta centesimi, una sterlina.",
        "la 2ª volta, il 3º piano": "la seconda volta, il terzo piano.",
        "il 50%": "il cinquanta per cento.",
        "2,5": "Due virgola cinque.",
    },
    "pt": {
        "às 14h30 e às 2:00": "às catorze horas e trinta e às duas horas.",
        "R$ 12,50 e 2 £": "doze reais e cinquenta centavos e duas libras.",
        "o 2º lugar, a 3ª vez": "o segundo lugar, a terceira vez.",
        "uns 22%": "uns vinte e dois por cento.",
        "3,5": "Três vírgula cinco.",
    },
    "nl": {
        "om 14:30 uur": "om veertien uur dertig.",
        "de 1e keer, de 20ste eeuw": "de eerste keer, de twintigste eeuw.",
        "in 1900 en 2024": "in negentienhonderd en tweeduizendvierentwintig.",
        "het kost € 12,50": "het kost twaalf euro en vijftig cent.",
        "3,5 of 50%": "Drie komma vijf of vijftig procent.",
    },
    "ar": {
        "عندي 21 كتابا": "عندي واحد وعشرون كتابا.",
        "٥٠٪": "خمسون بالمائة.",
        "٣٫٥": "ثلاثة فاصلة خمسة.",
        "الساعة 14:30 و $5": "الساعة 14:30 و $خمسة.",
    },
    "hi": {
        "वह 3 बजे आया।": "वह तीन बजे आया।",
        "मेरे पास 21 किताबें हैं।": "मेरे पास इक्कीस किताबें हैं।",
        "१२३ और 3.14": "एक सौ तेईस और तीन दशमलव एक चार.",
        "12,34,000 लोग": "बारह लाख चौंतीस हज़ार लोग.",
        "50% लोग": "पचास प्रतिशत लोग.",
        "999999999": "निन्यानवे करोड़ निन्यानवे लाख निन्यानवे हज़ार नौ सौ निन्यानवे.",
        "12345678901": "एक दो तीन चार पाँच छः सात आठ नौ शून्य एक.",
        "**धीरे-धीरे** चलो": "धीरे-धीरे चलो.",
    },
}
TABLE = [(code, text) for code, cases in CASES.items() for text in cases]


@pytest.mark.parametrize(("code", "text"), TABLE)
def test_reading(code: str, text: str) -> None:
    assert normalize(text, code) == CASES[code][text]


@pytest.mark.parametrize(("code", "text"), TABLE)
def test_twice_is_once(code: str, text: str) -> None:
    once = normalize(text, code)
    assert normalize(once, code) == once


@pytest.mark.parametrize("code", [*CASES, "xx"])
def test_twice_is_once_for_random_text(code: str) -> None:
    rng = random.Random(code)
    words = [word for cases in CASES.values() for text in cases for word in text.split(" ")]
    signs = [*".,;:!?-\"'()[]*_#/%$€0123456789 \n°º×«»", "1.", "3,", "h", "Uhr"]
    for number in range(300):
        pool = words if number % 3 else signs + words
        glue = " " if number % 2 else ""
        text = "a" + glue.join(rng.choice(pool) for _ in range(rng.randint(1, 12)))
        once = normalize(text, code)
        assert normalize(once, code) == once, repr(text)


@pytest.mark.parametrize("text", ["le 21/11/2026", "v1.2.3", "06-12-34-56-78", "3/4", "10:15:30"])
def test_what_is_no_number_stays(text: str) -> None:
    assert normalize(text, "fr") == f"{text}."


def test_english_rules_are_for_english_alone() -> None:
    text = "Dr. X & Y: STOP RIGHT NOW, 2 × 3 = 6, § 5, visit x.org"
    assert normalize(text, "xx") == f"{text}."
    assert normalize(text, "en-GB") == normalize(text) != f"{text}."


def test_regions_and_unknown_languages() -> None:
    assert normalize("5 fois", "fr-FR") == normalize("5 fois", "FR_ca") == "Cinq fois."
    assert normalize("*5* volte **x**", "tlh") == "5 volte x."
    assert normalize("2 * 3, 4*5", "tlh") == "2 × 3, 4 × 5."


@pytest.mark.parametrize(
    ("code", "sentences"),
    [
        ("fr", ["M. Dupont et Mme. Durand sont là.", "Né avant J.-C. à Rome.", "Oui."]),
        ("de", ["Das ist z.B. gut.", "Dr. Müller kam."]),
        ("es", ["El Sr. Pérez vino de EE.UU. ayer.", "¿Qué?", "¡Sí!"]),
        ("it", ["Il dott. Bianchi di S.p.A. Roma.", "Ciao."]),
        ("nl", ["Dhr. Jansen, d.w.z. hij.", "Ja."]),
        ("hi", ["यह घर है।", "वह गया।"]),
        ("ar", ["ما اسمك؟", "هذا بيت."]),
    ],
)
def test_sentences_end_where_the_language_ends_them(code: str, sentences: list[str]) -> None:
    text = " ".join(sentences)
    longest = max(map(len, sentences))
    assert plan_text(text, language=code, max_chars=300) == [text]
    chunks = plan_text(text, language=code, max_chars=longest)
    assert " ".join(chunks) == text
    assert all(chunk.endswith(tuple(sentences)) for chunk in chunks)
