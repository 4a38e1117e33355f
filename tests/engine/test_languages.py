"""Numbers in other languages than English: examples a speaker would write, then properties."""

import random
import time

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
        "Il y a 3 hôtels et 5 héros, 3 h. de route": (
            "Il y a trois hôtels et cinq héros, trois heures. de route."
        ),
        "$20M, 20 M€ ou 1,5 Md€": (
            "Vingt millions de dollars, vingt millions d'euros ou un virgule cinq milliard d'euros."
        ),
        "1 000 000 € ou 10-20 €": "Un million d'euros ou dix à vingt euros.",
        "Société-2, -5": "Société-deux, moins cinq.",
        "de 14h30-16h00, 9h-18h, 8 h – 9 h 15": (
            "de quatorze heures trente à seize heures, neuf heures à dix-huit heures, huit "
            "heures à neuf heures quinze."
        ),
        "à 19H30 ou 2h30min": "à dix-neuf heures trente ou deux heures trente.",
        "1 fille, 21 filles, 1 fois, 1 garçon": (
            "Une fille, vingt et une filles, une fois, un garçon."
        ),
        "1 °C et 20°C": "Un degré Celsius et vingt degrés Celsius.",
    },
    "es": {
        "105-101, 30\u00b0 cent\u00edgrados": (
            "Ciento cinco a ciento uno, treinta\u00b0 cent\u00edgrados."
        ),
        "¿Tiene 21 años?": "¿Tiene veintiún años?",
        "1 libro, 21 niños, 21 casas": "Un libro, veintiún niños, veintiuna casas.",
        "el 21 de mayo, capítulo 1 trata": "el veintiuno de mayo, capítulo uno trata.",
        "5², 3 m²": "Cinco elevado a dos, tres m².",
        "cuesta 21 € o 1,50 €": "cuesta veintiún euros o un euro con cincuenta céntimos.",
        "200 £": "Doscientas libras.",
        "el 2º piso, la 3ª vez, el 1er año": "el segundo piso, la tercera vez, el primer año.",
        "a las 14:30, a la 1:00": "a las catorce y treinta, a la una.",
        "3,14": "Tres coma uno cuatro.",
        "un 50 %": "un cincuenta por ciento.",
        "16 y 1.000.000": "Dieciséis y un millón.",
        "cuesta $ 25 millones o 1.000.000 €": (
            "cuesta veinticinco millones de dólares o un millón de euros."
        ),
        "$ 1 millón, $ 3 mil millones": "Un millón de dólares, tres mil millones de dólares.",
        "Canadá-4 y -4": "Canadá-cuatro y menos cuatro.",
        "de 8:00-10:00, a las 14:30h": "de ocho a diez, a las catorce y treinta.",
        "21.000 €, 31.000, 21.000.000, 101.000": (
            "Veintiún mil euros, treinta y un mil, veintiún millones, ciento un mil."
        ),
        "200 mujeres, 1 vez, 1 mujer, 1 sesión": (
            "Doscientas mujeres, una vez, una mujer, una sesión."
        ),
        "200.000 mujeres, 200.000.000 de mujeres": (
            "Doscientas mil mujeres, doscientos millones de mujeres."
        ),
        "el 2do, la 3ra vez, la 5ta avenida, el 40º": (
            "el segundo, la tercera vez, la quinta avenida, el cuadragésimo."
        ),
        "1° lugar, 20° bajo cero, 20ºC": "Primer lugar, veinte° bajo cero, veinte grados Celsius.",
    },
    "de": {
        "Aristoteles (384\u2013322 v. Chr.)": (
            "Aristoteles, dreihundertvierundachtzig bis dreihundertzweiundzwanzig v. Chr."
        ),
        "Er hat eine 3. Schade. Ich schulde ihr 50. Morgen zahle ich.": (
            "Er hat eine drei. Schade. Ich schulde ihr f\u00fcnfzig. Morgen zahle ich."
        ),
        "ein 2. Gespr\u00e4ch bis 3. 4. 2020": (
            "ein zweites Gespr\u00e4ch bis dritten vierten zweitausendzwanzig."
        ),
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
        "Es waren € 250 Millionen, 1 Mio. € und € 2,5 Mrd. Dann nichts.": (
            "Es waren zweihundertfünfzig Millionen Euro, eine Million Euro und zwei Komma fünf "
            "Milliarden Euro. Dann nichts."
        ),
        "Café-24": "Café-vierundzwanzig.",
        "8–12 Uhr, 8-12 Uhr, 8:00–12:00 Uhr, 8.30 Uhr – 9.00 Uhr": (
            "Acht bis zwölf Uhr, acht bis zwölf Uhr, acht Uhr bis zwölf Uhr, acht Uhr dreißig "
            "bis neun Uhr."
        ),
        "Tag 3 – 8:00 Uhr": "Tag drei, acht Uhr.",
        "Zu meinem 40. Geburtstag, jeder 5. Deutsche": (
            "Zu meinem vierzigsten Geburtstag, jeder fünfte Deutsche."
        ),
        "eine 2. Chance, sein 2. Buch, sein 2. großes Buch, ihr 3. Sohn": (
            "eine zweite Chance, sein zweites Buch, sein zweites großes Buch, ihr dritter Sohn."
        ),
        "im 2. und 3. Quartal, ab der 3. Woche, Ende der 4. Woche": (
            "im zweiten und dritten Quartal, ab der dritten Woche, Ende der vierten Woche."
        ),
        "vom 1.-3. Mai, 1.–3. Mai": "vom ersten bis dritten Mai, erster bis dritter Mai.",
        "am 24., 25. und 26. Dezember": (
            "am vierundzwanzigsten, fünfundzwanzigsten und sechsundzwanzigsten Dezember."
        ),
        "seit 3. Oktober, nach 3 Tagen": "seit dritten Oktober, nach drei Tagen.",
        "am 5. 3. 1990, der 5. 3. 1990": (
            "am fünften dritten neunzehnhundertneunzig, der fünfte dritte neunzehnhundertneunzig."
        ),
        "2. Weltkrieg": "Zweiter Weltkrieg.",
        "1. FC Köln": "Erster FC Köln.",
        "1. Milch kaufen\n2. Brot kaufen": "Eins: Milch kaufen. Zwei: Brot kaufen.",
        "Er bekam eine 2. Danach ging er.": "Er bekam eine zwei. Danach ging er.",
        "1914-1918, 1915-18, 1998-2003": (
            "Neunzehnhundertvierzehn bis neunzehnhundertachtzehn, neunzehnhundertfünfzehn bis "
            "achtzehn, neunzehnhundertachtundneunzig bis zweitausenddrei."
        ),
        "(1749–1832)": "Siebzehnhundertneunundvierzig bis achtzehnhundertzweiunddreißig.",
        "0170-1234567 oder 10000-20000 Schritte": (
            "Null eins sieben null, eins zwei drei vier fünf sechs sieben oder zehntausend bis "
            "zwanzigtausend Schritte."
        ),
        "1 °C, -5 °C": "Ein Grad Celsius, minus fünf Grad Celsius.",
    },
    "it": {
        "180\u00b0 verso destra, 35\u00b0 oggi, la Formula 1 torna": (
            "Centottanta\u00b0 verso destra, trentacinque\u00b0 oggi, la Formula uno torna."
        ),
        "le 5.30 sterline": "le cinque virgola tre zero sterline.",
        "23 anni": "Ventitré anni.",
        "alle 14:30": "alle quattordici e trenta.",
        "12,50 €, 1 £": "Dodici euro e cinquanta centesimi, una sterlina.",
        "la 2ª volta, il 3º piano": "la seconda volta, il terzo piano.",
        "il 50%": "il cinquanta per cento.",
        "2,5": "Due virgola cinque.",
        "costa € 12 miliardi o 1.000.000 €": "costa dodici miliardi di euro o un milione di euro.",
        "alle 10.30, ore 18.45, ore 9.30-12.30, circa 10.30": (
            "alle dieci e trenta, ore diciotto e quarantacinque, ore nove e trenta a dodici e "
            "trenta, circa dieci virgola tre zero."
        ),
        "1918, 118º e 110º": "Millenovecentodiciotto, centodiciottesimo e centodecimo.",
        "347-1234567": "Tre quattro sette, uno due tre quattro cinque sei sette.",
        "1 persona, 1 anno, 1 milione, 1 euro": "Una persona, un anno, un milione, un euro.",
        "1 zaino, 1 studente, 1 ora, 1 e 2": "Uno zaino, uno studente, un'ora, uno e due.",
        "Il 1° gennaio, 5° piano, 20° all'ombra, 20 °C": (
            "Il primo gennaio, quinto piano, venti° all'ombra, venti gradi Celsius."
        ),
    },
    "pt": {
        "200 gramas, 2 pijamas, 200 p\u00e1ginas": (
            "Duzentos gramas, dois pijamas, duzentas p\u00e1ginas."
        ),
        "Gira 180\u00b0 para a direita, diabetes tipo 1 afeta": (
            "Gira cento e oitenta\u00b0 para a direita, diabetes tipo um afeta."
        ),
        "às 14h30 e às 2:00": "às catorze horas e trinta e às duas horas.",
        "R$ 12,50 e 2 £": "Doze reais e cinquenta centavos e duas libras.",
        "o 2º lugar, a 3ª vez": "o segundo lugar, a terceira vez.",
        "uns 22%": "uns vinte e dois por cento.",
        "3,5": "Três vírgula cinco.",
        "5 hóspedes": "Cinco hóspedes.",
        "custa R$ 250 mil, R$ 1,5 milhão, R$ 2 bi": (
            "custa duzentos e cinquenta mil reais, um vírgula cinco milhão de reais, dois "
            "bilhões de reais."
        ),
        "custa R$ 2.000.000 ou 200.000.000 £": (
            "custa dois milhões de reais ou duzentos milhões de libras."
        ),
        "às 10:30h, às 8h30min, 8h-12h": (
            "às dez horas e trinta, às oito horas e trinta, oito horas a doze horas."
        ),
        "CEP 01310-100 e 91234-5678": (
            "CEP zero um três um zero, um zero zero e nove um dois três quatro, cinco seis sete "
            "oito."
        ),
        "2 pessoas, 2 semanas, 200 páginas, 2.000 páginas": (
            "Duas pessoas, duas semanas, duzentas páginas, duas mil páginas."
        ),
        "1 casa, 2 dias, 2 problemas, dia 2 da semana": (
            "Uma casa, dois dias, dois problemas, dia dois da semana."
        ),
        "1° lugar, 5° andar, 20ºC, 1 °C": (
            "Primeiro lugar, quinto andar, vinte graus Celsius, um grau Celsius."
        ),
    },
    "nl": {
        "om 14:30 uur": "om veertien uur dertig.",
        "de 1e keer, de 20ste eeuw": "de eerste keer, de twintigste eeuw.",
        "in 1900 en 2024": "in negentienhonderd en tweeduizendvierentwintig.",
        "het kost € 12,50": "het kost twaalf euro en vijftig cent.",
        "3,5 of 50%": "Drie komma vijf of vijftig procent.",
        "kost € 15 mille of € 2,5 mln": "kost vijftien mille euro of twee komma vijf miljoen euro.",
        "om 8.00–12.00 uur, 8-12 uur": "om acht uur tot twaalf uur, acht tot twaalf uur.",
        "1940–1945": "Negentienhonderd veertig tot negentienhonderd vijfenveertig.",
        "06-12345678": "Nul zes, één twee drie vier vijf zes zeven acht.",
    },
    "ar": {
        "عندي 21 كتابا": "عندي واحد وعشرون كتابا.",
        "٥٠٪": "خمسون بالمائة.",
        "٣٫٥": "ثلاثة فاصلة خمسة.",
        "الساعة 14:30 و $5": "الساعة 14:30 و $خمسة.",
        "كوفيد-19": "كوفيد-تسعة عشر.",
        "عام 2000، 200، 1200": "عام ألفين، مئتان، ألف ومئتان.",
        "2000 كتاب، 200 في": "ألفا كتاب، مئتان في.",
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
        "कोविड-19, चंद्रयान-3, धारा-370": "कोविड-उन्नीस, चंद्रयान-तीन, धारा-तीन सौ सत्तर.",
        "-5 और -५": "माइनस पाँच और माइनस पाँच.",
    },
    "pt-BR": {
        "16, 17 e 19": "Dezesseis, dezessete e dezenove.",
        "em 1919, 1.000.000.000": "em mil novecentos e dezenove, um bilhão.",
        "2 pessoas pagam 1,50 €": "Duas pessoas pagam um euro e cinquenta centavos.",
        "a 5ª vez, às 10h": "a quinta vez, às dez horas.",
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


@pytest.mark.parametrize("code", CASES)
def test_time_for_hostile_text(code: str) -> None:
    normalize("1 et 1, $1", code)
    for unit in ["1.", "1-", "1h", "a1 ", "€1 ", "1° ", "1. und ", "8:00 - ", "1%"]:
        text = unit * (12_000 // len(unit))
        start = time.process_time()
        normalize(text, code)
        assert time.process_time() - start < 0.6, unit


@pytest.mark.parametrize("text", ["le 21/11/2026", "v1.2.3", "06-12-34-56-78", "3/4", "10:15:30"])
def test_what_is_no_number_stays(text: str) -> None:
    assert normalize(text, "fr") == f"{text}."


def test_english_rules_are_for_english_alone() -> None:
    text = "Dr. X & Y: STOP RIGHT NOW, 2 × 3 = 6, § 5, visit x.org"
    assert normalize(text, "xx") == f"{text}."
    assert normalize(text, "en-GB") == normalize(text) != f"{text}."


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("fr", "Dix puissance six, dix puissance moins trois"),
        ("de", "Zehn hoch sechs, zehn hoch minus drei"),
        ("es", "Diez elevado a seis, diez elevado a menos tres"),
        ("it", "Dieci elevato a sei, dieci elevato a meno tre"),
        ("pt", "Dez elevado a seis, dez elevado a menos três"),
        ("nl", "Tien tot de macht zes, tien tot de macht min drie"),
    ],
)
def test_powers(code: str, said: str) -> None:
    assert normalize("10⁶, 10⁻³", code) == f"{said}."
    assert "³" in normalize("a 1984³", code)  # a footnote's


def test_regions_and_unknown_languages() -> None:
    assert normalize("16", "pt_br") != normalize("16", "pt-PT") == normalize("16", "pt")
    assert normalize("5 fois", "fr-FR") == normalize("5 fois", "FR_ca") == "Cinq fois."
    assert normalize("5 fois", "fra") == "Cinq fois."
    assert normalize("16", "por-BR") == normalize("16", "pt-BR")
    assert normalize("5 men", "eng") == "Five men."
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
